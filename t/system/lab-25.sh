#!/bin/sh
# lab-25.sh - between sites only port 25 is open: their servers meet by
# X-LSA-2, through lsrd-front, and mail does not mind who of them dies.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 19
lab_up "$top/t/labtool/three-groups.json" --x-lsa-2

# met NODE CARRIER: how many sessions are full there, by that carrier.
met() {
	"$lab" run "$1" lsrctl peers --json | grep '"state":"full"' |
		grep -c "\"carrier\":\"$2\""
}

no_691() { ! "$lab" run london1 timeout 2 bash -c "exec 3<>/dev/tcp/$1/691"; }

# one_dialled A B: of the two ends of their session one has dialled.
one_dialled() {
	for pair in "$1 $2" "$2 $1"; do
		"$lab" run "${pair% *}" lsrctl peers --json |
			grep "\"peer\":\"${pair#* }\..*\"state\":\"full\""
	done | grep -o '"dialled":[a-z]*' | sort | tr '\n' ' ' >"$W/dialled"
	is "$(cat "$W/dialled")" '"dialled":false "dialled":true '
}

# one_connection A ADDRESS: lsrd and its front there have one with ADDRESS.
one_connection() {
	is "$("$lab" run "$1" ss -Htnp state established dst "$2" | grep -c lsrd)" 1
}

# direct SERVER NEIGHBOUR: London and the neighbour send to it directly. Its
# sessions are full at once, but a mail service that was down is up after three
# good probes.
direct() {
	for node in london1 "$2"; do
		goes "$node" "$1.example" "^lsrd:$1" || return 1
	done
}

ok "every server learns every route" full
ok "london1 has Paris by X-LSA-2, two full sessions" is "$(met london1 x-lsa-2)" 2
ok "and London by port 691" is "$(met london1 tcp)" 1
ok "port 691 is shut between sites" no_691 10.77.2.1
"$lab" cut paris tokyo
ok "a link breaks in Paris: London goes another way" goes london1 tokyo.example london2
"$lab" heal paris tokyo
ok "and back when it is mended" goes london1 tokyo.example paris

load london1 900 15 u@tokyo.example u@paris.example u@london2.example
for victim in "paris1 paris2 0.1" "paris2 paris1 1.3"; do
	set -- $victim
	# at whatever the sessions through it are about to do; each front once,
	# as a link that fails again comes back ever later
	sleep "$3"
	"$lab" kill "$1" -9 front
	ok "the front of $1 killed: nothing of Paris waits for it" \
		goes london1 paris.example "^lsrd:$2"
	"$lab" start "$1" front
	ok "it comes back: mail goes there again" direct "$1" "$2"
done
ok "all sessions are full, all databases equal" full
"$lab" kill paris1 -9 lsrd
ok "its lsrd killed: mail goes to paris1 as before" \
	way london1 u@paris1.example "london1 > paris1"
"$lab" start paris1 lsrd
ok "it comes back: all is well" full

"$lab" kill all -9 lsrd
"$lab" start all lsrd
ok "everybody dials everybody at once: all is well" full
ok "one end has dialled what is left" soon one_dialled london1 paris1
wait_load
ok "and one connection is left" soon one_connection london1 10.77.2.1
ok "every message arrived once" all_arrived
ok "all servers run" mended london1 london2 paris1 paris2 tokyo1
