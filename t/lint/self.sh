#!/bin/sh
# self.sh - the lint bites: what it must refuse is planted in a small tree,
# and it is asked from another folder, as in a build outside the sources.

. "${top_srcdir:-.}/t/lint/lint.sh"

tree=$W/tree
mkdir -p "$tree/t" "$tree/conf" "$tree/src/core/lsa" \
	"$tree/src/core/node" "$tree/plugins" "$tree/elsewhere"
cp -R "$top_srcdir/t/lint" "$top_srcdir/t/tap.sh" "$tree/t/"
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
	printf '%s\n' "$@" >"$tree/src/core/lsa/planted.c"
}

# The engine's picture: two files, one above the other.
printf '%s\n' '/*' ' *     upper     this' ' *     lower     that' ' */' \
	>"$tree/src/core/node/node.h"
printf '#include "core/node/lower.h"\n' >"$tree/src/core/node/upper.c"
: >"$tree/src/core/node/lower.c"

plan 12
plant '#include <string.h>' '' 'int planted;'
ok "layers.sh passes what may be included" none "$(passed layers.sh)"
plant '#include "io/loop.h"'
ok "layers.sh refuses a folder above" none \
	"$(refused layers.sh 'planted.c:1: may not include io/loop.h')"
plant '#include <sys/socket.h>'
ok "layers.sh refuses a header of the system in the core" none \
	"$(refused layers.sh 'planted.c:1: may not include <sys/socket.h>')"
printf '#include "core/node/upper.h"\n' >"$tree/src/core/node/lower.c"
ok "layers.sh refuses an include that leads up in the engine" none \
	"$(refused layers.sh 'lower.c:1: upper is not below lower')"
: >"$tree/src/core/node/lower.c"
plant 'static int' 'planted(void)' '{' '	return 0;' '}'
cp "$tree/src/core/lsa/planted.c" "$tree/src/core/lsa/again.c"
ok "names.sh refuses a static's name in a second file" \
	none "$(refused names.sh 'again.c: planted() is in other files too')"
rm "$tree/src/core/lsa/again.c"
plant 'int' 'planted(int a, int b, int c, int d, int e, int f)' '{' '	return 0;' '}'
ok "size.sh refuses a sixth parameter" none \
	"$(refused size.sh 'planted() takes 6 parameters')"
{
	echo 'struct wide {'
	seq -f '	int field%g;' 21
	echo '};'
} >"$tree/src/core/node/wide.h"
ok "size.sh refuses a struct of 21 fields in the engine" none \
	"$(refused size.sh 'wide.h: struct wide has 21 fields')"
rm "$tree/src/core/node/wide.h"
plant 'int planted   ( void )  ;'
if lint format.sh | grep -q SKIP; then
	skip_case "format.sh refuses a line that is out of form" "no clang-format 14"
else
	ok "format.sh refuses a line that is out of form" none \
		"$(refused format.sh src/core/lsa/planted.c)"
fi
printf '%s\n' '#!/bin/sh' 'x=1' 'echo "$x[1]"' >"$tree/t/planted.sh"
if lint shell.sh | grep -q SKIP; then
	skip_case "shell.sh refuses what sh reads otherwise" "no shellcheck"
else
	ok "shell.sh refuses what sh reads otherwise" none \
		"$(refused shell.sh 't/planted.sh:3:')"
fi
rm -rf "$tree/src" "$tree/plugins"
if lint format.sh | grep -q SKIP; then
	skip_case "format.sh refuses to find nothing" "no clang-format 14"
else
	ok "format.sh refuses to find nothing" none "$(refused format.sh 'No such file')"
fi
ok "layers.sh refuses to find nothing" none "$(refused layers.sh no-source-found)"
ok "size.sh refuses to find nothing" none "$(refused size.sh no-source-found)"
