#!/bin/sh
# long-apparmor.sh - the profiles of conf/apparmor against what each program does in
# a lab where it serves, under strace: each file, socket and capability it takes is
# in its profile (apparmor.py). So a profile that forgets one is found where the
# kernel enforces none. With it go what they start, a service manager's socket, a
# front that hands strangers over, and a milter at a port.

. "$(dirname "$0")/lab.sh"
skip_unless_able
need strace apparmor_parser python3

calls=%file,%network,execve,fcntl,flock,setuid,setresuid,setgid,setresgid,setgroups,fchown,fchmod
sanitized=$(! grep -q __asan_init "$LSRD_BUILD/lsrd-milter" || echo yes)
exim=tokyo
! grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" || LSRD_LAB_EXIM=$exim
export LSRD_LAB_EXIM

# Someone reads at systemd's socket there.
notified() {
	"$lab" run "$1" sh -c 'mkdir -p /run/systemd && chmod 755 /run/systemd && exec setsid python3 -c "
import os, socket
here = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
here.bind(\"/run/systemd/notify\")
os.chmod(\"/run/systemd/notify\", 0o777)
while True:
    with open(\"/tmp/notified\", \"ab\") as out:
        out.write(here.recv(4096) + b\"\\n\")" </dev/null >/dev/null 2>&1 &'
}

# traced NODE PROGRAM OPTION...: it runs there under strace from now on; what it
# did is in /tmp/NAME.trace, NAME being PROGRAM or what is set.
traced() {
	node=$1 program=$2
	shift 2
	"$lab" run "$node" sh -c '
		exec </dev/null >/dev/null 2>&1
		program=$1 calls=$2 name=$3
		shift 3
		NOTIFY_SOCKET=/run/systemd/notify ASAN_OPTIONS=detect_leaks=0 setsid strace \
			-f -qq -y -s 300 -e trace="$calls" -o "/tmp/$name.trace" "$program" "$@" &' \
		sh "$program" "$calls" "${name:-$program}" "$@"
}

ends() { # NODE PROGRAM
	"$lab" run "$1" pkill -x "$2"
	soon not "$lab" run "$1" pgrep -x "$2" >/dev/null
}

# of PROGRAM: the file of its profile
profile_of() {
	case $1 in
	lsrd) echo "$top/conf/apparmor/lsrd" ;;
	*) echo "$top/conf/apparmor/usr.sbin.$1" ;;
	esac
}

# allowed NODE PROGRAM [TRACE]
allowed() {
	"$lab" run "$1" cat "/tmp/${3:-$2}.trace" >"$W/${3:-$2}.trace"
	# shellcheck disable=SC2086
	python3 "$top/t/system/apparmor.py" "$(profile_of "$2")" "$W/${3:-$2}.trace" $sanitized
}

# Without these lines of the profile it must not pass.
notices() { # TRACE PATTERN
	case $1 in
	publish) sed "/$2/d" "$(profile_of lsrd-publish)" ;;
	*) sed "/$2/d" "$(profile_of "$1")" ;;
	esac >"$W/lacking"
	# shellcheck disable=SC2086
	! python3 "$top/t/system/apparmor.py" "$W/lacking" "$W/$1.trace" $sanitized
}

shows() { # TRACE PATTERN: that it was done at all
	grep -q "$2" "$W/$1.trace"
}

scraped() {
	"$lab" run london python3 -c '
import http.client
link = http.client.HTTPConnection("127.0.0.1", 9691, timeout=10)
link.request("GET", "/metrics")
assert b"\nlsrd_up 1\n" in link.getresponse().read()'
}

# A browser's questions to lsrd-map: the page, what lsrd says, what lsrctl computes,
# what has happened and what was.
looked() {
	"$lab" run london python3 -c '
import http.client
for path in ("/", "/map.js", "/api/topology", "/api/routes", "/api/events",
             "/api/explain?address=u%40tokyo.example", "/api/simulate?cut=london-tokyo",
             "/api/at?time=%s" % __import__("time").time()):
    link = http.client.HTTPConnection("127.0.0.1", 8691, timeout=30)
    link.request("GET", path)
    answer = link.getresponse()
    assert answer.status == 200 and answer.read(), (path, answer.status)'
}

# lsrd there, under strace.
trace_lsrd() {
	"$lab" kill "$1" lsrd
	notified "$1"
	traced "$1" lsrd -f
}

# What lsrd starts, alone under strace.
trace_publisher() {
	"$lab" kill "$1" lsrd
	"$lab" run "$1" sh -c '
		printf "%s\n" "#!/bin/sh" "exec strace -f -qq -y -s 300 -e trace=$1 -o /var/lib/lsrd/publish.trace \
			/usr/local/sbin/lsrd-publish \"\$@\"" >/usr/local/sbin/traced-publish ||
			exit
		chmod 755 /usr/local/sbin/traced-publish
		sed -i "1i publisher = \"/usr/local/sbin/traced-publish\"" /etc/lsrd/lsrd.conf' sh "$calls"
	"$lab" start "$1" lsrd
}

# The smtpd that the front hands strangers to, and who may knock there.
hands_over() {
	"$lab" run london sh -c '
		sed -i "s/^postdrop:.*/&,_lsrd-front/; s/:,/:/" /etc/group
		printf "lsrd-smtpd pass n - n - - smtpd\n" >>/etc/postfix/master.cf
		postfix reload' 2>/dev/null
}

