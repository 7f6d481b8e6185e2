#!/bin/sh
# docs.sh - what the code knows and what the documents say are the same:
# log words, verbs, programs' options, titles of scenes, the numbers of the
# protocol, the reasons why its sessions end, what comments cite. The options of
# lsrd.conf are t/cfg/docs.sh's work.

. "${top_srcdir:-.}/t/lint/lint.sh"

# Lines of two lists that are in one of them alone.
compare() {
	printf '%s\n' "$1" | sort -u >docs-one.tmp
	printf '%s\n' "$2" | sort -u >docs-two.tmp
	comm -23 docs-one.tmp docs-two.tmp | sed "s|\$| is not in $4|"
	comm -13 docs-one.tmp docs-two.tmp | sed "s|\$| is not in $3|"
	rm -f docs-one.tmp docs-two.tmp
}

in_top() {
	(cd "$top_srcdir" && "$@")
}

# The words of the table of events, and those the shells say themselves.
words_of_code() {
	in_top sed -n 's/^	\[EVENT_[A-Z_]*\] = { "\([a-z-]*\)".*/\1/p' \
		src/io/sink.c
	# shellcheck disable=SC2046
	in_top cat $(sources src/io src/daemon) | tr '\n' ' ' |
		grep -o 'sink_say([^"]*SINK_[A-Z]*,[[:space:]]*"[a-z-]*"' |
		sed 's/.*"\(.*\)"/\1/'
	in_top sed -n 's/.*{ NULL, "\([a-z-]*\)".*/\1/p' src/sys/event_id.c
}

words_of_page() {
	in_top sed -n 's/^\.It Sy \([a-z-]*\) Pq.*/\1/p' man/lsrd-events.7
}

# Every kind of event has its row.
events_without_row() {
	in_top sed -n 's/^	\(EVENT_[A-Z_]*\),.*/\1/p' src/core/lsa/event.h |
		while read -r kind; do
			in_top grep -q "\\[$kind\\]" src/io/sink.c ||
				echo "$kind has no row in src/io/sink.c"
		done
}

verbs_of_code() {
	in_top sed -n '/^const struct verb verbs/,/^};/s/^	{ "\([a-z -]*\)",.*/\1/p' \
		src/ctl/verbs.c
}

# Headings begin with `.It Cm`; what follows a verb in Ar or Op is its own.
verbs_of_page() {
	in_top sed -n 's/^\.It Cm \([a-z -]*[a-z]\).*/\1/p' man/lsrctl.1
}

long_options_of_help() {
	"$top_builddir/$1" --help 2>&1 | grep -o -e '--[a-z][a-z-]*' | sort -u
}

long_options_of_page() {
	in_top sed -n '/^\.It Fl/p' "$1" | grep -o 'Fl -[a-z-]*' |
		sed 's/Fl /-/' | sort -u
}

# Each program's --help against its page; a page may say more.
help_missing() {
	[ -x "$top_builddir/$1" ] || return
	for option in $(long_options_of_help "$1"); do
		long_options_of_page "$2" | grep -q -x -e "$option" ||
			echo "$1 $option is not in $2"
	done
	"$top_builddir/$1" --version | grep -q '[0-9]' ||
		echo "$1 --version says nothing"
}

# Messages, types of LSA and TLVs: "HELLO 1", "identity 1", "server tlv 3".
numbers_of_code() {
	in_top sed -n '/^enum msg_type/,/^};/p' src/core/wire/msg.h |
		grep -o 'MSG_[A-Z]*' | sed 's/MSG_//' | awk '{ print $1, NR }'
	in_top sed -n '/^enum lsa_type/,/^};/s/.*LSA_\([A-Z]*\) = \([0-9]*\).*/\1 \2/p' \
		src/core/lsa/lsa.h | tr 'A-Z' 'a-z'
	in_top sed -n -e '/^enum lsa_[a-z]*_tlv/,/^};/s/.*LSA_\([A-Z]*\)_[A-Z_]* = \([0-9]*\).*/\1 tlv \2/p' \
		-e 's/^#define LSA_\([A-Z]*\)_[A-Z]* \([0-9]*\) .*/\1 tlv \2/p' \
		src/core/lsa/lsa.h | tr 'A-Z' 'a-z'
}

