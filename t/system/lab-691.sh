#!/bin/sh
# lab-691.sh - port 691 is blocked and port 25 is not: between all servers,
# with one lsrd restarted meanwhile; and within one group alone.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 14
lab_up "$top/t/labtool/three-groups.json"

pairs="london1:london2 paris1:paris2 london1:paris1 london1:paris2
	london2:tokyo1 paris1:tokyo1 paris2:tokyo1"
everywhere() {
	for pair in $pairs; do
		"$lab" "$1" "${pair%:*}" "${pair#*:}" --port 691 || return 1
	done
}

no_sessions() {
	for node in london1 london2 paris1 paris2 tokyo1; do
		has_sessions $node 0 || return 1
	done
}

ok "every server learns every route" full
load london1 700 15 u@tokyo.example u@paris.example u@london2.example
watch_holds
"$lab" cut london1 london2 --port 691
ok "a group cut in two on 691 alone" soon has_sessions london2 1
sleep 4 # for what must not come: the dead time, a probe, and some
ok "nothing is held" none_held
ok "the two still send each other mail" way london1 u@london2.example \
	"london1 > london2"
"$lab" heal london1 london2 --port 691
ok "mended: every route is known" full
everywhere silence
ok "691 silent everywhere: no session is left" soon no_sessions
sleep 4
ok "nothing is held" none_held
"$lab" kill paris1 -9 lsrd
"$lab" start paris1 lsrd
ok "one lsrd restarted meanwhile: it publishes, and nothing is held" soon is_back paris1
ok "mail flows" way london1 u@tokyo.example "london1 > paris > tokyo1"
everywhere heal
ok "mended: every route is known" full
ok "no route was a hold at any time" none_held
end_watch
wait_load
ok "every message arrived once" all_arrived
ok "all servers run" mended london1 london2 paris1 paris2 tokyo1
