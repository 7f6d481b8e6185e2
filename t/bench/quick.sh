#!/bin/sh
# quick.sh - every benchmark runs, and says what t/bench/all reads of it. No
# figure of this means anything.

. "$(dirname "$0")/../tap.sh"
need python3


figures() {
	grep -E "^ *$1 +-?[0-9.]+ " "$W/table"
}

every_part() {
	for figure in 'change, 100 servers, a hub: worst of 10' 'full SPF, 100 servers, degree 4' \
		'LSA in to LSA out, 100 servers: median' 'memory of an LSA.*' \
		'LSA in to LSA out by the wire, 200 servers: median' \
		'ingest of an LSA, all of it' 'tables published' 'pages and all' \
		'publish, 10000 keys of 10 000'; do
		figures "$figure" || ! echo "no figure: $figure" || return
	done
}

ok "the benchmarks run" "$top_srcdir/t/bench/all" --build "$top_builddir" --quick
cp "$W/tap.said" "$W/table"
ok "each part has a figure" every_part
all_told
