#!/bin/sh
# live.sh - the live verbs of lsrctl against real daemons: two lsrd in lab
# mode on loopback, no MTA.

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../system/files.sh"
ctl=$top_builddir/lsrctl
dir=$W
port=28691

# The keys of RFC 8032 7.1, TEST 1 and 2, with which the message of
# lsrd-trace(7), EXAMPLES, is marked.
rfc8032_key() {
	echo '-----BEGIN PRIVATE KEY-----'
	case $1 in
	1) echo MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g ;;
	2) echo MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7 ;;
	esac
	echo '-----END PRIVATE KEY-----'
}

# server NUMBER GROUP PEER: keys and configuration of mxNUMBER.
server() {
	"$ctl" keys issue "mx$1.example.org" --group "$2" \
		--space "$2.example.org" --relay "$2.example.org" \
		--space "bücher$1.example" --relay "bücher$1.example" \
		--space moved.example --space .moved.example \
		--directory "$dir/a" --output "$dir/$1" >/dev/null || exit 99
	mkdir "$dir/$1/state" "$dir/$1/table"
	[ "$1" -gt 2 ] || rfc8032_key "$1" >"$dir/$1/mark.key"
	cat >"$dir/$1/lsrd.conf" <<-END
		$(head_in "$dir/$1" "$1" "$2" $port 28025)
		keep-alive = 200ms
		dead-time = 600ms
		probe-interval = 500ms
		probe-timeout = 500ms
		address-space $2.example.org { }
		address-space "BÜCHER$1.example" { }
		peer mx$3.example.org { address = "$net.$3:$port" }
	END
}

start() {
	"$top_builddir/lsrd" -f -c "$dir/$1/lsrd.conf" 2>"$dir/$1/log" &
	pids="$pids $!"
	eval "pid$1=$!"
}

two() {
	"$ctl" --socket "$dir/2/control" "$@"
}

# The message of lsrd-trace(7), EXAMPLES, one field of it folded.
marked() {
	cat <<-'END'
		Received: from mx1.example.org by mx2.example.org; Sun, 15 Nov 2026
		LSR-Trace: AQA59xPQpkQlPwRSlCG59RubCJedCClZWcTzmQ7mF/UTnwAAAAAAAAAHAAAAAAAAAAwAAAAAAAAABwAAAAAAAAAMAAABoeGmYaCgx31/q6dNs6p0NKCHV76pxwV1fsxNExhNMT0YGs4RP0/+0G/4NosCvbiU3xLf40iv3tCXQulcjOF2+Y1z6wLoIdEzY0owtSx+m7CjzKVoCA==
		lsr-trace:
		 AQEh/jHfoVSiYWJr+FQEb9InG3vtS2q+RapYh370f5chuQAAAAAAAAAHAAAAAAAAAAwAAAAAAAAABwAAAAAAAAAMAAABoeGmYaBmCNKdhRI6xR1Mys9G+7nQAAAAAAAAEmcCABRhQGxvbmRvbi5leGFtcGxlLm9yZ5eeaSmwsz20hK6OkhjUfxZnB/331pUSZd/PpiQimMCXb/AAfJ3Vxf+PTu3+80AlnCkUREUYoeiQWOdtvxmSZQA=
		Message-ID:
		  <20261121@london.example.org>
		Subject: two hops

		LSR-Trace: this is no field
	END
}
trace_named() {
	marked >"$dir/message"
	says 0 'mx1.example.org .us.  +2026-11-15T23:59:00.000Z +- +7.12 +stands' \
		one trace --message "$dir/message" &&
		grep -qE '^mx2.example.org +2026-11-15T23:59:00.000Z +0.000 s' \
			"$W/out" && grep -q 'from <a@london.example.org>, 4711' "$W/out"
}
# As another name of the message has it: neither stands.
trace_moved() {
	sed 's/<20261121@/<20261122@/' "$dir/message" | one trace --message - \
		--json >"$dir/out"
	[ $? = 1 ] && [ "$(grep -c '"fault":"bad signature"' "$dir/out")" = 2 ]
}
trace_strange() {
	{ echo 'LSR-Trace: AQ'; cat "$dir/message"; } >"$dir/strange"
	says 1 'unreadable' one trace --message "$dir/strange"
}

