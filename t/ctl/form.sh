#!/bin/sh
# form.sh - how lsrctl looks: tables in the width of the terminal, names of any
# kind, colours, a screen of 1000 servers. What answers is no daemon but the
# files of t/ctl/daemon.py, so that it can say whatever a terminal must stand.

. "$(dirname "$0")/../tap.sh"
need python3
ctl=$top_builddir/lsrctl
TERM=xterm LC_ALL=C.UTF-8
export TERM LC_ALL

python3 "$top_srcdir/t/ctl/daemon.py" "$W" &
pids=$!
soon [ -e "$W/ready" ] || exit 99

one() {
	"$ctl" --socket "$W/control" "$@"
}

on_terminal() { # COLUMNS ARGUMENTS
	on_columns=$1
	shift
	python3 "$top_srcdir/t/ctl/on_terminal.py" "$on_columns" \
		"$ctl" --socket "$W/control" "$@"
}

# No line of a terminal is longer, as wcwidth(3) counts, and colours count not.
fits() { # COLUMNS
	python3 -c '
import re, sys, unicodedata
for line in sys.stdin:
    line = re.sub(r"\033\[[0-9]*m", "", line.rstrip("\n"))
    n = sum(0 if unicodedata.combining(c) else
            2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
    if n > int(sys.argv[1]):
        sys.exit("%d columns: %s" % (n, line))' "$1"
}

# --- tables ------------------------------------------------------------------

{
	for n in 1 2 3; do
		printf '{"pattern":"paris%s.example.org","server":"mx%s.paris.example.org",' $n $n
		printf '"cost":%s0,"hops":2,"next_hops":["mx1.london.example.org","mx2.london.example.org"],' $n
		printf '"alternates":["mx3.london.example.org"],"path":["mx1.rome.example.org","mx%s.paris.example.org"],"kind":"remote"}\n' $n
	done
	printf '{"pattern":"oslo.example.org","unreachable":"no path to oslo, connector rome-oslo down since 2026-11-21T14:30:00Z","kind":"hold"}\n'
} >"$W/routes"

table_in() { # COLUMNS
	on_terminal "$1" routes >"$W/table"
	[ $? = 1 ] && fits "$1" <"$W/table" &&
		for word in paris1 mx3.london rome-oslo 14:30:00Z mx3.paris; do
			grep -q "$word" "$W/table" || return 1
		done
}
row_a_line() {
	one routes >"$W/table"
	[ "$(grep -c . "$W/table")" = 5 ] &&
		[ "$(awk '$1 == "paris2.example.org" { print $2, $NF }' "$W/table")" = \
			'20 mx2.paris.example.org' ]
}
columns_asked() {
	COLUMNS=60 one routes >"$W/table"
	fits 60 <"$W/table" && [ "$(grep -c . "$W/table")" -gt 5 ]
}
silent_terminal() {
	on_terminal 0 routes >"$W/table"
	fits 80 <"$W/table" && ! fits 60 <"$W/table"
}
for columns in 40 60 80 100 132; do
	ok "routes on a terminal of $columns columns" table_in $columns
done
ok "a wide terminal has a row a line" says 1 'paris1.* mx3.london.* mx1.paris' \
	on_terminal 250 routes
ok "a pipe has a row a line" row_a_line
ok "COLUMNS is obeyed" columns_asked
ok "a terminal that does not say has 80" silent_terminal

# --- names -------------------------------------------------------------------

# Two columns a character; a combining accent; what steers a terminal; an
# octet that is no UTF-8; the other direction of writing.
{
	printf '{"pattern":"東京.example","server":"mx.東京.example","cost":1,"hops":1,"next_hops":["mx.東京.example"],"alternates":[],"path":[]}\n'
	printf '{"pattern":"e\314\201.example","server":"a","cost":1,"hops":1,"next_hops":["a"],"alternates":[],"path":[]}\n'
	printf '{"pattern":"x\\u001b[2J\\u0007\\u009b1m.example","server":"a","cost":1,"hops":1,"next_hops":["a\\u202eb"],"alternates":[],"path":[]}\n'
} >"$W/routes"
aligned() {
	one routes >"$W/table"
	python3 -c '
import sys, unicodedata
def at(line, word):
    head = line[:line.index(word)]
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in head)
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
where = {at(lines[0], "COST")} | {at(line, " 1 ") + 1 for line in lines[1:]}
sys.exit(len(where) != 1)' "$W/table"
}
steers_nothing() {
	one routes >"$W/table" &&
		! LC_ALL=C grep -q "$(printf '\033\|\007\|\302\233\|\342\200\256')" "$W/table"
}
in_c() {
	LC_ALL=C one routes >"$W/table" && ! LC_ALL=C grep -q '[^ -~]' "$W/table"
}
ok "wide and combining characters stand in their columns" aligned
ok "a name steers no terminal" steers_nothing
ok "a locale of ASCII gets ASCII" in_c

