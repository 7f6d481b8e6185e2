#!/bin/sh
# lab-loop.sh - two servers have tables that send mail to each other: it is
# refused when it comes back, waits, and is delivered once when they agree
# again. Null sender, too; nothing is bounced.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 9
lab_up "$top/t/labtool/three-groups.json"
ok "every server learns every route" full

# ready NODE: it puts marks on messages, and reads them.
ready() {
	[ "$(mta_of "$1")" = exim ] ||
		"$lab" run "$1" grep -q -- "ready: generation=" /var/log/lsrd-milter.log
}

# by_marks NODE: it has refused what came back by what its marks say.
by_marks() {
	case $(mta_of "$1") in
	exim) said=$("$lab" log "$1") ;;
	*) said=$("$lab" run "$1" cat /var/log/lsrd-milter.log) ;;
	esac
	echo "$said" | grep -q "loop: id=[0-9A-Za-z-]*, why=[a-z]*, received=3"
}

# waits NODE N: so many messages wait in its queue.
waits() {
	is "$("$lab" queue "$1" | wc -l)" "$2"
}

# one message with the null sender; Exim on Debian takes no From without a domain
null_sender() {
	"$lab" run london1 sh -c 'printf "From: x@london.example\nSubject: x\nMessage-ID: <null@lab>\n\nx\n" |
		sendmail -f "" -i null@tokyo.example'
}

for node in london1 paris1; do
	soon ready $node || echo "# no marks on $node"
	"$lab" kill $node lsrd -9
done
# each sends all of Tokyo to the other alone
"$lab" put london1 tokyo.example paris1
"$lab" put paris1 tokyo.example london1
"$lab" send london1 u@tokyo.example v@tokyo.example -n 8
offered=8
null_sender
ok "what comes back is refused, and waits in paris1" soon waits paris1 9
ok "not one is left in london1" soon waits london1 0
ok "by the marks" soon by_marks london1
"$lab" flush paris1
told() {
	"$lab" queue paris1 | grep -q "451[ -]4.4.6 Routes disagree"
}
ok "the hop before was told why" soon told

for node in london1 paris1; do
	"$lab" start $node lsrd
done
ok "the tables agree again" soon goes paris1 tokyo.example tokyo1
emptied paris1
ok "every message arrived once" all_arrived
ok "the one with the null sender, too" soon "$lab" run tokyo1 grep -rlq '^Message-ID: <null@lab>' /var/mail/lab/all/new
not_bounced() {
	! "$lab" run tokyo1 grep -rlq 'report-type=delivery-status' /var/mail/lab/all/new &&
		! { "$lab" log london1 && "$lab" log paris1; } | grep -E 'status=bounced| \*\* '
}
ok "nothing was bounced, nothing new was made" not_bounced
