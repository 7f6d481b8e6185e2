#!/bin/sh
# lab-loop.sh - two servers have tables that send mail to each other: it is
# refused when it comes back, waits, and is delivered once when they agree
# again. Null sender, too; nothing is bounced.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 9
lab_up "$top/t/labtool/three-groups.json"
ok "every server learns every route" full

address() {
	"$lab" status | awk -v node="$1" '$1 == node { print $3 }'
}

# milter_says NODE REGEX: lsrd-milter there has said that.
milter_says() {
	"$lab" run "$1" grep -q -- "$2" /var/log/lsrd-milter.log
}

# against NODE OTHER: its table sends all of Tokyo to that one alone.
against() {
	"$lab" run "$1" sh -c "printf 'tokyo.example lsrd:[$(address "$2")]:25\n' |
		postmap -i -r lmdb:/var/lib/lsrd/postfix/transport"
}

# waits NODE N: so many messages wait in its queue.
waits() {
	is "$("$lab" run "$1" postqueue -j | wc -l)" "$2"
}

# one message with the null sender
null_sender() {
	"$lab" run london1 sh -c 'printf "Subject: x\nMessage-ID: <null@lab>\n\nx\n" |
		sendmail -f "" -i null@tokyo.example'
}

for node in london1 paris1; do
	soon milter_says $node "ready: generation=" || echo "# no marks on $node"
	"$lab" kill $node lsrd -9
done
against london1 paris1
against paris1 london1
"$lab" send london1 u@tokyo.example v@tokyo.example -n 8
offered=8
null_sender
ok "what comes back is refused, and waits in paris1" soon waits paris1 9
ok "not one is left in london1" soon waits london1 0
ok "by the marks" soon milter_says london1 'loop: id=[0-9A-Z]*, why=[a-z]*, received=3'
"$lab" run paris1 postqueue -f
ok "the hop before was told why" soon "$lab" run paris1 sh -c \
	'postqueue -j | grep -q "451 4.4.6 Routes disagree"'

for node in london1 paris1; do
	"$lab" start $node lsrd
done
ok "the tables agree again" soon goes paris1 tokyo.example tokyo1
emptied paris1
ok "every message arrived once" all_arrived
ok "the one with the null sender, too" soon "$lab" run tokyo1 grep -rlq '^Message-ID: <null@lab>' /var/mail/lab/all/new
ok "nothing was bounced, nothing new was made" sh -c \
	"! '$lab' run tokyo1 grep -rlq 'report-type=delivery-status' /var/mail/lab/all/new &&
	! '$lab' run london1 grep -q 'status=bounced' /var/log/mail.log &&
	! '$lab' run paris1 grep -q 'status=bounced' /var/log/mail.log"
