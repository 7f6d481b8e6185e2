#!/bin/sh
# fail2ban.sh - the filter of conf/fail2ban finds strangers in lines that lsrd
# and lsrd-front have really written, and nobody else; the jail can be read.

top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
bin=$(cd "$top_builddir" && pwd)
own=$top_srcdir/conf/fail2ban
W=$(mktemp -d /tmp/lsrd-fail2ban.XXXXXX)
net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
n=0 PIDS=''

finish() {
	for pid in $PIDS; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$W"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

for tool in fail2ban-regex fail2ban-client python3; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP needs $tool"
		exit 0
	}
done

is() { # WHAT GOT WANTED
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		printf '# got: %s\n# wanted: %s\n' "$2" "$3"
		echo "not ok $n - $1"
		sed 's/^/# /' "$W/log" | tail -n 15
	fi
}

until_so() {
	i=0
	while [ $i -lt 300 ] && ! "$@"; do
		sleep 0.1
		i=$((i + 1))
	done
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
	PIDS="$PIDS $!"
} >/dev/null 2>&1

front() {
	"$bin/lsrd-front" -f -l "$net.1:2500" -b "$net.1:2525" -c 1 \
		-u nobody -s "$W/none" 2>"$W/lsrd-front.err" &
	PIDS="$PIDS $!"
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

echo 1..4
# beside Debian's own, as an administrator has it
cp -R /etc/fail2ban "$W/etc"
rm -f "$W"/etc/jail.d/*
cp -R "$own/filter.d" "$own/jail.d" "$W/etc/"
daemon
front
until_so in_log 'start: '
until_so in_log 'started: '
knock 6910 "$net.7" 1
until_so in_log 'peer refused from'
# a listener that greets nobody: the first session stays
python3 -c '
import socket, sys, time
listener = socket.create_server((sys.argv[1], 2525))
time.sleep(600)' "$net.1" &
PIDS="$PIDS $!"
until_so python3 -c "import socket; socket.create_connection(('$net.1', 2525))" 2>/dev/null
knock 2500 "$net.8" 2
until_so in_log 'refused: from='
{
	as_syslog lsrd
	as_syslog lsrd-front
} >"$W/log"
is "the strangers are found, and nobody else" \
	"$(banned "$W/log")" \
	"$net.7 $net.8 "
sed "s/$net.7/2001:db8::7/; s/$net.8/2001:db8::8/" "$W/log" >"$W/log6"
is "with IPv6 addresses, too" \
	"$(banned "$W/log6")" \
	"2001:db8::7 2001:db8::8 "
grep -v 'refused from\|refused: from' "$W/log" >"$W/rest"
is "no other line is anybody's" \
	"$(banned "$W/rest")" ""

is "fail2ban reads the jail" "$(fail2ban-client -c "$W/etc" -d 2>&1 |
	grep -c "'add', 'lsrd', 'systemd'\|'start', 'lsrd'")" 2
