#!/bin/sh
# long-metrics.sh - a real Prometheus watches a real lsrd: every query of the
# dashboard says something, and the alerts come and go with what they are about.
# `PICTURE=FILE` has the dashboard's panels drawn there.

. "$(dirname "$0")/loopback.sh"
need curl python3 promtool prometheus
patience=300 # a link that flapped on a busy machine comes back only then
A=mx1.london.example.org
B=mx1.paris.example.org
port=$(($$ % 20000 + 20000))
url=http://127.0.0.1:$((port + 2))

clean_up() {
	for s in $A $B; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
}

failed() {
	tail -n 5 "$W/prometheus.log" "$W/metrics.log" "$W/$A/log" "$W/peer.log" 2>/dev/null
}

watch() {
	python3 "$top_srcdir/t/system/metrics_watch.py" "$url" "$@"
}

serve() { # last octet: a mail service there
	python3 "$top_srcdir/t/system/mail_service.py" "$net.$1" 2525 2>/dev/null &
	served=$!
	pids="$pids $served"
}

report() { # LINE: as a reporter sends it
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(sys.argv[2].encode(), sys.argv[1])' "$W/$A/report" "$1"
}

as=''
if [ "$(id -u)" = 0 ]; then
	need setpriv
	as='setpriv --reuid=65534 --regid=0 --clear-groups'
	chmod 750 "$W"
fi
cp "$top_srcdir/conf/prometheus/lsrd.rules.yml" "$top_srcdir/t/metrics/rules.test.yml" "$W"
ok "the rules are in order" promtool check rules "$W/lsrd.rules.yml"
ok "each alert fires where it must, and only there" promtool test rules "$W/rules.test.yml"

# Alerts that the tests of them do not have fire.
untried() {
	awk '$2 == "alert:" { print $3 }' "$W/lsrd.rules.yml" | sort >"$W/alerts"
	awk '$1 == "alertname:" { name = $2 } $1 == "exp_alerts:" { print name }' \
		"$W/rules.test.yml" | sort -u | comm -23 "$W/alerts" -
}
ok "none is left out" none "$(untried)"

# A minute is long for a test; what it is waited for stays the same.
sed -i 's/for: .*/for: 2s/; s/mismatch_seconds > 300/mismatch_seconds > 3/' "$W/lsrd.rules.yml"
sed -e 's/scrape_interval: 15s/scrape_interval: 1s/' -e "s/9691/$port/" \
	"$top_srcdir/conf/prometheus/scrape.yml" >"$W/prometheus.yml"
printf 'global:\n  evaluation_interval: 1s\n' >>"$W/prometheus.yml"
ok "the lines for prometheus.yml are in order" promtool check config "$W/prometheus.yml"

"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null || exit 1
conf $A london 2 $B 3 paris "front-socket = \"$W/$A/front\"" 'digest-interval = 1s'
conf $B paris 3 $A 2 london
serve 2
serve 3
begin $A
begin $B
$as "$bin/lsrd-metrics" -l "127.0.0.1:$port" -s "$W/$A/control" 2>"$W/metrics.log" &
pids="$pids $!"
$as "$bin/lsrd-front" -f -l "127.0.0.1:$((port + 1))" -b "$net.2:2525" -s "$W/$A/front" 2>"$W/front.log" &
pids="$pids $!"
prometheus --config.file="$W/prometheus.yml" --storage.tsdb.path="$W/data" \
	--web.listen-address="127.0.0.1:$((port + 2))" >"$W/prometheus.log" 2>&1 &
pids="$pids $!"
begun=$(tap_seconds)
ok "Prometheus runs" soon curl -sf "$url/-/ready"
report 'milter accepted=5'
report 'route hop=127.0.0.9:25 to=u@paris.example.org ok=4 refused=1'
ok "every query of the dashboard says something" soon watch queries "$top_srcdir/conf/grafana/lsrd.json"
ok "every rule is evaluated, and what it asks for is there" soon watch rules
ok "whether next hops relay is scraped" soon watch says 'lsrd_relay_recipients_total{result="refused"} == 1'
ok "and that a peer's database is ours" soon watch says 'lsrd_lsdb_digest_mismatch_seconds == 0'
ok "all is well" soon eval watch alert LsrdLinkDown no '&&' watch alert LsrdPeerDown no '&&' \
	watch alert LsrdMailHeld no
kill "$served"
wait "$served" 2>/dev/null
end $B 9
ok "a link is cut: its alert fires" soon watch alert LsrdLinkDown yes
ok "and that of the peer" soon watch alert LsrdPeerDown yes
ok "and that mail waits" soon watch alert LsrdMailHeld yes
serve 3
begin $B
ok "it is mended: the peer's is over" soon watch alert LsrdPeerDown no
ok "the link's is over" soon watch alert LsrdLinkDown no
ok "no mail waits" soon watch alert LsrdMailHeld no
[ -z "${PICTURE:-}" ] || ok "the picture" watch draw "$top_srcdir/conf/grafana/lsrd.json" \
	"$PICTURE" $(($(tap_seconds) - begun))
echo 'nonsense = yes' >>"$W/$A/lsrd.conf"
ask $A reload >/dev/null 2>&1
ok "its file is wrong: its alert fires" soon watch alert LsrdReloadRefused yes
sed -i '$d' "$W/$A/lsrd.conf"
ask $A reload >/dev/null
ok "it is mended" soon watch alert LsrdReloadRefused no
end $B 15
mkfifo "$W/commands"
exec 9<>"$W/commands" # at their end it would leave
# In its place one that loses what it is sent.
/usr/bin/python3 -B "$top_srcdir/t/peer/peer.py" --key "$W/$B/keys/server.key" \
	--certificate "$W/$B/keys/server.pem" --authority "$W/ca/authority.pem" --group paris \
	--state "$W/epoch" --smtp "$net.3:2525" --listen "tcp:$net.3:6910" --without $A \
	--space paris.example.org <"$W/commands" >"$W/peer.log" 2>&1 &
pids="$pids $!"
ok "a peer's database lacks something: its alert fires" soon watch alert LsrdDatabaseDiffers yes
ok "and the peer is there" soon watch says 'lsrd_peer_up == 1'
end $A 15
ok "lsrd is gone: its alert fires" soon watch alert LsrdAway yes
all_told
