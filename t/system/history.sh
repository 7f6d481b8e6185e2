#!/bin/sh
# history.sh - two real daemons on loopback: what moved a route an hour ago, and
# that nobody waits for who writes it down.

. "$(dirname "$0")/loopback.sh"
A=mx1.london.example.org
B=mx1.paris.example.org

clean_up() {
	for s in $A $B; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
	[ -z "$stopped" ] || kill -CONT "$stopped"
}

failed() {
	tail -n 15 "$W/$A/log" "$W/$A/history" "$W/out"
}

is_full() {
	ask "$1" status --json 2>/dev/null | grep -q '"full":1'
}

events() {
	timeout 60 "$lsrctl" events --folder "$W/$A" "$@" >"$W/out"
}

has_event() { # text option...
	text=$1
	shift
	events "$@" && grep -q -e "$text" "$W/out"
}

# What a dead neighbour has moved: the pattern, whose LSA, what it said, and
# how soon the tables had it.
moved() {
	end $B 9
	soon has_event 'because of .*, server: neighbour gone' \
		--pattern paris.example.org --kind routes &&
		soon has_event 'moved, generation [0-9]*, published after [0-9]* ms' \
			--pattern paris.example.org &&
		has_event '"did":"said","change":"neighbour gone mx1.paris' --json --kind lsa
}

in_routes() {
	ask $A routes --json | grep '"pattern":"paris' |
		grep -q '"since":[0-9]*,"cause":{"what":"lsa","server":"'$A
}

more() { # something happens
	ask $A drain >/dev/null && ask $A ready >/dev/null
}

more_until() { # COMMAND: it happens again and again
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		more
		within 2 "$@" && return
	done
	return 1
}

# It may begin to look later than something happens.
watched() {
	timeout 60 "$lsrctl" watch --folder "$W/$A" --kind lsa >"$W/out" 2>&1 &
	watch=$!
	more_until grep -q "lsa $A, server: state [a-z]* to drain" "$W/out"
	rc=$?
	kill $watch
	return $rc
}

nothing_found() {
	events --pattern nobody.example.org
	[ $? = 1 ] && events --since yesterday 2>"$W/out"
	[ $? = 2 ] && grep -q 'since yesterday' "$W/out"
}

writer() { # its process
	for p in /proc/[0-9]*; do
		{ tr '\0' ' ' <"$p/cmdline"; } 2>/dev/null |
			grep -q -e "--history $W/$A " && echo "${p#/proc/}"
	done
}

has_writer() {
	[ -n "$(writer)" ]
}

# Whatever becomes of the writer, the daemon routes, and says it once.
writer_killed() {
	kill -9 "$(writer)"
	more_until grep -q '^<4>history-writer-gone: status=9' "$W/$A/log" &&
		soon has_writer
}

writer_hangs() {
	stopped=$(writer)
	kill -STOP "$stopped"
	more && more && ask $A status >"$W/out"
	rc=$?
	kill -CONT "$stopped"
	stopped=
	[ $rc = 0 ] && soon has_event 'server-state from=drain, to=up' --last 4
}

# A folder stands where its file should be: as good as a disk that is full.
cannot_write() {
	rm "$W/$A/history" && mkdir "$W/$A/history" &&
		more_until grep -q '^<3>history-stopped: file=.*/history, error=' \
			"$W/$A/log" && more && ask $A status >"$W/out" &&
		[ "$(grep -c history-stopped "$W/$A/log")" = 1 ] &&
		rmdir "$W/$A/history" &&
		more_until grep -q '^<5>history-goes-on: ' "$W/$A/log" &&
		has_event '^.* lost records=[1-9]'
}

stops() {
	end $A TERM
	soon has_event '"kind":"stop"' --json --last 1
}

no_leak() { # the sanitizers say nothing
	! grep -l -e 'Sanitizer' -e 'runtime error' "$W"/*/log
}

plan 9
"$lsrctl" keys authority --directory "$W/ca" --organization example.org \
	>/dev/null || exit 1
set -- 'keep-alive = 200ms' 'dead-time = 1s' 'probe-interval = 300ms'
conf $A london 1 $B 2 paris "$@"
conf $B paris 2 $A 1 london "$@"
begin $A
begin $B
soon is_full $A
soon has_event 'paris.example.org: from nothing to' --kind routes
soon has_event "\"server\":\"$A\",\"type\":\"server\".*neighbour.*$B" --json --kind lsa
ok "a route that moved has its cause and when it was published" moved
ok "and in routes since when it is so, because of whom" in_routes
ok "watch says it as it happens" watched
ok "what is not there is 1, what cannot be meant is 2" nothing_found
ok "a writer that is killed is started again" writer_killed
ok "for one that hangs nobody waits" writer_hangs
ok "where it cannot write it says so once, and what was lost" cannot_write
ok "an orderly stop is the last record" stops
ok "the sanitizers have nothing to say" no_leak
