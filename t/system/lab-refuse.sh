#!/bin/sh
# lab-refuse.sh - what Paris refuses, and what follows in London: a full
# mailbox is no evidence, a session without the TLS that London demands is,
# and who will not relay makes no bounce and is gone round.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 21

# london COMMAND...: there.
london() {
	"$lab" run london "$@"
}

# demands_tls ADDRESS: London wants TLS of that hop; without one, of none.
demands_tls() {
	if [ "$mta" = exim ]; then
		london sed -i -e '/hosts_require_tls/d' ${1:+-e "/^  driver = smtp/a hosts_require_tls = $1"} \
			/etc/exim4/lsrd/transports
		london update-exim4.conf
		return
	fi
	london postconf -PX lsrd/unix/smtp_tls_policy_maps
	[ -z "${1-}" ] ||
		london postconf -P "lsrd/unix/smtp_tls_policy_maps=inline:{[$1]:25=encrypt}"
	london postfix reload
} 2>/dev/null

# link KEY: of London's link to Paris.
link() {
	london lsrctl links --json | sed -n \
		"s/^{\"connector\":\"london-paris\".*\"$1\":[\"[]*\([a-z0-9.]*\).*/\1/p"
}

# is_link KEY VALUE, many KEY N
is_link() {
	is "$(link "$1")" "$2"
}

many() {
	[ "$(link "$1")" -ge "$2" ]
}

# log_has FILE REGEX: of London.
log_has() {
	london grep -q "$2" "/var/log/$1.log"
}

# send TO...: a message each, by London.
send() {
	for to in "$@"; do
		"$lab" send london "$to" -n 1
		offered=$((offered + 1))
	done
}

# By mail, where no RCPT of lsrd's own has found it out before.
waited() {
	log_has lsrd 'route-refused:.*reason=probes' || "$lab" log london | grep -q \
		-e 'dsn=4.7.1, status=deferred (route refused: host ' \
		-e 'when writing error message to .* (frozen'
}

lab_up "$top/t/labtool/triangle.json"
ok "every server learns every route" full
ok "mail goes through Paris" goes london tokyo.example '^lsrd:paris'
mta=$(mta_of london)
# what a unit would do; Exim tells by itself
[ "$mta" = exim ] || london sh -c 'setsid lsrd-maillog -u _lsrd -F /var/log/mail.log \
	>/var/log/lsrd-maillog.log 2>&1 </dev/null & echo $! >/run/maillog.pid'
send u@paris.example
ok "its deliveries are told" soon many delivered 1

# --- one mailbox
"$lab" hinder paris full
before=$(link refused)
send full@paris.example full@paris.example full@paris.example \
	full@paris.example full@paris.example full@paris.example
ok "six messages to a full mailbox are told" soon many refused $((before + 6))
send u@paris.example
ok "and no link is down" is_link state up
ok "nor was it" sh -c "! '$lab' run london grep 'from=up, to=down' /var/log/lsrd.log"
"$lab" hinder paris off
emptied london
ok "all of it arrives" all_arrived

# --- TLS that London demands, of Paris alone
demands_tls "$("$lab" status | awk '$1 == "paris" { print $3 }')"
load london 40 4 u@tokyo.example
ok "no TLS: London turns to the direct way" \
	goes london tokyo.example '^lsrd:tokyo'
wait_load
ok "the log says why" \
	soon log_has lsrd 'link-state: .*to=down, reason=mail-refused'
demands_tls
ok "every message arrived once" all_arrived
was=$patience patience=180
ok "with the policy gone Paris is used again" \
	goes london tokyo.example '^lsrd:paris'
patience=$was

# --- who will not relay; lsrd reads its configuration and finds it in order
"$lab" hinder paris no-relay
send a@tokyo.example b@tokyo.example c@tokyo.example
ok "no relaying: London goes round, for that pattern" \
	goes london tokyo.example '^lsrd:tokyo'
ok "what Paris has itself goes there" goes london paris.example '^lsrd:paris'
ok "an alarm names pattern and hop" soon log_has lsrd \
	'route-refused: server=paris.lab.example, pattern=tokyo.example, hop=.*state=left-out'
ok "lsrctl links names the pattern" soon is_link refuses tokyo.example
ok "the link is up all the while" is_link state up
send d@tokyo.example u@paris.example
ok "every message arrived once, none bounced" all_arrived
ok "it waited for the route" soon waited
"$lab" hinder paris off
[ "$mta" = exim ] || london sh -c 'kill "$(cat /run/maillog.pid)"'
ok "every message arrived once, whatever Paris said" all_arrived
ok "no server of the lab has died" mended london paris tokyo
