#!/bin/sh
# long-versions.sh - six servers in a ring, with a Postfix and an lsrd-milter each:
# three of the release before and three of this version. While mail flows all round
# they are upgraded one by one, and then all are taken back one by one: nothing is
# lost, nothing comes twice by us, and no message meets a hold or a server twice.

. "$(dirname "$0")/lab.sh"
. "$top/t/system/before.sh"
skip_unless_able
need git
servers='oslo paris rome sofia tunis vienna'
patience=60

# beside NODE: the two next to it
beside() {
	echo "$servers" | awk -v node="$1" '{ for (i = 1; i <= 6; i++)
		if ($i == node) print $(i % 6 + 1), $((i + 4) % 6 + 1) }'
}

knows_all() { # NODE: a way to each of the other five, and here
	is "$("$lab" run "$1" lsrctl routes --json | grep -c '"next_hops"\|"here":true')" 6
}

all_know() {
	for node in $servers; do knows_all "$node" || return; done
}

all_full() { # NODE: with both beside it, seen from all three
	for node in $1 $(beside "$1"); do has_sessions "$node" 2 || return; done
}

turn() { # NODE old|new
	becomes "$1" "$2" && soon all_full "$1" && soon knows_all "$1" || return
	echo "# $1 is $2: sessions full and routes known $((($(date +%s%N) - began) / 1000000)) ms after its start"
}

turns() { # old|new NODE...
	to=$1
	shift
	for node in "$@"; do
		ok "$node becomes $to" turn "$node" "$to"
		grep '^#' "$W/tap.said"
	done
}

# The version that a server's LSA tells, in the database of another one.
says_program() { # NODE WANTED
	is "$("$lab" run sofia lsrctl db "$1.ring.example" --json |
		grep -o '"program":"[^"]*"' | tail -n 1)" "$2"
}

# No message was at a server twice, and each went one of the two ways round.
ways() {
	"$lab" report --paths | sed -n 's/^  [^ ]*  \([a-z]* >.*\)/\1/p' >"$W/ways"
	awk -F ' > ' '{ split("", met); n[NF]++
		for (i = 1; i <= NF; i++) if (met[$i]++) { print "twice: " $0; bad = 1 } }
		END { for (i in n) print "# " n[i] " messages by " i " servers"; exit bad }' "$W/ways" &&
		is "$(wc -l <"$W/ways")" "$(sed -n 's/^sent \([0-9]*\) .*/\1/p' "$W/report")"
}

before_built
lab_up "$top/t/labtool/ring.json"
ok "six of this version know all routes" full
before_at_hand
for node in oslo paris rome; do becomes $node old; done
ok "three of the release before and three of this know all routes" soon all_know
for node in oslo rome tunis; do ok "sessions of $node" soon all_full $node; done
this=$("$LSRD_BUILD/lsrctl" --version | sed -n '1s/.* //p')
ok "who runs this version says so" soon says_program tunis "\"program\":\"$this\""
ok "who runs the one before does not" says_program paris ''
watch_holds
load oslo 1200 5 u@rome.example u@sofia.example u@vienna.example u@tunis.example
load sofia 1200 5 u@oslo.example u@vienna.example u@paris.example u@rome.example
turns new oslo paris rome
ok "and say so" soon says_program paris "\"program\":\"$this\""
turns old rome paris oslo
turns old sofia tunis vienna
turns new vienna oslo sofia
for pid in $loads; do ok "mail flowed all the time" kill -0 "$pid"; done
wait_load
ok "no table had a hold at any time" none_held
end_watch
ok "all have all routes" soon all_know
ok "every message arrived once" all_arrived
sed 's/^/# /' "$W/report"
ok "none by a server twice" ways
grep '^#' "$W/tap.said"
all_told
