#!/bin/sh
# publish-verify.sh - lsrd-publish --verify after every kind of harm to the
# tables and to the plain copy; a full disk.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip "$why"
plan 31

T=$W/state
DISK=
mkdir "$T"
clean_up() {
	[ -z "$DISK" ] || umount "$DISK"
}
PATH=$PATH:/usr/sbin:/sbin

verify() {
	"$top_builddir/lsrd-publish" --verify --tables "$T/postfix" \
		--state "$T" 2>"$T/said"
}

query() {
	postmap -q "$1" "lmdb:$T/postfix/$2" 2>/dev/null
}

# A directory with 300 routes published in it, by the real publisher.
publish() {
	rm -rf "$T/postfix" "$T/published"
	printf 'many 300 5\ngo\nremote late.example relay 198.51.100.6@25\ngo\n' |
		"$top_builddir/t/system/publish_drive" \
			"$top_builddir/lsrd-publish" "$T" lab >/dev/null 2>&1
}

# until_failed DIRECTORY: what $T/lines has is published there. What cannot be is
# tried again for ever, so it is ended as soon as it has said so.
until_failed() {
	: >"$T/said" # or what was said before would end it before it begins
	timeout 60 "$top_builddir/t/system/publish_drive" \
		"$top_builddir/lsrd-publish" "$1" lab \
		<"$T/lines" >"$T/out" 2>"$T/said" &
	drive=$!
	tries=0
	while ! grep -q publish-failed "$T/said" && [ $tries -lt 250 ]; do
		tries=$((tries + 1))
		sleep 0.2
	done
	kill "$drive" 2>/dev/null
	wait "$drive" 2>/dev/null
}

whole() {
	[ "$(query d00299.example transport)" = "lsrd:[198.51.100.5]:25" ] &&
		[ "$(query late.example transport)" = \
			"lsrd:[198.51.100.6]:25" ] &&
		[ "$(query d00299.example domains)" = relay ] &&
		[ "$(postmap -s "lmdb:$T/postfix/transport" | wc -l)" = 301 ]
}

# --- never published
ok "a machine that never published: exit 0" verify
ok "gets three empty tables" [ -f "$T/postfix/transport.lmdb" ]
ok "empty, and Postfix can read them" is \
	"$(postmap -s "lmdb:$T/postfix/domains" 2>&1)" ""
ok "again: exit 0" verify

# --- all is well
publish
ok "published" whole
ok "nothing broken: exit 0" verify
ok "and still whole" whole

# --- a table cut short, at many lengths
size=$(stat -c %s "$T/postfix/transport.lmdb")
good=0 tried=0
for cut in 0 1 100 4095 4096 5000 8192 12288 $((size / 2)) $((size - 4096)); do
	for t in transport domains; do
		truncate -s $cut "$T/postfix/$t.lmdb"
		verify && whole && good=$((good + 1))
		tried=$((tried + 1))
	done
done
ok "cut at ten lengths, and made anew" is $good $tried

# --- bits flipped, anywhere
good=0
for i in $(seq 1 40); do
	perl -e '
		srand($ARGV[1]);
		open my $f, "+<", $ARGV[0] or die;
		for (1 .. 20) {
			seek $f, int rand -s $f, 0; read $f, my $c, 1;
			seek $f, -1, 1;
			print $f chr(ord($c) ^ 1 << int rand 8);
		}' "$T/postfix/transport.lmdb" "$i"
	verify && whole && good=$((good + 1))
done
ok "bits flipped in forty ways, and made anew" is $good 40

# --- tables gone
rm "$T"/postfix/*.lmdb
ok "all tables gone: exit 0" verify
ok "and made anew" whole

# --- the copy harmed, the tables sound
cp "$T/postfix/routes" "$T/keep"
printf x | dd of="$T/postfix/routes" bs=1 seek=100 conv=notrunc 2>/dev/null
rm -f "$T/postfix/routes.before"
ok "the copy damaged, the tables sound: exit 0" verify
ok "they stay as they are" whole
ok "and it says so" like "$(cat "$T/said")" "*routes: damaged*"
rm "$T/postfix/routes"
ok "the copy gone, the tables sound: exit 0" verify
ok "they stay" whole

# --- both harmed
truncate -s 5000 "$T/postfix/transport.lmdb"
verify
ok "no copy, a table broken: exit 65" is $? 65
ok "the table is put aside" [ ! -f "$T/postfix/transport.lmdb" ]
ok "the others stay" [ "$(query d00299.example domains)" = relay ]
ok "and it says what to do" like "$(cat "$T/said")" "*until lsrd publishes it anew*"
rm -rf "$T/postfix"
verify
ok "all gone but the mark: exit 65" is $? 65
ok "no empty tables" [ ! -f "$T/postfix/transport.lmdb" ]

# --- lsrd mends it all
publish
ok "lsrd publishes it anew" whole

# --- the copy before, when the newest is bad
cp "$T/postfix/routes" "$T/postfix/routes.before"
printf x | dd of="$T/postfix/routes" bs=1 seek=100 conv=notrunc 2>/dev/null
rm "$T/postfix/transport.lmdb"
ok "from the copy before: exit 0" verify
ok "it is whole" whole

# --- a full disk
DISK=$T/disk
mkdir "$DISK"
mount -t tmpfs -o size=600k none "$DISK" || DISK=
{
	echo 'many 300 5'
	echo go
} | "$top_builddir/t/system/publish_drive" "$top_builddir/lsrd-publish" \
	"$DISK" lab >"$T/out" 2>"$T/said"
printf 'many 300 6\nmany 30000 6\ngo\n' >"$T/lines"
until_failed "$DISK"
ok "a full disk is told" like "$(cat "$T/said")" \
	"*publish-failed: reason=io, error=*"
ok "and the table is whole" sh -c \
	"postmap -q d00299.example lmdb:$DISK/postfix/transport | grep -q lsrd:"

# --- the copy cannot be written: what it lacks waits, and the rest is written
publish
rm -f "$T/postfix/routes.before"
mkdir "$T/postfix/routes.new"
printf 'many 300 7\nremote late.example relay 198.51.100.7@25\n%s\ngo\n' \
	'remote new.example relay 198.51.100.7@25' >"$T/lines"
until_failed "$T"
ok "a table with a new key is told as not published" grep -q \
	'publish-failed: reason=io, error="Is a directory"' "$T/said"
ok "links are steered around even so" is "$(query d00299.example transport)" \
	"lsrd:[198.51.100.7]:25"
ok "but the new key waits" is "$(query new.example transport)" ""
rmdir "$T/postfix/routes.new"
"$top_builddir/t/system/publish_drive" "$top_builddir/lsrd-publish" "$T" \
	lab <"$T/lines" >"$T/out" 2>"$T/said"
ok "and comes with its copy" is "$(query new.example transport)" \
	"lsrd:[198.51.100.7]:25"
