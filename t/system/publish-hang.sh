#!/bin/sh
# publish-hang.sh - the publisher stopped inside the lock, and killed in
# mid-write, while a real trivial-rewrite is asked all the time: no lookup
# waits longer than a second, and the tables stay whole.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip "$why"
[ -f "$top_builddir/t/system/stop_in_lock.so" ] ||
	skip "needs t/system/stop_in_lock.so"
plan 12

# The publisher as lsrd starts it, with the shim that stops it in the lock.
here=$top_builddir
cat >"$W/publisher" <<EOF
#!/bin/sh
STOP_IN_LOCK=$W/stop SLOW_IN_LOCK=$W/slow LD_PRELOAD=$here/t/system/stop_in_lock.so
ASAN_OPTIONS=verify_asan_link_order=0
export STOP_IN_LOCK SLOW_IN_LOCK LD_PRELOAD ASAN_OPTIONS
exec "$here/lsrd-publish" "\$@"
EOF
chmod +x "$W/publisher"
PUBLISHER=$W/publisher
pf_begin
drive "many 2000 5" >/dev/null
pf_start || exit 1
soon [ -S "$W/spool/private/rewrite" ]
ok "the table is there" is "$(resolve u@d01999.example)" "lsrd:[198.51.100.5]:25"

# lookups SECONDS: figures of two clients together, worst of both
lookups() {
	for c in 1 2; do
		"$top_builddir/t/system/resolve_load" \
			"$W/spool/private/rewrite" load "$1" 2000 200 \
			>"$W/load.$c" 8>&- 9<&- &
	done
}

# but for what the machine itself stood still meanwhile
worst() {
	sed -n 's/.*max=\([0-9]*\) stood=\([0-9]*\)/\1 \2/p' "$W"/load.? |
		awk '{ print $1 - $2 }' | sort -n | tail -1
}

# One at a time, at the worst place.
lookups 8
sleep 1
n=0
for octet in 6 5 6; do
	: >"$W/stop"
	drive "many 500 $octet" >/dev/null
	[ -f "$W/stop" ] || n=$((n + 1))
done
wait_for_load() {
	soon sh -c "[ \$(cat '$W'/load.? | grep -c max=) = 2 ]"
}
wait_for_load
sed 's/^/# stopped inside the lock three times: /' "$W"/load.?
ok "the publisher was stopped inside the lock" is $n 3
# a machine that stands still may make it once more
ok "and killed for it" [ \
	"$(grep -c 'publisher-killed: phase=locked' "$W/drive.log")" -ge 3 ]
ok "no lookup waited for a second" [ "$(worst)" -lt 1000000 ]
ok "and what it had to write is there" is "$(resolve u@d00499.example)" \
	"lsrd:[198.51.100.6]:25"

# A disk that needs more than the usual 500 ms each time: one is killed or two,
# until another has the patience that it takes.
said() {
	grep -c "$1" "$W/drive.log"
}
: >"$W/slow"
octet=10
# quiet: another table is written, which was none before, and nobody is killed.
quiet() {
	killed=$(said publisher-killed) octet=$((octet + 1))
	like "$(drive "many 500 $octet")" "published *" &&
		is "$(said publisher-killed)" "$killed"
}
ok "a slow disk: written, and soon without a kill" soon quiet
ok "the log says that it is slow" [ "$(said 'publisher-slow: state=slow')" -ge 1 ]
rm "$W/slow"
over() {
	octet=$((octet + 1))
	drive "many 500 $octet" >/dev/null
	said 'publisher-slow: state=over'
}
ok "and when it is over" soon over

octet=5
# Killed at any moment, 60 times.
pid_of_publisher() {
	sed -n 's/.*publisher-start: pid=\([0-9]*\).*/\1/p' "$W/drive.log" |
		tail -1
}
rm -f "$W"/load.?
lookups 12
k=0
while [ $k -lt 60 ]; do
	octet=$((11 - octet))
	printf 'many 1000 %s\ngo\n' $octet >&8
	sleep 0.0$((k % 7))$((k % 10))
	kill -9 "$(pid_of_publisher)" 2>/dev/null && k=$((k + 1))
	read -r answer <&9 || break
done
wait_for_load
sed 's/^/# killed 60 times: /' "$W"/load.?
ok "published after 60 kills" like "$answer" "published *"
bad=$(sed -n 's/.*bad=\([0-9]*\).*/\1/p' "$W"/load.? | sort -n | tail -1)
ok "every lookup in between found a route" is "$bad" 0
ok "all keys are there" is \
	"$(postmap -s "lmdb:$W/lsrd/postfix/transport" 2>/dev/null | wc -l)" \
	2000
ok "nothing fatal in the log" is "$(grep -cE 'fatal|panic' "$W/mail.log")" 0
