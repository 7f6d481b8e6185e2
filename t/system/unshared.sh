#!/bin/sh
# unshared.sh - lsrd without a service manager, as process 1 of a container whose
# root cannot be written but for what lsrd(8), CONTAINERS, names: logs, signals,
# exit statuses, and what others leave behind.

. "$(dirname "$0")/loopback.sh"
A=mx1.london.example.org
B=mx1.paris.example.org

apart="unshare --mount --pid --fork --kill-child --mount-proc --propagation private"
[ "$(id -u)" = 0 ] || apart="$apart --map-root-user"
$apart true 2>/dev/null || skip "no namespaces here"
need nsenter ps

patience=60
failed() {
	tail -n 15 "$W/$A/log"
	[ -z "${one:-}" ] || ps -o pid,ppid,stat,args --ppid "$one"
}

clean_up() {
	[ ! -f "$W/$B/pid" ] || kill -9 "$(cat "$W/$B/pid")" 2>/dev/null
}

# Begins it as process 1; $one is what it is called outside. NOTIFY_SOCKET and what
# else a service manager says are not there.
contained() {
	$apart env -i PATH="$PATH" ASAN_OPTIONS="${ASAN_OPTIONS:-}" sh -c '
		mount --bind "$1" "$1" && mount -o remount,bind,ro / || exit 98
		shift
		! touch /etc/lsrd-may-write 2>/dev/null || exit 99
		exec "$@"' sh "$W" "$lsrd" -f -c "$1" >>"$W/$A/log" 2>&1 &
	outer=$!
	pids="$pids $outer"
	has_child() { one=$(ps -o pid= --ppid "$outer" | tr -d ' ') && [ -n "$one" ]; }
	soon has_child
}

# ends STATUS: it does, with that
ends() {
	wait "$outer"
	is $? "$1"
}

logged() {
	grep -q -e "$1" "$W/$A/log"
}

runs() {
	ask $A status --json 2>/dev/null | grep -q '"server"'
}

# lsrd itself, process 1's child
inner() {
	ps -o pid= --ppid "$one" | head -n 1 | tr -d ' '
}

# What somebody leaves behind there: it is process 1's, dies, and is buried.
left_behind() {
	nsenter --target "$one" --pid sh -c 'sh -c "exec sleep 543" & exit 0'
	soon adopted && kill -9 "$orphan" && soon none_left
}

adopted() {
	orphan=$(pgrep -P "$one" -f 'sleep 543')
	[ -n "$orphan" ]
}

none_left() {
	! ps -o stat=,args= --ppid "$one" | grep -q 'sleep\|^Z'
}

"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null
conf $A london 1 $B 2 paris
conf $B paris 2 $A 1 london
sed 's/^smtp/no-such-option = 1\nsmtp/' "$W/$A/lsrd.conf" >"$W/$A/bad.conf"

plan 10
# with its peer there it has a table at once
begin $B
contained "$W/$A/lsrd.conf"
ok "it runs as process 1, on a root that cannot be written" soon runs
ok "it is its own only in there" is "$(nsenter --target "$one" --pid --mount --root cat /proc/1/comm)" lsrd
ok "its lines are on the standard error output, with priorities" soon logged '^<5>start: server='
ok "no line wants a service manager" sh -c "! grep -i 'notify\|watchdog\|journal' $W/$A/log"
ok "what others leave behind is buried" left_behind
kill -HUP "$one"
ok "SIGHUP reloads" soon logged '^<5>reload: .*result=nothing-changed'
publisher() {
	pgrep -P "$(inner)" -f lsrd-publish | head -n 1
}
has_publisher() { [ -n "$(publisher)" ]; }
soon has_publisher
kill -TERM "$(publisher)"
ok "that a child of lsrd is killed lsrd hears, not process 1" soon logged '^<3>publisher-gone: signal=15'
kill -TERM "$one"
ok "SIGTERM ends it in order, with status 0" ends 0
contained "$W/$A/bad.conf"
ok "a configuration that is wrong: 78" ends 78
contained "$W/$A/lsrd.conf"
soon runs
kill -9 "$(inner)"
ok "killed: 128 and the signal" ends 137
