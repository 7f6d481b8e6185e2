#!/bin/sh
# lab-organization.sh - an organization of twelve real lsrds, each in a network
# of its own: all become FULL and know the same, all see a cut, none is left at
# the end. With 200: long-organization.sh.

. "$(dirname "$0")/lab.sh"
skip_unless_able
servers=${1:-12}

agree() {
	"$lab" up --many "$servers" >"$W/up" 2>&1 && up=yes
	sed 's/^/# /' "$W/up" >&3
	[ -n "$up" ]
}

figure() {
	grep -q "^many: $1" "$W/up"
}

# none_left: no process of the lab runs; each was given its folder.
none_left() {
	for one in /proc/[0-9]*; do
		! { tr '\0' ' ' <"$one/cmdline"; } 2>/dev/null | grep -F -e "$dir/" || return
	done
}

exec 3>&1
plan 5
ok "$servers servers become FULL and know the same" agree || exit 1
dir=$("$lab" dir)
ok "a cut is in every database" figure 'a cut is in the last database after'
ok "memory of each, and what it takes when idle" figure 'idle: median'
ok "all are still there" is "$("$lab" status | awk '$4 > 0' | grep -c ' none$')" "$servers"
"$lab" down && up=''
ok "none is left at the end" soon none_left
