"""front.py - lsrd-front of one server, where sites meet on port 25 alone.

It stands on port 25 in place of Postfix, which is behind it on loopback, by
the very lines that conf/postfix ships. Servers of other routing groups are
its listed peers.
"""

import os
import re
import signal

from host import end, wait_for

LOG = "/var/log/lsrd-front.log"
SOCKET = "/run/lsrd/front"
PEERS = "/etc/lsrd/front.peers"
BEHIND = "127.0.0.1:2525"
USER = "_lsrd-front"
GROUP = "lsrd-front"

# Where servers of different routing groups meet.
AT_691, AT_25 = 691, 25


def configure(node, topology, nodes, snippets):
    """Puts Postfix behind, and writes whom lsrd-front is to list."""
    with open(os.path.join(snippets, "front-master.cf"), encoding="utf-8") as file:
        behind = file.read()
    text = re.sub(r"(?m)^smtp\s+inet\s.*$", "", node.read("/etc/postfix/master.cf"))
    node.write("/etc/postfix/master.cf", text + "\n" + behind)
    node.write(PEERS, "".join(
        nodes[peer.name].address + "\n" for peer in topology.neighbours(node.server)
        if peer.group != node.server.group))


def add_users(node, lsrd):
    """Its user, and the group of those who may bring sessions to lsrd."""
    users, groups = node.read("/etc/passwd"), node.read("/etc/group")
    if USER + ":" in users:
        return
    taken = {line.split(":")[2] for line in (users + groups).splitlines()
             if line.count(":") > 2}
    number = next(n for n in range(989, 100, -1) if str(n) not in taken)
    node.write("/etc/passwd", users + "%s:x:%d:%d:lsrd-front:/nonexistent:"
               "/usr/sbin/nologin\n" % (USER, number, number))
    node.write("/etc/group", groups + "%s:x:%d:%s\n" % (GROUP, number, lsrd))


def start(node):
    """Starts it."""
    address = "[%s]" % node.address if ":" in node.address else node.address
    node.spawn(["lsrd-front", "-f", "-l", "%s:%d" % (address, node.smtp_port),
                "-l", "127.0.0.1:%d" % node.smtp_port, "-b", BEHIND, "-P", PEERS,
                "-s", SOCKET, "-u", USER], LOG)


def running(node):
    """Its process id, as this machine counts; or 0."""
    return (node.named("lsrd-front") or [0])[0]


def stop(node, sig=signal.SIGTERM):
    """Ends it."""
    for pid in node.named("lsrd-front"):
        end(pid, sig=sig)
    wait_for(lambda: not running(node), 10, 0.005)
