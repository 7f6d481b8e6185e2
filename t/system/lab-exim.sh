#!/bin/sh
# lab-exim.sh - the three routing groups with an Exim in each, beside Postfix: a
# wire is cut, an Exim and its lsrd are killed, while mail flows between both.
# LSRD_LAB_EXIM has any other lab's servers run Exim.

. "$(dirname "$0")/lab.sh"
skip_unless_able
grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" || skip "built without tinycdb"
plan 12
lab_up "$top/t/labtool/three-groups.json" --exim london2 paris1 tokyo1
ok "every server learns every route" full
ok "from a Postfix by an Exim to an Exim" way london1 u@tokyo.example \
	"london1 > paris > tokyo1"
ok "and the other way" way tokyo1 u@london.example "tokyo1 > paris > london1"
load london1 500 20 u@tokyo.example u@paris.example
"$lab" cut paris tokyo
ok "cut: London turns to the direct way" goes london1 tokyo.example '^lsrd:london2'
ok "cut: so does an Exim in Tokyo" goes tokyo1 paris.example '^lsrd:london2'
ok "cut: mail goes the direct way" way london1 u@tokyo.example \
	"london1 > london2 > tokyo1"
# All of lsrd on the way dies: the tables stay, and mail with them.
"$lab" kill london2 lsrd
ok "an Exim without lsrd goes on by its last routes" way london1 u@tokyo.example \
	"london1 > london2 > tokyo1"
"$lab" start london2 lsrd
"$lab" heal paris tokyo
ok "mended: London returns to Paris" goes london1 tokyo.example '^lsrd:paris'
wait_load
ok "every message arrived once" all_arrived
ok "every route is as in the beginning" full
ok "no server of the lab has died" mended london1 london2 paris1 paris2 tokyo1
