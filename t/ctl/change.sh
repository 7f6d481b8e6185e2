#!/bin/sh
# change.sh - what is said beside the configuration, and changes of it, against
# real daemons: two lsrd in lab mode on loopback, and a mail service for each
# that says no more than a probe asks.

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../system/files.sh"
need python3
ctl=$top_builddir/lsrctl
dir=$W
port=28693

# server NUMBER GROUP PEER GROUP: keys and configuration of mxNUMBER.
server() {
	"$ctl" keys issue "mx$1.example.org" --group "$2" \
		--space "$2.example.org" --relay "$2.example.org" \
		--directory "$dir/a" --output "$dir/$1" >/dev/null || exit 99
	mkdir "$dir/$1/state" "$dir/$1/table"
	cat >"$dir/$1/lsrd.conf" <<-END
		$(head_in "$dir/$1" "$1" "$2" $port 28027)
		keep-alive = 200ms
		dead-time = 600ms
		probe-interval = 500ms
		address-space $2.example.org { }
		peer mx$3.example.org { address = "$net.$3:$port" }
		connector c$1$3 { routing-group = $4
		  bridgehead mx$3.example.org { } }
	END
}

start() {
	"$top_builddir/lsrd" -f -c "$dir/$1/lsrd.conf" 2>>"$dir/$1/log" &
	pids="$pids $!"
	eval "pid$1=$!"
}

failed() {
	tail -n 20 "$dir/1/log"
}

one() {
	"$ctl" --socket "$dir/1/control" -c "$dir/1/lsrd.conf" "$@"
}

two() {
	"$ctl" --socket "$dir/2/control" "$@"
}

# It is killed where it stands, and started anew.
again() {
	# shellcheck disable=SC2154
	kill -KILL "$pid1"
	wait "$pid1" 2>/dev/null
	start 1
	soon says 0 'state +(up|drain)' one status
}

mail_services() {
	cat >"$dir/mail.py" <<-'END'
		import asyncio, sys
		async def serve(reader, writer):
		    writer.write(b"220 mx ESMTP\r\n")
		    while line := await reader.readline():
		        quit = line[:4].upper() == b"QUIT"
		        writer.write(b"221 bye\r\n" if quit else b"250 mx\r\n")
		        if quit:
		            break
		    writer.close()
		async def main():
		    for host in sys.argv[1:]:
		        await asyncio.start_server(serve, host, 28027)
		    await asyncio.Event().wait()
		asyncio.run(main())
	END
	python3 "$dir/mail.py" "$net.1" "$net.2" &
	pids="$pids $!"
}

# what COMMAND...: the first time it is so, the second nothing changes.
twice() {
	twice_says=$1
	shift
	says 0 "$twice_says" "$@" && says 0 'nothing changed' "$@"
}

add_line() {
	echo "$1" >>"$dir/1/lsrd.conf"
}

logged() {
	grep -qE "$1" "$dir/1/log"
}

"$ctl" keys authority --organization example.org --directory "$dir/a" \
	>/dev/null || exit 99
server 1 london 2 paris
server 2 paris 1 london
mail_services
start 1
start 2

plan 91
ok "up, and a route" soon says 0 'paris.example.org .*mx2.example.org' one routes
ok "explain --cut, on what is so now" says 1 'result +hold' \
	one explain paris.example.org --cut c12
ok "explain --cost" says 0 'cost +500, 1 hops' \
	one explain paris.example.org --cost c12=500
ok "explain --drain of who delivers: the way stays" says 0 'result +remote' \
	one explain paris.example.org --drain mx2.example.org
ok "simulate --cut" says 1 ': 1 moved, 1 unreachable|2 servers' one simulate --cut c12
ok "simulate: and nothing is another" says 0 'result +remote' one explain paris.example.org
ok "trace, server by server" says 0 'mx1.example.org +paris.*mx2.example.org' \
	one trace paris.example.org
