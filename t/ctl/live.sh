#!/bin/sh
# live.sh - the live verbs of lsrctl against real daemons: two lsrd in lab
# mode on loopback, no MTA.

. "$(dirname "$0")/../tap.sh"
ctl=$top_builddir/lsrctl
dir=$W
port=28691
net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))

# server NUMBER GROUP PEER: keys and configuration of mxNUMBER.
server() {
	"$ctl" keys issue "mx$1.example.org" --group "$2" \
		--space "$2.example.org" --relay "$2.example.org" \
		--space "bücher$1.example" --relay "bücher$1.example" \
		--space moved.example --space .moved.example \
		--directory "$dir/a" --output "$dir/$1" >/dev/null || exit 99
	mkdir "$dir/$1/state" "$dir/$1/table"
	cat >"$dir/$1/lsrd.conf" <<-END
		organization = example.org
		mta = none
		routing-group = $2
		server = mx$1.example.org
		lab = yes
		user = root
		retry-mail = no
		keep-alive = 200ms
		dead-time = 600ms
		probe-interval = 500ms
		probe-timeout = 500ms
		peer-listen = { "$net.$1:$port" }
		smtp = { "$net.$1:28025" }
		key = "$dir/$1/server.key"
		certificate = "$dir/$1/server.pem"
		authority = "$dir/$1/authority.pem"
		mark-key = "$dir/$1/mark.key"
		state-directory = "$dir/$1/state"
		table-directory = "$dir/$1/table"
		control-socket = "$dir/$1/control"
		report-socket = "$dir/$1/report"
		publisher = "$top_builddir/lsrd-publish"
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
	connector c12 { routing-group = paris bridgehead mx2.example.org { } }
END
cat >>"$dir/2/lsrd.conf" <<-END
	address-space moved.example { }
	address-space .moved.example { }
END
start 1

plan 61
ok "why it gives no transit yet" soon says 0 'troubles +returning: .* waits for .*' one status
start 2
ok "status, once it is up" soon says 0 'state +up' one status
ok "what is wrong: no mail service" soon says 0 'troubles +mta-state: .* does not answer at ' one status
ok "dates are for people" says 0 '^certificate until +20[0-9]{2}-[0-9-]*T' one status
ok "the socket by -c" says 0 '^server +mx1.example.org' \
	"$ctl" -c "$dir/1/lsrd.conf" status
ok "peers: full" soon says 0 'mx2.example.org +paris +tcp +full' one peers
ok "links" says 0 "mx2.example.org +$net.2:28025 +10" one links
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
	timeout 60 script -qfec "$ctl --socket $dir/1/control top --every 1 \
		--folder $dir/1/state" /dev/null >"$dir/screen" </dev/null &
	soon drawn
	kill $!
	drawn && grep -q "$(printf '\033')\[31m.* down" "$dir/screen"
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
# shellcheck disable=SC2154
kill "$pid2"
soon says 0 '"away":\[\{' one status --json >/dev/null
ok "forget, where the authority's key is elsewhere" forgotten_elsewhere
ok "it is gone" gone
printf 'kk' >"$dir/bad"
ok "inject: not an order" says 2 'not what' one inject "$dir/bad"
server 3 oslo 2
sed -i '/^peer /d' "$dir/3/lsrd.conf"
start 3
ok "peers: none, and that is no fault" soon says 0 '' "$ctl" --socket "$dir/3/control" peers
ok "nor in JSON" is_empty "$ctl" --socket "$dir/3/control" peers --json
