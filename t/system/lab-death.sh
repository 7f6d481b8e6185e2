#!/bin/sh
# lab-death.sh - lsrd dies and the mail does not notice: on a hub with a
# group of two behind it, everywhere at once, and across its own restart.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 16
lab_up "$top/t/labtool/hub.json"

# tables: what Postfix everywhere does with every pattern, in one line.
tables() {
	for pattern in west.example hub1.example east1.example east2.example; do
		"$lab" route all $pattern | tr '\n' ' '
	done
}

as_before() {
	is "$(tables)" "$before"
}

noticed() {
	has_sessions west1 0 && has_sessions east1 1
}

ok "every server learns every route" full
before=$(tables)
load west1 500 20 u@east1.example u@east2.example u@hub1.example
watch_holds
"$lab" kill hub1 -9 lsrd
ok "hub: lsrd is dead there" is "$(pid_of hub1)" -
ok "hub: its neighbours have noticed" soon noticed
sleep 4 # for what must not come: the dead time, a probe, and some
ok "hub: no pattern was held anywhere" none_held
ok "hub: mail still goes through it" way west1 u@east2.example \
	"west1 > hub1 > east1 > east2"
ok "hub: its own table is as it was" is "$("$lab" route hub1 east2.example)" \
	"hub1: lsrd:east1"
"$lab" start hub1 lsrd
ok "hub: every route is known again" full
ok "hub: no pattern was held" none_held
"$lab" kill all -9 lsrd
ok "everywhere: every table is as it was" as_before
ok "everywhere: mail flows by the last routes" way west1 u@east2.example \
	"west1 > hub1 > east1 > east2"
"$lab" start all lsrd
ok "restart: every route is known" full
ok "restart: the tables say what they said" soon as_before
ok "restart: no pattern was held" none_held
end_watch
wait_load
ok "every message arrived once" all_arrived
ok "all servers run" mended west1 hub1 east1 east2
