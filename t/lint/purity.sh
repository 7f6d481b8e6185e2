#!/bin/sh
# purity.sh - base, core and the verb reach the outside by this list alone.
#
# What the archive needs and does not have itself must be here: memory,
# strings, formatting into memory, sorting, abort. So the core cannot read
# a clock, open a file, draw a random number or keep a global of the C
# library without failing this test.

. "${top_srcdir:-.}/t/lint/lint.sh"

allowed='
abort
bsearch qsort
calloc free malloc realloc
memchr memcmp memcpy memmove memset
snprintf vsnprintf
strchr strcmp strcspn strlen strncmp strrchr strspn strstr
'

# Put in by the compiler, the hardening flags and the sanitizers.
made='__(stack_chk_fail|tls_get_addr|popcountdi2|cyg_profile_func_.*)|'\
'_GLOBAL_OFFSET_TABLE_|_Unwind_Resume|__(asan|ubsan|sancov|sanitizer)_.*|'\
'__(gcov|llvm|start___sancov|stop___sancov)_?.*|mangled_path|bcmp|'\
'__(mem|str|v?snprintf|printf)[a-z]*_chk|asan\.module_[a-z]*'

archive=$top_builddir/libcore.a
verb=$top_builddir/libverb.a # a plugin that is as pure

symbols() {
	"${NM:-nm}" -P "$archive" "$verb"
}

impure() {
	symbols | allowed=$allowed made="^($made)\$" awk '
	BEGIN {
		split(ENVIRON["allowed"], w, /[ \n]+/)
		for (i in w)
			ok[w[i]] = 1
	}
	NF < 2 { next } # the name of a member
	$2 == "U" || $2 == "w" { need[$1] = 1; next }
	{ have[$1] = 1 }
	END {
		for (s in need)
			if (!(s in have) && !(s in ok) && s !~ ENVIRON["made"])
				print "the core may not use " s
	}' | sort
}

# Data (D), zeroed data (B) and common (C) can change, but a table of
# constants that holds pointers lies in .data.rel.ro, which cannot.
variables() {
	"${NM:-nm}" -f sysv "$archive" "$verb" | tr -d ' \t' |
		awk -F'|' 'NF == 7 && $3 ~ /^[DdBbC]$/ &&
		    $7 !~ /^\.data\.rel\.ro/ {
			print "a variable that changes: " $1
		}'
}

plan 2
if [ ! -f "$archive" ]; then
	skip_case "the core needs what is on the list" "no $archive here"
	skip_case "the core keeps no mutable variable" "no $archive here"
	exit 0
fi
ok "the core needs what is on the list" none "$(impure 2>&1)"
if symbols | grep -q '__\(asan\|sancov\|gcov\|llvm\)'; then
	skip_case "the core keeps no mutable variable" \
		"instrumented: its counters are variables"
else
	ok "the core keeps no mutable variable" none "$(variables 2>&1)"
fi
