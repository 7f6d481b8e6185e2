#!/bin/sh
# long-both.sh - London has an Exim, at port 25, and a Postfix, at port 2525, and
# one lsrd for both (mta = both): both are steered and asked, what waits in both
# queues counts together, both are asked to try again, and either dies alone.

. "$(dirname "$0")/lab.sh"
skip_unless_able
grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" || skip "built without tinycdb"
plan 25

sed 's/"london.lab.example", "routing_group"/"london.lab.example", "mta": "both", "routing_group"/' \
	"$top/t/labtool/triangle.json" >"$W/both.json"

on_london() {
	"$lab" run london "$@"
}

# by WHICH N TO: so many messages, taken by this one.
by() {
	case $1 in
	exim) port=25 ;;
	postfix) port=2525 ;;
	esac
	offered=$((offered + $2))
	"$lab" send london "$3" -n "$2" --port $port
}

# waits WHICH N: so many messages wait in that one's queue.
waits() {
	case $1 in
	exim) n=$("$lab" queue london | grep -c ': [^ ]*-[^ ]*-[^ ]* ') ;;
	postfix) n=$("$lab" queue london | grep -vc ': [^ ]*-[^ ]*-[^ ]* ') ;;
	esac
	is "$n" "$2"
}

waits_nothing() {
	is "$("$lab" queue "$1")" ''
}

# counted TO N: so much waits for that next hop, as lsrd counts.
counted() {
	on_london lsrctl links --json | grep "$1" | grep -q "\"waiting\": *$2[,}]"
}

# asks WORD TEXT: so lsrd judges its mail servers, and that is why.
asks() {
	on_london lsrctl status --json >"$W/status"
	grep -q "$1" "$W/status" && grep -q "$2" "$W/status"
}

says() {
	on_london lsrctl check >"$W/check" 2>&1
	cat "$W/check"
	grep -Eq "$1" "$W/check"
}

logged() {
	is "$(on_london grep -c "$1" /var/log/lsrd.log)" "$2"
}

lab_up "$W/both.json"
begun=$(date +%s)
ok "every server learns every route" full
on_london sed -i '1i congestion-interval = 1s' /etc/lsrd/lsrd.conf
on_london lsrctl reload >"$W/reload"
on_london postconf -e 'mydestination = london.example, $myhostname'
ok "lsrctl check judges both, and says who has port 25" says \
	'Postfix and Exim are judged, both .*port 25 is Exim'
ok "and finds nothing critical" sh -c "! grep '^critical' '$W/check'"
ok "the way back is that of both" sh -c "'$lab' run london lsrctl check --undo |
	tee '$W/undo' | grep -q postconf && grep -q exim4 '$W/undo'"
by exim 5 u@tokyo.example
by postfix 5 u@tokyo.example
ok "mail goes by both" all_arrived

# What waits in both is one number. Tokyo would take what Paris does not, now.
"$lab" cut london tokyo
ok "there is one way to Paris" goes london paris.example '^lsrd:paris$'
"$lab" hinder paris full
by exim 3 full@paris.example
by postfix 2 full@paris.example
ok "the queue of Exim and that of Postfix are added" soon counted paris 5
"$lab" hinder paris off
ok "and leave when Paris takes mail again" emptied london
"$lab" heal london tokyo

# A hold that gets a way again is tried at once in both.
"$lab" cut london paris
"$lab" cut london tokyo
ok "London is cut off: its mail is held" goes london tokyo.example '^lsrd-hold:'
by exim 4 u@tokyo.example
by postfix 4 u@tokyo.example
ok "Exim holds its part" soon waits exim 4
ok "Postfix holds its part" soon waits postfix 4
"$lab" heal london tokyo
ok "there is a way" goes london tokyo.example '^lsrd:tokyo'
ok "both try again without being told" soon waits_nothing london
"$lab" heal london paris
ok "every route is as in the beginning" full

# One of them does not ask: London gives no transit, and says which.
on_london sh -c 'mv /etc/exim4/conf.d/router/050_lsrd /root/ && update-exim4.conf'
ok "Exim does not ask our tables: no transit" \
	soon asks mta-asks 'exim: a router with transport.cdb'
on_london sh -c 'mv /root/050_lsrd /etc/exim4/conf.d/router/ && update-exim4.conf'
ok "and again" soon asks '"state":"up"' '"state"'
on_london postconf -e transport_maps=
ok "Postfix does not" soon asks mta-asks 'postfix: transport_maps'
on_london postconf -e transport_maps=lmdb:/var/lib/lsrd/postfix/transport
ok "and again" soon asks '"state":"up"' '"state"'

# Each dies, and the other goes on.
"$lab" kill london -9 postfix
ok "Postfix is dead: mail goes by Exim" by exim 5 u@tokyo.example
ok "which says so, once" soon logged 'queue-unread: socket=/var/spool/postfix' 1
ok "lsrctl check calls it a note" says 'note .*Postfix listens at no port'
"$lab" start london postfix
"$lab" kill london -9 exim
ok "Exim is dead: mail goes by Postfix" by postfix 5 u@paris.example
"$lab" start london exim
ok "both are back" full
ok "every message arrived once" all_arrived
ok "no server of the lab has died" mended london paris tokyo
echo "# $(($(date +%s) - begun)) s"
