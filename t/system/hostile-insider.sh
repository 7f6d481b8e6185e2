#!/bin/sh
# hostile-insider.sh - a certified server that means ill (t/peer/insider.py)
# against three honest ones, real daemons in lab mode on loopback. While it
# does what its seed says: no session between honest servers falls, memory
# stays under the bound of lsrd(8), lsrctl answers, and every route of the
# honest is what it was. Then it is forgotten, and nothing of it is left, on
# disk neither; and its key is revoked while it goes on.
#
#     hostile-insider.sh [FIRST-SEED [SEEDS [SECONDS]]]     default: 1 2 10

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/files.sh"
first=${1:-1} seeds=${2:-2} seconds=${3:-10}
ctl=$top_builddir/lsrctl
python3 -c 'import cryptography' 2>/dev/null ||
	skip "no cryptography for Python"
dir=$W
port=28691
# lsrd(8), WHAT A CERTIFIED SERVER CAN DO: for one insider. Sanitizers need
# several times as much for themselves.
bound=65536
grep -q -e -fsanitize=address "$top_builddir/Makefile" && bound=1048576

failed() {
	for i in 1 2 3; do
		tail -15 "$dir/$i/log" | sed "s/^/mx$i: /"
	done
}

one() {
	i=$1
	shift
	timeout 20 "$ctl" --socket "$dir/$i/control" "$@"
}

# server NUMBER GROUP CONNECTOR-TO...: keys and configuration of mxNUMBER.
server() {
	"$ctl" keys issue "mx$1.example.org" --group "$2" --connector '*' \
		--space "s$1.example.org" --relay "s$1.example.org" \
		--directory "$dir/a" --output "$dir/$1" >/dev/null || exit 99
	mkdir "$dir/$1/state" "$dir/$1/table"
	cat >"$dir/$1/lsrd.conf" <<-END
		$(head_in "$dir/$1" "$1" "$2" $port 28025)
		address-space s$1.example.org { }
	END
	for i in 1 2 3; do
		[ $i = "$1" ] || cat >>"$dir/$1/lsrd.conf" <<-END
			peer mx$i.example.org { address = "$net.$i:$port" }
		END
	done
	cat >>"$dir/$1/lsrd.conf" <<-END
		peer evil.example.org { address = "$net.9:$port" }
	END
}

# connector NUMBER GROUP PEER
connector() {
	cat >>"$dir/$1/lsrd.conf" <<-END
		connector c$1-$3 {
			routing-group = $2
			cost = 10
			bridgehead mx$3.example.org { smtp = "$net.$3:28025" }
		}
	END
}

start() {
	"$top_builddir/lsrd" -f -c "$dir/$1/lsrd.conf" 2>>"$dir/$1/log" &
	pids="$pids $!"
	eval "pid$1=$!"
}

full() {
	for i in 1 2 3; do
		[ "$(one "$i" peers --json | grep -c '"state":"full"')" = "$1" ] ||
			return 1
	done
}

# Where the spaces of the honest go, at all three. A member of a group may be an
# alternate within it, for when the next hop does not answer.
routes() {
	for i in 1 2 3; do
		one "$i" routes --json | grep '"pattern":"s[123].example.org"' |
			sed -e "s/^/mx$i: /" -e 's/"alternates":[^]]*\]//' \
				-e 's/"addresses":[^]]*\]//' \
				-e 's/"generation":[0-9]*//' \
				-e 's/,"since":[0-9]*.*/}/' # when and why it moved last
	done
}

