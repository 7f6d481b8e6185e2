"""net.py - the wires between servers, and what can happen to them.

The members of a routing group hang on one bridge, in a network namespace
of its own; a connector's two ends have a wire of their own. Nothing
forwards: servers reach each other where the document says so, or not at
all. This machine's own network is never touched.

A fault is a set of rules at both ends of a pair, remembered in the lab's
state, so that a server that comes back finds its faults again.
"""

import os
import socket
import subprocess
import sys

import front
from host import LabError, environment

TABLE = "lab"


def _ip(node, lines):
    """Runs a batch of ip(8) commands in the node's network."""
    done = node.in_net_run(["ip", "-batch", "-"], "\n".join(lines) + "\n")
    if done.returncode != 0:
        raise LabError("%s: ip: %s" % (node.alias, done.stderr.strip()))


def _prefix(address):
    return address + ("/128" if ":" in address else "/32")


def _end(node, device, peers):
    """The lines that give `device` our address and the way to `peers`."""
    extra = " nodad" if ":" in node.address else ""
    lines = ["link set dev %s up" % device,
             "addr add %s dev %s%s" % (_prefix(node.address), device, extra)]
    for peer in peers:
        lines.append("route add %s dev %s src %s"
                     % (_prefix(peer.address), device, node.address))
    return lines


def plug_all(topology, nodes, switch):
    """Lays every wire of the document. `nodes` by full name."""
    lines = {name: ["link set lo up"] for name in nodes}
    hub = ["link set lo up"]
    for names in topology.groups.values():
        if len(names) < 2:
            continue
        index = nodes[names[0]].server.group_index
        hub += ["link add br%d type bridge forward_delay 0" % index,
                "link set dev br%d up" % index]
        for name in names:
            node = nodes[name]
            port = "p%d-%d" % (index, node.server.member)
            hub += ["link add %s type veth peer name site netns %d" % (port, node.net),
                    "link set dev %s master br%d" % (port, index),
                    "link set dev %s up" % port]
            lines[name] += _end(node, "site", [nodes[n] for n in names if n != name])
    _ip(switch, hub)
    for a, b in topology.wires():
        a, b = nodes[a], nodes[b]
        _ip(a, ["link add %s type veth peer name %s netns %d"
                % (device(b), device(a), b.net)])
        lines[a.name] += _end(a, device(b), [b])
        lines[b.name] += _end(b, device(a), [a])
    for name, batch in lines.items():
        _ip(nodes[name], batch)


def lengthen(a, b, ms):
    """
    The wire between two servers takes so long from now on, either way. Returns
    the process that carries their packets; with it the wire ends.
    """
    a.in_net_run(["ip", "link", "del", device(b)])
    carrier = subprocess.Popen(
        [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "wire.py"),
         str(a.net), device(b), str(b.net), device(a), str(ms)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment())
    if carrier.stdout.readline() != b"up\n":
        raise LabError("no wire of %d ms between %s and %s" % (ms, a.alias, b.alias))
    _ip(a, _end(a, device(b), [b]))
    _ip(b, _end(b, device(a), [a]))
    return carrier


def device(node):
    """The name, at the other end, of the wire that leads to `node`."""
    name = "to-" + node.alias
    if len(name) > 15 or "." in name:
        name = "to-%d-%d" % (node.server.group_index, node.server.member)
    return name


def walls(node, nodes):
    """Between routing groups only port 25 is open, where that is asked for."""
    lines = []
    for other in nodes.values():
        if not node.front or other.server.group == node.server.group:
            continue
        match = "%s saddr %s " % ("ip6" if ":" in other.address else "ip", other.address)
        for port in [25] + [front.APART_PORT] * (front.APART in (node.front, other.front)):
            lines += [match + "tcp %s %d accept" % (end, port) for end in ("dport", "sport")]
        if node.front == front.LISTED:
            lines.append(match + "ct status dnat accept")
        lines.append(match + "meta l4proto { tcp, udp } drop")
    return lines


def rules(node, faults, nodes):
    """The node's whole rule set for the faults that concern it."""
    # the reset of "out" comes back by lo, in the other's name
    chains = {"in": ['iifname "lo" accept'], "out": []}
    for fault in faults:
        if node.name not in (fault["a"], fault["b"]):
            continue
        other = nodes[fault["b"] if node.name == fault["a"] else fault["a"]]
        family = "ip6" if ":" in other.address else "ip"
        for chain, end in (("in", "saddr"), ("out", "daddr")):
            match = "%s %s %s" % (family, end, other.address)
            if fault["how"] == "silence":
                verdicts = ["drop"]
            else:
                # a reset passes, or one end's would not reach the other
                verdicts = ["tcp flags & rst == rst accept",
                            "meta l4proto tcp reject with tcp reset", "drop"]
            ports = ["th dport", "th sport"] if fault["port"] else [None]
            for port in ports:
                also = " meta l4proto tcp %s %d" % (port, fault["port"]) if port else ""
                chains[chain] += [match + also + " " + v for v in verdicts]
    chains["in"] += walls(node, nodes)
    if len(chains["in"]) == 1:
        return "table inet %s\ndelete table inet %s\n" % (TABLE, TABLE)
    text = "table inet %s\ndelete table inet %s\ntable inet %s {\n" % ((TABLE,) * 3)
    for chain, hook in (("in", "input"), ("out", "output")):
        text += " chain %s {\n  type filter hook %s priority 0; policy accept;\n" % (
            chain, hook)
        text += "".join("  %s\n" % rule for rule in chains[chain]) + " }\n"
    return text + "}\n"


def apply_rules(node, faults, nodes):
    """Puts the node's rules in force, all at once."""
    done = node.in_net_run(["nft", "-f", "-"], rules(node, faults, nodes))
    if done.returncode != 0:
        raise LabError("%s: nft: %s" % (node.alias, done.stderr.strip()))


def opens(node, other, port):
    """True if the node's connection to that port of the other is accepted."""
    def work():
        try:
            socket.create_connection((other.address, port), 1).close()
        except OSError:
            return 1
        return 0

    return node.in_net(work) == 0


def listed(node, other):
    """What nft(8) lists of the node's rules about the other."""
    done = node.in_net_run(["nft", "list", "chain", "inet", TABLE, "in"])
    return [line.strip() for line in done.stdout.splitlines()
            if " %s " % other.address in line]


# What is just being accepted while it is listed is not ended: so until none is.
RESET = """for try in 1 2 3 4 5 6 7 8 9 10; do
    ss -tK "$@"
    [ -n "$(ss -tnH "$@")" ] || exit 0
    sleep 0.05
done"""


def reset_connections(node, other, port):
    """Ends the node's connections with `other` by a reset, now."""
    match = ["dst", other.address]
    if port:
        match += ["and", "(", "dport", "=", str(port), "or",
                  "sport", "=", str(port), ")"]
    return subprocess.Popen(
        ["nsenter", "--net", "--target", str(node.net), "sh", "-c", RESET, "ss"] + match,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
