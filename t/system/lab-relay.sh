#!/bin/sh
# lab-relay.sh - no server of a lab is an open relay, and each takes mail for
# the organization's own domains from anybody.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 11
lab_up "$top/t/labtool/three-groups.json"
ok "every server learns every route" full

strangers="someone@outside.example someone@sub.tokyo.example tokyo.example@outside.example
	someone%outside.example@sub.tokyo.example @tokyo.example:someone@outside.example
	someone@example someone@notokyo.example someone@tokyo.example.outside.example
	someone@[192.0.2.1] outside.example!someone@sub.paris.example"

refuses() {
	said=$("$lab" rcpt "$1" $strangers) || return 1
	printf '%s\n' "$said"
	[ "$(printf '%s\n' "$said" | wc -l)" = 10 ] || return 1
	! printf '%s\n' "$said" | grep -v '^[45]'
}

takes() {
	said=$("$lab" rcpt "$1" u@london.example u@paris.example u@tokyo.example \
		u@london2.example) || return 1
	printf '%s\n' "$said"
	[ "$(printf '%s\n' "$said" | grep -c '^250')" = 4 ]
}

for node in london1 london2 paris1 paris2 tokyo1; do
	ok "$node refuses what is not the organization's" refuses $node
	ok "$node takes what is" takes $node
done
