#!/bin/sh
# lab-691.sh - port 691 is blocked and port 25 is not: between all servers,
# with one lsrd restarted meanwhile; and within one group alone.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 10
lab_up "$top/t/labtool/three-groups.json"

pairs="london1:london2 paris1:paris2 london1:paris1 london1:paris2
	london2:tokyo1 paris1:tokyo1 paris2:tokyo1"
everywhere() {
	for pair in $pairs; do
		"$lab" "$1" "${pair%:*}" "${pair#*:}" --port 691 || return 1
	done
}

none_held() {
	for pattern in london.example paris.example tokyo.example london2.example; do
		"$lab" route all $pattern
	done >"/tmp/$LAB.routes"
	! grep lsrd-hold "/tmp/$LAB.routes"
}

ok "every server learns every route" "$lab" full
load london1 700 15 u@tokyo.example u@paris.example u@london2.example
"$lab" cut london1 london2 --port 691
sleep 6
ok "a group cut in two on 691 alone: nothing is held" none_held
ok "the two still send each other mail" is "$(path london1 u@london2.example)" \
	"london1 > london2"
"$lab" heal london1 london2 --port 691
ok "mended: every route is known" "$lab" full -t 20
everywhere silence
sleep 6
ok "691 silent everywhere: nothing is held" none_held
"$lab" kill paris1 -9 lsrd
"$lab" start paris1 lsrd
sleep 13
ok "one lsrd restarted meanwhile: nothing is held" none_held
ok "mail flows" is "$(path london1 u@tokyo.example | sed 's/paris[12]/paris/')" \
	"london1 > paris > tokyo1"
everywhere heal
ok "mended: every route is known" "$lab" full -t 40
wait_load
rm -f "/tmp/$LAB.routes"
ok "every message arrived once" all_arrived 60
ok "all servers run" mended london1 london2 paris1 paris2 tokyo1
