#!/bin/sh
# quiet.sh - what an administrator does in order is no error: two real daemons
# begin, one is started anew, drained, reloaded, both end, and no line of either
# wants anybody to act. And what was done by hand is said whole.

. "$(dirname "$0")/loopback.sh"
A=mx1.london.example.org
B=mx1.paris.example.org

clean_up() {
	for s in $A $B; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
}

failed() {
	tail -n 25 "$W/$A/log" "$W/$B/log"
}

# A mail service that answers probes, at 127.x.y.N.
serves() {
	python3 -c '
import socket, sys, threading
def talk(link):
    try:
        link.sendall(b"220 here ESMTP\r\n")
        for line in link.makefile("rb"):
            last = line.upper().startswith(b"QUIT")
            link.sendall(b"221 2.0.0 bye\r\n" if last else b"250 2.0.0 ok\r\n")
            if last:
                break
    except OSError:
        pass
    link.close()
listener = socket.create_server((sys.argv[1], 2525))
while True:
    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()' "$1" &
	pids="$pids $!"
}

both_full() {
	for s in $A $B; do
		ask $s peers --json 2>/dev/null | grep -q '"state":"full"' || return 1
		ask $s status --json | grep -q '"state":"up"' || return 1
		ask $s links --json | grep -q '"state":"up"' || return 1
	done
}

# That the disk is slow is this machine's matter, and here is no queue of mail.
alarms() {
	grep -n '^<[0-4]>' "$W/$A/log" "$W/$B/log" | grep -v 'publisher-\|retry-failed'
}

"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null
conf $A london 1 $B 2 paris
conf $B paris 2 $A 1 london
issue $A london "$W/$A/keys" --connector paris --force
issue $B paris "$W/$B/keys" --connector london --force
serves "$net.1"
serves "$net.2"

plan 7
begin $A
begin $B
ok "two begin and agree" soon both_full
ok "a boot is no alarm" none "$(alarms)"
end $B TERM
begin $B
ok "one is started anew" soon both_full
ok "which is no alarm" none "$(alarms)"
ask $A drain --for 10m --reason "works, in the street" >/dev/null
ok "who drained what, until when and why" soon grep -q \
	'^<5>control: request=drain, uid=[0-9]*\(, login=[^,]*\)*, until="20[-0-9]*T[0-9:]*Z", reason="works, in the street"$' \
	"$W/$A/log"
ask $A ready >/dev/null
ask $A reload >/dev/null
soon both_full
end $B TERM
end $A TERM
ok "nor are a drain, a reload and an end" none "$(alarms)"
ok "which routes moved, from where to where, because of what" grep -q \
	'^<5>routes: .*patterns="*paris.example.org"*, from=.*, to=.*, cause=".*'$B "$W/$A/log"
