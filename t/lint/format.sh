#!/bin/sh
# format.sh - the layout is clang-format's; version 14, for others differ.

. "${top_srcdir:-.}/t/lint/lint.sh"

plan 1
for tool in clang-format-14 clang-format; do
	"$tool" --version 2>/dev/null | grep -q 'version 14\.' && break
	tool=
done
if [ -z "$tool" ]; then
	skip_case "layout" "no clang-format 14"
	exit 0
fi

unformatted() {
	# shellcheck disable=SC2046
	(cd "$top_srcdir" && "$tool" --dry-run $(sources src plugins t) 2>&1) |
		sed -n -e 's/:[0-9:]*: warning: code should be clang-formatted.*//p' \
			-e '/^No such file/p' |
		uniq
}

ok "layout" none "$(unformatted 2>&1)"
