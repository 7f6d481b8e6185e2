#!/bin/sh
# long-units.sh - what the units do in a real systemd when something goes wrong, or
# is started anew: nobody who knocks at port 691 meanwhile is turned away; a daemon
# that hangs is ended at a stop as well; its port closes with it; lsrd-front is
# started by its socket; lsrd-metrics within its unit's limits; lsrd-probe, with a
# command that forks on and one that hangs.

. "$(dirname "$0")/container.sh"
cat >"$work/units.in" <<'END'
. /root/tap.sh
PATH=/usr/local/sbin:/usr/local/bin:$PATH
patience=60
conf=/etc/lsrd/lsrd.conf
keys=/etc/lsrd/keys

main_pid() { systemctl show -p MainPID --value "${1:-lsrd.service}"; }
answers() { lsrctl status --json | grep -q '"server"'; }
another_pid() {
	[ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && answers
}
failed() { journalctl -u "lsrd*" --no-pager -o cat | tail -n 15; }
plan 28

mkdir -p /root/authority "$keys"
{
	lsrctl keys authority --directory /root/authority --organization sys.example
	lsrctl keys issue one.sys.example --directory /root/authority --output /root/one \
		--group only --space one.example --relay one.example
} >&2
cp /root/one/* "$keys/"
ip link set lo up
ip addr add 192.0.2.1/32 dev lo
ip addr add 192.0.2.3/32 dev lo
cat >"$conf" <<-CONF
	organization = "sys.example"
	mta = none
	routing-group = "only"
	server = "one.sys.example"
	peer-listen = { "192.0.2.1:691" }
	smtp = { "192.0.2.1:25" }
	peer "two.sys.example" { address = { "192.0.2.2:691" } }
	address-space "one.example" { deliver = here }
CONF
mkdir -p /etc/systemd/system/lsrd.socket.d
printf '[Socket]\nListenStream=\nListenStream=192.0.2.1:691\n' \
	>/etc/systemd/system/lsrd.socket.d/address.conf
systemctl daemon-reload
systemd-sysusers >&2
systemd-tmpfiles --create >&2
chown -R _lsrd "$keys"
chgrp lsrd-mark "$keys/mark.key"

# Who knocks all the time, and what becomes of it: a line for each who was turned
# away, and at the end how many there were.
cat >/root/knock.py <<-'PY'
	import signal, socket, sys, time
	on = True
	def over(*_):
	    global on
	    on = False
	signal.signal(signal.SIGTERM, over)
	n = refused = 0
	while on:
	    n += 1
	    try:
	        socket.create_connection((sys.argv[1], int(sys.argv[2])), 20).close()
	    except ConnectionRefusedError:
	        refused += 1
	    time.sleep(0.0005)
	print("knocked", n, "refused", refused)
PY
knock() {
	python3 /root/knock.py "$@" >/root/knocked &
	knocker=$!
	pids="$pids $knocker"
}
knocked() {
	kill $knocker
	wait $knocker
	cat /root/knocked
	grep -q 'knocked [0-9]* refused 0$' /root/knocked && [ "$(cut -d' ' -f2 /root/knocked)" -gt 200 ]
}

systemctl start lsrd.service
ok "lsrd runs" soon answers
answers || exit 1
knock 192.0.2.1 691
for time in 1 2 3 4 5; do
	pid=$(main_pid)
	systemctl restart lsrd.service
	soon another_pid "$pid"
done
ok "five restarts, and nobody is turned away from port 691" knocked

knock 192.0.2.1 691
pid=$(main_pid)
kill -9 "$pid"
soon another_pid "$pid"
ok "nor when lsrd is killed" knocked

# a hung one, at a stop
pid=$(main_pid)
kill -STOP "$pid"
begun=$(date +%s)
systemctl stop lsrd.service
took=$(($(date +%s) - begun))
ok "a hung lsrd is ended at a stop, within its ten seconds and two: $took s" [ "$took" -le 13 ]
ok "it is gone" sh -c "! [ -d /proc/$pid ]"
# killed, its port is kept for who comes next; who stops it once more closes it
systemctl start lsrd.service
soon answers
systemctl stop lsrd.service
closed() { ! ss -Hltn 'sport = 691' | grep -q 691; }
ok "a stop closes the port: no peer starts it again" soon closed
sleep 2
ok "it stays ended" is "$(systemctl is-active lsrd.service lsrd.socket | tr '\n' ' ')" "inactive inactive "

# another address, as its unit and its configuration say from now on
systemctl start lsrd.service
soon answers
sed -i 's/^peer-listen.*/peer-listen = { "192.0.2.3:691" }/' "$conf"
printf '[Socket]\nListenStream=\nListenStream=192.0.2.3:691\n' \
	>/etc/systemd/system/lsrd.socket.d/address.conf
systemctl daemon-reload
systemctl restart lsrd.service
moved() { ss -Hltn 'sport = 691' | grep -q '192.0.2.3:691' && answers; }
ok "another address for the port: a restart opens it" soon moved

# a daemon that hangs is replaced by the watchdog, as it is shipped
pid=$(main_pid)
sleep 1
kill -STOP "$pid"
begun=$(date +%s)
soon another_pid "$pid"
took=$(($(date +%s) - begun))
ok "a hung lsrd is replaced by its watchdog: $took s" [ "$took" -le 25 ]
ok "and the journal says why" sh -c "journalctl -u lsrd --no-pager -o cat | grep -q 'Watchdog timeout'"

# lsrd-front: its socket alone is open, and the first who comes starts it
mkdir -p /etc/systemd/system/lsrd-front.socket.d
printf '[Socket]\nListenStream=\nListenStream=192.0.2.1:2500\n' \
	>/etc/systemd/system/lsrd-front.socket.d/port.conf
printf 'LSRD_FRONT_ARGS="-b 127.0.0.1:2525 -p 192.0.2.9"\n' >/etc/default/lsrd-front
systemctl daemon-reload
python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 2525))
while True:
    link = s.accept()[0]
    link.recv(200)
    link.sendall(b"220 behind ESMTP\r\n")
    link.close()' &
