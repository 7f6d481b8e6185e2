#!/bin/sh
# long-whole.sh - the tests of make check that leave something out every day
# (at_length, t/tap.sh), with all of it. Only for `t/check --long`: some minutes.

top_builddir=${top_builddir:-$(dirname "$0")/../../build/check}
. "$(dirname "$0")/../tap.sh"

with_all() {
	timeout -k 20 1800 sh "$1" whole >"$W/whole.log" 2>&1
	status=$?
	cat "$W/whole.log"
	[ $status = 0 ] && grep -q '^1\.\.[0-9]' "$W/whole.log"
}

cd "$top_srcdir" || exit 1
export top_srcdir top_builddir
for test in $(grep -l '^[^#]*at_length' t/*/*.sh | grep -v long-whole); do
	ok "$test, whole" with_all "$test"
done
all_told
