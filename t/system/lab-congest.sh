#!/bin/sh
# lab-congest.sh - Paris takes one message a second, and four are sent: load
# shifts to the way round it, and comes back once Paris is quick again. The
# trace of levels and routes is printed. At last all ways are gone, and mail that
# is held draws near to the end of its time.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 16

# narrow: London sends five messages at a time, and none in a session that Paris
# began when it was slow. An Exim has a process for each message that comes, and
# of its max_parallel all next hops have one part together.
narrow() {
	[ "$mta" = exim ] || {
		"$lab" run london postconf -e smtp_connection_cache_on_demand=no \
			lsrd_destination_concurrency_limit=5 &&
			"$lab" run london postfix reload
	}
}

# lifetime SECONDS: so long London keeps mail.
lifetime() {
	if [ "$mta" = exim ]; then
		"$lab" run london sed -i "1i LSRD_LIFETIME = $1" /etc/exim4/lsrd/main &&
			"$lab" run london update-exim4.conf
		return
	fi
	"$lab" run london postconf -e "maximal_queue_lifetime=${1}s" &&
		"$lab" run london postfix reload
}

# The defaults are for days of mail; here they are for seconds: what Exim sends
# to a slow Paris waits five, with nothing before it.
impatient() {
	age=5
	[ "$mta" = postfix ] || age=3
	"$lab" run london sed -i "1i congestion-interval = 1s\\
congestion-age = ${age}s\\
congestion-messages = 5" /etc/lsrd/lsrd.conf &&
		"$lab" run london lsrctl reload
}

log() {
	"$lab" run london cat /var/log/lsrd.log
}

# level NODE: of London's connector to Paris, as that server knows it.
level() {
	"$lab" run "$1" lsrctl db --json | sed -n \
		's/.*"id":"london-paris".*"congestion":\([0-3]\).*/\1/p'
}

level_is_up() {
	[ "$(level "$1")" -ge 1 ]
}

# trace TEXT: what the world looks like, with the time.
trace() {
	echo "# $(($(date +%s) - begun)) s: $*; $("$lab" route london tokyo.example |
		sed 's/.*lsrd://'); level $(level london)"
}

once() {
	[ "$(log | grep -c 'congestion: .*paris.*from=0, to=')" = 1 ] &&
		[ "$(log | grep -c 'congestion: .*paris.*to=0,')" = 1 ]
}

lab_up "$top/t/labtool/triangle.json"
begun=$(date +%s)
# An Exim has all that waits for Paris there at once, when it is quick enough:
# the load ends before that, or it would go there anew.
mta=$(mta_of london) days=5 messages=80
[ "$mta" = postfix ] || days=4 messages=40
ok "every server learns every route" "$lab" full
ok "London reads its queue every second" impatient
narrow
ok "mail goes through Paris" goes london tokyo.example '^lsrd:paris'
trace "at first"
"$lab" hinder paris slow
# Two recipients: Postfix asks anew for each, not every half a minute.
load london $messages 4 u@tokyo.example v@tokyo.example
ok "Paris is slow: London turns to the direct way" \
	goes london tokyo.example '^lsrd:tokyo'
trace "Paris is slow"
ok "Tokyo has heard of it" soon level_is_up tokyo
wait_load
"$lab" hinder paris off
trace "Paris is quick again"
ok "London returns to Paris" goes london tokyo.example '^lsrd:paris'
trace "the level has fallen"
load london 20 4 u@tokyo.example v@tokyo.example
wait_load
trace "mail goes through Paris again"
ok "load has gone and come back once" soon once
ok "every message arrived once" all_arrived 90
ok "no server of the lab has died" mended london paris tokyo

held() {
	"$lab" run london lsrctl status --json |
		grep -o '"oldest_held":{"pattern":"[^"]*tokyo.example","message":"[0-9A-Za-z-]*","came":[0-9]*,"gives_up":[0-9]*}'
}
# life SECONDS: status counts with this lifetime of mail.
life() {
	held | sed 's/.*"came":\([0-9]*\),"gives_up":\([0-9]*\)}/\1 \2/' |
		awk -v life="$1" '{ so = $2 - $1 == life } END { exit !so }'
}
on_hold() {
	"$lab" run london lsrctl routes --json | grep tokyo.example | grep -q unreachable
}
"$lab" cut london tokyo
"$lab" cut paris tokyo
ok "Tokyo is cut off: its mail is held" soon on_hold
load london 1 1 w@tokyo.example
wait_load
ok "the message that waits is known, and when it is given up" soon life $((days * 86400))
lifetime 20
ok "also by another lifetime" soon life 20
ok "and the log says so in time" soon sh -c \
	"'$lab' run london grep 'held-too-long: message=[0-9A-Za-z-]*, pattern=.*tokyo.example, until=' /var/log/lsrd.log"
log | sed -n 's/^.*\(congestion: \)/# \1/p'
