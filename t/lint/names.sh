#!/bin/sh
# names.sh - a static function's name is its own: a back trace, a breakpoint
# and a profile say by it where one is.

. "$(dirname "$0")/lint.sh"

# Of each static function of the layout: its name, and its file.
names() {
	for f in $(sources src plugins | grep '\.c$'); do
		awk -v file="$f" '
		/^static / { is_static = !/[;=(]/; next }
		is_static && /^[a-z_0-9]+\(/ {
			sub(/\(.*/, "")
			print $0 " " file
		}
		{ is_static = 0 }' "$top_srcdir/$f"
	done
}

shared() {
	names | sort | awk '
	$1 == name { if (!told) print file ": " name "() is in other files too"
		told = 1
		print $2 ": " name "() is in other files too" }
	$1 != name { told = 0 }
	{ name = $1; file = $2 }'
}

plan 1
ok "a static function has a name of its own" none "$(shared 2>&1)"
