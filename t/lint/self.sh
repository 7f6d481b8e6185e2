#!/bin/sh
# self.sh - the lint bites: what it must refuse is planted in a small tree,
# and it is asked from another folder, as in a build outside the sources.

. "${top_srcdir:-.}/t/lint/lint.sh"

tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/t" "$tree/src/core" "$tree/plugins" "$tree/elsewhere"
cp -R "$top_srcdir/t/lint" "$tree/t/"
cp "$top_srcdir/.clang-format" "$tree/"

# lint SCRIPT: what it says of the planted tree.
lint() {
	(cd "$tree/elsewhere" && top_srcdir=.. sh "../t/lint/$1" 2>&1)
}

# refused SCRIPT WORDS: complaints, unless the script names what was planted.
refused() {
	said=$(lint "$1")
	case $said in
	*"not ok"*) ;;
	*) echo "$1 let it pass" ;;
	esac
	printf '%s\n' "$said" | grep -q "$2" || {
		echo "$1 does not say: $2"
		printf '%s\n' "$said"
	}
}

passed() {
	lint "$1" | grep '^not ok'
}

# plant LINE...: a source of the core that holds these lines.
plant() {
	printf '%s\n' "$@" >"$tree/src/core/planted.c"
}

plan 8
plant '#include <string.h>' '' 'int planted;'
case_of "layers.sh passes what may be included" "$(passed layers.sh)"
plant '#include "io/loop.h"'
case_of "layers.sh refuses a folder above" \
	"$(refused layers.sh 'planted.c:1: may not include io/loop.h')"
plant '#include <sys/socket.h>'
case_of "layers.sh refuses a header of the system in the core" \
	"$(refused layers.sh 'planted.c:1: may not include <sys/socket.h>')"
plant 'int' 'planted(int a, int b, int c, int d, int e, int f)' '{' '	return 0;' '}'
case_of "size.sh refuses a sixth parameter" \
	"$(refused size.sh 'planted() takes 6 parameters')"
plant 'int planted   ( void )  ;'
if lint format.sh | grep -q SKIP; then
	skip_case "format.sh refuses a line that is out of form" "no clang-format 14"
else
	case_of "format.sh refuses a line that is out of form" \
		"$(refused format.sh src/core/planted.c)"
fi
rm -rf "$tree/src" "$tree/plugins"
if lint format.sh | grep -q SKIP; then
	skip_case "format.sh refuses to find nothing" "no clang-format 14"
else
	case_of "format.sh refuses to find nothing" "$(refused format.sh 'No such file')"
fi
case_of "layers.sh refuses to find nothing" "$(refused layers.sh no-source-found)"
case_of "size.sh refuses to find nothing" "$(refused size.sh no-source-found)"