# The revoked server hears it: by the authority's word, which reached it before
# the session ended, and in the log by its name.
revoked_there() {
	soon says 0 "own-key-revoked|authority revoked this server.s key at 20" \
		two status --json && says 2 "another key: lsrctl keys request" \
		two check --config "$dir/2/lsrd.conf" &&
		grep -q 'own-key-revoked: key=' "$dir/2/log"
}
named_here() {
	grep -q 'key-revoked: server=mx2.example.org, key=' "$dir/1/log"
}
# And one that was not there, by what the others say when they close.
revoked_away() {
	kill "$pid2"
	wait "$pid2"
	rm -rf "$dir/2/state"/*
	: >"$dir/2/log"
	start 2
	soon says 0 "key was revoked, say mx1.example.org" two status --json &&
		grep -q 'own-key-revoked: peer=mx1.example.org' "$dir/2/log"
}

one() {
	"$ctl" --socket "$dir/1/control" "$@"
}

reload_refused() {
	echo 'pear x { }' >>"$dir/1/lsrd.conf"
	says 1 'lsrd.conf:[0-9]+: error: section "pear" is not known; did you mean peer' \
		one reload
	status=$?
	sed -i '$d' "$dir/1/lsrd.conf"
	return $status
}

json_lines() {
	one "$@" --json >"$dir/out"
	[ -s "$dir/out" ] && ! grep -qvE '^\{.*\}$' "$dir/out"
}

forgotten_elsewhere() {
	says 1 "lsrctl forget mx2.example.org --epoch" one forget \
		mx2.example.org --directory "$dir/none" || return 1
	key=$(awk '$1 == "--key" { print $2 }' "$dir/out")
	epoch=$(sed -n 's/.*--epoch \([0-9]*\).*/\1/p' "$dir/out")
	"$ctl" forget mx2.example.org --key "$key" --epoch "$epoch" \
		--directory "$dir/a" --output "$dir/order" &&
		says 0 taken one inject "$dir/order"
}

is_empty() {
	"$@" >"$dir/out" && [ ! -s "$dir/out" ]
}

gone() {
	soon says 0 '"type":"forget"' one db --json &&
		! grep -q '"origin":"mx2.example.org","type":"\(server\|space\)"' \
			"$dir/out"
}

# report TEXT: one datagram, as lsrd(8) REPORTS has it.
report() {
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(
    sys.argv[1].encode(), sys.argv[2])' "$1" "$dir/1/report"
}

reports_show() {
	report 'milter accepted=3 misrouted=1' && report 'milter accepted=4' &&
		report "evidence hop=$net.2:28025 ok=5" && report 'milter up=1' &&
		soon says 0 '^reports +milter .*accepted=7 .*misrouted=1.*, evidence .*ok=5' 			one status && grep -q 'refused=1' "$dir/out"
}

"$ctl" keys authority --organization example.org --directory "$dir/a" \
	>/dev/null || exit 99
server 1 london 2
server 2 paris 1
cat >>"$dir/1/lsrd.conf" <<-END
	connector c12 { routing-group = paris bridgehead = any }
END
cat >>"$dir/2/lsrd.conf" <<-END
	address-space moved.example { }
	address-space .moved.example { }
END
start 1

plan 86
ok "why it gives no transit yet" soon says 0 'troubles +returning: .* waits for .*' one status
start 2
ok "status, once it is up" soon says 0 'state +up' one status
ok "what is wrong: no mail service" soon says 0 'troubles +mta-state: .* does not answer at ' one status
ok "dates are for people" says 0 '^certificate until +20[0-9]{2}-[0-9-]*T' one status
ok "the socket by -c" says 0 '^server +mx1.example.org' \
	"$ctl" -c "$dir/1/lsrd.conf" status
ok "peers: full" soon says 0 'mx2.example.org +paris +tcp +full' one peers
ok "links" says 0 "mx2.example.org +$net.2:28025 +10" one links
ok "links: nobody has named it" says 0 'connector c12, found +mx2.example.org' one links
ok "db: the other's LSAs" says 0 'paris.example.org' one db
ok "routes: the other's space is held" soon says 1 'paris.example.org' one routes
ok "routes: without a connector" says 1 'paris.example.org' \
	one routes --cut c12