ok "trace --cut" says 1 'mx1.example.org' one trace paris.example.org --cut c12
ok "drain --dry-run: what would have no path" says 1 'paris.example.org' \
	one drain c12 --dry-run
ok "and that it would be refused" says 1 'refused: 1 routes' \
	one drain c12 --dry-run
ok "but not by force" says 0 'paris.example.org' one drain c12 --dry-run --force
ok "and nothing is drained" not says 0 c12 one overrides
ok "drain: refused where something is cut off" says 1 \
	'refused: 1 routes would have no path, as from mx1.example.org to paris' \
	one drain c12
ok "by the daemon, whoever asks" says 0 '"cut_routes":1,"cut_servers":1' \
	python3 "$top_srcdir/t/ctl/ask.py" "$dir/1/control" 'drain connector=c12'
ok "also by one bridgehead of it" says 0 '"ok":false.*"cut_patterns":1' \
	python3 "$top_srcdir/t/ctl/ask.py" "$dir/1/control" \
	'drain connector=c12 bridgehead=mx2.example.org'
ok "and still nothing is drained" not says 0 c12 one overrides
ok "drain: another server's is its own word" says 2 \
	"another server's drain is its own word" one drain mx2.example.org
ok "drain: no such connector" says 2 'no connector of that name' one drain c99
ok "drain --force, and again" twice 'draining: no mail goes there.*; until 20' \
	one drain c12 --force --for 2h --reason 'a new line'
ok "the hold says so, by whom and why" soon says 1 \
	'connector c12 drained since 20.* by .* until 20.*, a new line' one routes
ok "explain says so of the way" says 1 \
	'c12 .*drained since 20.* until 20.* by .*: a new line' \
	one explain paris.example.org --ways
ok "links say so" says 0 'mx2.example.org .* drain' one links
ok "and every server" soon says 0 \
	'"drained":\[\{"by":"[^"]*","reason":"a new line","since":[0-9]*,"until":' \
	two db --json
ok "in the document, too" soon says 0 '"drained":\[\{"by"' two export json
ok "killed, and it is kept" again
ok "as it was" says 0 'drain .*c12 .*a new line' one overrides
ok "ready, and again" twice 'the drain is over' one ready c12
ok "a route again" soon says 0 'paris.example.org .*mx2.example.org' one routes
ok "drain of the server" says 0 'draining: no transit' one drain --reason 'new disks'
ok "by every server" soon says 0 \
	'"peer":"mx1.example.org".*"server_state":"drain".*"drain":\{"reason":"new disks","by":"' \
	two peers --json
ok "in words, too" soon says 0 'drains since 20.* by .*: new disks' two peers
ok "drain --wait" says 0 'nothing leads there' one drain --reason 'new disks' --wait
ok "ready" says 0 'over' one ready
ok "cost, and again" twice 'that cost counts' one cost c12 77 --for 1h
ok "everywhere" soon says 0 '"cost":77' two db --json
ok "cost: as it is configured" twice 'configured cost' one cost c12 configured
ok "cost: out of range" says 2 'from 1 to 65535' one cost c12 65536 --for 1h
ok "cost: for how long" says 1 'say for how long' one cost c12 5
ok "pin: to no hop of it" says 1 'no next hop of this pattern' \
	one pin paris.example.org mx9.example.org --for 1h
ok "cost --dry-run: that nothing is done" says 0 'moved' \
	one cost c12 5 --dry-run
ok "also of what is configured" says 0 'nothing changed' \
	one cost c12 configured --dry-run
ok "pin, and again" twice 'pinned' one pin paris.example.org mx2.example.org --for 1h
ok "routes show it" soon says 0 '"pinned":true' one routes --json
ok "unpin, and again" twice 'the pin is over' one unpin paris.example.org
ok "freeze for too long" says 1 '24 h at most' one freeze --for 25h
ok "freeze, and again" twice 'frozen' one freeze --for 1h
ok "killed right then" again
ok "still frozen" says 0 'frozen: routes are frozen until' one status
ok "unfreeze, and again" twice 'move again' one unfreeze