# --- colours -----------------------------------------------------------------

printf '{"peer":"down","routing_group":"g","carrier":"tcp","state":"full","since_s":5,"announced":true,"mail":"down"}\n' >"$W/peers"
coloured() {
	"$@" >"$W/table"
	grep -q "$(printf '\033')\[31mdown" "$W/table" &&
		grep -q "$(printf '\033')\[32mfull" "$W/table" &&
		! grep -q "$(printf '^\033')\[31m" "$W/table"
}
plain() {
	"$@" >"$W/table"
	[ -s "$W/table" ] && ! grep -q "$(printf '\033')" "$W/table"
}
no_color() {
	NO_COLOR=1 on_terminal 80 peers
}
dumb() {
	TERM=dumb on_terminal 80 peers
}
words_alike() { # a colour says nothing that no word says
	one --color never peers >"$W/words"
	one --color always peers | sed "s/$(printf '\033')\[[0-9]*m//g" |
		cmp - "$W/words"
}
ok "a terminal has colours, of states and not of names" coloured on_terminal 80 peers
ok "a pipe has none" plain one peers
ok "NO_COLOR" plain no_color
ok "a dumb terminal" plain dumb
ok "--color=never" plain on_terminal 80 peers --color=never
ok "--color=always" coloured one --color always peers
ok "the words are the same" words_alike
ok "--color: what it may be" says 2 'must be auto, always or never' \
	one --color blue peers

# --- a screen of 1000 servers ------------------------------------------------

python3 -c '
import json
print(json.dumps({"server": "mx1.example.org", "state": "up", "present": 20,
    "troubles": [{"word": "mta-state", "level": "warning", "text": "number %d" % n,
                  "remedy": "look at it"} for n in range(40)],
    "uptime_s": 5, "behind_ms": 0,
    "away": [{"server": "mx%d.far.example.org" % n} for n in range(980)],
    "reports": {"milter": {"w%d" % n: n for n in range(30)}}}))' >"$W/status"
a_screen() {
	on_terminal 80 status >"$W/table" && fits 80 <"$W/table" &&
		[ "$(grep -c . "$W/table")" -le 24 ] &&
		tr -s '\n ' '  ' <"$W/table" | grep -q 'away 980: mx0.* and 975 more'
}
all_of_it() {
	one status --all >"$W/table" &&
		grep -q '^away  *980:.* mx979.far.example.org$' "$W/table" &&
		[ "$(grep -c 'look at it' "$W/table")" = 40 ]
}
ok "status is a screen" a_screen
ok "status --all has all of it" all_of_it
ok "a number has its unit behind it" says 0 '^uptime +5 s$' one status
ok "status --json, too" says 0 'mx979.far' one status --json

# --- words that are none -----------------------------------------------------

printf '{"peer":"a","routing_group":"g","state":"full"}\n' >"$W/peers"
error_is() { # CODE ARGUMENTS: one line of standard error, and no other
	error_code=$1
	shift
	one "$@" --json >"$W/said" 2>"$W/error"
	[ ! -s "$W/said" ] && python3 -c '
import json, sys
lines = open(sys.argv[1]).read().splitlines()
error = json.loads(lines[0])["error"]
sys.exit(len(lines) != 1 or error["code"] != sys.argv[2] or not error["text"])' \
		"$W/error" "$error_code"
}
ok "a beginning will do" says 0 'full' one pee
ok "of a verb of two words, too" says 2 'no-such-file' one keys sh no-such-file
ok "several are told" says 2 'may be: report, ready, reload' one re
ok "one that changes something is written out" says 2 'has to be written out' \
	one fre
ok "but not for help" says 0 'keep routes as they are' one help fre
ok "the first of two words" says 2 'keys issue, .*keys mark' one keys
ok "a second word that is none" says 2 'no verb `export png`; it may be: export json, export netjson' \
	one export png
ok "or nearly one" says 2 'did you mean keys list' one keys lits
ok "did you mean" says 2 'did you mean status' one statsu
ok "an option" says 2 'status: unrecognized option --al1; did you mean --all' one status --al1
ok "a value that is missing" says 2 '--from requires an argument' one routes --from
ok "a value too many" says 2 '--all takes no value' one status --all=1
ok "--json: no verb" error_is unknown-verb statsu
ok "--json: several verbs" error_is ambiguous-verb re
ok "--json: no option" error_is unknown-option status --al1
ok "--json: no daemon" error_is no-daemon --socket "$W/none" status
printf 'no JSON\n' >"$W/links"
ok "--json: wrong usage" error_is usage db a b
ok "the table of statuses" says 0 '^  3  no-daemon ' one help exit-status
all_told
