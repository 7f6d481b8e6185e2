#!/bin/sh
# lab-ipv6.sh - the same over IPv6 alone: peers, probes, next hops; by X-LSA-2
# through lsrd-front, on port 25 for everyone and, in Paris, for listed peers.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 9
lab_up "$top/t/labtool/three-groups.json" -6 --x-lsa-2 --front paris=listed
ok "every server learns every route" full
ok "London has Paris by X-LSA-2, over IPv6, two full sessions" is \
	"$("$lab" run london1 lsrctl peers --json | grep '"state":"full"' |
		grep -F ']:25"]' | grep -c '"carrier":"x-lsa-2"')" 2
ok "mail goes through Paris" way london1 u@tokyo.example "london1 > paris > tokyo1"
load london1 200 20 u@tokyo.example u@paris.example
"$lab" cut paris tokyo
ok "cut: London turns to the direct way" goes london1 tokyo.example '^lsrd:london2'
ok "cut: mail goes the direct way" way london1 u@tokyo.example \
	"london1 > london2 > tokyo1"
"$lab" heal paris tokyo
ok "mended: London returns to Paris" goes london1 tokyo.example '^lsrd:paris'
wait_load
ok "every message arrived once" all_arrived
# to it a literal would be a name that does not exist, and a bounce
no_ipv6() {
	case $(mta_of "$1") in
	exim)
		"$lab" run "$1" sh -c 'echo disable_ipv6 >/etc/exim4/conf.d/main/001_own &&
			update-exim4.conf'
		;;
	*) "$lab" run "$1" postconf -e inet_protocols=ipv4 ;;
	esac
}
no_ipv6 tokyo1
ok "an MTA without IPv6 is given no hop of it" goes tokyo1 paris.example '^lsrd-hold:'
