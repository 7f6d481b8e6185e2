#!/bin/sh
# long-thin.sh - a line of 64 kbit/s between two sites, and what lsrd-postfix(7) says
# of it: one message at a time, a second between two, large ones by a schedule. Mail
# flows, what is large waits for its time, and while it fills the line no session
# ends and no link is called down.

. "$(dirname "$0")/lab.sh"
skip_unless_able
need tc
[ -x "$LSRD_BUILD/lsrd-milter" ] || skip "built without the milter"
plan 11

west() {
	"$lab" run west "$@"
}

# The line, both ways; its queue is that of a small router.
thin_line() {
	for end in west/to-east east/to-west; do
		"$lab" run "${end%/*}" tc qdisc add dev "${end#*/}" root tbf \
			rate 64kbit burst 3000 latency 400ms || return 1
	done
}

# The service of transports.cf, and what main.cf has of it.
service() {
	sed -n -e '/^thin /,/^$/p' "$top_srcdir/conf/postfix/transports.cf" |
		sed 's,/usr/share/lsrd/,/etc/postfix/,' |
		west sh -c 'cat >>/etc/postfix/master.cf
			postconf -e thin_destination_concurrency_limit=1 thin_destination_rate_delay=1s
			postfix reload'
}

# large TIMES: when the connector takes large messages.
large() {
	west sh -c "sed -i -e '/^    large-/d' -e '/^    transport = /d' \
		-e '/^connector \"west-east\"/a\\    transport = \"thin\" large-message-size = 50k large-schedule = \"$1\"' \
		-e 's/^    transport = .thin. /&/' /etc/lsrd/lsrd.conf && lsrctl reload" >"$W/reload" 2>&1 || {
		cat "$W/reload"
		return 1
	}
}

# hours FROM TO: of the day, from now.
hours() {
	echo "$(date -u -d "$1 hours" +%H:%M)-$(date -u -d "$2 hours" +%H:%M)"
}

# mail OCTETS TAG: as a client of west's.
mail() {
	west python3 -c '
import smtplib, sys
octets, tag = int(sys.argv[1]), sys.argv[2]
smtp = smtplib.SMTP("127.0.0.1", 25, timeout=60)
smtp.sendmail("s@west.example", ["u@east.example"],
    "From: s@west.example\r\nTo: u@east.example\r\nMessage-ID: <%s@lab>\r\n"
    "Subject: %s\r\n\r\n" % (tag, tag) + ("x" * 70 + "\r\n") * (octets // 72))' "$1" "$2"
}

# arrived TAG
arrived() {
	find "$("$lab" dir)" -path '*/var/mail/lab/all/new/*' -exec \
		grep -ls "^Subject: $1\$" {} + 2>/dev/null | grep -q .
}

# all_small: the ten of them have arrived.
all_small() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		arrived "small$i" || return 1
	done
}

# The seconds between the first delivery by `thin` and the tenth.
spread() {
	west sed -n 's/.*\([0-9][0-9]\):\([0-9][0-9]\):\([0-9][0-9]\).*postfix\/thin\/smtp.*status=sent.*/\1 \2 \3/p' \
		/var/log/mail.log | awk '
			{ t = $1 * 3600 + $2 * 60 + $3; if (NR == 1) first = t; if (NR == 10) { print t - first; exit } }'
}

cat >"$W/lab.json" <<'EOF2'
{ "format": "lsrd-topology/1", "organization": "thin.example",
  "servers": [
    {"name": "west.thin.example", "routing_group": "west"},
    {"name": "east.thin.example", "routing_group": "east"} ],
  "connectors": [
    {"name": "west-east", "server": "west.thin.example", "to": ["east.thin.example"], "cost": 10},
    {"name": "east-west", "server": "east.thin.example", "to": ["west.thin.example"], "cost": 10} ],
  "address_spaces": [
    {"pattern": "west.example", "server": "west.thin.example"},
    {"pattern": "east.example", "server": "east.thin.example"} ]
}
EOF2
lab_up "$W/lab.json"
ok "every server learns every route" full
ok "the line is thin" thin_line
service >"$W/service" 2>&1
ok "a transport for it, and large mail at another time" large "$(hours +6 +8)"
ok "its route names it" goes west east.example '^thin:east'
mail 300000 large
for i in 1 2 3 4 5 6 7 8 9 10; do
	mail 2000 small$i
done
patience=$((patience * 2))
ok "small mail flows" soon all_small
ok "no faster than one a second" [ "$(spread)" -ge 8 ]
ok "the large one waits for its time, and says so" sh -c \
	"'$lab' queue west | grep -q 'schedule' && ! '$lab' run east ls /var/mail/lab/all/new | grep -q large"
ok "its time comes" large "$(hours -1 +2)"
west postsuper -r ALL >/dev/null 2>&1
patience=$((patience * 3))
ok "it arrives, though it fills the line for a minute" soon arrived large
ok "no link was called down meanwhile" not west grep -q 'link-state: .*to=down' /var/log/lsrd.log
ok "and no session has ended" not west grep -q 'nbr-state: .*from=full' /var/log/lsrd.log
