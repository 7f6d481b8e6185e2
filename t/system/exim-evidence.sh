#!/bin/sh
# exim-evidence.sh - what a real Exim finds out about its next hops comes to
# lsrd, by its events; its deferred mail is tried again without any privilege.
# All of it, and by the log, is in long-exim-evidence.sh.

# shellcheck source=t/system/evidence.sh
. "$(dirname "$0")/evidence.sh"

evidence_world heavy
plan 7
hop4=198.51.100
drive "remote dead.$P relay $hop4.8@25,$hop4.6@25" \
	"remote later.$P relay $hop4.5@2506" "hold hold.$P relay no path to paris" \
	"hold other.$P relay no path to rome" >"$work/first"
send u0@dead.$P u0@later.$P
ok "a dead next hop" told "evidence hop=$hop4.8:25 failed=1"
ok "the second one took it" told "evidence hop=$hop4.6:25 ok=1"
ok "one that answers 450" told "evidence hop=$hop4.5:2506 replies=1"
send u0@hold.$P u1@hold.$P u0@other.$P
drive "remote hold.$P relay $hop4.6@25" >"$work/second"
world_daemon
soon rcpt $hop4.99 joe@here.$P >"$work/try"
asks hold.$P 25000
ok "two messages of the pattern are found" asked \
	"round=first, patterns=1, messages=2"
ok "and leave by the new way" soon moved 2 $hop4.6/25 hold.$P
ok "another pattern's mail was left alone" is \
	"$(grep -c "== u0@other.$P " "$root/var/log/exim4/mainlog")" 1
ok "all that was told are three reports of hops" is \
	"$(grep -c '^evidence' "$work/told")" \
	"$(grep -cE "^evidence hop=${hop4}[.](8:25 failed|6:25 ok|5:2506 replies)=1" "$work/told")"
