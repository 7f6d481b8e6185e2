#!/bin/sh
# lab-ipv6.sh - the same over IPv6 alone: peers, probes, next hops.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 6
lab_up "$top/t/labtool/three-groups.json" -6
ok "every server learns every route" "$lab" full
ok "mail goes through Paris" is "$(path london1 u@tokyo.example | sed 's/paris[12]/paris/')" \
	"london1 > paris > tokyo1"
load london1 200 20 u@tokyo.example u@paris.example
sleep 1
"$lab" cut paris tokyo
ok "cut: London turns to the direct way" goes london1 tokyo.example '^lsrd:london2' 5
ok "cut: mail goes the direct way" is "$(path london1 u@tokyo.example)" \
	"london1 > london2 > tokyo1"
"$lab" heal paris tokyo
ok "mended: London returns to Paris" goes london1 tokyo.example '^lsrd:paris' 30
wait_load
ok "every message arrived once" all_arrived 60
