#!/bin/sh
# publish-exim.sh - Exim's tables by the real publisher, read by a reader of its
# own (cdb.py): --verify after every kind of harm to the tables and to the plain
# copy, a full disk, one that may not be written, somebody else's files; a
# publisher that stops amid a write, and one that is killed at any moment.

. "$(dirname "$0")/../tap.sh"
PATH=$PATH:/usr/sbin:/sbin

need python3 perl
grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" ||
	skip "built without tinycdb"

T=$W/state
DISK=
mkdir "$T"
clean_up() {
	[ -z "$DISK" ] || soon umount "$DISK" 2>/dev/null
}

# drive DIRECTORY LINE...: has it published there, and goes on to its last
# `published`; what is logged is in $W/said.
drive() {
	drive_in=$1
	shift
	printf '%s\n' "$@" | timeout 100 "$top_builddir/t/system/publish_drive" \
		"${PUBLISHER:-$top_builddir/lsrd-publish}" "$drive_in" lab exim \
		2>"$W/said"
}

verify() {
	"$top_builddir/lsrd-publish" --verify --mta exim --state "$T" 2>"$W/said"
}

query() {
	python3 "$top_srcdir/t/system/cdb.py" "${3:-$T}/exim/$2.cdb" "$1"
}

keys() {
	python3 "$top_srcdir/t/system/cdb.py" -n "$T/exim/$1.cdb"
}

by() {
	printf 'route "<; [198.51.100.%s]:25" byname' "$1"
}

# 300 routes and one more, as a difference.
publish() {
	rm -rf "$T/exim" "$T/published"
	drive "$T" "many 300 5" go \
		"remote late.example relay 198.51.100.6@25" go >/dev/null
}

