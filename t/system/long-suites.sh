#!/bin/sh
# long-suites.sh - each command of README's "Longer suites" ends well. Only for
# `t/check --long`: hours.

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${top_builddir:-$top/build/check}
log=$(mktemp) || exit 1
child=''
finish() {
	[ -z "$child" ] || kill "$child" 2>/dev/null
	rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# README is where the list stands.
suites() {
	sed -n '/^Longer suites/,/^A first network/s/^    \(t\/.*\)/\1/p' "$top/README" |
		sed 's/   .*//' | grep -v '^t/check'
}

cd "$top" || exit 1
n=0
echo "1..$(suites | wc -l)"
suites >"$log.list"
while read -r program words; do
	[ ! -x "$build/$program" ] || program=$build/$program
	# shellcheck disable=SC2086
	timeout -k 20 7200 "$program" $words >"$log" 2>&1 </dev/null &
	child=$!
	n=$((n + 1))
	if wait "$child"; then
		echo "ok $n - ${program#"$build/"} $words"
	else
		tail -n 30 "$log" | sed 's/^/# /'
		echo "not ok $n - ${program#"$build/"} $words"
	fi
	child=''
done <"$log.list"
rm -f "$log.list"
