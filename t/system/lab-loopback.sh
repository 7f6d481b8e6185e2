#!/bin/sh
# lab-loopback.sh - where namespaces are refused: the same servers on
# addresses of 127.1.0.0/16, and a server killed in place of a wire cut.

. "$(dirname "$0")/lab.sh"
[ "$(id -u)" = 0 ] || {
	echo "1..0 # SKIP not root"
	exit 0
}
plan 6
lab_up "$top/t/labtool/three-groups.json" --mode loopback
ok "every server learns every route" full
ok "mail goes through Paris" way london1 u@tokyo.example "london1 > paris > tokyo1"
load london1 100 20 u@tokyo.example
"$lab" kill paris -9
ok "Paris killed: London turns to the direct way" goes london1 tokyo.example '^lsrd:london2'
"$lab" start paris
ok "Paris started: London returns to it" goes london1 tokyo.example '^lsrd:paris'
wait_load
ok "every message arrived once" all_arrived
