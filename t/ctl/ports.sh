#!/bin/sh
# ports.sh - `lsrctl ports`: who listens in a network namespace, what answers
# at a host, rules that nft takes and that do what they say, and peers by the
# daemon's word and by a handshake of lsrctl's own with a real lsrd.

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../system/files.sh"
need python3
ctl=$top_builddir/lsrctl
dir=$W
port=28691

# --- in a namespace -------------------------------------------------------------

# Listeners, and then the command, where nobody else listens.
cat >"$W/alone.py" <<'END'
import socket, subprocess, sys
held = []
for at in sys.argv[1].split():
    host, port = at.rsplit("/", 1)
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, int(port)))
    s.listen()
    held.append(s)
sys.exit(subprocess.run(sys.argv[2:]).returncode)
END
alone() { # LISTENERS COMMAND...
	unshare -n sh -c 'PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && exec python3 "$@"' \
		alone "$W/alone.py" "$@"
}

if alone '127.0.0.1/25' true 2>/dev/null; then
	ok 'who listens, by name and address' says 0 '^25 .* python3 127.0.0.1$' \
		alone '127.0.0.1/25 ::1/993 0.0.0.0/143' "$ctl" ports
	ok 'over IPv6, too' grep -qE '^993 .* python3 ::1$' "$W/out"
	ok 'and at all addresses' grep -qE '^143 .* python3 \*$' "$W/out"
	ok 'nobody at the others' grep -qE '^691 .* organization$' "$W/out"
	ok 'what is for this host alone and open to others is no' \
		says 1 '^2500 .* python3 \* \(open to others\)' \
		alone '0.0.0.0/2500' "$ctl" ports
	ok 'on loopback it is well' says 0 '^2500 .* python3 127.0.0.1$' \
		alone '127.0.0.1/2500' "$ctl" ports
	ok 'as JSON' says 0 \
		'"port":25,"service":"smtp",.*"address":"127.0.0.1:25","process":"python3","pid":[0-9]+,"beyond":false' \
		alone '127.0.0.1/25' "$ctl" ports --json
	ok 'what answers at a host' says 0 '^25 .* open$' \
		alone '127.0.0.9/25 127.0.0.9/7000' "$ctl" ports 127.0.0.9
	ok 'and what does not' grep -qE '^691 .* closed$' "$W/out"
	ok 'over IPv6' says 0 '^993 .* open$' alone '::1/993' "$ctl" ports ::1
	ok 'a host where nothing answers' says 1 '^25 .* closed$' \
		alone '127.0.0.9/26' "$ctl" ports 127.0.0.9
else
	skip_case 'who listens here' 'needs a network namespace'
fi
ok 'a host that there is not' says 2 'lsrctl: host.invalid: ' "$ctl" ports host.invalid
ok 'a port has one row, in order' is "$("$ctl" ports --json 2>&1 |
	sed -n 's/.*"kind":"port","port":\([0-9]*\),.*/\1/p' | tr '\n' ' ')" \
	"25 53 80 102 110 119 135 143 379 389 390 443 465 522 563 587 636 691 993 994 995 1503 1720 1731 2500 3268 3269 6001 6002 6003 6004 6667 7000 8691 "

# --- rules ----------------------------------------------------------------------

