#!/bin/sh
# lab-storm.sh - 50 kills and 15 stops of lsrd, lsrd-milter and lsrd-front
# while 2000 messages flow: none is lost, bounced or doubled.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 1

blows() {
	timeout 800 "$top/t/system/storm" --messages 2000 --kills 50 --stops 15 --every 0.5 \
		--rate 70 --wait 300 --seed 1 >"$W/storm" 2>&1
	status=$?
	cat "$W/storm"
	return $status
}

ok "2000 messages, 50 kills, 15 stops: every message once" blows
sed 's/^/# /' "$W/storm"