for verb in status peers links routes db; do
	ok "$verb --json: objects, a line each" json_lines $verb
done
ok "explain: held" says 1 'result +hold' one explain joe@paris.example.org
ok "explain: here" says 0 'result +here' one explain joe@london.example.org \
	--size 20M --sender '<>' --priority urgent --at 2026-11-21T14:30Z
ok "explain: here, as its users write it" says 0 'xn--bcher1-3ya' \
	one explain joe@bücher1.example
ok "explain: here, as it is told" says 0 'result +here' \
	one explain joe@xn--bcher1-3ya.example
ok "explain --json: an object" says 1 '^\{"address":"joe@x.example",.*"not-ours"' \
	one explain joe@x.example --json
ok "explain: sub-domains of another's" soon says 1 'pattern +[.]moved.example' \
	one explain u@x.moved.example
move() { # from 2 to 1, and its sub-domains to nobody
	sed -i '/moved/d' "$dir/2/lsrd.conf"
	"$ctl" --socket "$dir/2/control" reload >/dev/null
	echo 'address-space moved.example { }' >>"$dir/1/lsrd.conf"
	one reload >/dev/null
}
move
ok "explain: a domain that came here" soon says 0 'result +here' \
	one explain u@moved.example
ok "explain: what is left of its sub-domains, until when" soon says 1 \
	'^because +no path: its last claim was withdrawn, held until 20' \
	one explain u@x.moved.example
ok "explain: a domain" says 0 'address +postmaster@london.example.org' \
	one explain london.example.org
ok "explain: as it stands in a log" says 0 'result +here' \
	one explain '<joe@london.example.org>'
ok "explain --ways: by every neighbour" says 1 '"ways":\[' \
	one explain paris.example.org --ways --json
ok "explain --ways: since when one is down, and why" soon says 1 \
	'mx2.example.org +c12 .*down since 20[0-9-]+T.*: ' \
	one explain paris.example.org --ways
ok "explain --from: as another sees it" says 0 'from +mx2.example.org' \
	one explain paris.example.org --from mx2.example.org
ok "explain: no such connector to cut" says 2 'no connector is called `x.' \
	one explain paris.example.org --cut x
ok "simulate: on the daemon" says 0 'servers, [0-9]+ routes: 0 moved' one simulate
ok "simulate: another drained" says 0 '"servers":[0-9]+' \
	one simulate --drain mx2.example.org --json
ok "trace: from here on" says 0 'mx1.example.org +london.* here' \
	one trace london.example.org
ok "routes: as another has them" says 1 'paris.example.org' \
	one routes --from mx2.example.org
# On a terminal again and again, until nobody looks.
drawn() {
	[ "$(grep -c 'mx1.example.org: ' "$dir/screen")" -ge 2 ]
}
screen() {
	timeout 60 script -qfec "$ctl --socket $dir/1/control top --color always --every 1 \
		--folder $dir/1/state" /dev/null >"$dir/screen" </dev/null &
	soon drawn
	kill $!
	drawn && grep -q "$(printf '\033')\[31mdown" "$dir/screen"
}
ok "db: what another says, in words" says 0 'not after +20[0-9-]+T' \
	one db mx2.example.org
ok "db: its claims" says 0 'space paris.example.org, said 20' \
	one db mx2.example.org
ok "db: of nobody" says 1 'nothing of .x' one db x
ok "top: into a file once" says 0 'links, [0-9]+ down' \
	one top --folder "$dir/1/state"
if command -v script >/dev/null; then
	ok "top: on a terminal again, what is ill in red" screen
else
	skip_case "top: on a terminal" "no script"
fi
ok "events: since when a pattern is as it is" says 0 'paris.example.org: from' \
	one events --folder "$dir/1/state" --pattern paris.example.org
ok "explain: a size out of form" says 2 '--size 0x1' one explain a@b.example \
	--size 0x1
ok "explain: not an address" says 2 'is no address' one explain 'a b'
ok "export: a document" says 0 '"lsrd-topology/1"' one export json
ok "reports are summed up" reports_show
ok "drain" says 0 'draining' one drain --reason 'new disk'
ok "drain shows" soon says 0 'state +drain' one status
ok "ready" says 0 'over' one ready
ok "drain: until the past" says 2 'that is over' one drain --until 1000
ok "reload: a good file that is in force" says 0 'nothing changed' one reload
ok "reload: a bad one" reload_refused
ok "transit" says 0 'mx1.example.org +c12 +paris +unclaimed +yes' one transit
ok "connectors without a claim are not cut off by accident" says 2 \
	"mx1.example.org to paris .c12.; issue certificates with --connector" \
	one keys enforce-connectors --directory "$dir/a"