ok "help of an option" says 0 'default +30s' one help congestion-interval
ok "wherever it may stand" says 0 'schedule, of a connector: when it is open' one help schedule
ok "help of none" says 2 'did you mean organization' one help organisation

answers() {
	printf '%s\n' 'example.org' 'no host' 'mx3.example.org' 'rome' \
		'192.0.2.3:691' 'rome.example.org .rome.example.org' \
		'mx1.example.org 192.0.2.1:691 london' |
		"$ctl" wizard --output "$dir/first.conf" 2>"$dir/asked"
}
answers_again() {
	"$ctl" wizard --output "$dir/first.conf" </dev/null
}
no_answers() {
	says 2 'nothing is written' "$ctl" wizard --output "$dir/none.conf" \
		</dev/null && [ ! -e "$dir/none.conf" ] &&
		[ ! -e "$dir/none.conf.new" ]
}
written() {
	says 0 '^lsrctl keys issue mx3.example.org --group rome --space .rome.example.org. .*--connector london' answers &&
		grep -q 'ListenStream=192.0.2.3:691' "$W/out" &&
		grep -q '^#   peer "mx3.example.org" { address = "192.0.2.3:691" }' "$W/out" &&
		grep -q '^	bridgehead "mx1.example.org" { }' "$dir/first.conf" &&
		grep -q 'a host name such as' "$dir/asked"
}
ok "wizard: six questions, a file, and commands" written
ok "wizard: not over what is there" says 2 'exists; --force' answers_again
ok "wizard: no answers, no file" no_answers

add_line 'congestion-interval = 47s'
ok "reload --dry-run" says 0 '[+]congestion-interval = 47s' one reload --dry-run
tried() {
	says 0 'tried: .*; until 20' one reload --confirm-within 1h &&
		says 0 'nothing changed' one reload --confirm-within 1h &&
		says 0 'congestion-interval = 47s' one config dump &&
		says 0 'configuration-tried' one status &&
		says 1 'being tried' two_lines
}
two_lines() { # another file while one is tried
	cp "$dir/1/lsrd.conf" "$dir/tried"
	add_line 'congestion-age = 2m'
	one reload
	two_status=$?
	cp "$dir/tried" "$dir/1/lsrd.conf"
	return $two_status
}
back_at_a_start() {
	again && says 0 'congestion-interval = 30s' one config dump &&
		says 0 'configuration-kept' one status &&
		says 1 '[+]congestion-interval = 47s' one config diff
}
confirmed() {
	says 0 'tried' one reload --confirm-within 1h &&
		twice 'confirmed' one confirm &&
		again && says 0 'congestion-interval = 47s' one config dump
}
rolled_back() {
	add_line 'congestion-messages = 21'
	says 0 'tried' one reload --confirm-within 1s &&
		soon says 0 'congestion-messages = 20' one config dump &&
		logged 'result=rolled-back'
}
undone() {
	says 0 'in force' one reload && says 0 'nothing changed' one reload &&
		twice 'taken back' one undo &&
		says 0 'congestion-messages = 20' one config dump &&
		again && says 0 'congestion-messages = 20' one config dump &&
		says 0 'in force' one reload &&
		says 0 'congestion-messages = 21' one config dump
}
ok "reload --confirm-within, and again" tried
ok "killed: what was in force is, and it is said" back_at_a_start
ok "confirm, and again: it stays" confirmed
ok "not confirmed in time" rolled_back
ok "undo, and again: kept over a start, until the next reload" undone
messages() { # N: the file says so, and it is in force
	sed -i "s/^congestion-messages = .*/congestion-messages = $1/" "$dir/1/lsrd.conf"
	one reload >/dev/null && has_messages "$1"
}
has_messages() {
	says 0 "congestion-messages = $1" one config dump
}
undone_many() {
	messages 22 && messages 23 && twice 'taken back' one undo 2 && has_messages 21 &&
		twice 'taken back' one undo && has_messages 22 &&
		twice 'last reload brought' one undo 0 && has_messages 23 &&
		says 0 '' one config diff && says 1 'so many reloads' one undo 4
}
# What comes by a reload follows what is in force.
undone_follows() {
	says 0 'taken back' one undo 2 && messages 24 && says 0 'taken back' one undo &&
		has_messages 21 && says 0 brought one undo 0 && has_messages 24
}
undone_bounded() {
	for n in 25 26 27 28 29 30 31 32 33; do messages $n || return; done
	says 1 'so many reloads' one undo 9 && says 0 'taken back' one undo 8 &&
		has_messages 25 && says 0 brought one undo 0
}
ok "undo 2, 1, 0: each once" undone_many
ok "a reload behind an undo" undone_follows
ok "as many as are kept" undone_bounded
ok "who asked is in the log" logged 'control: request=undo, uid=[0-9]*, login=.'

