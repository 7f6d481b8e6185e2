#!/bin/sh
# lab-cut.sh - three routing groups; the wire between two of them is cut
# (connections are reset), mended, and silenced, while mail flows.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 12
lab_up "$top/t/labtool/three-groups.json"
ok "every server learns every route" full
ok "mail goes through Paris" way london1 u@tokyo.example "london1 > paris > tokyo1"
load london1 600 20 u@tokyo.example u@paris.example
"$lab" cut paris tokyo
ok "cut: London turns to the direct way" goes london1 tokyo.example '^lsrd:london2'
ok "cut: Paris goes back to London" goes paris tokyo.example '^lsrd:(london|paris)'
ok "cut: Tokyo reaches Paris through London" goes tokyo1 paris.example '^lsrd:london2'
ok "cut: mail goes the direct way" way london1 u@tokyo.example \
	"london1 > london2 > tokyo1"
"$lab" heal paris tokyo
ok "mended: London returns to Paris" goes london1 tokyo.example '^lsrd:paris'
"$lab" silence paris tokyo
ok "silence: London turns to the direct way" goes london1 tokyo.example '^lsrd:london2'
"$lab" heal paris tokyo
ok "mended again: London returns to Paris" goes london1 tokyo.example '^lsrd:paris'
wait_load
ok "every message arrived once" all_arrived
ok "no server of the lab has died" mended london1 london2 paris1 paris2 tokyo1
