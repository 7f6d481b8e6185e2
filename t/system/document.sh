#!/bin/sh
# document.sh - lsrctl on topology documents: what it prints for a person
# (golden: GOLDEN=write rewrites it), what a bad document and bad usage get,
# and that an exported document says the same as the one it came from.

. "$(dirname "$0")/../tap.sh"
lsrctl=$top_builddir/lsrctl
fixtures=$top_srcdir/t/fixtures
tmp=$W

result() { # STATUS WHAT [FILE to show]
	ok "$2" went "$1" "$(cat "${3:-/dev/null}")"
}

# --- golden ----------------------------------------------------------------

golden() {
	cd "$fixtures" || return 1
	while read -r line; do
		echo "\$ lsrctl $line"
		eval "set -- $line"
		COLUMNS=80 "$lsrctl" "$@" 2>&1
		echo "exit $?"
		echo
	done <tables.run
}

(golden) >"$tmp/golden"
if [ "$GOLDEN" = write ]; then
	cp "$tmp/golden" "$fixtures/tables.golden"
fi
diff -u "$fixtures/tables.golden" "$tmp/golden" >"$tmp/diff"
result $? "tables are as recorded" "$tmp/diff"
awk 'length > 80 && !/^[$\{]/' "$tmp/golden" >"$tmp/wide"
[ ! -s "$tmp/wide" ]
result $? "tables fit 80 columns" "$tmp/wide"

# --- bad documents ---------------------------------------------------------

# Exit 2, nothing on standard output, and this in a line of the complaint.
bad() { # WHAT COMPLAINT DOCUMENT
	printf '%s' "$3" >"$tmp/bad.json"
	"$lsrctl" check --topology "$tmp/bad.json" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 2 ] && [ ! -s "$tmp/out" ] &&
		grep -qF "lsrctl: $tmp/bad.json: $2" "$tmp/err"
	result $? "bad: $1" "$tmp/err"
}

head='"format":"lsrd-topology/1","organization":"x.example"'
a='{"name":"a","routing_group":"g"}'
b='{"name":"b","routing_group":"h"}'

# servers, connectors, spaces as the inside of their lists
doc() {
	printf '{%s,"servers":[%s],"connectors":[%s],"address_spaces":[%s]}' \
		"$head" "$1" "$2" "$3"
}

bad 'empty file' 'line 1, column 0: not JSON' ''
bad 'not JSON' 'line 2, column 8: not JSON' '{ "format":
 nothing }'
bad 'cut off' 'line 1, column ' '{"format":"lsrd-topology/1"'
bad 'more behind it' 'line 1, column ' '{} {}'
bad 'no object' 'line 1: must be a JSON object' '[]'
bad 'no format' 'format: is missing' '{}'
bad 'another format' 'format: must be lsrd-topology/1' \
	'{"format":"lsrd-topology/2"}'
bad 'a number for the format' 'format: must be a string' '{"format":1}'
bad 'no organization' 'organization: is missing' \
	'{"format":"lsrd-topology/1","servers":[],"connectors":[],"address_spaces":[]}'
bad 'no servers' 'servers: is missing' "{$head}"
bad 'no connectors' 'connectors: is missing' "{$head,\"servers\":[]}"
bad 'no address spaces' 'address_spaces: is missing' \
	"{$head,\"servers\":[],\"connectors\":[]}"
bad 'servers in no list' 'servers: must be a list' "{$head,\"servers\":{}}"
bad 'a server that is a word' 'servers[0]: must be an object' "$(doc '"a"')"
bad 'a server without a name' 'servers[1].name: is missing' \
	"$(doc "$a,{\"routing_group\":\"g\"}")"
bad 'a server with an empty name' 'servers[0].name: is empty' \
	"$(doc '{"name":"","routing_group":"g"}')"
bad 'a server without a group' 'servers[0].routing_group: is missing' \
	"$(doc '{"name":"a"}')"
bad 'two servers of one name' 'servers[2].name: `a` stands at servers[0]' \
	"$(doc "$a,$b,$a")"