rules_conf() { # MORE
	cat >"$W/rules.conf" <<-END
		organization = example.org
		mta = none
		routing-group = london
		server = mx1.example.org
		smtp = { "192.0.2.1:25" }
		peer-listen = { "192.0.2.1:691", "[2001:db8::1]:1691" }
		peer mx2.example.org { address = "192.0.2.2:691" }
		peer mx3.example.org { address = "[2001:db8::3]:691" }
		peer mx4.example.org { }
		$1
	END
}
rules() {
	"$ctl" -c "$W/rules.conf" ports --nft >"$W/rules.nft"
}
# Loaded twice, they are there once.
nft_takes() {
	rules || return 1
	cat "$W/rules.nft"
	unshare -n sh -c 'PATH=$PATH:/usr/sbin:/sbin
		nft -c -f "$0" && nft -f "$0" && nft -f "$0" &&
		nft list ruleset' "$W/rules.nft" >"$W/ruleset" &&
		[ "$(grep -c 'chain peers' "$W/ruleset")" = 1 ] &&
		grep -q '192.0.2.2' "$W/ruleset" &&
		grep -q '2001:db8::3' "$W/ruleset"
}
# A stranger's packet is dropped, a peer's is not.
cat >"$W/drops.sh" <<'END'
PATH=$PATH:/usr/sbin:/sbin
unshare -n sleep 60 &
inner=$!
python3 -c 'import socket, time
s = socket.socket()
s.setsockopt(socket.IPPROTO_IP, 15, 1) # IP_FREEBIND
s.bind(("192.0.2.1", 691))
s.listen()
time.sleep(60)' &
held=$!
trap 'kill $held $inner' EXIT
until [ "$(readlink /proc/$inner/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set lo up
ip link add va type veth peer name vb netns $inner || exit 1
ip addr add 192.0.2.1/24 dev va
ip link set va up
nsenter -t $inner -n sh -c 'ip addr add 192.0.2.2/24 dev vb
	ip addr add 192.0.2.9/24 dev vb; ip link set vb up'
try() {
	nsenter -t $inner -n python3 -c 'import socket, sys
socket.create_connection(("192.0.2.1", 691), 1, (sys.argv[1], 0))' "$1" 2>/dev/null
}
tries=100
until try 192.0.2.9 || [ $tries = 0 ]; do tries=$((tries - 1)); done
[ $tries != 0 ] || exit 1 # without rules anybody gets through
nft -f "$1" || exit 1
try 192.0.2.2 && ! try 192.0.2.9
END
nft_drops() {
	rules && unshare -n sh "$W/drops.sh" "$W/rules.nft"
}
rules_conf ''
if PATH=$PATH:/usr/sbin:/sbin command -v nft >/dev/null && unshare -n true 2>/dev/null; then
	ok 'rules that nft takes' nft_takes
	ok 'a stranger is dropped, a peer is not' nft_drops
	ok 'a peer without an address is named' grep -q '^# mx4.example.org has no address' "$W/rules.nft"
	ok 'and without lsrd-front nothing is redirected' not grep -q 'redirect to' "$W/rules.nft"
	rules_conf 'peer-accept = certificate'
	ok 'where a certificate decides nft takes them' nft_takes
	ok 'and a stranger is not dropped' not nft_drops
	rules_conf "front-socket = $W/front"
	ok 'with it they are' nft_takes
	ok '(to its port)' grep -q 'redirect to :2500' "$W/rules.nft"
else
	skip_case 'rules that nft takes' 'needs nft and a network namespace'
fi
ok 'without a configuration no rules' says 2 'none.conf' "$ctl" -c "$W/none.conf" ports --nft

# --- peers ----------------------------------------------------------------------

python3 "$top_srcdir/t/ctl/daemon.py" "$W" &
pids=$!
until [ -e "$W/ready" ]; do kill -0 "$pids" || exit 99; sleep 0.05; done
peers() {
	"$ctl" --socket "$W/control" ports
}
printf '{"peer":"mx2.x","state":"full","addresses":["192.0.2.2:691"],"reason":""}\n' >"$W/peers"
printf '{"peer":"mx3.x","state":"down","addresses":["192.0.2.3:691"],"reason":"refused"}\n' >>"$W/peers"
ok 'peers by the word of the daemon' says 1 '^mx3.x +yes +no +no +refused' peers
ok 'and one that is well' grep -qE '^mx2.x +yes +yes +yes$' "$W/out"

server() { # NUMBER PEER-NAME PEER-NUMBER
	[ -d "$dir/$1" ] || "$ctl" keys issue "mx$1.example.org" --group "g$1" \
		--directory "$dir/a" --output "$dir/$1" >/dev/null || exit 99
	mkdir -p "$dir/$1/state" "$dir/$1/table"
	cat >"$dir/$1/lsrd.conf" <<-END
		$(head_in "$dir/$1" "$1" "g$1" $port 28025)
		peer $2 { address = "$net.$3:$port" }
	END
}
"$ctl" keys authority --organization example.org --directory "$dir/a" >/dev/null || exit 99
server 2 mx1.example.org 1
"$top_builddir/lsrd" -f -c "$dir/2/lsrd.conf" 2>"$dir/2/log" &
pids="$pids $!"
by_hand() {
	"$ctl" -c "$dir/1/lsrd.conf" ports
}
server 1 mx2.example.org 2
ok 'without a daemon peers are dialled' soon says 0 '^mx2.example.org +yes +yes +yes$' by_hand
ok 'which is said' grep -q 'No daemon answers' "$W/out"
server 1 mx3.example.org 2
ok 'one that proves another name' says 1 '^mx3.example.org +yes +yes +no +wrong-name' by_hand
server 1 mx2.example.org 3
ok 'one where nothing listens' says 1 '^mx2.example.org +yes +no +no +refused' by_hand
server 2 mx9.example.org 9
kill -HUP "${pids##* }"
server 1 mx2.example.org 2
ok 'one that does not list us' soon says 1 '^mx2.example.org +yes +yes +no +' by_hand
mv "$dir/1/server.key" "$dir/1/away"
ok 'without our key only reached' says 1 '^mx2.example.org +yes +yes +no +keys cannot be read' by_hand
all_told
