#!/bin/sh
# docs.sh - manual and sample say what the table of options says: names,
# defaults, ranges, and when a change takes effect.

. "${top_srcdir:-.}/t/lint/lint.sh"
show=$top_builddir/t/cfg/show
page=$top_srcdir/man/lsrd.conf.5
sample=$top_srcdir/conf/lsrd.conf.sample
dir=$W

"$show" -o >"$dir/options" || exit 99

# For read, to which an empty field between tabs is none.
unit=$(printf '\037')
tr '\t' '\037' <"$dir/options" >"$dir/units"

# Of the manual: section, name, and its paragraph in one line.
awk '
	function put() {
		if (name != "")
			print section "\t" name "\t" text
		name = text = ""
	}
	/^\.Sh / || /^\.El/ || /^\.It / { put() }
	/^\.Sh OPTIONS/ { section = "" }
	/^\.Sh PEERS/ { section = "peer" }
	/^\.Sh CONNECTORS/ { section = "connector" }
	/^\.Ss Bridgeheads/ { section = "bridgehead" }
	/^\.Sh ADDRESS SPACES/ { section = "address-space" }
	/^\.It Ic / { name = $3; next }
	{ sub(/^\.[A-Z][a-z] /, ""); sub(/ \.$/, "."); text = text " " $0 }
' "$page" >"$dir/page"

# Of the sample: section, name, value without quotes; also what is commented
# out. A bridgehead stands in a connector.
awk '
	/^[ \t]*(peer|connector|bridgehead|address-space) "/ {
		outer = section
		section = $1
		next
	}
	/^[ \t]*}/ { section = section == "bridgehead" ? outer : ""; next }
	/^[ \t]*#?[a-z-]+ = / {
		line = $0
		sub(/^[ \t]*#?/, "", line)
		name = value = line
		sub(/ .*/, "", name)
		sub(/^[^=]*= /, "", value)
		gsub(/"/, "", value)
		print section "\t" name "\t" value
	}
' "$sample" >"$dir/sample"

# Each option of the first file that the second does not have.
missing() {
	cut -f1,2 "$2" | sort -u >"$dir/have"
	cut -f1,2 "$1" | sort -u | comm -23 - "$dir/have"
}

defaults_in_page() {
	while IFS=$unit read -r section name form default when; do
		text=$(awk -F'\t' -v s="$section" -v n="$name" \
			'$1 == s && $2 == n { print $3 }' "$dir/page")
		case $text in
		*"Default: $default."* | *"Default: $default,"*) ;;
		*) [ -z "$default" ] || echo "$section $name: no \"Default: $default\"" ;;
		esac
		case $text in
		*"Takes effect: $when."*) ;;
		*) echo "$section $name: no \"Takes effect: $when\"" ;;
		esac
		range=$(expr "$form" : '.*\(from [0-9a-z%]* to [0-9a-z%]*\)')
		range=${range#from }
		case $text in
		*"From $range"*) ;;
		*) [ -z "$range" ] || echo "$section $name: no \"From $range\"" ;;
		esac
	done <"$dir/units"
}

defaults_in_sample() {
	awk -F'\t' 'NR == FNR { have[$1 "\t" $2] = $3; next }
		$4 != "" && have[$1 "\t" $2] != $4 {
			print $1 " " $2 ": not " $4 }' \
		"$dir/sample" "$dir/options"
}

loads() {
	"$show" "$1" 2>&1 | grep -E ': error: |^refused'
}

sed 's/^\([ 	]*\)#\([a-z-]* = \)/\1\2/; /^include-dir/d;
	s/^#address-space/address-space/' "$sample" >"$dir/all.conf"

plan 8
ok "every option is in the manual" none "$(missing "$dir/options" "$dir/page")"
ok "the manual has no other" none "$(missing "$dir/page" "$dir/options")"
ok "the manual tells defaults, ranges and effects" none "$(defaults_in_page)"
ok "every option is in the sample" none "$(missing "$dir/options" "$dir/sample")"
ok "the sample has no other" none "$(missing "$dir/sample" "$dir/options")"
ok "the sample tells the defaults" none "$(defaults_in_sample)"
ok "the sample loads" none "$(loads "$sample")"
ok "the sample loads with all its comments taken off" none \
	"$(loads "$dir/all.conf")"
