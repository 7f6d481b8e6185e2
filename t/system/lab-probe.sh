#!/bin/sh
# lab-probe.sh - probes of mail services as they are: with quirks that mail
# does not mind, with a limit of sessions, and with two addresses of which one
# leads nowhere.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 17

west() {
	"$lab" run west1 "$@"
}

east() {
	"$lab" run east1 "$@"
}

# links KEY VALUE...: state of the link whose object says so.
state() {
	west lsrctl links --json |
		sed -n "s/^{.*\"$1\":\"$2\".*\"state\":\"\([a-z]*\)\".*/\1/p"
}

is_up() {
	is "$(state "$1" "$2")" up
}

is_down() {
	is "$(state "$1" "$2")" down
}

log_has() {
	west grep -q "$1" /var/log/lsrd.log
}

log_has_not() {
	! west grep "$1" /var/log/lsrd.log
}

quirks="helo old lf slow mute odd busy far late"

# The lab's document, with a way out by each quirk at west1.
document() {
	spaces=
	for quirk in $quirks none; do
		spaces="$spaces {\"pattern\": \"$quirk.partner.example\", \"server\": \"west1.peer.example\"},"
	done
	sed "s|\"address_spaces\": \[|&$spaces|" "$top/t/labtool/two-sites.json"
}

document >"$W/json"
lab_up "$W/json"
ok "every server learns every route" full
port=2500 list=
for quirk in $quirks none; do
	port=$((port + 1))
	list="$list $quirk=$port"
	west sed -i "/address-space \"$quirk.partner/,/^}/s|deliver = .*|deliver = \"smtp:[10.77.2.1]:$port\"\n    probe = yes|" \
		/etc/lsrd/lsrd.conf
done
east sh -c "cat >/tmp/quirks.py" <"$(dirname "$0")/quirks.py"
east sh -c "setsid python3 /tmp/quirks.py 10.77.2.1 $list >/dev/null 2>&1 </dev/null &"
west sed -i '1i probe-interval = 2s' /etc/lsrd/lsrd.conf
west lsrctl reload >/dev/null
for quirk in $quirks; do
	ok "a service with the quirk $quirk is up" soon is_up space "$quirk.partner.example"
done
ok "one that is none is down" soon is_down space none.partner.example
# A path of 1.8 s: a whole probe takes longer than its connection may.
far_down() {
	west grep -c 'space-state:.*far.partner.*to=down' /var/log/lsrd.log
}
ok "one beyond 1.8 s there and back was never down" is "$(far_down)" 0
late_down() {
	west grep -c 'space-state:.*late.partner.*to=down' /var/log/lsrd.log
}
downs=$(late_down)
ok "one that greets after 20 s was down once, until it had" is "$downs" 1
since_up() {
	[ "$(west lsrctl links --json | grep '"space":"late.partner.example"' |
		sed 's/.*"since_s":\([0-9]*\).*/\1/')" -ge 30 ]
}
still_slow() {
	soon since_up && is "$(late_down)" 1
}
ok "and is up ever since, however slow" still_slow

# Two sessions a minute; our probes come every two seconds.
east postconf -e smtpd_client_connection_rate_limit=2 anvil_rate_time_unit=60s
east postfix reload
limited() {
	east grep -q 'Connection rate limit exceeded.*10.77.1.1' /var/log/mail.log
}
ok "east1 has a limit of sessions, and we meet it" soon limited
probed_again() {
	[ "$(east grep -c 'rate limit exceeded.*10.77.1.1' /var/log/mail.log)" -ge 3 ]
}
still_up() {
	soon probed_again && is_up bridgehead east1.peer.example &&
		log_has_not 'link-state:.*from=up, to=down'
}
ok "its link stays up, however often" still_up

# The first address leads nowhere for the others.
"$lab" run west2 sed -i \
	's|^smtp = .*|smtp = { "[fd99::22]:25", "10.77.1.2:25" }|' /etc/lsrd/lsrd.conf
"$lab" run west2 lsrctl reload >/dev/null
two_links() {
	is "$(west lsrctl links --json | grep -c '"server":"west2.peer.example"')" 2
}
by_the_second() {
	soon two_links && goes west1 west2.example '^lsrd:west2$'
}
ok "the second address is used where the first leads nowhere" by_the_second