bad 'an unknown state of a server' 'servers[0].state: must be one of up' \
	"$(doc '{"name":"a","routing_group":"g","state":"Up"}')"
bad 'a state that is no word' 'servers[0].state: must be one of up' \
	"$(doc '{"name":"a","routing_group":"g","state":1}')"
bad 'half a position' 'servers[0].position: must be [longitude, latitude]' \
	"$(doc '{"name":"a","routing_group":"g","position":[1]}')"

conn() { # what is different
	doc "$a,$b" "{\"name\":\"c\",\"server\":\"a\",\"to\":[\"b\"],\"cost\":1},{$1}"
}
bad 'a connector without a name' 'connectors[1].name: is missing' \
	"$(conn '"server":"a","to":["b"],"cost":1')"
bad 'two connectors of one name' \
	'connectors[1].name: `c` stands at connectors[0]' \
	"$(conn '"name":"c","server":"a","to":["b"],"cost":1')"
bad 'a connector without a server' 'connectors[1].server: is missing' \
	"$(conn '"name":"d","to":["b"],"cost":1')"
bad 'a connector at an unknown server' \
	'connectors[1].server: no server is called `x`' \
	"$(conn '"name":"d","server":"x","to":["b"],"cost":1')"
bad 'a connector that leads nowhere named' 'connectors[1].to: is missing' \
	"$(conn '"name":"d","server":"a","cost":1')"
bad 'a connector to a word' 'connectors[1].to: must be a list' \
	"$(conn '"name":"d","server":"a","to":"b","cost":1')"
bad 'a connector to an unknown server' \
	'connectors[1].to[1]: no server is called `x`' \
	"$(conn '"name":"d","server":"a","to":["b","x"],"cost":1')"
bad 'a connector to a number' 'connectors[1].to[0]: must be the name' \
	"$(conn '"name":"d","server":"a","to":[1],"cost":1')"
bad 'a connector without a cost' 'connectors[1].cost: is missing' \
	"$(conn '"name":"d","server":"a","to":["b"]')"
for cost in -1 65536 1.5 1.0 '"1"' true null 99999999999999; do
	bad "the cost $cost" \
		'connectors[1].cost: must be an integer from 0 to 65535' \
		"$(conn '"name":"d","server":"a","to":["b"],"cost":'"$cost")"
done
bad 'an unknown state of a connector' \
	'connectors[1].state: must be one of up, drain, down' \
	"$(conn '"name":"d","server":"a","to":["b"],"cost":1,"state":"starting"')"
bad 'bridgeheads that are all' 'connectors[1].bridgehead: must be one of any' \
	"$(conn '"name":"d","server":"a","bridgehead":"all","routing_group":"h","cost":1')"
bad 'bridgeheads in a list' 'connectors[1].bridgehead: must be one of any' \
	"$(conn '"name":"d","server":"a","bridgehead":["any"],"routing_group":"h","cost":1')"
bad 'anybody of no group' 'connectors[1].routing_group: is missing' \
	"$(conn '"name":"d","server":"a","bridgehead":"any","cost":1')"
bad 'anybody of its own group' \
	'connectors[1].routing_group: is the group of its own server' \
	"$(conn '"name":"d","server":"a","bridgehead":"any","routing_group":"g","cost":1')"
limit() { # KEY VALUE COMPLAINT
	bad "$1 $2" "connectors[1].$3" \
		"$(conn "\"name\":\"d\",\"server\":\"a\",\"to\":[\"b\"],\"cost\":1,\"$1\":$2")"
}
limit max_message_size 0 'max_message_size: must be a number of octets'
limit max_message_size '"10M"' 'max_message_size: must be a number of octets'
limit senders '[]' 'senders: must be'
limit senders '{"allow":"a"}' 'senders.allow: must be a list'
limit senders '{"deny":["a",7]}' 'senders.deny: [1] must be a pattern'
limit priorities '"urgent"' 'priorities: must be a list'
limit priorities '["urgent","soon"]' 'priorities: [1] must be urgent'
limit schedule '"weekends"' 'schedule: must be like'
limit schedule 7 'schedule: must be like'

