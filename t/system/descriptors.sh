#!/bin/sh
# descriptors.sh - no descriptor left: real daemons, whose limit is lowered
# while they run or before they start, and somebody who takes every one. They
# say it in a few lines, cost no time, take no link down, answer lsrctl, save
# their state, and are well again when it is over. And lsrd-milter, which keeps
# some for a newer table.

. "$(dirname "$0")/loopback.sh"
need python3 prlimit
A=mx1.london.example.org
B=mx1.paris.example.org

failed() {
	tail -n 15 "$W"/*/log "$W/mail.log"
}

# In place of loopback.sh's: begin SERVER LIMIT, its number is in $pid.
begin() {
	prlimit "--nofile=$2" "$lsrd" -f -c "$W/$1/lsrd.conf" \
		>>"$W/$1/log" 2>&1 &
	pid=$!
	pids="$pids $pid"
}

is_full() {
	ask "$1" status --json 2>/dev/null | grep -q '"full":1'
}

links_up() {
	ask "$1" links --json >"$W/links" && ! grep -v '"state":"up"' "$W/links"
}

well() {
	soon is_full $A && soon is_full $B && soon links_up $A && soon links_up $B
}

# ticks PID: of the processor, of a hundred a second.
ticks() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# now: hundredths of a second, as the processor's ticks.
now() {
	awk '{ printf "%d\n", 100 * $1 }' /proc/uptime
}

# fewest PID: descriptors that it has; a probe has more for a moment.
fewest() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		ls "/proc/$1/fd" | wc -l
		sleep 0.1
	done | sort -n | head -n 1
}

# flood SOCKET ADDRESS: holds the first sixty times, without a word, and goes
# on to take the second as often as it can get it.
flood() {
	: >"$W/flood.log"
	python3 "$W/flood.py" "$@" >"$W/flood.log" 2>&1 &
	flooder=$!
	pids="$pids $flooder"
	soon grep -q held "$W/flood.log"
	lines=$(wc -l <"$log") ticks=$(ticks "$pid") begun=$(now)
}

end_flood() {
	kill $flooder
	wait $flooder 2>/dev/null
}

# A handful of lines when it begins, hardly any then, and a fifth of a processor,
# while the flood goes on. Both are counted since it began, and so is the time:
# what is asked meanwhile takes seconds on a busy machine.
is_quiet() {
	sleep $seconds
	said=$(($(wc -l <"$log") - lines)) took=$(($(ticks "$pid") - ticks))
	lasted=$(($(now) - begun))
	echo "# $said lines, $took ticks, in $lasted"
	[ $said -le $((10 + 2 * lasted / 100)) ] && [ $took -le $((lasted / 5)) ]
}

answers() {
	ask $A status --json >"$W/status" && grep -q '"full":1' "$W/status"
}

saved() {
	[ "$(stat -c %i.%s "$W/$A/journal")" != "$before" ]
}

change() {
	before=$(stat -c %i.%s "$W/$A/journal")
	ask $A drain --reason test >/dev/null && soon saved
}

knows() {
	ask $B db --json | grep -q '"state":"drain"'
}

no_link_lost() {
	! grep -h '\(link\|mta\|session\)-state:.*from=up, to=down' "$W"/*/log
}

logged() {
	grep -q "$1" "$log"
}

cat >"$W/flood.py" <<'EOF'
import socket, sys, time
held, end = [], time.time() + 900
def reach(a):
    local = a.startswith('/')
    s = socket.socket(socket.AF_UNIX if local else socket.AF_INET)
    s.setblocking(False)
    try:
        s.connect(a if local else (a.split(':')[0], int(a.split(':')[1])))
    except BlockingIOError:
        pass
    held.append(s)
def several(a, n):
    for _ in range(n):
        try:
            reach(a)
        except OSError:
            break
several(sys.argv[1], 60)
idle, held = held, []
while time.time() < end:
    several(sys.argv[2], 40)
    del held[:-300]
    print('held', len(held), flush=True)
    time.sleep(0.3)
EOF
cat >"$W/mail.py" <<'EOF'
import socketserver, sys, threading
class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.wfile.write(b'220 mail\r\n')
            for line in self.rfile:
                self.wfile.write(b'250 ok\r\n')
                if line.upper().startswith(b'QUIT'):
                    return
        except OSError:
            pass
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
for a in sys.argv[1:]:
    threading.Thread(target=Server((a, 2525), Mail).serve_forever).start()
EOF

# As an MTA greets a milter.
cat >"$W/greet.py" <<'EOF'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
ask = b'O' + struct.pack('!III', 6, 0x1ff, 0x1fffff)
s.sendall(struct.pack('!I', len(ask)) + ask)
sys.exit(s.recv(5)[4:] != b'O')
EOF

begin_milter() {
	mkdir "$W/milter" && chmod 711 "$W" && chmod 777 "$W/milter" || return
	user=$me
	[ "$me" != root ] || user=nobody
	prlimit --nofile=40:40 "$bin/lsrd-milter" -f -u "$user" \
		-p "unix:$W/milter/socket" -T "$W/milter/table" \
		-k "$W/$A/keys/mark.key" >"$log" 2>&1 &
	pid=$!
	pids="$pids $pid"
	soon greeted
}

greeted() {
	python3 "$W/greet.py" "$W/milter/socket"
}

# It has looked for its table all the while, and could.
lacks_nothing() {
	! grep 'Too many open files' "$log"
}

seconds=2
! at_length || seconds=5
"$lsrctl" keys authority --directory "$W/ca" --organization example.org \
	>/dev/null || exit 1
conf $A london 1 $B 2 paris 'probe-interval = 500ms'
conf $B paris 2 $A 1 london 'probe-interval = 500ms'
python3 "$W/mail.py" "$net.1" "$net.2" 2>"$W/mail.log" &
pids="$pids $!"
log=$W/$A/log
begin $B 1024
other=$pid
begin $A 1024
ok "two servers, every link up" well

# --- all of them are taken while it runs
few=$(($(fewest "$pid") + 4))
prlimit --pid "$pid" --nofile=$few:1024
ok "somebody takes every descriptor of London" \
	flood "$W/$A/control" "$net.1:6910"
ok "it says so" soon logged 'own-shortage: .*reason=no-descriptors'
ok "lsrctl is answered, and the session is up" soon answers
ok "a change is saved" change
ok "and the other server hears of it" soon knows
ok "a handful of lines, and little time" is_quiet
ok "no link was withdrawn" no_link_lost
end_flood
prlimit --pid "$pid" --nofile=1024:1024

# No more of it every day.
at_length || {
	all_told
	exit
}

# --- few from the beginning, at the other one
kill $other
wait $other
log=$W/$B/log
begin $B $few
ok "with hardly any Paris starts, and is full" soon is_full $B
flood "$W/$B/control" "$net.2:6910"
ok "and is as quiet under the same flood" is_quiet
end_flood
log=$W/$A/log
ok "London says when it is over" soon logged 'own-shortage: .*state=well'
ok "and all is well" well

# --- the milter beside them, with forty for good
log=$W/milter.log
if [ -x "$bin/lsrd-milter" ]; then
	ok "a milter with forty descriptors" begin_milter
	flood "$W/milter/socket" "$W/milter/socket"
	ok "says it when they are taken" soon logged no-descriptors
	ok "is as quiet, and has kept some for itself" eval \
		'is_quiet && lacks_nothing'
	end_flood
	ok "and takes sessions when that is over" soon greeted
else
	for what in with says keeps takes; do
		skip_case "a milter $what" "built without it"
	done
fi
all_told