# A command that looks into a spool, and leaves a child behind; its lsrd-probe is
# started for one connection, as the unit starts it.
commanded() {
	"$lab" run london sh -c '
		install -d /etc/lsrd/probes /var/spool/gateway &&
		sed "s/^spool=/( setsid sleep 60 \& )\n&/" >/etc/lsrd/probes/spool-age &&
		chmod 755 /etc/lsrd/probes/spool-age &&
		echo "spool-age gw.example.org" | ASAN_OPTIONS=detect_leaks=0 strace -f -qq -y -s 300 \
			-e trace="$1" -o /tmp/lsrd-probe.trace lsrd-probe -u _lsrd' \
		sh "$calls" <"$top/conf/probes/spool-age" | grep -qx up
}

mapped=0
[ ! -x "$LSRD_BUILD/lsrd-map" ] || mapped=5
plan $((40 + mapped))
lab_up "$top/t/labtool/triangle.json" --x-lsa-2 --front paris=listed
ok "every server learns every route" full
for program in front milter; do "$lab" kill london $program; done
"$lab" kill paris front
for node in london tokyo; do trace_lsrd $node; done
trace_publisher paris
traced london lsrd-milter -f
front='-f -P /etc/lsrd/front.peers -s /run/lsrd/front -u _lsrd-front'
address=$("$lab" status | awk '$1 == "london" { print $3 }')
# shellcheck disable=SC2086
traced london lsrd-front $front -l "$address:25" -l 127.0.0.1:25 -b 127.0.0.1:2525
traced london lsrd-metrics -u _lsrd
traced london lsrd-maillog -u _lsrd -F /var/log/mail.log
ok "a command is run for lsrd" commanded
ok "all of it serves under strace" full
"$lab" send london u@tokyo.example u@paris.example -n 20
"$lab" send tokyo u@london.example -n 5
ok "mail arrives" all_arrived
ok "a scrape comes" soon scraped
[ $mapped = 0 ] || {
	"$lab" run london install -d -o _lsrd -m 750 /var/lib/lsrd-map
	traced london lsrd-map -u _lsrd
	ok "a browser gets its answers" soon looked
}
"$lab" run london sh -c 'pkill -HUP -x lsrd-milter; pkill -HUP -x lsrd-front; lsrctl reload'
"$lab" send london u@tokyo.example -n 1
ok "and after a reload of all three" all_arrived
"$lab" cut london tokyo
ok "routes move" goes london tokyo.example 'paris'
"$lab" heal london tokyo
ok "the service manager was told" "$lab" run london grep -q READY=1 /tmp/notified

ends london lsrd-front
hands_over
name=hand traced london lsrd-front $front -l "$address:25" -l 127.0.0.1:25 -b 127.0.0.1:2525 \
	-o /var/spool/postfix/public/lsrd-smtpd
ends london lsrd-milter
name=port traced london lsrd-milter -f -p inet:8891@127.0.0.1
"$lab" run london sh -c 'postconf -e smtpd_milters=inet:127.0.0.1:8891 && postfix reload' 2>/dev/null
name=verify traced paris lsrd-publish --verify
ok "a front that hands over and a milter at a port serve" full
"$lab" send tokyo u@london.example -n 5
"$lab" send london u@paris.example -n 5
ok "mail arrives" all_arrived

for profile in "$top"/conf/apparmor/*; do
	ok "${profile##*/}: the parser takes it" apparmor_parser -Q -K --skip-kernel-load "$profile"
done
judged() { # NODE PROGRAM [TRACE]
	ok "$2 of $1${3:+, $3}: all it did is allowed" allowed "$@"
	sed -n 's/^# /&/p' "$W/tap.said"
}
"$lab" run paris cp /var/lib/lsrd/publish.trace /tmp
"$lab" run tokyo cp /tmp/lsrd.trace /tmp/exim.trace
judged london lsrd
judged tokyo lsrd exim
judged paris lsrd-publish publish
judged paris lsrd-publish verify
judged london lsrd-milter
judged london lsrd-milter port
judged london lsrd-front
judged london lsrd-front hand
judged london lsrd-metrics
judged london lsrd-maillog
judged london lsrd-probe
[ $mapped = 0 ] || {
	judged london lsrd-map
	ok "lsrctl computed for it" shows lsrd-map 'execve(.*/lsrctl'
	ok "it kept what was" shows lsrd-map 'lsrd-map/.*O_CREAT'
	ok "a history less" notices lsrd-map 'lsrd\/history'
}
ok "Postfix was asked" shows lsrd 'execve(.*/postconf'
ok "so was the mail server of Tokyo" shows exim 'execve(.*/\(exim4\|postconf\)'
ok "strangers were handed over" shows hand 'public/lsrd-smtpd'
ok "a file less is noticed" notices lsrd-milter mark.key
ok "a socket less" notices lsrd-metrics 'lsrd\/control'
ok "a spool less" notices lsrd-probe 'var\/spool\/\*\*'
ok "a capability less" notices lsrd-milter 'capability setuid'
ok "a program less" notices lsrd postconf
ok "a lock less" notices publish 'var\/lib\/lsrd\/\*\*'
ok "Postfix's queue" notices lsrd 'public\/\*'
ok "a service manager's socket" notices lsrd-milter 'systemd\/notify'
