#!/bin/sh
# long-exchange.sh - 70 000 LSAs go to a server that has none: keep-alives are on
# time all the while, and while all of them are told to lsrctl, which costs the
# server no memory. By what t/bench/exchange says.

. "$(dirname "$0")/../tap.sh"
export top_srcdir top_builddir

exchanged() {
	"$top_srcdir/t/bench/exchange" 10000 >"$W/said" && sed 's/^/# /' "$W/said" >&3
}

said() {
	grep -q "$1" "$W/said"
}

memory_stays() {
	[ "$(sed -n 's/.*peak \([0-9]*\) kB, before.*/\1/p' "$W/said")" -le \
		$(($(sed -n 's/.*before \([0-9]*\) kB.*/\1/p' "$W/said") + 4096)) ]
}

exec 3>&1
plan 4
ok "the exchange comes to its end" exchanged
ok "no session is given up: nobody was silent for a dead time" \
	said '^sessions given up: 0$'
ok "the database is told whole" said '^lsrctl db: 70000 lines'
ok "and takes 4 MB at most for it" memory_stays
