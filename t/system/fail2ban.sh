#!/bin/sh
# fail2ban.sh - the filter of conf/fail2ban finds strangers in lines that lsrd
# and lsrd-front have really written, and nobody else; the jail can be read.

. "$(dirname "$0")/../tap.sh"
need fail2ban-regex fail2ban-client python3
bin=$top_builddir
own=$top_srcdir/conf/fail2ban
net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))

failed() {
	tail -n 15 "$W/log"
}

# in_log PATTERN: in what both have said
in_log() { cat "$W"/*.err | grep -q "$1"; }

daemon() {
	"$bin/lsrctl" keys authority --directory "$W/ca" --organization example.org
	"$bin/lsrctl" keys issue mx1.example.org --directory "$W/ca" \
		--output "$W/keys" --user "$(id -un)" --group g --space example.org
	mkdir "$W/tables"
	cat >"$W/conf" <<-END
	organization = "example.org"
	mta = none
	routing-group = "g"
	server = "mx1.example.org"
	peer-listen = { "$net.1:6910" }
	smtp = { "$net.1:2525" }
	lab = yes
	user = "$(id -un)"
	key = "$W/keys/server.key"
	certificate = "$W/keys/server.pem"
	mark-key = "$W/keys/mark.key"
	authority = "$W/ca/authority.pem"
	state-directory = "$W"
	table-directory = "$W/tables"
	control-socket = "$W/control"
	publisher = "$bin/lsrd-publish"
	peer "mx2.example.org" { address = "$net.2:6910" }
	END
	"$bin/lsrd" -f -c "$W/conf" 2>"$W/lsrd.err" &
	pids="$pids $!"
} >/dev/null 2>&1

front() {
	"$bin/lsrd-front" -f -l "$net.1:2500" -b "$net.1:2525" -c 1 \
		-u nobody -s "$W/none" 2>"$W/lsrd-front.err" &
	pids="$pids $!"
}

# knock PORT SOURCE TIMES: so many connections at once
knock() {
	python3 -c '
import socket, sys
host, port, source, times = sys.argv[1:]
links = [socket.create_connection((host, int(port)), 10, (source, 0))
         for _ in range(int(times))]
for link in links:
    link.settimeout(10)
    try:
        link.recv(100)
    except OSError:
        pass' "$net.1" "$1" "$2" "$3"
}

# as_syslog PROGRAM: its lines as a log has them
as_syslog() {
	sed "s/^<[0-9]*>//; s/^/$(LC_ALL=C date '+%b %e %T') mx1 $1[4711]: /" "$W/$1.err"
}

# banned LOG: whom the filter finds there
banned() {
	fail2ban-regex -o ip "$1" "$W/etc/filter.d/lsrd.conf" | sort -u | tr '\n' ' '
}

plan 4
# beside Debian's own, as an administrator has it
cp -R /etc/fail2ban "$W/etc"
rm -f "$W"/etc/jail.d/*
cp -R "$own/filter.d" "$own/jail.d" "$W/etc/"
daemon
front
soon in_log 'start: '
soon in_log 'started: '
knock 6910 "$net.7" 1
soon in_log 'peer refused from'
# a listener that greets nobody: the first session stays
python3 -c '
import socket, sys, time
listener = socket.create_server((sys.argv[1], 2525))
time.sleep(600)' "$net.1" &
pids="$pids $!"
soon python3 -c "import socket; socket.create_connection(('$net.1', 2525))"
knock 2500 "$net.8" 2
soon in_log 'refused: from='
{
	as_syslog lsrd
	as_syslog lsrd-front
} >"$W/log"
ok "the strangers are found, and nobody else" is \
	"$(banned "$W/log")" \
	"$net.7 $net.8 "
sed "s/$net.7/2001:db8::7/; s/$net.8/2001:db8::8/" "$W/log" >"$W/log6"
ok "with IPv6 addresses, too" is \
	"$(banned "$W/log6")" \
	"2001:db8::7 2001:db8::8 "
grep -v 'refused from\|refused: from' "$W/log" >"$W/rest"
ok "no other line is anybody's" is \
	"$(banned "$W/rest")" ""

ok "fail2ban reads the jail" is "$(fail2ban-client -c "$W/etc" -d 2>&1 |
	grep -c "'add', 'lsrd', 'systemd'\|'start', 'lsrd'")" 2
