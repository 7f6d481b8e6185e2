# lint.sh - what the lint tests share; read by them, never run.
#
# A test says its plan first, as TAP wants it, and then for each case
# ok "what" none "complaints", one complaint a line. So a tool that fails must
# complain there too (2>&1).

. "$(dirname "$0")/../tap.sh"

# The C sources below the given folders, named from the top. None at all is
# no clean bill: the name that stands for them then cannot be read, and that
# is a complaint.
sources() {
	(cd "$top_srcdir" && find "$@" -name '*.[ch]' 2>/dev/null | sort) | grep . ||
		echo "no-source-found"
}
