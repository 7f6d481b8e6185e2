#!/bin/sh
# metrics.sh - real daemons on loopback and lsrd-metrics beside one: what a
# scrape says is so, in both forms; and what hostile clients get.

. "$(dirname "$0")/loopback.sh"
patience=30
need curl python3
A=mx1.london.example.org
B=mx1.paris.example.org
C=mx1.oslo.example.org

clean_up() {
	for s in $A $B $C; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
}

failed() {
	tail -n 20 "$W/scrape" "$W/metrics.log"
	tail -n 5 "$W/$A/log"
}

# No program that strangers speak to runs as root: as nobody in lsrd's group.
as=''
if [ "$(id -u)" = 0 ]; then
	need setpriv
	as='setpriv --reuid=65534 --regid=0 --clear-groups'
	chmod 750 "$W"
fi

# Where it is heard: a port of this process's own.
port=$(($$ % 20000 + 20000))

scrape() { # [curl option...]
	curl -sg --max-time 60 "$@" "http://127.0.0.1:$port/metrics" >"$W/scrape"
}

shows() { # LINE: of a fresh scrape, whole
	scrape && grep -qxF -e "$1" "$W/scrape"
}

watches() { # server: lsrd-metrics beside it
	$as "$bin/lsrd-metrics" -l "127.0.0.1:$port" -l "[::1]:$port" \
		-n watch.example.org -s "$W/$1/control" 2>"$W/metrics.log" &
	watch=$!
	pids="$pids $watch"
	within 10 scrape || skip "lsrd-metrics does not begin: $(cat "$W/metrics.log")"
}

ended() {
	kill "$watch"
	wait "$watch"
}

# Every metric of the program has a sample here, but for what nobody did.
has_all() {
	"$bin/lsrd-metrics" --list | grep -v -e lsas_refused -e sessions_refused | while read -r name type; do
		case $type in histogram) name=${name}_count ;; esac
		grep -q "^${name}[ {]" "$W/scrape" || echo "no sample of $name"
	done
}

# OpenMetrics has an end, and heads without _total.
is_open() {
	scrape -H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5' -D "$W/head" &&
		grep -qi '^content-type: application/openmetrics-text; version=1.0.0' "$W/head" &&
		[ "$(tail -n 1 "$W/scrape")" = "# EOF" ] &&
		grep -qx '# TYPE lsrd_spf_runs counter' "$W/scrape" &&
		grep -qx '# UNIT lsrd_uptime_seconds seconds' "$W/scrape" &&
		grep -q '^lsrd_spf_runs_total [1-9]' "$W/scrape"
}

is_plain() {
	scrape -D "$W/head" && grep -qi '^content-type: text/plain; version=0.0.4' "$W/head" &&
		grep -qx '# TYPE lsrd_spf_runs_total counter' "$W/scrape" && ! grep -q EOF "$W/scrape"
}

# What Python's own reader of the format is to say is what the text says: every
# line is a comment or a sample, once, and each family's are together.
is_well_formed() {
	python3 - "$W/scrape" <<-'END'
		import re, sys
		seen, families, now = set(), set(), None
		line = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9]+(?:\.[0-9]+)?)$')
		for text in open(sys.argv[1]).read().splitlines():
		    if text.startswith("# "):
		        name = text.split(" ")[2] if text != "# EOF" else None
		        if name != now and name in families:
		            sys.exit("again: " + text)
		        now = name
		        families.add(name)
		        continue
		    found = line.match(text)
		    if not found or found.group(1, 2) in seen:
		        sys.exit("bad or twice: " + text)
		    if not found.group(1).startswith(now):
		        sys.exit("below another head: " + text)
		    seen.add(found.group(1, 2))
	END
}

report() { # LINE: as a reporter sends it
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(sys.argv[2].encode(), sys.argv[1])' "$W/$A/report" "$1"
}

