#!/bin/sh
# size.sh - no function over 60 lines or five parameters, no file over 600.
#
# The layout makes this easy to see: a definition begins with `name(` in the
# first column, its body with `{` there, and it ends with `}` there.

. "${top_srcdir:-.}/t/lint/lint.sh"

# What an awk program says of all sources: one process reads them, for there are
# a thousand. Nothing of one file may be left at the first line of the next.
each() {
	# shellcheck disable=SC2046
	(cd "$top_srcdir" && awk "$1" $(sources src plugins t))
}

functions='
FNR == 1 { open = 0; name = "" }
/^[a-z_0-9]+\(/ && !open { name = $0; sub(/\(.*/, "", name); next }
/^{/ && name != "" { open = FNR }
/^}/ {
	if (open && FNR - open - 1 > 60)
		print FILENAME ":" open ": " name "() has " FNR - open - 1 " lines"
	open = 0
	name = ""
}
/;$/ && !open { name = "" }'

files='
function end() { if (n > 600) print file ": " n " lines" }
FNR == 1 { end() }
{ file = FILENAME; n = FNR }
END { end() }'

# A head is gathered from `name(` to `{`; the parameters of a parameter that
# is a function do not count. What a library calls (on_...) takes what the
# library gives.
parameters='
FNR == 1 { head = "" }
/^[a-z_0-9]+\(/ { head = $0; at = FNR; next }
/^{/ && head != "" {
	name = head; sub(/\(.*/, "", name); sub(/^[^(]*\(/, "", head)
	while (sub(/\([^()]*\)\([^()]*\)/, "", head))
		;
	n = gsub(/,/, ",", head) + 1
	if (n > 5 && name !~ /^on_/)
		print FILENAME ":" at ": " name "() takes " n " parameters"
	head = ""
}
/;$/ || /^$/ { head = "" }
head != "" { head = head " " $0 }'

# Of the engine and its setup: a struct has at most 20 fields, what belongs
# together being a struct of its own; a header offers at most 20 functions.
wide='
/^struct [a-z_]+ {$/ { name = $2; n = 0; next }
/^}/ && name != "" {
	if (n > 20)
		print file ": struct " name " has " n " fields"
	name = ""
}
{ line = $0; gsub(/\/\*.*/, "", line); gsub(/\([^)]*\)/, "", line) }
name != "" && line ~ /;/ { n += 1 + gsub(/,/, ",", line) }
name == "" && /^[a-z].*[(]/ { offers++ }
END { if (offers > 20) print file ": offers " offers " functions" }'

each_wide() {
	for f in $(sources src/core/node src/core/lsa | grep '[.]h$'); do
		case $f in
		src/core/node/*|*/setup.h)
			awk -v file="$f" "$wide" "$top_srcdir/$f"
			;;
		esac
	done
}

plan 4
ok "a function has at most 60 lines" none "$(each "$functions" 2>&1)"
ok "a file has at most 600 lines" none "$(each "$files" 2>&1)"
ok "a function takes at most five parameters" none "$(each "$parameters" 2>&1)"
ok "no struct or header of the engine is wide" none "$(each_wide 2>&1)"