numbers_of_page() {
	in_top awk '
		/^\.Sh/ { bodies = /BODIES/; messages = /MESSAGES/; types = /ADVERT/ }
		messages && /^\.It [A-Z]+ [0-9]+$/ { print $2, $3 }
		types && /^\.It [0-9]+ Ta / { print $4, $2 }
		bodies && /^\.Em / { body = $2 }
		bodies && /^\.It [0-9]+$/ { print body " tlv " $2 }' man/lsrd-protocol.7
}

# The words a session can end with: those session.c says itself, and those of
# the reasons that it and the decoders of messages return.
reasons_of_code() {
	in_top sed -n -e 's/.*return "\([a-z-]*\)";.*/\1/p' \
		-e 's/.*session_fault(e, [a-z]*, "\([a-z-]*\)").*/\1/p' \
		-e 's/.*? NULL : "\([a-z-]*\)";.*/\1/p' src/core/node/session.c \
		src/core/node/pulse.c
	in_top grep -h -e 'return' -e 'rc = ' -e 'rc_word(' src/core/node/session.c \
		src/core/node/pulse.c src/core/node/sync.c src/core/wire/msg.c src/core/wire/frame.c |
		grep -o 'RC_[A-Z]*' | sort -u | grep -v 'RC_OK' | while read -r rc; do
		in_top sed -n "s/.*\\[-$rc\\] = \"\\(.*\\)\",/\\1/p" src/base/rc.c
	done
}

reasons_of_page() {
	in_top awk '/^\.S[sh]/ { inside = /Why a session ends/ }
		inside && /^\.It / { gsub(/[,]/, " "); for (i = 2; i <= NF; i++) print $i }' \
		man/lsrd-protocol.7
}

# Metrics, with their types: "lsrd_up gauge".
metrics_of_code() {
	"$top_builddir/lsrd-metrics" --list
}

metrics_of_page() {
	in_top sed -n 's/^\.It Sy \(lsrd_[a-z_]*\) Pq \([a-z]*\).*/\1 \2/p' man/lsrd-metrics.7
}

