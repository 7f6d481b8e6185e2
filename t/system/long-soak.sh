#!/bin/sh
# long-soak.sh - t/lab soak for two minutes: mail and a fault every few seconds
# in a lab of twelve servers; none is lost, bounced or doubled, every database is
# the same in the end, and every table right. Hours of it: t/lab soak HOURS.
#
#     long-soak.sh [HOURS [SEED]]

. "$(dirname "$0")/lab.sh"
skip_unless_able
grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" || LSRD_LAB_EXIM=
export LSRD_LAB_EXIM

soak() {
	"$lab" --lab "$LAB" soak "$@" --output "$W" >"$W/soak" 2>&1
	status=$?
	cat "$W/soak"
	return $status
}

said() {
	grep -q "^soak: $1" "$W/soak"
}

plan 4
ok "hours of mail and faults" soak "${1:-0.034}" --seed "${2:-1}" --every 4
sed 's/^/# /' "$W/soak"
ok "faults were made" said '.* hours, seed .* [1-9]'
ok "mail went" said 'sent [1-9]'
ok "the samples are there" [ "$(wc -l <"$W/soak.samples")" -gt 100 ]
