# lint.sh - what the lint tests share; read by them, never run.
#
# A test says its plan first, as TAP wants it, and then for each case
# case_of "what" "complaints", one complaint a line: none is "ok". So a tool
# that fails must complain there too (2>&1).

: "${top_srcdir:=.}" "${top_builddir:=.}"
# Absolute: a test changes its folder, and a build outside the tree names the
# top from its own.
top_srcdir=$(cd "$top_srcdir" && pwd) || exit 1
lint_case=0

plan() {
	echo "1..$1"
}

case_of() {
	lint_case=$((lint_case + 1))
	if [ -z "$2" ]; then
		echo "ok $lint_case - $1"
	else
		printf '%s\n' "$2" | sed 's/^/# /'
		echo "not ok $lint_case - $1"
	fi
}

skip_case() {
	lint_case=$((lint_case + 1))
	echo "ok $lint_case - $1 # SKIP $2"
}

# The C sources below the given folders, named from the top. None at all is
# no clean bill: the name that stands for them then cannot be read, and that
# is a complaint.
sources() {
	(cd "$top_srcdir" && find "$@" -name '*.[ch]' 2>/dev/null | sort) | grep . ||
		echo "no-source-found"
}