ok "but by force" says 0 "taken" one keys enforce-connectors --force \
	--directory "$dir/a"
ok "transit, without the right to it" says 0 'c12 +paris +unclaimed +no' \
	one transit
ok "everywhere" soon says 0 '"type":"rule","id":"connectors"' \
	"$ctl" --socket "$dir/2/control" db --json
ok "check says so" says 2 'do not count, .* mx1.example.org to paris .c12.' \
	one check --config "$dir/1/lsrd.conf"
ok "and back" says 0 "taken" one keys enforce-connectors --off \
	--directory "$dir/a"
ok "forget: not who is here" says 2 'is not away' one forget mx2.example.org \
	--directory "$dir/a"
ok "db --diff: nothing" soon says 0 'mx2.example.org has the same database' \
	one db --diff mx2.example.org
ok "db --diff: in JSON" says 0 '"state":"same","digest":"([0-9a-f]+)","digest_there":"' \
	one db --diff mx2.example.org --json
ok "db --diff: who is no neighbour" says 2 'no neighbour of this server' \
	one db --diff mx9.example.org
ok "db --diff: of whom" says 2 'SERVER is missing' one db --diff
ok "keys list: whose, until when, and for what" says 0 \
	'mx2.example.org' one keys list
ok "keys list: in JSON" says 0 \
	'"server":"mx2.example.org","routing_group":"paris",.*"not_after":"20[0-9-]+T.*"days":7[0-9]+' \
	one keys list --json
ok "keys list: the authority's as well" says 0 \
	'"authority":true,.*"name":"example.org","not_after":"20' one keys list --json
ok "trace --message: by whom, when, by which table" trace_named
ok "trace --message: marks of another message" trace_moved
ok "trace --message: what is no mark" trace_strange
ok "trace --message: a message without any" says 1 'no field LSR-Trace' \
	one trace --message "$dir/1/lsrd.conf"
ok "trace --message: no such file" says 2 'No such file' one trace --message \
	"$dir/none"
ok "trace --message: and no daemon" says 1 'not verified' "$ctl" --socket \
	"$dir/none" trace --message "$dir/message"
ok "routes --since: when and because of what it moved" says 0 \
	'20[0-9-]+T[0-9:]+Z +mx2.example.org, ' \
	one routes --since
ok "trace: of what" says 2 'ADDRESS is missing' one trace
# shellcheck disable=SC2154
kill "$pid2"
soon says 0 '"away":\[\{' one status --json >/dev/null
ok "forget, where the authority's key is elsewhere" forgotten_elsewhere
ok "it is gone" gone
ok "and the connector that found it leads nowhere" soon says 0 \
	'nobody-found: connector c12 leads nowhere: no server of paris' one status
start 2
soon says 0 '"state":"full"' one peers --json >/dev/null
ok "a key is revoked" says 0 taken one keys revoke "$dir/2/server.pem" \
	--directory "$dir/a"
ok "its server says so" revoked_there
ok "the log has its name" named_here
ok "keys list --all: whose it was" says 0 'revoked at 20.* of mx2.example.org' \
	one keys list --all
ok "it gets no certificate again" says 2 'of mx2.example.org was revoked at 20' \
	"$ctl" keys issue --renew "$dir/2/server.pem" --directory "$dir/a"
ok "one who was away is told" revoked_away
printf 'kk' >"$dir/bad"
ok "inject: not an order" says 2 'not what' one inject "$dir/bad"
piped() {
	cat "$dir/bad" | says 2 'not what' one inject /dev/stdin
}
ok "inject: a pipe is read once" piped
server 3 oslo 2
sed -i '/^peer /d' "$dir/3/lsrd.conf"
start 3
ok "peers: none, and that is no fault" soon says 0 '' "$ctl" --socket "$dir/3/control" peers
ok "nor in JSON" is_empty "$ctl" --socket "$dir/3/control" peers --json