"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null || exit 1
conf $A london 2 $B 3 paris "front-socket = \"$W/$A/front\""
conf $B paris 3 $A 2 london
begin $A
begin $B
soon eval ask $A status '>/dev/null' '2>&1' # or the log says that it does not run
watches $A
ok "both forms of Prometheus's text" eval is_plain '&&' is_open
ok "a peer's session is full" soon shows "lsrd_peer_up{peer=\"$B\"} 1"
runs() { ask $A "$@" --json | grep -q "\"program\":\"$("$lsrctl" --version | sed -n '1s/.* //p')\""; }
ok "which version it runs, and this one" soon eval runs peers '&&' runs status '&&' runs db $B
ok "its pattern waits, for its mail service does not answer" soon shows 'lsrd_routes{kind="hold"} 1'
curl -s --max-time 5 "http://$net.2:6910/" >/dev/null # nobody may come from there
ok "who knocks at the peers' port is counted" soon shows 'lsrd_strangers_refused_total{reason="not-allowed"} 1'
report 'milter accepted=5 refused=2'
report 'evidence hop=127.0.0.9:25 ok=3 failed=1'
report 'route hop=127.0.0.9:25 to=u@paris.example.org ok=4 refused=1'
report nonsense
$as "$bin/lsrd-front" -f -l "127.0.0.1:$((port + 1))" -b "$net.2:2525" \
	-s "$W/$A/front" 2>"$W/front.log" &
pids="$pids $!"
ok "what the milter reports is counted" soon shows 'lsrd_loops_detected_total 2'
ok "what was not understood, too" soon shows 'lsrd_reports_refused_total 1'
ok "and what lsrd-front tells" soon shows 'lsrd_front_accepted_total 0'
ok "and whether next hops relay" soon shows 'lsrd_relay_recipients_total{result="refused"} 1'
ok "a peer whose database is ours does not differ" \
	soon shows "lsrd_lsdb_digest_mismatch_seconds{peer=\"$B\"} 0.000"
ok "events by their words" soon shows 'lsrd_events_total{event="report-refused"} 1'
ok "what the file said at the start was right" shows 'lsrd_config_last_reload_successful 1'
cp "$W/$A/lsrd.conf" "$W/conf"
echo 'nonsense = yes' >>"$W/$A/lsrd.conf"
ask $A reload >/dev/null 2>&1
ok "what it says now is not" soon shows 'lsrd_config_last_reload_successful 0'
cp "$W/conf" "$W/$A/lsrd.conf"
ask $A reload >/dev/null
ok "and is again" soon shows 'lsrd_config_last_reload_successful 1'
ok "every metric has a sample" none "$(has_all)"
ok "each line is a sample, once, below its head" is_well_formed
if command -v promtool >/dev/null; then
	scrape
	ok "promtool check metrics has nothing to say" none "$(promtool check metrics <"$W/scrape" 2>&1)"
else
	skip_case "promtool check metrics has nothing to say" "needs promtool"
fi
ok "by IPv6 as well" eval curl -sgf "'http://[::1]:$port/metrics'" '|' grep -q '^lsrd_up'
end $B 9
ok "who has died is down" soon shows "lsrd_peer_up{peer=\"$B\"} 0"
hostile() { python3 "$top_srcdir/t/system/metrics_hostile.py" "$port" "$@"; }
ok "hostile clients get nothing, and delay no scrape" hostile
if at_length; then
	ok "nor do those that are slow, or many, or do not read" hostile lasting
fi
ok "it is still the same process" kill -0 "$watch"
kill -STOP "$(cat "$W/$A/pid")"
ok "where lsrd hangs it says so, in time" soon shows 'lsrd_up 0'
kill -CONT "$(cat "$W/$A/pid")"
ok "and that it is back" soon shows 'lsrd_up 1'
end $A 9
ok "where lsrd does not run" soon shows 'lsrd_up 0'
ok "it is logged once" is "$(grep -c 'lsrd does not run' "$W/metrics.log")" 1
ended
ok "only loopback, unless it is said" says 64 'not loopback.*give -r' \
	"$bin/lsrd-metrics" -l 192.0.2.1:9691
ok "an address without a port is none" says 64 "bad value" \
	"$bin/lsrd-metrics" -l 127.0.0.1

# More peers than are told of.
conf $C oslo 4 $B 3 paris "$(seq -f 'peer "p%04g.example.org" { address = "'"$net"'.5:6910" }' 1030)"
begin $C
watches $C
ok "peers beyond the first 1024 are counted alone" soon shows 'lsrd_peers_left_out 7'
ok "and not told of" is "$(grep -c '^lsrd_peer_up' "$W/scrape")" 1024
all_told
