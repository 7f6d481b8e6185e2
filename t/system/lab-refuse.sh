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

# paris LINES...: of its main.cf, or of its smtpd's in master.cf.
paris() {
	"$lab" run paris postconf "$@" && "$lab" run paris postfix reload
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
	log_has lsrd 'route-refused:.*reason=probes' ||
		log_has mail 'dsn=4.7.1, status=deferred (route refused: host '
}

lab_up "$top/t/labtool/triangle.json"
ok "every server learns every route" full
ok "mail goes through Paris" goes london tokyo.example '^lsrd:paris'
london sh -c 'setsid lsrd-maillog -u _lsrd -F /var/log/mail.log \
	>/var/log/lsrd-maillog.log 2>&1 </dev/null & echo $! >/run/maillog.pid'
send u@paris.example
ok "the log is read" soon many delivered 1

# --- one mailbox
full='check_recipient_access regexp:{{/^full@/ 452 4.2.2 Mailbox full}}'
paris -e "smtpd_recipient_restrictions = $full"
before=$(link refused)
send full@paris.example full@paris.example full@paris.example \
	full@paris.example full@paris.example full@paris.example
ok "six messages to a full mailbox are told" soon many refused $((before + 6))
send u@paris.example
ok "and no link is down" is_link state up
ok "nor was it" sh -c "! '$lab' run london grep 'from=up, to=down' /var/log/lsrd.log"
paris -X smtpd_recipient_restrictions
emptied london
ok "all of it arrives" all_arrived

# --- TLS that London demands, of Paris alone
hop=$(london postmap -q paris.example lmdb:/var/lib/lsrd/postfix/transport)
hop=${hop#lsrd:} hop=${hop%%,*}
london postconf -P "lsrd/unix/smtp_tls_policy_maps=inline:{$hop=encrypt}"
london postfix reload 2>/dev/null
load london 40 4 u@tokyo.example
ok "no TLS: London turns to the direct way" \
	goes london tokyo.example '^lsrd:tokyo'
wait_load
ok "the log says why" \
	soon log_has lsrd 'link-state: .*to=down, reason=mail-refused'
london postconf -PX lsrd/unix/smtp_tls_policy_maps
london postfix reload 2>/dev/null
ok "every message arrived once" all_arrived
was=$patience patience=180
ok "with the policy gone Paris is used again" \
	goes london tokyo.example '^lsrd:paris'
patience=$was

# --- who will not relay; lsrd reads main.cf and finds it in order
paris -P 'rewrite/unix/relay_domains=' 'smtp/inet/relay_domains=' \
	'smtp/inet/smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination'
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
paris -PX rewrite/unix/relay_domains smtp/inet/relay_domains \
	smtp/inet/smtpd_relay_restrictions
london sh -c 'kill "$(cat /run/maillog.pid)"'
ok "every message arrived once, whatever Paris said" all_arrived
ok "no server of the lab has died" mended london paris tokyo
