#!/bin/sh
# oracle.sh - lsrctl beside t/oracle/oracle.py, the second version of
# routing, over the fixtures, over random documents ($ORACLE_DOCUMENTS, 300),
# and over all real networks where they are ($LSRD_TOPOLOGIES, a folder).

lsrctl=${top_builddir:-.}/lsrctl
oracle=${top_srcdir:-.}/t/oracle/oracle.py
fixtures=${top_srcdir:-.}/t/fixtures

python=$(command -v python3) || {
	echo '1..0 # SKIP no python3'
	exit 0
}
echo 1..3
n=0
run() { # WHAT ARGUMENTS
	n=$((n + 1))
	what=$1
	shift
	if out=$("$python" -B "$oracle" "$@" 2>&1); then
		echo "ok $n - $what: $(echo "$out" | tail -n 1)"
	else
		echo "$out" | sed 's/^/# /'
		echo "not ok $n - $what"
	fi
}

run fixtures compare "$lsrctl" "$fixtures"/groups.json \
	"$fixtures"/states.json "$fixtures"/spaces.json "$fixtures"/limits.json
run 'random documents' random "$lsrctl" \
	--documents "${ORACLE_DOCUMENTS:-300}" --seed "${ORACLE_SEED:-1}"
if [ -d "${LSRD_TOPOLOGIES:-/nonexistent}" ]; then
	run 'real networks' compare "$lsrctl" --most "${ORACLE_MOST:-5}" \
		"$LSRD_TOPOLOGIES"/*.json
else
	echo 'ok 3 # SKIP real networks: LSRD_TOPOLOGIES names no folder'
fi
