#!/bin/sh
# lab-limits.sh - two ways lead east, and each admits messages up to a size of
# its own: small mail takes the short one, larger mail the one round the
# middle, the largest none. A schedule that is closed holds, and opens.

. "$(dirname "$0")/lab.sh"
skip_unless_able
[ -x "$LSRD_BUILD/lsrd-milter" ] || {
	echo "1..0 # SKIP built without the milter"
	exit 0
}
plan 10
lab_up "$top/t/labtool/limits.json"
dir=$("$lab" dir)

# mail OCTETS TAG: from a client of west's; says what Postfix answered.
mail() {
	"$lab" run west python3 -c '
import smtplib, sys
octets, tag = int(sys.argv[1]), sys.argv[2]
smtp = smtplib.SMTP("127.0.0.1", 25, timeout=60)
smtp.ehlo()
smtp.mail("s@west.example")
smtp.rcpt("u@east.example")
code, text = smtp.data("From: s@west.example\r\nTo: u@east.example\r\n"
    "Message-ID: <%s@lab>\r\nSubject: %s\r\n\r\n" % (tag, tag)
    + ("x" * 70 + "\r\n") * (octets // 72))
print(code, text.decode())' "$1" "$2"
}

# answered OCTETS TAG REGEX
answered() {
	said=$(mail "$1" "$2")
	echo "$said"
	echo "$said" | grep -Eq "$3"
}

# came TAG: the file of the message at its end.
came() {
	find "$dir" -path '*/var/mail/lab/all/new/*' -exec \
		grep -ls "^Subject: $1\$" {} + 2>/dev/null | head -n 1 | grep .
}

# by TAG REGEX: the servers that took it, in the last one's words
by() {
	file=$(came "$1") || return 1
	sed '/^$/q' "$file" | grep -o 'by [a-z.]*limits.example' | tr '\n' ' ' | grep -Eq "$2"
}

ok "every server learns every route" full
ok "the milter of west knows the limits" soon answered 90000 probe '^552 5.3.4.*size'
ok "a small message is taken" answered 1000 small '^250'
ok "and takes the short way" soon by small '^by east[^ ]* by west[^ ]* $'
ok "a larger one is taken" answered 40000 larger '^250'
ok "and goes round the middle" soon by larger '^by east[^ ]* by middle[^ ]* by west[^ ]* $'

# set_schedule TIMES: of both ways out of west
set_schedule() {
	"$lab" run west sh -c "
		sed -i -e '/schedule/d' -e 's/^\(connector .*\) {/\1 {\n    schedule = \"$1\"/' \
			/etc/lsrd/lsrd.conf && lsrctl reload"
}
hour=$(date -u +%H)
hour=${hour#0}
ok "both ways are closed at this hour" set_schedule \
	"$(printf '%02d:00-%02d:00' $(((hour + 2) % 24)) $(((hour + 3) % 24)))"
ok "mail is held, with the reason" soon answered 1000 held '^451 4.7.0.*schedule'
set_schedule 00:00-24:00 >/dev/null
ok "they are open: it is taken" soon answered 1000 open '^250'
ok "and arrives" soon by open '^by east'
