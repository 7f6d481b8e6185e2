#!/bin/sh
# long-requests.sh - spoilt configurations and requests against a daemon that
# runs: never silent, never a crash, and what is in force changes by what was taken
# alone. 200 and 10 000; t/system/requests.sh has it do a few of them every day.

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/files.sh"
need python3
ctl=$top_builddir/lsrctl

"$ctl" keys authority --organization example.org --directory "$W/a" \
	>/dev/null || exit 99
"$ctl" keys issue mx1.example.org --group london --space london.example.org \
	--relay london.example.org --directory "$W/a" --output "$W/1" \
	>/dev/null || exit 99
mkdir "$W/1/state" "$W/1/table"
cat >"$W/1/lsrd.conf" <<-END
	$(head_in "$W/1" 1 london 28695 28029)
	keep-alive = 200ms
	dead-time = 600ms
	confirm-above = 100%
	address-space london.example.org { cost = 3 }
	peer mx2.example.org { address = "$net.2:28695" }
	connector c12 { routing-group = paris cost = 20
	  bridgehead mx2.example.org { } }
END
"$top_builddir/lsrd" -f -c "$W/1/lsrd.conf" 2>"$W/log" &
pids=$!

failed() {
	tail -n 20 "$W/log"
}

one() {
	"$ctl" --socket "$W/1/control" -c "$W/1/lsrd.conf" "$@"
}

configurations=${configurations:-200} requests=${requests:-10000}
plan 4
ok "it runs" soon says 0 'state +' one status
ok "$configurations configurations" python3 "$top_srcdir/t/system/spoilt.py" \
	configurations "$ctl" "$W/1" "$configurations"
ok "$requests requests" python3 "$top_srcdir/t/system/spoilt.py" requests "$W/1" \
	"$requests"
ok "it is the one that was started" kill -0 "$pids"
