#!/bin/sh
# lab-evidence.sh - Paris answers probes and refuses all mail: London notices it
# by Postfix's log, or by what its Exim tells, and turns to the way round it.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 10

# london COMMAND...: there.
london() {
	"$lab" run london "$@"
}

# What a unit would do; ends with the lab. Exim tells it by itself.
reader() {
	[ "$(mta_of london)" = postfix ] || return 0
	london sh -c 'setsid lsrd-maillog -u _lsrd -F /var/log/mail.log \
		>/var/log/lsrd-maillog.log 2>&1 </dev/null & echo $! >/run/maillog.pid'
}

# link KEY: of London's link to Paris.
link() {
	london lsrctl links --json | sed -n \
		"s/^{\"connector\":\"london-paris\".*\"$1\":\"*\([a-z0-9]*\).*/\1/p"
}

delivered() {
	[ "$(link delivered)" -gt 0 ]
}

log_has() {
	london grep -q "$1" /var/log/lsrd.log
}

# Probes are answered; for a minute at least that is not enough.
waits() {
	[ "$(link state)" = down ] && [ "$(link hold_s)" -ge 60 ] &&
		london lsrctl links
}

lab_up "$top/t/labtool/triangle.json"
ok "every server learns every route" "$lab" full
ok "mail goes through Paris" goes london tokyo.example '^lsrd:paris'
reader
load london 20 4 u@tokyo.example
ok "its deliveries are reported" soon delivered
wait_load
"$lab" hinder paris refuse
load london 60 4 u@tokyo.example
ok "Paris refuses: London turns to the direct way" \
	goes london tokyo.example '^lsrd:tokyo'
wait_load
ok "the log says why" soon log_has 'link-state: .*to=down, reason=mail-refused'
ok "probes alone do not bring Paris back" soon waits
london sh -c '[ ! -e /run/maillog.pid ] || kill "$(cat /run/maillog.pid)"'
ok "every message arrived once" all_arrived
ok "no server of the lab has died" mended london paris tokyo
