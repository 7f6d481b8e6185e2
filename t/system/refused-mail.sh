#!/bin/sh
# refused-mail.sh - what a real Postfix makes of a next hop's refusals, by the
# service of conf/postfix/master.cf: who will not relay makes no bounce, and
# what is refused for the message's own sake does.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip "$why"
plan 5

pf_begin
P=paris.example.org
ip -n $NS addr add 198.51.100.9/32 dev lo
ip netns exec $NS python3 "$top_srcdir/t/system/refused-hop.py" 198.51.100.9 \
	"$top_srcdir/t/fixtures/replies.refused" \
	"$top_srcdir/t/fixtures/replies.honest" >"$W/rows" 2>"$W/hop.log" 8>&- 9<&- &
pids="$pids $!"
drive "remote $P relay 198.51.100.9@25" >/dev/null
pf_start || exit 1
soon [ -S "$W/spool/private/rewrite" ]
soon grep -q '^ready' "$W/rows"
rows=$(grep -v '^ready' "$W/rows")
for row in $rows fine-0; do
	send "$row@$P"
done

# outcome NAME: the recipients of it, and what became of them.
outcome() {
	sed -n "s/.*lsrd\/smtp.*to=<\($1-[0-9]*\)@.*dsn=\([0-9]\)[^ ]*, \
status=\([a-z]*\) (\(.*\)/\1 \2 \3 \4/p" "$W/mail.log" | sort -u
}

# By one look at the log, which is long.
all_tried() {
	tried=$(sed -n 's/.*lsrd\/smtp.*to=<\([a-z]*-[0-9]*\)@.*/\1/p' \
		"$W/mail.log" | sort -u | wc -l)
	[ "$tried" -eq $(($(echo "$rows" | wc -l) + 1)) ]
}

others() {
	echo "$1" | grep -v "$2"
	true
}

ok "every message is tried" soon all_tried
ok "forty replies at least are in it" is \
	"$([ "$(echo "$rows" | wc -l)" -ge 40 ] && echo yes)" yes
ok "who will not relay: all wait" is "$(others "$(outcome refused)" \
	'^refused-[0-9]* 4 deferred route refused: host 198.51.100.9\[')" ""
ok "honest refusals: all bounce" is \
	"$(others "$(outcome honest)" '^honest-[0-9]* 5 bounced host ')" ""
ok "what is taken is sent" is "$(outcome fine)" \
	"fine-0 2 sent 250 2.0.0 ok)"
