"""front.py - lsrd-front of one server, where sites meet on port 25 alone.

It stands on port 25 in place of Postfix, which is behind it on loopback; or
beside Postfix, and the packet filter sends listed peers to it; or on a port
of its own with no MTA behind: by the very lines that conf/ ships. Servers of
other routing groups are its listed peers.
"""

import os
import re
import signal

from host import end, wait_for

LOG = "/var/log/lsrd-front.log"
SOCKET = "/run/lsrd/front"
PEERS = "/etc/lsrd/front.peers"
BEHIND = "127.0.0.1:2525"
RULES = "/etc/lsrd/front-redirect.nft"
USER = "_lsrd-front"
GROUP = "lsrd-front"

# Where it stands: the three placements of lsrd-front(8).
EVERYONE, LISTED, APART = PLACES = ("everyone", "listed", "apart")
APART_PORT = 2526

# Where servers of different routing groups meet.
AT_691, AT_25 = 691, 25


def place(places, group):
    """Where the front of a group's servers is; None where there is none."""
    return None if places is None else places.get(group, EVERYONE)


def configure(node, topology, nodes, conf):
    """Puts the mail server behind, and writes whom lsrd-front is to list."""
    if node.mta.WORD == "exim":
        _exim_behind(node, conf)
    else:
        _postfix_behind(node, conf)
    listed = [nodes[peer.name].address for peer in topology.neighbours(node.server)
              if peer.group != node.server.group]
    node.write(PEERS, "".join(address + "\n" for address in listed))
    node.write(RULES, _redirect(_read(conf, "nftables/lsrd-front.nft"), listed))


def _postfix_behind(node, conf):
    text = node.read("/etc/postfix/master.cf")
    if node.front == EVERYONE:
        text = re.sub(r"(?m)^smtp\s+inet\s.*$", "", text)
    if node.front != APART:
        text += "\n" + _read(conf, "postfix/front-master.cf")
    node.write("/etc/postfix/master.cf", text)


def _exim_behind(node, conf):
    if node.front == APART:
        return
    at = "127.0.0.1.2525"
    if node.front == LISTED:
        at = "0.0.0.0.25 ; ::0.25 ; " + at
    name = node.mta.CONF + "/update-exim4.conf.conf"
    node.write(name, re.sub(r"(?m)^dc_local_interfaces=.*$",
                            "dc_local_interfaces='%s'" % at, node.read(name)))
    node.write(node.mta.CONF + "/conf.d/main/000_front",
               _read(conf, "exim/front.localmacros"))


def _read(conf, name):
    with open(os.path.join(conf, name), encoding="utf-8") as file:
        return file.read()


def _redirect(text, listed):
    """The rules that are shipped, with our peers in place of the example's."""
    for family in ("4", "6"):
        own = [a for a in listed if (":" in a) == (family == "6")]
        text = re.sub(r"(set peers%s \{\n.*\n).*\n" % family,
                      r"\1%s\n" % ("elements = { %s }" % ", ".join(own) if own else ""),
                      text)
    return text


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


def _at(address, port):
    return "[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)


def start(node):
    """Starts it; and sends peers to it, as lsrd-front-redirect.service does."""
    at = {EVERYONE: [_at(node.address, node.smtp_port), _at("127.0.0.1", node.smtp_port)],
          LISTED: [_at(node.address, 2500)], APART: [_at(node.address, APART_PORT)]}
    command = ["lsrd-front", "-f", "-P", PEERS, "-s", SOCKET, "-u", USER]
    for one in at[node.front]:
        command += ["-l", one]
    if node.front != APART:
        command += ["-b", BEHIND]
    node.spawn(command, LOG)
    if node.front == LISTED:
        wait_for(lambda: running(node), 60)
        node.in_net_run(["nft", "-f", node.at(RULES)])


def running(node):
    """Its process id, as this machine counts; or 0."""
    return (node.named("lsrd-front") or [0])[0]


def stop(node, sig=signal.SIGTERM):
    """Ends it."""
    for pid in node.named("lsrd-front"):
        end(pid, sig=sig)
    wait_for(lambda: not running(node), 60, 0.005)
    if node.front == LISTED:
        node.in_net_run(["nft", "delete", "table", "inet", "lsrd_front"])