# Each changing verb twice, with --json: the first time it changes something, the
# second it says that it does not, and has gone well both times.
changed() { # true|false WORDS
	changed_is=$1
	shift
	one "$@" --json >"$W/out" || return
	grep -q "\"ok\":true,\"changed\":$changed_is" "$W/out" || ! cat "$W/out"
}
once_and_again() {
	soon changed true "$@" && changed false "$@"
}
all_twice() {
	while read -r words; do
		# shellcheck disable=SC2086
		ok "twice: $words" once_and_again $words
	done <<-END
		drain c12 --force --for 2h
		ready c12
		drain c12 mx2.example.org --force --until $(date -u -d "3 hours" +%FT%RZ)
		ready c12 mx2.example.org
		drain --for 1h
		ready
		cost c12 78 --for 1h
		cost c12 configured
		pin paris.example.org mx2.example.org --for 1h
		unpin paris.example.org
		freeze --for 1h
		unfreeze
		keys authority --organization twice.example --directory $dir/t
		keys authority --renew --days 8000 --directory $dir/t
		keys issue mx3.example.org --group rome --space .rome.example --space rome.example --directory $dir/a --output $dir/3
		keys issue --renew $dir/3/server.pem --days 100 --directory $dir/a
		keys request mx4.example.org --group oslo --space oslo.example --directory $dir/4
		keys issue --as-requested --request $dir/4/server.csr --directory $dir/a --output $dir/4
		keys mark --directory $dir/3
		keys revoke $dir/3/server.pem --directory $dir/a
		keys enforce-connectors --force --directory $dir/a
		keys enforce-connectors --off --directory $dir/a
	END
}
injected() {
	one keys revoke "$dir/4/server.pem" --directory "$dir/a" --output "$dir/order" &&
		once_and_again inject "$dir/order"
}
piped() { # what was said at another time is the same word
	one keys revoke "$dir/4/server.pem" --directory "$dir/a" --dry-run >"$dir/order" &&
		says 0 '"changed":false' one inject - --json <"$dir/order"
}
wizard_again() {
	cp "$dir/first.conf" "$dir/first.kept" && answers >/dev/null &&
		grep -q 'nothing changed' "$dir/asked" && cmp "$dir/first.conf" "$dir/first.kept"
}
forgotten() {
	# shellcheck disable=SC2154
	kill "$pid2"
	wait "$pid2" 2>/dev/null
	soon changed true forget mx2.example.org --force --directory "$dir/a" &&
		changed false forget mx2.example.org --force --directory "$dir/a"
}
all_twice
ok "twice: inject FILE" injected
ok "inject from standard input" piped
ok "twice: wizard, with the same answers" wizard_again
ok "twice: forget" forgotten
