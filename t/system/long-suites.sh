#!/bin/sh
# long-suites.sh - each command of README's "Longer suites" ends well. Only for
# `t/check --long`: hours.

top_builddir=${top_builddir:-$(dirname "$0")/../../build/check}
. "$(dirname "$0")/../tap.sh"
top=$top_srcdir build=$top_builddir

# README is where the list stands.
suites() {
	sed -n '/^Longer suites/,/^A first network/s/^    \(t\/.*\)/\1/p' "$top/README" |
		sed 's/   .*//' | grep -v '^t/check'
}

suite() {
	timeout -k 20 7200 "$@" </dev/null &
	pids=$!
	wait "$pids"
}

cd "$top" || exit 1
plan "$(suites | wc -l)"
suites >"$W/list"
while read -r program words; do
	what="$program $words"
	[ ! -x "$build/$program" ] || program=$build/$program
	# shellcheck disable=SC2086
	ok "$what" suite "$program" $words
done <"$W/list"
