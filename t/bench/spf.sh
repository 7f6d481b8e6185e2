#!/bin/sh
# spf.sh - our search beside a baseline's, in turns on the same graphs.
#
#     spf.sh BUILDDIR [BASELINE] [SIZE:DEGREE...]
#
# BASELINE is a program that takes `random SERVERS DEGREE RUNS` and prints
# `spf NAME ... med_us=N ... sum=HEX`, a line an algorithm; without it only
# our own figures are printed. Builds with -O2 and without sanitizers only
# say something. A figure is the best of the medians of seven rounds, for the
# machine may have other work.

builddir=${1:?usage: spf.sh BUILDDIR [BASELINE] [SIZE:DEGREE...]}
baseline=$2
shift
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 1000:4 10000:4

bench=$builddir/t/bench/bench_spf
[ -x "$bench" ] || {
	echo "$bench is not there: make t/bench/bench_spf" >&2
	exit 1
}
for graph; do
	n=${graph%:*}
	degree=${graph#*:}
	for round in 1 2 3 4 5 6 7; do
		"$bench" "$n" "$degree" 101 | sed "s/^/round=$round ours /"
		[ -z "$baseline" ] ||
			"$baseline" random "$n" "$degree" 101 |
			sed "s/^/round=$round base /"
	done | awk -v graph="$graph" '
		function figure(name, v) {
			v = $0
			if (!sub(".*" name "=", "", v))
				return ""
			sub(" .*", "", v)
			return v
		}
		$2 == "ours" && /sum=/ { sum = figure("sum"); next }
		$2 == "ours" { who = $3; them = 0 }
		$2 == "base" && $3 == "spf" {
			who = $4
			them = 1
			if (figure("sum") != sum) {
				print "SUMS DIFFER: " $0
				bad = 1
			}
		}
		$2 == "base" && $3 != "spf" { next }
		{
			v = figure("med_us") + 0
			if (!(who in med) || v < med[who])
				med[who] = v
			if (them)
				base[who] = 1
		}
		END {
			for (w in base)
				if (best == "" || med[w] < med[best])
					best = w
			for (w in med) {
				printf "graph=%s %s%s us=%.2f", graph, \
				    w in base ? "baseline-" : "", w, med[w]
				if (best != "" && !(w in base))
					printf " ratio_to_%s=%.2f", best, \
					    med[w] / med[best]
				print ""
			}
			exit bad
		}' | sort
done
