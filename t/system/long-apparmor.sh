#!/bin/sh
# long-apparmor.sh - the profiles of conf/apparmor against what lsrd-front,
# lsrd-milter and lsrd-metrics do in a lab where they serve, under strace: each
# file, socket and capability they take is in their profile (apparmor.py). So a
# profile that forgets one is found where the kernel enforces none.

. "$(dirname "$0")/lab.sh"
skip_unless_able
need strace apparmor_parser python3

calls=%file,%network,setuid,setresuid,setgid,setresgid,setgroups,fchown
sanitized=$(! grep -q __asan_init "$LSRD_BUILD/lsrd-milter" || echo yes)

# traced NODE PROGRAM OPTION...: it runs there under strace from now on
traced() {
	node=$1 program=$2
	shift 2
	"$lab" run "$node" sh -c '
		exec </dev/null >/dev/null 2>&1
		program=$1 calls=$2
		shift 2
		ASAN_OPTIONS=detect_leaks=0 setsid strace -f -qq -s 300 -e trace="$calls" -o "/tmp/$program.trace" "$program" "$@" &' \
		sh "$program" "$calls" "$@"
}

# allowed NODE PROGRAM
allowed() {
	"$lab" run "$1" cat "/tmp/$2.trace" >"$W/$2.trace"
	# shellcheck disable=SC2086
	python3 "$top/t/system/apparmor.py" "$top/conf/apparmor/usr.sbin.$2" "$W/$2.trace" $sanitized
}

# Without this line of the profile it must not pass.
notices() { # PROGRAM PATTERN
	sed "/$2/d" "$top/conf/apparmor/usr.sbin.$1" >"$W/lacking"
	# shellcheck disable=SC2086
	! python3 "$top/t/system/apparmor.py" "$W/lacking" "$W/$1.trace" $sanitized
}

scraped() {
	"$lab" run london python3 -c '
import http.client
link = http.client.HTTPConnection("127.0.0.1", 9691, timeout=10)
link.request("GET", "/metrics")
assert b"\nlsrd_up 1\n" in link.getresponse().read()'
}

plan 14
lab_up "$top/t/labtool/triangle.json" --x-lsa-2 --front paris=listed
ok "every server learns every route" full
for program in front milter; do "$lab" kill london $program; done
"$lab" kill paris front
traced london lsrd-milter -f
front='-f -P /etc/lsrd/front.peers -s /run/lsrd/front -u _lsrd-front'
address=$("$lab" status | awk '$1 == "london" { print $3 }')
# shellcheck disable=SC2086
traced london lsrd-front $front -l "$address:25" -l 127.0.0.1:25 -b 127.0.0.1:2525
traced london lsrd-metrics -u _lsrd
ok "all of it serves under strace" full
"$lab" send london u@tokyo.example u@paris.example -n 20
"$lab" send tokyo u@london.example -n 5
ok "mail arrives" all_arrived
ok "a scrape comes" soon scraped
"$lab" run london sh -c 'pkill -HUP -x lsrd-milter; pkill -HUP -x lsrd-front'
"$lab" send london u@tokyo.example -n 1
ok "and after a reload of both" all_arrived
for program in lsrd-front lsrd-milter lsrd-metrics; do
	ok "$program: the parser takes it" apparmor_parser -Q -K --skip-kernel-load "$top/conf/apparmor/usr.sbin.$program"
	ok "$program: all it did is allowed" allowed london $program
	sed -n 's/^# /&/p' "$W/tap.said"
done
ok "a file less is noticed" notices lsrd-milter mark.key
ok "a socket less" notices lsrd-metrics 'lsrd\/control'
ok "a capability less" notices lsrd-milter 'capability setuid'
