#!/bin/sh
# lab-25.sh - between sites only port 25 is open: their servers meet by
# X-LSA-2, through lsrd-front, and mail does not mind who of them dies.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 15
lab_up "$top/t/labtool/three-groups.json" --x-lsa-2

digests() {
	for node in london1 london2 paris1 paris2 tokyo1; do
		"$lab" run $node lsrctl status --json
	done | sed 's/.*"digest": *"\([0-9a-f]*\)".*/\1/' | sort -u | wc -l
}

# sessions NODE CARRIER: how many are full.
sessions() {
	"$lab" run "$1" lsrctl peers --json | grep '"state":"full"' |
		grep -c "\"carrier\":\"$2\""
}

# until_so SECONDS COMMAND...: tries it until it succeeds.
until_so() {
	tries=$(($1 * 5))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done >/dev/null 2>&1
}

# Everybody by the shortest way to paris1: a session is full at once, but a
# mail service that was down is up after three good probes.
direct() {
	for node in london1 paris2 tokyo1; do
		goes $node paris1.example '^lsrd:paris1' 60 || return 1
	done
}

one_digest() { is "$(digests)" 1; }
met() { is "$(sessions london1 x-lsa-2) $(sessions paris1 x-lsa-2)" "2 2"; }
no_691() { ! "$lab" run london1 timeout 2 bash -c "exec 3<>/dev/tcp/$1/691"; }

ok "every server learns every route" "$lab" full
ok "london1 has Paris by X-LSA-2, two full sessions" is \
	"$(sessions london1 x-lsa-2)" 2
ok "and London by port 691" is "$(sessions london1 tcp)" 1
ok "port 691 is shut between sites" no_691 10.77.2.1
ok "all databases are equal" until_so 10 one_digest
"$lab" cut paris tokyo
ok "a link breaks in Paris: London goes another way" \
	goes london1 tokyo.example london2 5
"$lab" heal paris tokyo
ok "and back when it is mended" goes london1 tokyo.example paris 60
load london1 900 15 u@tokyo.example u@paris.example u@london2.example
sleep 2
"$lab" kill paris1 -9 front
sleep 2
ok "a front killed: nothing of Paris is held" \
	goes london1 paris.example paris2 5
"$lab" start paris1 front
ok "it comes back: both sessions are full" until_so 60 met
ok "and everybody sends there again" direct
"$lab" kill paris1 -9 lsrd
ok "its lsrd killed: mail goes to paris1 as before" \
	is "$(path london1 u@paris1.example)" "london1 > paris1"
"$lab" start paris1 lsrd
ok "it comes back: both sessions are full" until_so 60 met
wait_load
ok "every message arrived once" all_arrived 60
ok "all databases are equal" until_so 20 one_digest
ok "all servers run" mended london1 london2 paris1 paris2 tokyo1
