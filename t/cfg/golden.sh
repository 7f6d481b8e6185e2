#!/bin/sh
# golden.sh - what a configuration is understood as, or refused for.
#
# golden.rows holds the cases: `== what`, the file, `--`, and what `show`
# prints for it. `++ NAME` within the file begins another one, NAME, beside
# it, which may be FOLDER/NAME; @DIR@ is where they are. What is accepted must load to the same again.
# `golden.sh --write` rewrites the expectations; review them like code.

. "$(dirname "$0")/../tap.sh"
rows=$top_srcdir/t/cfg/golden.rows
show=$top_builddir/t/cfg/show
dir=$(cd "$W" && pwd -P)
# what is not said of the MTA is found on this host
[ "$("$show" -i "")" = postfix ] || skip "its rows are those of no other MTA"

# Each case to a folder: what, conf, more files, want.
n=$(awk -v dir="$dir" '
	/^== / {
		n++
		here = dir "/" n
		system("mkdir " here)
		print substr($0, 4) >(here "/what")
		out = here "/conf"
		printf "" >out
		next
	}
	/^\+\+ .*\// {
		folder = $2
		sub("/[^/]*$", "", folder)
		system("mkdir -p " here "/" folder)
	}
	/^\+\+ / { out = here "/" $2; printf "" >out; next }
	/^--$/ { out = here "/want"; printf "" >out; next }
	n { print >out }
	END { print n }' "$rows")

run() {
	(cd "$1" && for f in *; do
		case $f in
		what | want) ;;
		*) [ ! -d "$f" ] || continue
			sed "s|@DIR@|$1|g" "$f" >"$f.new" && mv "$f.new" "$f" ;;
		esac
	done)
	"$show" -l "$1/conf" 2>&1 | sed "s|$1|@DIR@|g" >"$1/got"
	grep -q '^refused: ' "$1/got" && return
	grep -v ': warning: ' "$1/got" | sed "s|@DIR@|$1|g" >"$1/again"
	"$show" -l "$1/again" 2>&1 | grep -v ': warning: ' >"$1/second"
	cmp -s "$1/again" "$1/second" ||
		echo "loads to another when loaded again" >>"$1/got"
}

for i in $(seq "$n"); do
	run "$dir/$i"
done
if [ "$1" != --write ]; then
	plan "$n"
	for i in $(seq "$n"); do
		ok "$(cat "$dir/$i/what")" diff "$dir/$i/want" "$dir/$i/got"
	done
	exit 0
fi
awk -v dir="$dir" '
	/^== / { n++; skip = 0; print; next }
	/^--$/ {
		print
		while ((getline line <(dir "/" n "/got")) > 0)
			print line
		skip = 1
		next
	}
	!skip { print }' "$rows" >"$dir/rows" && cp "$dir/rows" "$rows"
