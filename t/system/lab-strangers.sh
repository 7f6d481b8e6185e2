#!/bin/sh
# lab-strangers.sh - what knocks at port 691 without a right to: nobody gets
# an octet of ours, and the sessions of the others do not notice.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 15
lab_up "$top/t/labtool/three-groups.json"
dir=$W
ctl=$LSRD_BUILD/lsrctl
ok "every server learns every route" full
before=$(pid_of paris1)

# knock HOW KEYS: closed soon, and nothing was said inside.
knock() {
	said=$("$lab" stranger london1 paris1 "$1" ${2:+--keys "$2"})
	printf '%s\n' "$said"
	case $said in
	closed*" 0 octets inside") return 0 ;;
	esac
	return 1
}

# plain HOW: no TLS at all; an alert is all that may come back.
plain() {
	said=$("$lab" stranger london1 paris1 "$1")
	printf '%s\n' "$said"
	case $said in
	closed*" 0 octets inside" | closed*" 7 octets inside") return 0 ;;
	esac
	return 1
}

# another authority of the same name, and a key from it
"$ctl" keys authority --directory "$dir/other" --organization lab.example >/dev/null 2>&1
"$ctl" keys issue tokyo1.lab.example --directory "$dir/other" --output "$dir/wrong" \
	--group tokyo --space tokyo.example >/dev/null 2>&1
real=$(sessions paris1)

ok "no certificate: closed" knock no-certificate
ok "TLS 1.2: closed" knock tls-1.2 "$dir/wrong"
ok "a certificate of another authority: closed" knock certificate "$dir/wrong"
ok "garbage: closed" plain garbage
ok "HTTP: closed" plain http
ok "SMTP: closed" plain smtp
ok "silence: closed" plain silence
ok "lsrd is the same process" is "$(pid_of paris1)" "$before"
ok "its sessions are as they were" soon has_sessions paris1 "$real"
ok "the strangers are in its log, with their address" \
	soon "$lab" run paris1 grep -q "10\.77\.1\.1" /var/log/lsrd.log

# a good certificate with another name: paris2 answers where paris1 is dialled
address=$("$lab" status | awk '$1 == "paris2" { print $3 }')
"$lab" run london1 sh -c "sed -i '/^peer \"paris1/s/{ \"[^\"]*\" }/{ \"$address:691\" }/' /etc/lsrd/lsrd.conf"
ok "the configuration names the wrong address" \
	"$lab" run london1 grep -q "paris1.*$address:691" /etc/lsrd/lsrd.conf
"$lab" cut london1 paris1 --port 691
"$lab" kill london1 lsrd
"$lab" start london1 lsrd
ok "a good certificate with another name: refused, and logged" \
	soon "$lab" run london1 grep -Eq "paris1.*(name|paris2)" /var/log/lsrd.log
ok "mail flows meanwhile" "$lab" path london1 u@tokyo.example
ok "all servers run" mended london1 london2 paris1 paris2 tokyo1
