"""many.py - an organization of hundreds of real lsrds on this machine.

Routing groups of four, each joined with its neighbours in a ring and with one
a third of the ring away: from one end to the other are a dozen hops. No mail
server runs: what is measured is lsrd. Told are the time until all sessions are
FULL and all databases the same, until a cut is seen by all, and what each
process has of memory and takes of a processor when nothing happens.
"""

import json
import os
import socket
import statistics
import sys
import time

import daemon
from host import LabError, wait_for
from lab import now

GROUP = 4
FEW = 50  # of whom less is asked, for a test that does not last


def document(servers):
    """The topology of so many servers."""
    groups = max(1, -(-servers // GROUP))
    names = [["s%d-%d.many.example" % (g, m) for m in range(min(GROUP, servers - g * GROUP))]
             for g in range(groups)]
    doc = {"format": "lsrd-topology/1", "organization": "many.example", "servers": [],
           "connectors": [], "address_spaces": []}
    for g, members in enumerate(names):
        for m, name in enumerate(members):
            doc["servers"].append({"name": name, "routing_group": "g%d" % g})
            doc["address_spaces"].append({"pattern": "d%d-%d.example" % (g, m),
                                          "server": name})
    for g in range(groups):
        if groups > 2 or g + 1 < groups:
            _join(doc, names, g, (g + 1) % groups, 10, False)
        if groups >= 6:
            _join(doc, names, g, (g + groups // 3) % groups, 20, True)
    return doc


def _join(doc, names, a, b, cost, far):
    """Two groups, by a connector each way; near and far ones by other members."""
    ends = [names[a][-1 if far else 0], names[b][len(names[b]) // 2]]
    for group, one, other in ((b, ends[0], ends[1]), (a, ends[1], ends[0])):
        doc["connectors"].append({"name": "to-g%d" % group, "server": one, "to": [other],
                                  "cost": cost})


def status(node):
    """What its lsrd says of itself; None while it says nothing."""
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(20)
            sock.connect(node.at("/run/lsrd/control"))
            sock.sendall(b"status\n")
            return json.loads(b"".join(iter(lambda: sock.recv(65536), b"")))
    except (OSError, ValueError):
        return None


class Many:
    """The measuring of one lab."""

    def __init__(self, lab):
        self.lab = lab
        self.nodes = list(lab.nodes.values())
        self.peers = {n.name: len(lab.topology.neighbours(n.server)) for n in self.nodes}
        self.told = 0
        self.pause = 1 if len(self.nodes) < FEW else 10

    def progress(self, *what):
        """At most each three seconds; to who looks."""
        if now() - self.told >= 3:
            self.told = now()
            print("  " + ", ".join(what), file=sys.stderr, flush=True)

    def look(self):
        """Asks all; True once every session is full and every database the same."""
        rows = [status(n) for n in self.nodes]
        for node, row in zip(self.nodes, rows):
            if row is None and not node.pids():
                raise LabError("%s: lsrd does not run: %s" % (
                    node.alias, node.read(daemon.LOG)[-500:].strip()))
        there = [row for row in rows if row]
        digests = {row["digest"] for row in there}
        full = sum(row["full"] for row in there)
        self.progress("%d of %d run" % (len(there), len(rows)),
                      "%d of %d sessions full" % (full // 2, sum(self.peers.values()) // 2),
                      "%d different databases" % len(digests))
        return len(there) == len(rows) and len(digests) == 1 and all(
            row["full"] == self.peers[row["server"]] and row["state"] == "up" for row in rows)

    def digests(self):
        """The one digest of all, or None."""
        found = {(status(n) or {}).get("digest") for n in self.nodes}
        self.progress("%d different databases" % len(found))
        return found.pop() if len(found) == 1 else None

    def quiet(self, seconds, limit):
        """
        Waits until the databases have been the same, and of one digest, for so
        long: that digest, and since when.
        """
        was, since, until = None, now(), now() + limit
        while now() < until:
            found = self.digests()
            if found != was or found is None:
                was, since = found, now()
            elif now() - since > seconds:
                return was, since
        raise LabError("the databases are not the same after %d s" % limit)

    def cut(self, a, b, limit):
        """Seconds from a cut until all databases have what came of it."""
        before, _ = self.quiet(self.pause, limit)
        begun = now()
        self.lab.fault("cut", a, b)
        done = now() - begun
        if not wait_for(lambda: (status(self.lab.node(a)) or {}).get("digest") != before,
                        60, 0.05):
            raise LabError("nobody has noticed a cut between %s and %s" % (a, b))
        _, since = self.quiet(2, limit)
        self.lab.heal(a, b)
        return since - begun, done

    def memory(self):
        """Kilobytes of each."""
        found = []
        for node in self.nodes:
            with open("/proc/%d/status" % daemon.running(node), encoding="ascii") as file:
                found += [int(line.split()[1]) for line in file if line.startswith("VmRSS:")]
        return found

    def ticks(self):
        """What each has taken of a processor, in seconds."""
        found = []
        for node in self.nodes:
            node.load()
            with open("/proc/%d/stat" % node.pid, encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
            found.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
        return found

    def idle(self):
        """Percent of a processor of each, while nothing happens."""
        before, begun = self.ticks(), now()
        time.sleep(self.pause)
        took = now() - begun
        return [100 * (y - x) / took for x, y in zip(before, self.ticks())]


def figure(what, values, unit):
    """A line."""
    print("many: %s: median %.2f, most %.2f %s" % (
        what, statistics.median(values), max(values), unit), flush=True)


def measure(lab, begun):
    """Prints a line a figure; `begun`: when the first was started."""
    many = Many(lab)
    limit = 120 + 3 * len(many.nodes)
    if not wait_for(many.look, limit, 0.2):
        raise LabError("not all full, and of one database, after %d s" % limit)
    print("many: %d servers, %d sessions: all full and all databases the same after %.1f s "
          "(load %.1f)" % (len(many.nodes), sum(many.peers.values()) // 2, now() - begun,
                           os.getloadavg()[0]), flush=True)
    figure("until then", many.ticks(), "s of a processor")
    wire = lab.topology.wires()
    if wire:
        took, doing = many.cut(*wire[0], limit)
        print("many: a cut is in the last database after %.1f s (%.1f of it the cut itself; "
              "all were asked in turn)" % (took, doing), flush=True)
    figure("memory of each", [kb / 1024 for kb in many.memory()], "MB")
    figure("idle", many.idle(), "% of a processor")
