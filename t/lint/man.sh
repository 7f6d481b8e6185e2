#!/bin/sh
# man.sh - mandoc has nothing to say against our manual pages.

. "${top_srcdir:-.}/t/lint/lint.sh"

pages=$(cd "$top_srcdir" && find man -name '*.[1-8]' 2>/dev/null | sort)

if [ -z "$pages" ] || ! command -v mandoc >/dev/null 2>&1; then
	plan 1
	skip_case "manual pages" "no mandoc, or no page"
	exit 0
fi

# That another package's page is not installed here is no fault of ours.
complaints() {
	(cd "$top_srcdir" && mandoc -T lint -W warning "$1") |
		grep -v 'referenced manual not found'
}

# shellcheck disable=SC2086
plan "$(echo $pages | wc -w)"
for page in $pages; do
	ok "$page" none "$(complaints "$page" 2>&1)"
done
