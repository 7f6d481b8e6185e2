#!/bin/sh
# long-queue-ids.sh - `lsrctl explain ID`: a message that waits in the queue of a
# real Postfix, and in the spool of a real Exim, is asked for by its id: each of
# its recipients, by what the message itself is (its size, where a connector has a
# limit).

. "$(dirname "$0")/lab.sh"
skip_unless_able
grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" || skip "built without tinycdb"
plan 14
lab_up "$top/t/labtool/three-groups.json" --exim london2
ok "every server learns every route" full

# queued NODE TO...: one message to all of these; its id is in $id once it waits.
queued() {
	node=$1
	shift
	mailer=sendmail
	[ "$(mta_of "$node")" != exim ] || mailer=exim4
	printf 'From: s@london.example\nSubject: where to\n\nhello\n' |
		"$lab" run "$node" "$mailer" -f s@london.example "$@" || return
	soon waits "$node"
}
waits() {
	id=$("$lab" queue "$1" | awk 'NR == 1 { print $2 }')
	[ -n "$id" ]
}
# explained NODE STATUS REGEX WORDS: of $id.
explained() {
	explained_at=$1 explained_status=$2 explained_text=$3
	shift 3
	says "$explained_status" "$explained_text" "$lab" run "$explained_at" lsrctl \
		explain "$id" "$@"
}
# each NODE: both recipients are told of, each once.
each() {
	explained "$1" 1 '"result":"hold"' --json || return
	is "$(sed -n 's/^{"address":"\([^"]*\)".*/\1/p' "$W/out" | sort | tr '\n' ' ')" \
		"u@tokyo.example v@paris.example "
}

"$lab" cut london paris
"$lab" cut london tokyo
ok "no way out of London" goes london1 tokyo.example 'no path|error|retry'
ok "none for its Exim, either" goes london2 tokyo.example 'no path|error|defer|hold'

ok "a message waits in Postfix" queued london1 u@tokyo.example v@paris.example
ok "explain ID: where it would go" explained london1 1 'address +u@tokyo.example'
ok "each recipient" each london1
ok "and by every neighbour" explained london1 1 'WAY BY' --ways
ok "with a change" explained london1 1 'result +hold' --drain "$("$lab" run london1 \
	lsrctl status --json | sed 's/.*"server":"\([^"]*\)".*/\1/')"

ok "a message waits in Exim" queued london2 u@tokyo.example v@paris.example
ok "explain ID" explained london2 1 'address +u@tokyo.example'
ok "each recipient" each london2
ok "and by every neighbour" explained london2 1 'WAY BY' --ways

id=4dF3Lk5z9Qz1
ok "an id that no queue has" explained london1 2 'no queue that may be read has'
"$lab" heal london paris
"$lab" heal london tokyo
ok "and both leave" emptied london1 london2
