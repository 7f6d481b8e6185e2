#!/bin/sh
# lab-death.sh - lsrd dies and the mail does not notice: on a hub with a
# group of two behind it, everywhere at once, and across its own restart.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 14
lab_up "$top/t/labtool/hub.json"

# tables NODE...: what Postfix there does with every pattern, in one line.
tables() {
	for pattern in west.example hub1.example east1.example east2.example; do
		"$lab" route all $pattern | tr '\n' ' '
	done
}

none_held() {
	! tables | grep lsrd-hold
}

ok "every server learns every route" "$lab" full
before=$(tables)
load west1 500 20 u@east1.example u@east2.example u@hub1.example
sleep 1
"$lab" kill hub1 -9 lsrd
sleep 6
ok "hub: lsrd is dead there" is "$(pid_of hub1)" -
ok "hub: no pattern is held anywhere" none_held
ok "hub: mail still goes through it" is "$(path west1 u@east2.example)" \
	"west1 > hub1 > east1 > east2"
ok "hub: its own table is as it was" is "$("$lab" route hub1 east2.example)" \
	"hub1: lsrd:east1"
"$lab" start hub1 lsrd
sleep 3
ok "hub: every route is known again" "$lab" full -t 20
ok "hub: no pattern was or is held" none_held
"$lab" kill all -9 lsrd
sleep 5
ok "everywhere: every table is as it was" is "$(tables)" "$before"
ok "everywhere: mail flows by the last routes" is "$(path west1 u@east2.example)" \
	"west1 > hub1 > east1 > east2"
"$lab" start all lsrd
sleep 1
ok "restart: no pattern is held while they come back" none_held
ok "restart: every route is known" "$lab" full -t 30
sleep 11
ok "restart: the tables say what they said" is "$(tables)" "$before"
wait_load
ok "every message arrived once" all_arrived 60
ok "all servers run" mended west1 hub1 east1 east2
