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

# A loop's longest turn is how late a keep-alive may be. Without sanitizers it is
# below 50 ms (t/bench/FIGURES); with them everything takes five times as long.
turns_are_short() {
	[ "$(sed -n 's/^longest turns.*cpu=\([0-9]*\) of who had them.*/\1/p' "$W/said")" -le 250 ] &&
		[ "$(sed -n 's/^longest turns.*cpu=\([0-9]*\) of who had none.*/\1/p' "$W/said")" -le 250 ]
}

memory_stays() {
	[ "$(sed -n 's/.*peak \([0-9]*\) kB, before.*/\1/p' "$W/said")" -le \
		$(($(sed -n 's/.*before \([0-9]*\) kB.*/\1/p' "$W/said") + 4096)) ]
}

exec 3>&1
plan 5
ok "the exchange comes to its end" exchanged
ok "no session is given up: nobody was silent for a dead time" \
	said '^sessions given up: 0$'
ok "nothing keeps a loop from its keep-alives" turns_are_short
ok "the database is told whole" said '^lsrctl db: 70000 lines'
ok "and takes 4 MB at most for it" memory_stays