space() {
	doc "$a" '' "{\"pattern\":\"p\",\"server\":\"a\"},{$1}"
}
bad 'a space without a pattern' 'address_spaces[1].pattern: is missing' \
	"$(space '"server":"a"')"
bad 'a space without a server' 'address_spaces[1].server: is missing' \
	"$(space '"pattern":"q"')"
bad 'a space at an unknown server' \
	'address_spaces[1].server: no server is called `z`' \
	"$(space '"pattern":"q","server":"z"')"
bad 'a space with a negative cost' \
	'address_spaces[1].cost: must be an integer' \
	"$(space '"pattern":"q","server":"a","cost":-1')"
bad 'a pattern twice at one server' \
	'address_spaces[1].pattern: `p` stands at address_spaces[0]' \
	"$(space '"pattern":"p","server":"a"')"
bad 'an unknown scope' \
	'address_spaces[1].scope: must be one of organization, routing-group' \
	"$(space '"pattern":"q","server":"a","scope":"site"')"
bad 'a fallback that is no boolean' \
	'address_spaces[1].fallback: must be true or false' \
	"$(space '"pattern":"q","server":"a","fallback":"yes"')"
bad 'all faults are told' 'servers[1].routing_group: is missing' \
	"$(doc '{"name":""},{"name":"b"}')"
bad 'thirty faults are not' 'and 10 faults more' \
	"$(doc "$(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		printf '{},'
	done | sed 's/,$//')")"

"$lsrctl" check --topology "$tmp/none.json" >"$tmp/out" 2>"$tmp/err"
[ $? -eq 2 ] && grep -q 'No such file' "$tmp/err"
result $? "bad: no file" "$tmp/err"

# --- usage -----------------------------------------------------------------

# Exit 2, and this in the complaint.
usage() { # COMPLAINT ARGUMENTS
	want=$1
	shift
	(cd "$fixtures" && "$lsrctl" "$@") >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 2 ] && grep -qF -e "$want" "$tmp/err"
	result $? "usage: $*" "$tmp/err"
}
from='--from a1.spaces.example'
usage 'usage: lsrctl'
usage 'no verb `frob`' frob
usage 'no verb `export`' export
usage 'unrecognized option' --frob
usage 'unrecognized option' routes --frob
usage 'requires an argument' routes --topology
usage '--from SERVER is missing' routes --topology spaces.json
usage 'no server is called `x`' routes --topology spaces.json --from x
usage 'gone.spaces.example: is down' routes --topology spaces.json \
	--from gone.spaces.example
usage 'one word too many' routes --topology spaces.json $from more
usage 'ADDRESS is missing' explain --topology spaces.json $from
usage 'is no address' explain --topology spaces.json $from nobody
usage 'is no address' explain --topology spaces.json $from u@
usage 'one word too many' explain --topology spaces.json $from a@b c@d
usage 'no connector is called `x`' routes --topology spaces.json $from --cut x
usage 'no server is called `x`' routes --topology spaces.json $from --drain x
usage 'must be CONNECTOR=N' routes --topology spaces.json $from --cost a-b
usage 'no connector is called `x`' routes --topology spaces.json $from \
	--cost x=1
usage 'an integer from 0 to 65535' routes --topology spaces.json $from \
	--cost a-b=65536
usage 'an integer from 0 to 65535' routes --topology spaces.json $from \
	--cost a-b=
usage 'an integer from 0 to 65535' routes --topology spaces.json $from \
	--cost a-b=-1
usage 'no connector is called `x`' simulate --topology spaces.json --cut x
usage 'unrecognized option' simulate --topology spaces.json $from
usage '--size 5X' explain --topology spaces.json $from a@b.c --size 5X
usage '--priority soon' explain --topology spaces.json $from a@b.c \
	--priority soon