pids="$pids $!"
systemctl start lsrd-front.socket
ok "lsrd-front does not run yet" is "$(systemctl is-active lsrd-front.service)" inactive
greeted() {
	python3 -c '
import socket
print(socket.create_connection(("192.0.2.1", 2500), 20).recv(50))' | grep -q '220 behind'
}
ok "the first who comes starts it, and is served" greeted
knock 192.0.2.1 2500
for time in 1 2 3; do
	systemctl restart lsrd-front.service
	soon greeted
done
ok "three restarts, and nobody is turned away" knocked
ok "what it says is in the journal with its parts" sh -c \
	"journalctl -q -o json --no-pager LSRD_EVENT=started _SYSTEMD_UNIT=lsrd-front.service | grep -q LSRD_VERSION"

# lsrd-metrics as it is shipped: it may ask lsrd, and has few descriptors
cat >/root/scrape.py <<-'PY'
	import socket, sys
	idle = [socket.create_connection(("127.0.0.1", 9691), 60) for _ in range(int(sys.argv[1]))]
	link = socket.create_connection(("127.0.0.1", 9691), 60)
	link.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
	text = b""
	while some := link.recv(65536):
	    text += some
	print(text.decode())
PY
scrapes() { python3 /root/scrape.py "$1" | grep -qx 'lsrd_up 1'; }
ok "lsrd-metrics starts" systemctl start lsrd-metrics.service
ok "and may ask lsrd" soon scrapes 0
pid=$(main_pid lsrd-metrics.service)
ok "its limits are in force" is "$(awk '/^Max open files/ { print $4 }' "/proc/$pid/limits"
	systemctl show -p MemoryMax -p TasksMax --value lsrd-metrics.service | sort -n | tr '\n' ' ')" \
	"64
4 67108864 "
ok "beside 200 who keep their connections it answers, the same process" sh -c \
	"python3 /root/scrape.py 200 | grep -qx 'lsrd_up 1' && [ -d /proc/$pid ]"

# lsrd-probe as it is shipped: a process for each question, and what a command
# leaves is gone with it, however fast it is
mkdir -p /etc/lsrd/probes /var/spool/gateway
cp /usr/local/share/doc/lsrd/examples/probes/spool-age /etc/lsrd/probes/
printf '#!/bin/sh\nsleep 3600\n' >/etc/lsrd/probes/hanging
printf '#!/bin/sh\nf() { setsid sleep 3601 & f & f; }\nf\n' >/etc/lsrd/probes/bomb
cat >/etc/lsrd/probes/bound <<-'SH'
	#!/bin/sh
	for file in /etc/x /root/x /var/lib/x /run/x; do
		! touch $file || exit 1
	done
	! cat /etc/lsrd/keys/server.key || exit 1
	! ls /var/lib/lsrd || exit 1
	! ls /run/lsrd || exit 1
	[ ! -e /dev/kmsg ] && mkdir /tmp/mine && id -un | grep -qx _lsrd-probe
SH
chmod 755 /etc/lsrd/probes/*
systemctl start lsrd-probe.socket
ask() {
	setpriv --reuid="${2:-_lsrd}" --clear-groups python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/lsrd-probe/ask")
s.sendall(sys.argv[1].encode() + b" gw.example.org\n")
print(s.recv(100).decode(), end="")' "$1" 2>/dev/null
}
ok "its units are in order" systemd-analyze --man=no verify lsrd-probe.socket lsrd-probe@x.service
ok "a command is run" is "$(ask spool-age)" up
touch -d '2 hours ago' /var/spool/gateway/job
ok "and says what it sees" is "$(ask spool-age)" down
ok "bound to what it needs, as a user of its own" is "$(ask bound)" up
ok "nobody but lsrd may ask" is "$(ask spool-age nobody)" ""
begun=$(date +%s)
ok "one that hangs" is "$(ask hanging)" "silent command-timeout"
ok "is ended at its deadline" [ $(($(date +%s) - begun)) -le 15 ]
ask bomb >/dev/null
left() { ! pgrep -u _lsrd-probe >/dev/null; }
ok "one that forks on leaves nobody, within its tasks" soon left
ok "and the journal is quiet" is "$(journalctl -q --no-pager -u 'lsrd-probe@*' | wc -l)" 0
systemctl stop lsrd-probe.socket
ok "nor is a socket left that nobody listens at" [ ! -e /run/lsrd-probe/ask ]
END
root_make units "$work/units.in"
boot "$work/units" --private-network
status=$?
[ -s "$work/units/root/result" ] ||
	skip "no container here ($status): $(tail -n 1 "$work/units.boot" | tr -d '\r')"
cat "$work/units/root/result"
! grep -q '^not ok' "$work/units/root/result" || sed 's/^/# /' "$work/units/root/complaints"
