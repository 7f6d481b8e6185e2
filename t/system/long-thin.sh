#!/bin/sh
# long-thin.sh - the thin link of conf/postfix/transports.cf over a real one, of 48
# kbit/s whose buffer is three seconds deep. Small mail goes at once; large mail is
# kept where it comes from, with the reason, and goes at night. While a message fills
# the line for half a minute no link is called down and no session ends; without the
# longer dead time at its far end one does.

. "$(dirname "$0")/lab.sh"
skip_unless_able
[ -x "$LSRD_BUILD/lsrd-milter" ] || skip "built without the milter"
plan 18

london() {
	"$lab" run london "$@"
}

# The service as it is there, and what main.cf and lsrd.conf have of it.
thin() {
	sed -n '/^thin  /,/^$/p' "$top/conf/postfix/transports.cf" |
		sed 's|/usr/share/lsrd/|/etc/postfix/|' |
		"$lab" run "$1" sh -c 'cat >>/etc/postfix/master.cf
			postconf -e thin_destination_concurrency_limit=1 thin_destination_rate_delay=1s
			sed -i "/^connector/a\\    transport = \"thin\"\n    large-message-size = 200k" \
				/etc/lsrd/lsrd.conf
			postfix reload && lsrctl reload'
}

# both SCHEDULE: of large mail, at both ends
both() {
	for node in london island; do
		"$lab" run $node sh -c '
			sed -i -e "/large-schedule/d" \
				-e "/large-message-size/a\\    large-schedule = \"$1\"" /etc/lsrd/lsrd.conf
			lsrctl reload' sh "$1" || return
	done
}

# slow: each way; what waits longer than three seconds is dropped
slow() {
	london tc qdisc replace dev to-island root tbf rate 48kbit burst 3000 latency 3s &&
		"$lab" run island tc qdisc replace dev to-london root tbf rate 48kbit burst 3000 latency 3s
}

# patient SECONDS: the dead time of the island; the greater one of both ends counts.
patient() {
	"$lab" run island sed -i -e "s/^keep-alive.*/keep-alive = $(($1 / 3))s/" \
		-e "s/^dead-time.*/dead-time = $1s/" /etc/lsrd/lsrd.conf &&
		"$lab" kill island lsrd && "$lab" start island lsrd && full
}

# mail OCTETS TAG: from a client of London's; says what it answered.
mail() {
	london python3 -c '
import smtplib, sys
octets, tag = int(sys.argv[1]), sys.argv[2]
smtp = smtplib.SMTP("127.0.0.1", 25, timeout=60)
smtp.ehlo()
smtp.mail("s@london.example")
smtp.rcpt("u@island.example")
code, text = smtp.data("From: s@london.example\r\nTo: u@island.example\r\n"
    "Subject: %s\r\n\r\n" % tag + ("x" * 70 + "\r\n") * (octets // 72))
print(code, text.decode())' "$1" "$2"
}

answered() { # OCTETS TAG REGEX
	mail "$1" "$2" | grep -Eq "$3"
}

came() { # TAG
	find "$("$lab" dir)" -path '*/var/mail/lab/all/new/*' -exec \
		grep -ls "^Subject: $1\$" {} + 2>/dev/null | grep -q .
}

# From here on what is said counts: a start has lines of its own.
mark() {
	for node in london island; do
		"$lab" run $node sh -c 'wc -l </var/log/lsrd.log' >"$W/$node.lines"
	done
}
lost() { # WORD: lines since then of something that went down
	for node in london island; do
		"$lab" run $node sed -n "$(($(cat "$W/$node.lines") + 1)),\$p" /var/log/lsrd.log |
			grep "$1: .*to=down"
	done
}

lab_up "$top/t/labtool/thin.json"
thin london >"$W/out" 2>&1
thin island >>"$W/out" 2>&1
hour=$(date -u +%H)
hour=${hour#0}
ok "large mail has its hours, and they are not now" both \
	"$(printf '%02d:00-%02d:00' $(((hour + 2) % 24)) $(((hour + 3) % 24)))"
ok "check has nothing to say of the service" sh -c \
	"! '$lab' run london lsrctl check | grep thin"
slow
ok "the far end is patient" patient 30
mark
mail 1000 small >"$W/out"
ok "small mail goes at once" within 10 came small

# --- a message that fills the line, and small ones behind it

begun=$(date +%s)
mail 190000 wide >"$W/out"
for n in 1 2 3; do mail 1000 "behind$n" >>"$W/out"; done
ok "all of it is taken" is "$(grep -c ^250 "$W/out")" 4
ok "what is as large as may be comes through" soon came wide
took=$(($(date +%s) - begun))
ok "in its time: $took s" [ "$took" -ge 25 ]
ok "and what waited behind it" soon came behind3

# --- a large one

ok "a larger one is kept where it comes from, with the reason" \
	answered 300000 large '^451 4.7.0.*schedule'
ok "explain says so" says 1 'schedule' london lsrctl explain u@island.example --size 300K --at "$(date +%s)"
london sh -c '{ printf "Subject: local\n\n"; head -c 300000 /dev/zero | tr "\0" x | fold -w 70; } |
	sendmail -f s@london.example u@island.example'
ok "one of this host waits, and its log says why" soon london grep -q \
	'milter-reject.*4.7.0.*schedule.*helo=<london' /var/log/mail.log
ok "small mail passes it" answered 1000 beside '^250'
ok "at once" within 10 came beside
ok "it is night" both 00:00-24:00
ok "a large one is taken" soon answered 300000 night '^250'
ok "both cross the line" soon came night
soon came local
ok "no link was called down and no session ended" none "$(lost 'link-state'; lost 'nbr-state')"

# --- and if the far end is as patient as others are

patient 3 >"$W/out" 2>&1
mark
mail 190000 again >"$W/out"
lost_one() { lost nbr-state | grep -q silent; }
ok "with a dead time of 3 s a session ends of it" soon lost_one
