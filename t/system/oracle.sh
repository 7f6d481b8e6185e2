#!/bin/sh
# oracle.sh - lsrctl beside t/oracle/oracle.py, the second version of
# routing, over the fixtures, over random documents ($ORACLE_DOCUMENTS, 300),
# and over all real networks where they are ($LSRD_TOPOLOGIES, a folder).

. "$(dirname "$0")/../tap.sh"
need python3
lsrctl=$top_builddir/lsrctl
fixtures=$top_srcdir/t/fixtures

run() { # WHAT ARGUMENTS
	what=$1
	shift
	out=$(python3 -B "$top_srcdir/t/oracle/oracle.py" "$@" 2>&1)
	status=$?
	ok "$what: $(echo "$out" | tail -n 1)" went $status "$out"
}

plan 3
run fixtures compare "$lsrctl" "$fixtures"/groups.json \
	"$fixtures"/states.json "$fixtures"/spaces.json "$fixtures"/limits.json \
	"$fixtures"/any.json
run 'random documents' random "$lsrctl" \
	--documents "${ORACLE_DOCUMENTS:-300}" --seed "${ORACLE_SEED:-1}"
if [ -d "${LSRD_TOPOLOGIES:-/nonexistent}" ]; then
	run 'real networks' compare "$lsrctl" --most "${ORACLE_MOST:-5}" \
		"$LSRD_TOPOLOGIES"/*.json
else
	skip_case 'real networks' 'LSRD_TOPOLOGIES names no folder'
fi