settled() {
	routes >"$dir/now" && [ "$(grep -c '"here":true' "$dir/now")" = 3 ] &&
		[ "$(grep -c '"next_hops":\["mx' "$dir/now")" = 6 ]
}

as_before() {
	routes >"$dir/now" && diff "$dir/before" "$dir/now"
}

attack() {
	honest=
	for i in 1 2 3; do
		group=london
		[ $i = 3 ] && group=paris
		honest="$honest --honest mx$i.example.org=$net.$i:28025=$group"
	done
	# shellcheck disable=SC2086
	python3 "$top_srcdir/t/peer/insider.py" --key "$dir/e/server.key" \
		--certificate "$dir/e/server.pem" \
		--authority "$dir/e/authority.pem" --group london \
		--source "$net.9" --to "$net.1:$port" --to "$net.2:$port" \
		--to "$net.3:$port" $honest --seconds "$2" --seed "$1" \
		>"$dir/attack" 2>&1 &
	attack=$!
	pids="$pids $attack"
}

# While it goes on: an answer each time, and nothing moves.
meanwhile() {
	while kill -0 "$attack" 2>/dev/null; do
		for i in 1 2 3; do
			one "$i" db >/dev/null || return 1
			one "$i" db --json >/dev/null || return 1
			one "$i" status >/dev/null || return 1
		done
		as_before || return 1
	done
	wait "$attack"
	tail -1 "$dir/attack" >&3
	grep -q '"attacks"' "$dir/attack"
}

# Of those between honest ones.
none_fell() {
	! grep -h 'nbr-state: peer=mx.*from=full' "$dir"/[123]/log
}

memory() {
	for i in 1 2 3; do
		eval "pid=\$pid$i"
		peak=$(sed -n 's/^VmHWM:[ \t]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
		echo "# mx$i: $peak kB" >&3
		[ "$peak" -le $bound ] || return 1
	done
}

# A line a server, however much was said.
log_is_short() {
	for i in 1 2 3; do
		lines=$(wc -l <"$dir/$i/log")
		echo "mx$i: $lines lines"
		[ "$lines" -le $((2000 + 100 * seeds * seconds)) ] || return 1
	done
}

nothing_of_it() {
	for i in 1 2 3; do
		one "$i" db --json >"$dir/db" || return 1
		! grep '"origin":"evil.example.org"' "$dir/db" |
			grep -qv '"type":"forget"' || return 1
	done
}

# No octet that it signed: its certificate, in which its identity was, and no
# LSA of it beside the authority's word. What it claimed is held for an hour, as
# of anybody who leaves, so names of patterns are there.
not_in_files() {
	python3 - "$dir/e/server.pem" "$dir" <<-'END'
		import pathlib, ssl, sys
		der = ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read())
		name = b"evil.example.org"
		head = bytes([len(name)]) + name
		for i in "123":
		    for path in pathlib.Path(sys.argv[2], i, "state").rglob("*"):
		        octets = path.read_bytes() if path.is_file() else b""
		        of_it = [octets[at - 36 + 1] for at in range(36, len(octets))
		                 if octets[at:at + len(head)] == head and octets[at - 36] == 1]
		        if der[-64:] in octets or any(kind not in (0, 5) for kind in of_it):
		            sys.exit("%s: %s" % (path, of_it))
	END
}

# Where it is still known the files show it: else the search finds nothing.
forgotten() {
	! not_in_files >/dev/null 2>&1 || return 1
	one 1 forget evil.example.org --force --directory "$dir/a" &&
		soon nothing_of_it
}

# From its disk alone.
not_on_disk() {
	soon not_in_files
	not_in_files || return 1
	kill -9 "$pid3"
	wait "$pid3"
	start 3
	soon one 3 status >/dev/null && nothing_of_it && soon as_before
}

revoked() {
	one 2 keys revoke "$dir/e/server.pem" --directory "$dir/a" &&
		soon nothing_of_it && ! full 3
}

exec 3>&1
"$ctl" keys authority --organization example.org --directory "$dir/a" \
	>/dev/null || exit 99
server 1 london
server 2 london
server 3 paris
connector 1 paris 3
connector 3 london 1
"$ctl" keys issue evil.example.org --group london --space evil.example.org \
	--space .evil.example.org --directory "$dir/a" --output "$dir/e" \
	>/dev/null || exit 99
for i in 1 2 3; do
	python3 -c '
import socket, sys, threading
s = socket.create_server((sys.argv[1], 28025), backlog=64)
def serve(c):
    f = c.makefile("rwb")
    try:
        f.write(b"220 x ESMTP\r\n"); f.flush()
        for line in f:
            word = line[:4].upper()
            f.write(b"221 x\r\n" if word == b"QUIT" else b"250 x\r\n"); f.flush()
            if word == b"QUIT": break
    except OSError:
        pass
    c.close()
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
' "$net.$i" &
	pids="$pids $!"
done
for i in 1 2 3; do
	start $i
done

echo 1..$((6 + 3 * seeds))
ok "three honest servers" soon settled
ok "connectors need a claim" eval 'one 1 keys enforce-connectors --directory "$dir/a" && soon settled'
sleep 1
routes >"$dir/before"
for seed in $(seq "$first" $((first + seeds - 1))); do
	attack "$seed" "$seconds"
	ok "seed $seed: lsrctl answers, and nothing of others moves" meanwhile
	ok "seed $seed: no session between honest servers fell" none_fell
	ok "seed $seed: no server has more than $bound kB" memory
done
ok "the logs can be read" log_is_short
ok "forgotten, it leaves nothing" forgotten
ok "nor on disk" not_on_disk
attack "$first" 8
ok "revoked while it goes on, it has no session any more" soon revoked
kill "$attack" 2>/dev/null
