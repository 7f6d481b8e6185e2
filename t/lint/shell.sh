#!/bin/sh
# shell.sh - the scripts are sound POSIX shell, as shellcheck sees it. Left
# alone: what a script that is sourced gives and takes (2034, 2154, 1091,
# 2120), words that are split on purpose (2046), and -nt, -ot and ulimit -n,
# which every sh has that we meet (3013, 3045).

. "${top_srcdir:-.}/t/lint/lint.sh"

plan 1
if ! command -v shellcheck >/dev/null; then
	skip_case "scripts are sound" "no shellcheck"
	exit 0
fi

# Those that run, and those that are sourced.
scripts() {
	{
		grep -rlI '^#!/bin/sh' t conf
		find t -name '*.sh'
	} | sort -u
}

unsound() {
	# shellcheck disable=SC2046
	(cd "$top_srcdir" && shellcheck -s sh -S warning -f gcc \
		-e SC2034,SC2154,SC1091,SC2120,SC2046,SC3013,SC3045 $(scripts))
}

ok "scripts are sound" none "$(unsound 2>&1)"
