#!/bin/sh
# packet-filter.sh - conf/nftables/lsrd.nft lets peers pass to port 691 and to that
# of lsrd-front apart, and nobody else, by IPv4 and IPv6: real packets between two
# network namespaces. firewalld takes what conf/firewalld has.

. "$(dirname "$0")/../tap.sh"
[ "$(id -u)" = 0 ] || skip "not root"
need unshare nsenter nft ip python3
conf=$top_srcdir/conf

failed() {
	cat "$W/out"
}

# in_net PID COMMAND...
in_net() {
	pid=$1
	shift
	nsenter --net --target "$pid" "$@"
}

# Two networks and a wire between them.
unshare --net sleep 300 &
here=$!
unshare --net sleep 300 &
there=$!
pids="$here $there"
for pid in $here $there; do
	soon sh -c "[ \$(readlink /proc/$pid/ns/net) != $(readlink /proc/self/ns/net) ]"
done
in_net $here ip link add wire type veth peer name wire netns $there ||
	skip "no network namespaces here"
printf '%s\n' 'link set lo up' 'link set wire up' 'addr add 198.51.100.1/24 dev wire' \
	'addr add 2001:db8:2::1/64 dev wire nodad' | in_net $here ip -batch -
# peers of the example, and strangers
printf '%s\n' 'link set lo up' 'link set wire up' 'addr add 198.51.100.5/24 dev wire' \
	'addr add 198.51.100.99/24 dev wire' 'addr add 2001:db8:2::5/64 dev wire nodad' \
	'addr add 2001:db8:2::99/64 dev wire nodad' | in_net $there ip -batch -
in_net $here python3 -c '
import socket, time
for port in 25, 691, 2526:
    for family, at in (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"):
        s = socket.socket(family)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((at, port))
        s.listen()
        globals()[at + str(port)] = s
time.sleep(300)' &
pids="$pids $!"

# Who comes where: a line for each port, family and kind of sender. Dropped is who
# waits, and is not told why.
tried() {
	in_net $there python3 -c '
import socket, threading
nets = {"v4": ("198.51.100.%s", "5", "99", "1"), "v6": ("2001:db8:2::%s", "5", "99", "1")}
out = {}
def tries(port, v, who, source):
    at = nets[v][0]
    try:
        socket.create_connection((at % "1", port), 2, (at % source, 0))
        out[port, v, who] = "passes"
    except socket.timeout:
        out[port, v, who] = "dropped"
    except OSError as e:
        out[port, v, who] = str(e)
threads = [threading.Thread(target=tries, args=(port, v, who, source))
           for port in (25, 691, 2526) for v in nets
           for who, source in (("peer", nets[v][1]), ("stranger", nets[v][2]))]
[t.start() for t in threads]
[t.join() for t in threads]
for key in sorted(out):
    print(*key, out[key])'
}

all_pass() {
	tried >"$W/out" && [ "$(grep -c passes "$W/out")" = 12 ]
}

# each PORT WHO: what became of him, by both families
each() {
	sed -n "s/^$1 v[46] $2 //p" "$W/out" | sort -u
}

plan 9
ok "without rules everybody comes, by both families" soon all_pass
ok "the rules are loaded" in_net $here nft -f "$conf/nftables/lsrd.nft"
ok "and once more, in place of themselves" in_net $here nft -f "$conf/nftables/lsrd.nft"
tried >"$W/out"
for port in 691 2526; do
	ok "$port: a peer passes, by IPv4 and IPv6" is "$(each $port peer)" passes
	ok "$port: a stranger does not" is "$(each $port stranger)" dropped
done
ok "what is no port of ours is nobody's matter" is "$(each 25 stranger)" passes

if command -v firewall-offline-cmd >/dev/null 2>&1; then
	# its configuration is this machine's: a copy, in a namespace of mounts
	firewalld() {
		unshare --mount --propagation private sh -e -c '
			cp -R /etc/firewalld "$1"
			mount --bind "$1" /etc/firewalld
			cp "$2"/lsrd.xml "$2"/lsrd-front.xml /etc/firewalld/services/
			sed -n "s/^firewall-cmd --permanent/firewall-offline-cmd/p" "$2/commands" | sh -e
			firewall-offline-cmd --check-config
			firewall-offline-cmd --info-service=lsrd | grep -q "ports: 691/tcp"
			firewall-offline-cmd --list-rich-rules | grep -c "ipset=\"lsrd[46]\" service name=\"lsrd\" accept" |
				grep -qx 2' sh "$W/firewalld" "$conf/firewalld" >"$W/out" 2>&1
	}
	ok "firewalld takes ours: services, sets of peers by both families, rules" firewalld
else
	ok "the services of firewalld are XML" python3 -c '
import sys, xml.dom.minidom
for name in sys.argv[1:]:
    xml.dom.minidom.parse(name).getElementsByTagName("port")[0]' \
		"$conf/firewalld/lsrd.xml" "$conf/firewalld/lsrd-front.xml"
fi
