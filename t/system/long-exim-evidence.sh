#!/bin/sh
# long-exim-evidence.sh - all that a real Exim finds out about its next hops, by
# its events (heavy) and by its log (light): the same reports. Deliveries while
# nobody takes them. 200 deferred messages, moved past Exim's retry hints: out
# of a hold, from a host that is dead, from one that answered 450.

# shellcheck source=t/system/evidence.sh
. "$(dirname "$0")/evidence.sh"
plan 31
hop4=198.51.100

# cased KIND: every case is told as it should be, and nothing else.
cased() {
	: >"$work/table"
	for case in $cases; do
		echo "remote c${case%%/*}.$P relay $hop4.5@${case%%/*}" >>"$work/table"
	done
	drive "$(cat "$work/table")" "remote wall.$P relay $hop4.9@25" \
		"remote dead.$P relay $hop4.8@25,$hop4.6@25" >"$work/first"
	for case in $cases; do
		send "u0@c${case%%/*}.$P"
		ok "$1: ${case#*/}" told "evidence hop=$hop4.5:${case%%/*} ${case##*:}=1"
	done
	send "u0@dead.$P"
	ok "$1: a dead host" told "evidence hop=$hop4.8:25 failed=1"
	ok "$1: the second one" told "evidence hop=$hop4.6:25 ok=1"
	send "u0@wall.$P"
	ok "$1: who does not relay" told "route hop=$hop4.9:25 to=u0@wall.$P refused=1"
	ok "$1: nothing else" is "$(grep -c . "$work/told")" 10
}

# paced WHAT: 20 messages by SMTP are there within the time that 20 take.
paced() {
	before=$(grep -c "$hop4.6/25" "$work/took")
	begun=$(date +%s%N)
	queued 20 "dead.$P" || return
	soon all_of $((before + 20)) || return
	echo "# $1: $((($(date +%s%N) - begun) / 1000000)) ms"
}
all_of() {
	[ "$(grep -c "$hop4.6/25" "$work/took")" -ge "$1" ]
}

# moves WHAT WAY: 200 messages wait by this way, and move by another one.
moves() {
	domain=$1.$P
	drive "$2 " >"$work/moves"
	queued 200 "$domain" || return
	within 120 deferred 200 "$domain" || return
	drive "remote $domain relay $hop4.6@25" >"$work/moves"
	begun=$(date +%s)
	asks "$domain" 45000
	within 40 moved 200 "$hop4.6/25" "$domain" || {
		cat "$work/retry.log"
		return 1
	}
	echo "# $1: 200 messages in $(($(date +%s) - begun)) s"
}

evidence_world heavy
cased heavy
world_daemon
soon rcpt $hop4.99 joe@here.$P >"$work/try"
ok "with somebody who listens" paced listening
kill -STOP "$listen_pid"
ok "with one who is stopped, his queue full" paced stopped
kill -CONT "$listen_pid"
kill "$listen_pid"
wait "$listen_pid" 2>/dev/null
ok "with one who has died" paced dead
rm "$root/run/lsrd/report-exim"
ok "with no socket" paced none
ok "out of a hold" moves held "hold held.$P relay no path to paris"
ok "from a host that is dead" moves gone "remote gone.$P relay $hop4.8@2525"
ok "from one that answered 450" moves slow "remote slow.$P relay $hop4.5@2506"
queued 500 "c2506.$P"
within 120 deferred 500 "c2506.$P"
(unprivileged "$build/t/bench/bench_spool" "$root/var/spool/exim4") >"$work/spool"
sed 's/^/# /' "$work/spool"
ok "all that waits is read, without privileges" is \
	"$(sed -n 's/^again: recipients=\([0-9]*\) .*/\1/p' "$work/spool")" \
	"$(ex -bp | grep -c '^          [^ D]')"
world_end

evidence_world light
cased light