usage '--at noon' explain --topology spaces.json $from a@b.c --at noon
usage '--at 2026-02-30T10:00Z' explain --topology spaces.json $from a@b.c \
	--at 2026-02-30T10:00Z

# --- help ------------------------------------------------------------------

for verb in $("$lsrctl" help words | sed 's/ /+/g'); do
	words=$(echo "$verb" | tr + ' ')
	# shellcheck disable=SC2086
	"$lsrctl" $words --help >"$tmp/out" 2>"$tmp/err" &&
		grep -q "^usage: lsrctl $words" "$tmp/out" &&
		"$lsrctl" help words $words | grep -qx -e --json &&
		! awk 'length > 80' "$tmp/out" | grep -q .
	result $? "help: $words" "$tmp/err"
done
page=${top_srcdir:-.}/man/lsrctl.1
for verb in $("$lsrctl" help words | sed 's/ /+/g'); do
	words=$(echo "$verb" | tr + ' ')
	awk -v verb=".It Cm $words" '
		inside && /^\.(It Cm|Sh) / { exit }
		inside { print }
		$0 == verb || index($0, verb " ") == 1 { inside = 1; print }
	' "$page" >"$tmp/entry"
	[ -s "$tmp/entry" ] || echo "no entry" >"$tmp/missing"
	# shellcheck disable=SC2086
	for option in $("$lsrctl" help words $words); do
		grep -q -e "Fl -${option#--}\( \|$\)" "$tmp/entry" ||
			grep -q "^.It .*Fl -${option#--}\( \|$\)" "$page" ||
			echo "$option"
	done >"$tmp/err"
	[ -s "$tmp/entry" ] && [ ! -s "$tmp/err" ]
	result $? "lsrctl(1) has: $words" "$tmp/err"
done
"$lsrctl" --version | grep -q '^lsrctl (lsrd) [0-9]'
result $? "help: the version"

# --- completion ------------------------------------------------------------

# What bash offers for the last word of a line.
completes() { # WANTED LINE...
	bash -c '
		PATH=$1:$PATH; shift
		. "$1"; shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_lsrctl
		printf "%s\n" "${COMPREPLY[@]}"' - "${lsrctl%/*}" \
		"$completion" "$@" >"$tmp/out" 2>"$tmp/err"
}
completion=$top_srcdir/conf/completion/lsrctl
offers() { # WANTED LINE...
	want=$1
	shift
	if command -v bash >/dev/null; then
		completes "$@"
		[ "$(echo $(cat "$tmp/out"))" = "$want" ]
		result $? "completion: $*" "$tmp/out"
	else
		skip_case "completion: $*" "no bash"
	fi
}
offers 'routes' lsrctl ro
offers 'json netjson dot graphml html' lsrctl export ''
offers 'simulate' lsrctl --topology "$fixtures/spaces.json" si
offers '--from' lsrctl routes --f
offers '--size --sender --socket' lsrctl explain --s
offers 'trace transit' lsrctl tra
offers 'urgent' lsrctl explain --priority ur
offers 'c1.spaces.example' lsrctl --topology "$fixtures/spaces.json" \
	routes --from c1
offers 'a-b a-c' lsrctl simulate --topology "$fixtures/spaces.json" --cut a-

# --- the same document, exported -------------------------------------------

for f in groups states spaces limits any; do
	"$lsrctl" export json --topology "$fixtures/$f.json" >"$tmp/1.json" &&
		"$lsrctl" export json --topology - <"$tmp/1.json" >"$tmp/2.json" &&
		cmp -s "$tmp/1.json" "$tmp/2.json" &&
		"$lsrctl" simulate --json --topology "$tmp/1.json" >"$tmp/1" &&
		"$lsrctl" simulate --json --topology "$fixtures/$f.json" >"$tmp/2" &&
		cmp "$tmp/1" "$tmp/2" >"$tmp/err"
	result $? "$f.json comes back as it was" "$tmp/err"
done

all_told