# Each file of conf/ is in its list, or what is made from it.
conf_without_line() {
	in_top find conf -type f ! -name README | sort | while read -r file; do
		name=${file##*/}
		in_top grep -q -F -e "${name%.in}" conf/README ||
			echo "$file is not in conf/README"
	done
}

# The first line of a scene is its title.
scenes_without_title() {
	for scene in "$top_srcdir"/t/sim/scenes/*.scene; do
		head -n 1 "$scene" | grep -q '^# .\{20,76\}$' ||
			echo "$scene: the first line is no title"
	done
}

# What t/CASES names is there.
cases_without_test() {
	in_top sed -n 's/^     //p' t/CASES | grep -o 't/[a-z]*/[A-Za-z0-9_./-]*' |
		while read -r file; do
			[ -e "$top_srcdir/$file" ] || echo "t/CASES names $file"
		done
}

# The faults that the design was checked against: t/CASES has each, with a test or
# why there is none. Gaps in their numbers are free.
faults='
	P01 P02 P03 P04 P05 P06 P07 P08 P09 P13 P15 P16 P18 P19 P20 P21 P23 P24 P25 P26
	P27 P28 P29 P30 P31 P33 P34
	T01 T02 T03 T04 T06 T08 T09 T10 T11 T12 T13 T15 T16
	W01 W02 W03 W04 W05 W06 W07 W08 W09 W10 W11 W12 W14 W15 W16 W17 W19 W20 W21 W22
	S01 S03 S05 S06 S07 S08 S10 S11 S12 S13 S14 S15 S16
	M01 M02 M03 M05 M06 M07 M09 M10 M11 M12 M13 M14 M15 M16 M18 M20 M22 M23 M24 M25
	M26 A01 A02 A03 A04 A05 A07 A08 A09 R01 R02 R03 R04 R05 R06 R07 R08
	O01 O03 O04 O05 O06 O07 O08'

faults_without_case() {
	in_top awk -v faults="$faults" '
		/^The list of faults itself/ { listed = 1 }
		/^[A-Z][0-9]+ / { id = (listed || /^M/) ? $1 : ""; next }
		/^     / && (/t\/[a-z]+\// || /none/) && id != "" { has[id] = 1 }
		END {
			n = split(faults, all, /[ \n\t]+/)
			for (i = 1; i <= n; i++)
				if (all[i] != "" && !(all[i] in has))
					print "t/CASES has nothing for " all[i]
		}' t/CASES
}

# A comment cites what a reader of the sources has: our pages, by section where
# they are numbered, and a paragraph of HACKING 6.
cited_without_page() {
	# shellcheck disable=SC2046
	in_top grep -hoE 'lsr[a-z.-]*\([1-8]\)( [0-9]+)?' $(sources src plugins t) |
		sort -u | while read -r page section; do
		file=man/$(echo "$page" | tr '(' . | tr -d ')')
		[ -e "$top_srcdir/$file" ] || echo "$page is no page of ours"
		[ -z "$section" ] || in_top grep -q "^\.Sh $section\. " "$file" ||
			echo "$page has no section $section"
	done
	# shellcheck disable=SC2046
	in_top grep -hoE 'HACKING 6, [A-Z][a-z]+' $(sources src plugins t) |
		sort -u | while read -r _ _ word; do
		in_top sed -n '/^6\. /,$p' HACKING | grep -q "^${word}[. ]" ||
			echo "HACKING 6 has no paragraph $word"
	done
	# shellcheck disable=SC2046
	in_top grep -nE 'DESIGN( section)? [0-9]|\b(FAULTS|CASES) [A-Z]?[0-9]' \
		$(sources src plugins t)
}

plan 19
ok "lsrd-events(7) has every word" none "$(compare "$(words_of_code)" \
	"$(words_of_page)" "the code" lsrd-events.7 2>&1)"
ok "every event has a row" none "$(events_without_row 2>&1)"
ok "lsrctl(1) has every verb" none "$(compare "$(verbs_of_code)" \
	"$(verbs_of_page)" src/ctl/verbs.c lsrctl.1 2>&1)"
ok "lsrd(8) has every option" none "$(help_missing lsrd man/lsrd.8 2>&1)"
ok "lsrctl(1) has every option" none \
	"$(help_missing lsrctl man/lsrctl.1 2>&1)"
ok "lsrd-front(8) has every option" none \
	"$(help_missing lsrd-front man/lsrd-front.8 2>&1)"
ok "lsrd-maillog(8) has every option" none \
	"$(help_missing lsrd-maillog man/lsrd-maillog.8 2>&1)"
ok "lsrd-map(8) has every option" none \
	"$(help_missing lsrd-map man/lsrd-map.8 2>&1)"
ok "lsrd-protocol(7) has every number" none "$(compare "$(numbers_of_code)" \
	"$(numbers_of_page)" src/core lsrd-protocol.7 2>&1)"
ok "lsrd-protocol(7) has every reason" none "$(compare "$(reasons_of_code)" \
	"$(reasons_of_page)" src/core lsrd-protocol.7 2>&1)"
ok "lsrd-publish(8) has every option" none \
	"$(help_missing lsrd-publish man/lsrd-publish.8 2>&1)"
ok "lsrd-milter(8) has every option" none \
	"$(help_missing lsrd-milter man/lsrd-milter.8 2>&1)"
ok "lsrd-metrics(8) has every option" none \
	"$(help_missing lsrd-metrics man/lsrd-metrics.8 2>&1)"
ok "lsrd-metrics(7) has every metric" none "$(compare "$(metrics_of_code)" \
	"$(metrics_of_page)" src/metrics lsrd-metrics.7 2>&1)"
ok "every scene has a title" none "$(scenes_without_title 2>&1)"
ok "t/CASES names tests that are there" none "$(cases_without_test 2>&1)"
ok "t/CASES has every fault" none "$(faults_without_case 2>&1)"
ok "conf/README has every file" none "$(conf_without_line 2>&1)"
ok "comments cite what is there" none "$(cited_without_page 2>&1)"
