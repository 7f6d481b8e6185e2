#!/bin/sh
# lab-kill.sh - a whole server is killed with -9 while mail flows, and comes
# back: its neighbour does its work meanwhile.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 7
lab_up "$top/t/labtool/three-groups.json"
ok "every server learns every route" full
load london1 400 20 u@tokyo.example u@paris.example
"$lab" kill paris1 -9
ok "London leaves paris1 out" goes london1 tokyo.example '^lsrd:paris2(, [^p].*)?$'
ok "mail goes by paris2" way london1 u@tokyo.example "london1 > paris2 > tokyo1"
"$lab" start paris1
ok "paris1 is used again" goes london1 tokyo.example 'paris1'
wait_load
ok "every message arrived once" all_arrived
ok "no other server has died" mended london1 london2 paris1 paris2 tokyo1
