#!/bin/sh
# lab-places.sh - the three places of lsrd-front in one network: in London on
# port 25 for everyone, in Paris beside the MTA with only listed peers sent to
# it, in Tokyo on a port of its own without an MTA. The second host of London and
# of Paris has Exim.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 20
! grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" ||
	LSRD_LAB_EXIM=${LSRD_LAB_EXIM:-london2 paris2}
export LSRD_LAB_EXIM
lab_up "$top/t/labtool/three-groups.json" --x-lsa-2 --front paris=listed \
	--front tokyo=apart

# ehlo FROM ADDRESS PORT: what is offered there; fails where there is nothing.
ehlo() {
	"$lab" run "$1" python3 -c '
import smtplib, sys
smtp = smtplib.SMTP(sys.argv[1], int(sys.argv[2]), "x.example", 60)
smtp.ehlo()
print(*sorted(smtp.esmtp_features))
smtp.quit()' "$2" "$3"
}

offered() { ehlo "$@" | grep -q 'x-lsa-2'; }
plain() { ehlo "$@" | grep pipelining | grep -qv 'x-lsa-2'; }

# met NODE N: so many sessions by X-LSA-2 are full there.
met() {
	is "$("$lab" run "$1" lsrctl peers --json | grep '"state":"full"' |
		grep -c '"carrier":"x-lsa-2"')" "$2"
}

# sees NODE ADDRESS: its mail server has taken mail from that client.
sees() {
	"$lab" run "$1" cat /var/log/mail.log /var/log/exim4/mainlog 2>/dev/null |
		grep -E '(: client=| <= .* H=)[^[]*\['"$2"'\]'
}

all_met() { met london1 2 && met paris1 2 && met tokyo1 3; }

ok "every server learns every route" full
ok "the sites have met by X-LSA-2" soon all_met
load london1 300 10 u@tokyo.example u@paris1.example u@paris2.example u@london2.example
ok "London: the keyword for a peer" offered paris1 10.77.1.1 25
ok "London: none for others" plain london2 10.77.1.1 25
ok "Paris: the keyword for a peer, on port 25" offered london1 10.77.2.1 25
ok "Paris: others reach the MTA there" plain paris2 10.77.2.1 25
ok "Paris: port 2500 is no second way in" not ehlo paris2 10.77.2.1 2500
ok "Tokyo: port 25 is the MTA's, for a peer too" plain london2 10.77.3.1 25
ok "Tokyo: the verb on a port of its own" is \
	"$(ehlo london2 10.77.3.1 2526)" "pipelining x-lsa-2"
ok "Tokyo: nothing there for others" not ehlo tokyo1 10.77.3.1 2526
ok "London: by Paris comes what Tokyo sends" way tokyo1 u@london1.example \
	"tokyo1 > paris > london1"
ok "London: an MTA behind sees who comes" soon sees london1 '10\.77\.2\.[12]'
ok "London: and so does that of the other host" soon sees london2 10.77.1.1
ok "Paris: an MTA beside sees who comes" soon sees paris1 10.77.1.1
ok "Paris: and so does that of the other host" soon sees paris2 10.77.1.1
"$lab" kill paris1 -9 front
ok "Paris: the front and its rule gone, a peer reaches the MTA" \
	soon plain london1 10.77.2.1 25
"$lab" start paris1 front
ok "Paris: it comes back, the sites have met again" soon all_met
wait_load
ok "every message arrived once" all_arrived
ok "all servers run" mended london1 london2 paris1 paris2 tokyo1