whole() {
	[ "$(python3 "$top_srcdir/t/system/cdb.py" "$T/exim/transport.cdb" \
		d00000.example d00299.example late.example)" = "$(by 5)
$(by 5)
$(by 6)" ] && [ "$(query d00299.example domains)" = 1 ]
}

mended() {
	verify && whole
}

# --- never published
ok "a machine that never published: exit 0" verify
ok "gets three empty tables, and no server" is \
	"$(keys transport),$(keys default),$(keys domains),$(cat "$T/exim/servers")" \
	0,0,0,
ok "again: exit 0" verify

# --- all is well
publish
ok "published" whole
ok "readable for Exim" is "$(stat -c %a "$T/exim/transport.cdb")" 644
ok "nothing broken: exit 0, and still whole" mended

# --- harm to the tables
size=$(stat -c %s "$T/exim/transport.cdb")
good=0 tried=0
for cut in 0 2047 2048 $((size / 2)) $((size - 1)); do
	truncate -s $cut "$T/exim/transport.cdb"
	mended && good=$((good + 1))
	tried=$((tried + 1))
done
ok "cut at five lengths, and made anew" is $good $tried
good=0
for i in $(seq 1 4); do
	perl -e '
		srand($ARGV[1]);
		open my $f, "+<", $ARGV[0] or die;
		for (1 .. 20) {
			seek $f, int rand -s $f, 0; read $f, my $c, 1;
			seek $f, -1, 1;
			print $f chr(ord($c) ^ 1 << int rand 8);
		}' "$T/exim/transport.cdb" "$i"
	mended && good=$((good + 1))
done
ok "bits flipped in four ways, and made anew" is $good 4
rm "$T"/exim/*.cdb
ok "all tables gone, and made anew" mended
cp "$T/exim/domains.cdb" "$T/exim/transport.cdb"
ok "one in another's place, and made anew" mended

# --- harm to the copy
printf x | dd of="$T/exim/routes" bs=1 seek=100 conv=notrunc 2>/dev/null
rm -f "$T/exim/routes.before"
ok "the copy damaged, the tables sound: they stay" mended
ok "and it says so" like "$(cat "$W/said")" "*routes: damaged*"
python3 - "$T/exim/transport.cdb" <<'END'
import sys
with open(sys.argv[1], "r+b") as file:
    data = file.read()
    at = data.index(b"route \"<; [198.51.100.6]")
    file.seek(at)
    file.write(b"rout2 ")
END
verify
ok "no copy, a table of another version: exit 65" is $? 65
ok "it is put aside, and the others stay" is \
	"$(ls "$T/exim/transport.cdb" 2>/dev/null)$(query d00299.example domains)" 1
ok "and it says what to do" like "$(cat "$W/said")" \
	"*/exim/transport: was published,*until lsrd publishes it anew*"
rm -rf "$T/exim"
verify
ok "all gone but the mark: exit 65" is $? 65
ok "no empty tables" [ ! -f "$T/exim/transport.cdb" ]
publish
ok "lsrd publishes it anew" whole

# --- nobody says whose tables: of who has some
truncate -s 100 "$T/exim/transport.cdb"
"$top_builddir/lsrd-publish" --verify --state "$T" 2>"$W/said"
ok "found by itself: Exim's tables, and nobody else's" is \
	"$?,$(whole && echo whole),$(ls -d "$T"/*/)" "0,whole,$T/exim/"

# --- stopped amid a write, and killed for it
if [ -f "$top_builddir/t/system/stop_in_lock.so" ]; then
	here=$top_builddir
	cat >"$W/publisher" <<-EOF
		#!/bin/sh
		STOP_IN_LOCK=$W/stop STOP_PARENT=$W/stopped
		LD_PRELOAD=$here/t/system/stop_in_lock.so
		ASAN_OPTIONS=verify_asan_link_order=0
		export STOP_IN_LOCK STOP_PARENT LD_PRELOAD ASAN_OPTIONS
		exec "$here/lsrd-publish" "\$@"
	EOF
	chmod +x "$W/publisher"
	drive "$T" "many 300 5" go >/dev/null
	: >"$W/stop"
	PUBLISHER=$W/publisher drive "$T" "many 300 7" go >/dev/null &
	driver=$!
	# who would kill it waits until the table was looked at
	soon [ -s "$W/stopped" ]
	ok "stopped amid a write: the table is the one before" is \
		"$(query d00299.example transport),$(keys transport)" "$(by 5),300"
	kill -CONT "$(cat "$W/stopped")"
	wait $driver
	ok "the publisher is killed for it" like "$(cat "$W/said")" \
		"*publisher-killed: *mta=exim*"
	ok "and another has written it" is \
		"$(query d00000.example transport),$(keys transport)" "$(by 7),300"
else
	skip_case "stopped amid a write" "needs t/system/stop_in_lock.so"
	skip_case "the publisher is killed for it" "the same"
	skip_case "and another has written it" "the same"
fi

# --- killed at any moment, while it is asked all the time
mkfifo "$W/to" "$W/from"
"$top_builddir/t/system/publish_drive" "$top_builddir/lsrd-publish" "$T" lab \
	exim <"$W/to" >"$W/from" 2>"$W/drive.log" &
driver=$!
pids="$pids $driver"
exec 8>"$W/to" 9<"$W/from"
python3 "$top_srcdir/t/system/cdb.py" -w "$T/exim/transport.cdb" 2 \
	d00000.example d00299.example >"$W/asked" 8>&- 9<&- &
asker=$!
k=0 octet=5
while kill -0 $asker 2>/dev/null; do
	octet=$((11 - octet))
	printf 'many 300 %s\ngo\n' $octet >&8
	sleep 0.0$((k % 7))$((k % 10))
	kill -9 "$(sed -n 's/.*publisher-start: pid=\([0-9]*\).*/\1/p' \
		"$W/drive.log" | tail -1)" 2>/dev/null && k=$((k + 1))
	read -r answer <&9 || break
done
exec 8>&- 9<&-
wait $driver
echo "# killed $k times: $(cat "$W/asked")"
ok "each time it is published in the end" like "$answer" "published *"
ok "every question in between found a route" like "$(cat "$W/asked")" "*bad=0"
ok "and all keys are there" is "$(keys transport)" 300
ok "no part of a table is left over" is \
	"$(find "$T/exim" -name '*.new' -size +0 | wc -l)" 0

# --- taken away, or changed in its place, while lsrd runs
mkfifo "$W/go"
"$top_builddir/t/system/publish_drive" "$top_builddir/lsrd-publish" "$T" lab \
	exim <"$W/go" >"$W/out" 2>"$W/said" &
driver=$!
exec 8>"$W/go"
printf 'many 300 5\ngo\npause 60000\n' >&8
soon grep -q published "$W/out"
rm "$T/exim/domains.cdb"
: >"$T/exim/transport.cdb"
ok "a table that is taken away comes back" soon [ -f "$T/exim/domains.cdb" ]
again() {
	query d00299.example transport >/dev/null 2>&1
}
ok "so does one that is emptied in its place" soon again
ok "and it is told" grep -q 'publisher-gone: status=75, .*mta=exim' "$W/said"
exec 8>&-
kill $driver
wait $driver 2>/dev/null

# --- somebody else's files, in a folder of ours
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$W" "$T"
	chown -R root "$T/exim"
	chmod 600 "$T"/exim/*.cdb
	chown nobody "$T" "$T/exim" "$T"/exim/routes* "$T"/exim/owner \
		"$T"/exim/published "$T/published"
	setpriv --reuid nobody --clear-groups \
		"$top_builddir/lsrd-publish" --verify --mta exim --state "$T" \
		2>"$W/said"
	ok "files that are somebody else's give way" is \
		"$?,$(stat -c %U:%a "$T/exim/transport.cdb")" 0,nobody:644
	chown -R root "$T"

	# --- a disk that may not be written, and a full one
	DISK=$W/disk
	mkdir "$DISK"
	mount -t tmpfs -o size=600k none "$DISK" || DISK=
fi
[ -n "$DISK" ] || {
	skip_case "disks that cannot be written" "needs root and tmpfs"
	all_told
	exit
}
drive "$DISK" "many 300 5" go >/dev/null
mount -o remount,ro "$DISK"
drive "$DISK" "many 300 6" go >/dev/null &
driver=$!
ok "a disk that may not be written is told" soon grep -q \
	'publisher-gone: .*mta=exim\|publish-failed: .*Read-only' "$W/said"
ok "and the table stays" is "$(query d00299.example transport "$DISK")" "$(by 5)"
mount -o remount,rw "$DISK"
wait $driver
ok "and follows when it may be" is \
	"$(query d00299.example transport "$DISK")" "$(by 6)"

dd if=/dev/zero of="$DISK/full" bs=1k 2>/dev/null
drive "$DISK" "many 300 7" go >/dev/null
ok "on a full disk a link is steered around" is \
	"$(query d00299.example transport "$DISK")" "$(by 7)"
printf 'many 300 6\nmany 30000 6\ngo\n' |
	"$top_builddir/t/system/publish_drive" "$top_builddir/lsrd-publish" \
		"$DISK" lab exim >"$W/out" 2>"$W/said" &
driver=$!
pids="$pids $driver"
ok "what has no room is told" soon grep -q \
	'publish-failed: reason=io, error="No space.*mta=exim' "$W/said"
ok "and the table is whole" like \
	"$(query d00299.example transport "$DISK")" 'route *'
kill $driver
wait $driver 2>/dev/null
all_told
