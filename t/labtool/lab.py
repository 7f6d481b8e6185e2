"""lab.py - a whole lab: servers, wires, faults, and what is remembered.

Everything lies in one directory, <temp>/lsrd-lab-NAME; a command of t/lab
reads lab.json there, does its work and writes it back. down() ends every
process of the lab, which takes the namespaces with it, and removes it.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import both
import daemon
import exim
import front
import mail
import milter
import mta
import net
import postfix
import nomail
from host import (Folder, LabError, Lean, Machine, alive, birth, end, environment,
                  namespaces_refused, wait_for)
from topo import Topology
from watch import Watch

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
KINDS = {"namespaces": Machine, "loopback": Folder, "lean": Lean}


def parent():
    """Where labs live."""
    return os.environ.get("LSRD_LAB_DIR") or tempfile.gettempdir()


def names():
    """The labs that exist here."""
    return sorted(entry[9:] for entry in os.listdir(parent())
                  if entry.startswith("lsrd-lab-"))


class Lab:
    """One lab, being made or found."""

    def __init__(self, name):
        self.name = name
        self.dir = os.path.join(parent(), "lsrd-lab-" + name)
        self.state = {}
        self.nodes = {}
        self.switch = None

    # --- finding and remembering

    @classmethod
    def find(cls, name=None):
        """The lab of that name; without a name the only one there is."""
        name = name or os.environ.get("LAB")
        if not name:
            found = names()
            if len(found) != 1:
                raise LabError("no lab is up: t/lab up TOPOLOGY.json" if not found
                               else "several labs are up, say --lab one of: "
                               + " ".join(found))
            name = found[0]
        lab = cls(name)
        if not os.path.exists(os.path.join(lab.dir, "lab.json")):
            raise LabError("no lab is called " + name)
        lab.load()
        return lab

    def load(self):
        """Reads lab.json."""
        with open(os.path.join(self.dir, "lab.json"), encoding="utf-8") as file:
            self.state = json.load(file)
        self._people()

    def save(self):
        """Writes lab.json, whole or not at all."""
        path = os.path.join(self.dir, "lab.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.state, file, indent=1)
        os.rename(path + ".new", path)

    @contextlib.contextmanager
    def changing(self):
        """While the state changes: one command at a time."""
        with open(os.path.join(self.dir, "lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.load()
            yield
            self.save()

    def _people(self):
        self.topology = Topology(os.path.join(self.dir, "topology.json"))
        spaces = self.state["mode"] != "loopback"
        kind = KINDS[self.state["mode"]]
        self.nodes = {}
        for server in self.topology.servers.values():
            address = server.address(self.state["mode"], self.state["family"])
            node = self._equip(kind(self.dir, server, address))
            node.stage = self.stage()
            self.nodes[server.name] = node
            if spaces:
                node.load()
        if spaces:
            self.switch = _switch(self.dir).load()

    def _equip(self, node):
        """What this server has: which mail server, and where its lsrd-front is."""
        node.front = front.place(self.state["front"], node.server.group)
        node.mta = nomail if self.state["mode"] == "lean" else postfix
        if node.name in self.state["exim"]:
            node.mta = both if node.server.mta == both.WORD else exim
            node.over = self.state["over"]
        return node

    def stage(self):
        """The tree that `make install` filled; /usr/local of every server."""
        path = os.path.join(self.dir, "stage/usr/local")
        return path if os.path.isdir(path) else None

    def node(self, word):
        """One server by name, alias, or the group it is alone in."""
        return self.nodes[self.topology.one(word).name]

    def some(self, word):
        """Servers by name, alias, group; or `all`."""
        if word == "all":
            return list(self.nodes.values())
        return [self.nodes[s.name] for s in self.topology.find(word)]

    @property
    def ledger(self):
        """Where the numbers of sent messages are kept."""
        return os.path.join(self.dir, "sent")

    # --- up and down

    def up(self, document, build, mode="auto", family=4, say=lambda text: None,
           meet=front.AT_691, places=(), exims=(), extra=""):
        """
        Makes the lab: directories, wires, keys, configurations; all off. `exims`
        names servers or groups that have an Exim, besides those of the document;
        `extra`, or else $LSRD_LAB_CONF, is in every lsrd.conf.
        """
        extra = extra or os.environ.get("LSRD_LAB_CONF", "")
        refused = namespaces_refused() if mode != "loopback" else "asked for"
        if refused and (mode in ("namespaces", "lean") or meet == front.AT_25):
            raise LabError("no network namespaces here: " + refused)
        exims = _exims(Topology(document), exims)
        over = exim.unpacked() if exims else ""
        try:
            os.mkdir(self.dir, 0o755)
        except FileExistsError as error:
            raise LabError("the lab %s exists: t/lab --lab %s down"
                           % (self.name, self.name)) from error
        shutil.copy(document, os.path.join(self.dir, "topology.json"))
        self.state = {"mode": "loopback" if refused else
                      "lean" if mode == "lean" else "namespaces",
                      "refused": refused, "family": family, "faults": [],
                      "front": dict(places) if meet == front.AT_25 else None,
                      "exim": exims, "over": over}
        self.save()
        self._stage(build)
        self._people_new()
        if self.switch:
            say("%d network namespaces, %d wires between routing groups"
                % (len(self.nodes), len(self.topology.wires())))
            net.plug_all(self.topology, self.nodes, self.switch)
            for node in self.nodes.values():
                net.apply_rules(node, [], self.nodes)
        self._hosts()
        say("an authority for %s, and a key for each server"
            % self.topology.organization)
        folder = os.path.join(self.dir, "authority")
        if self.stage():
            daemon.make_keys(self.stage(), folder, self.topology, self.nodes)
        for node in self.nodes.values():
            node.mta.configure(node, os.path.join(TOP, "conf"))
            if node.front:
                front.configure(node, self.topology, self.nodes,
                                os.path.join(TOP, "conf"))
            if self.stage():
                daemon.configure(node, self.topology, self.nodes, folder, extra)
            if milter.built(node):
                milter.configure(node)
            elif exim in mta.parts(node) and self.stage():
                # it marks messages itself
                milter.share_key(node, exim.USER)
        if self.state["mode"] == "lean":
            self.state["greeter"] = nomail.greet(self.nodes.values())
        self.save()

    def _stage(self, build):
        if not build:
            return
        with open(os.path.join(self.dir, "install.log"), "wb") as log:
            done = subprocess.run(
                ["make", "-s", "-C", build, "install", "prefix=/usr/local",
                 "DESTDIR=" + os.path.join(self.dir, "stage")],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise LabError("make install failed: see %s/install.log" % self.dir)
        plain = os.path.join(build, "t/system/lsrd-exim.so")
        if os.path.exists(plain):  # for an Exim that has no sanitizers
            shutil.copy(plain, os.path.join(self.stage(), "lib/lsrd"))

    def _people_new(self):
        self.topology = Topology(os.path.join(self.dir, "topology.json"))
        spaces = self.state["mode"] != "loopback"
        kind = KINDS[self.state["mode"]]
        for server in self.topology.servers.values():
            address = server.address(self.state["mode"], self.state["family"])
            node = self._equip(kind(self.dir, server, address))
            os.makedirs(node.dir)
            node.build()
            node.stage = self.stage()
            self.nodes[server.name] = node
        if spaces:
            self.switch = _switch(self.dir)
            os.makedirs(self.switch.dir)
            self.switch.wire()

    def _hosts(self):
        lines = ["127.0.0.1 localhost", "::1 localhost"]
        lines += ["%s %s %s" % (n.address, n.name, n.alias) for n in self.nodes.values()]
        for node in self.nodes.values():
            node.write("/etc/hosts", "\n".join(lines) + "\n")
            node.write("/etc/hostname", node.name + "\n")
            node.write("/etc/resolv.conf", "# no name server in the lab\n")

    def down(self):
        """Ends every process of the lab and removes its directory."""
        end(*self.state.get("greeter", (0, None)))
        end(*self.state.get("map", (0, None)))
        for node in list(self.nodes.values()):
            node.off(self.state["mode"] == "loopback")
        for node in list(self.nodes.values()):
            node.off()
        for node in list(self.nodes.values()) + [self.switch]:
            if isinstance(node, Machine):
                node.unwire()
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- servers

    def each(self, nodes, work):
        """Does `work` for several servers at a time."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            return list(pool.map(work, nodes))

    def start(self, node, what="all"):
        """Turns on a server, or its lsrd, mail server, lsrd-front, lsrd-milter."""
        fresh = node.kind == "namespaces" and not node.up()
        if fresh:
            node.boot(self.stage())
            node.mta.ready(node)
        if what in ("lsrd", "all") and self.stage() and (
                fresh or not daemon.running(node)):
            daemon.start(node)
        if what in ("milter", "all") and milter.built(node) and (
                fresh or not milter.running(node)):
            milter.start(node)
        for part in _named(node, what):
            if fresh or not part.running(node):
                self._tables(node)
                part.start(node)
        if what in ("front", "all") and node.front and (
                fresh or not front.running(node)):
            front.start(node)

    def _tables(self, node):
        """lsrd-tables.service in the lab: no mail server before its tables."""
        if not self.stage():
            return
        if not wait_for(lambda: all(
                os.path.exists(_table(node, part, name)) for part in mta.parts(node)
                for name in ("transport", "default", "domains")), 120):
            raise LabError("%s: lsrd has published no tables in 120 s" % node.alias)

    def kill(self, node, what, hard):
        """Ends a server's lsrd, mail server, lsrd-front, lsrd-milter, or all of it."""
        if what == "lsrd":
            daemon.stop(node, 9 if hard else 15)
        elif what != "all" and _named(node, what):
            for part in _named(node, what):
                (part.kill if hard else part.stop)(node)
        elif what == "front":
            front.stop(node, 9 if hard else 15)
        elif what == "milter":
            milter.stop(node, 9 if hard else 15)
        else:
            if not hard and node.up():
                front.stop(node)
                daemon.stop(node)
                node.mta.stop(node)
                milter.stop(node)
            node.off()

    # --- wires

    def pairs(self, a, b):
        """The pairs of servers between two servers or groups."""
        ends = [(x, y) for x in self.some(a) for y in self.some(b) if x is not y]
        joined = {frozenset((n.name, p.name)) for n in self.nodes.values()
                  for p in self.topology.neighbours(n.server)}
        found = [(x, y) for x, y in ends if frozenset((x.name, y.name)) in joined]
        if not found:
            raise LabError("there is no wire between %s and %s" % (a, b))
        return found

    def fault(self, how, a, b, port=0):
        """Cuts (reset) or silences what lies between `a` and `b`."""
        self._needs_wires()
        pairs = self.pairs(a, b)
        with self.changing():
            for x, y in pairs:
                self._forget(x, y, port)
                self.state["faults"].append(
                    {"a": x.name, "b": y.name, "how": how, "port": port})
            self._rules(pairs)
        if how == "cut":
            ending = [net.reset_connections(n, o, port) for x, y in pairs
                      for n, o in ((x, y), (y, x))]
            for process in ending:
                process.wait()

    def heal(self, a, b, port=0):
        """Takes the faults between `a` and `b` away."""
        self._needs_wires()
        pairs = self.pairs(a, b)
        with self.changing():
            for x, y in pairs:
                self._forget(x, y, port)
            self._rules(pairs)

    def heal_all(self):
        """Takes every fault away."""
        with self.changing():
            hurt = {f[end] for f in self.state["faults"] for end in "ab"}
            self.state["faults"] = []
            for name in hurt:
                net.apply_rules(self.nodes[name], [], self.nodes)

    def _needs_wires(self):
        if self.state["mode"] == "loopback":
            raise LabError("no wires in loopback mode (%s): kill a server instead"
                           % self.state["refused"])

    def _forget(self, x, y, port):
        self.state["faults"] = [
            f for f in self.state["faults"]
            if {f["a"], f["b"]} != {x.name, y.name} or (port and f["port"] != port)]

    def _rules(self, pairs):
        hurt = {n.name for pair in pairs for n in pair}
        self.each(hurt, lambda name: net.apply_rules(
            self.nodes[name], self.state["faults"], self.nodes))

    # --- looking

    def watch(self, nodes=None, step=0.004):
        """A Watch of every pattern in the tables of the servers."""
        nodes = nodes or [n for n in self.nodes.values() if n.server.state != "down"]
        keys = sorted({space["pattern"] for space in self.topology.doc["address_spaces"]}
                      - {"*"})
        return Watch({n.alias: _table(n, n.mta, "transport") for n in nodes},
                     {n.alias: keys for n in nodes},
                     {n.alias: {s["pattern"] for s in n.server.spaces} for n in nodes},
                     step)

    def in_names(self, value):
        """A table's value with servers' names in place of addresses."""
        for node in self.nodes.values():
            for form in ("[%s]:%d", "[ipv6:%s]:%d"):
                value = value.replace(form % (node.address, node.smtp_port), node.alias)
        return value

    def route(self, watch, node, pattern):
        """What a server's mail server does with a pattern, in names."""
        value = watch.value(node, pattern)
        return "no key" if value is None else self.in_names(value)

    @staticmethod
    def whole(watch):
        """True if every table has a way for every pattern."""
        return all(values and all(v and not v.startswith("lsrd-hold:")
                                  for v in values[-1][1].values())
                   for values in watch.changes.values())

    def wait_whole(self, seconds, quiet=0):
        """
        Waits until every server knows every route, and nothing has changed
        for `quiet` seconds; False if that does not come about.
        """
        until = now() + seconds
        nodes = [n for n in self.nodes.values() if n.server.state != "down"]
        if not wait_for(lambda: all(os.path.exists(
                _table(n, n.mta, "transport")) for n in nodes), seconds):
            return False
        with self.watch(nodes, 0.03) as watch:
            return wait_for(lambda: self.whole(watch) and watch.quiet() >= quiet,
                            max(0, until - now()), 0.01)

    def wait_settled(self, seconds, quiet=0):
        """
        Waits until all of it is as it ought to be when nothing is broken:
        wait_whole(), each session is full, each mail service found up, each
        database the same. False if that does not come about.
        """
        until = now() + seconds
        nodes = [n for n in self.nodes.values() if n.server.state != "down"]
        while self.wait_whole(max(0, until - now()), quiet):
            if self._agreed(nodes):
                return True
            time.sleep(0.3)
        return False

    def _agreed(self, nodes):
        digests = set()
        for found in self.each(nodes, daemon.health):
            if found is None:
                return False
            digests.add(found)
        return len(digests) == 1

    def account(self, queues=True):
        """The ledger, settled."""
        return mail.account(list(self.nodes.values()), self.ledger, queues)

    def one(self, node, to, seconds=120):
        """Sends one message and waits for it; the way it took, or None."""
        prefix = "one-%x" % time.time_ns()
        os.waitpid(mail.send_in(self.node(node), [to], 1, 0, self.ledger, prefix), 0)
        found = wait_for(lambda: mail.arrived(self.nodes.values())[0].get(prefix + "-0"),
                         seconds, 0.05)
        if not found:
            return None
        alias = {n.name: n.alias for n in self.nodes.values()}
        return [alias.get(hop, hop) for hop in mail.path_of(found[0][1])]

    def drain(self, seconds, delivery=0):
        """
        Waits until every message sent has arrived, or time is up; and then for so
        long as `delivery` while one goes on.
        """
        nodes = list(self.nodes.values())
        flushed = now()

        def missing():
            nonlocal flushed
            if self.state["mode"] == "loopback" and now() - flushed > 5:
                # there lsrd may not ask a Postfix of another directory
                flushed = now()
                self.each(nodes, lambda node: node.mta.flush(node))
            book = mail.sent(self.ledger)
            delivered, bounced = mail.arrived(nodes)
            return [n for n in book if n not in delivered and n not in bounced]

        def over():
            return not missing() or not any(self.each(nodes, lambda node: node.mta.held(node)))

        if not wait_for(lambda: not missing(), seconds, 0.2) and delivery:
            wait_for(over, delivery, 2)
        return self.account()

    def status(self):
        """One row a server: what runs, where, how many routes."""
        rows = []
        for node in self.nodes.values():
            row = {"node": node.alias, "group": node.server.group,
                   "address": node.address, "on": node.up(), "lsrd": 0, "mail": 0,
                   "mta": node.mta.WORD}
            if row["on"]:
                row["lsrd"] = daemon.running(node)
                row["mail"] = node.mta.running(node)
                row["queue"] = len(node.mta.queue(node))
            rows.append(row)
        return rows


def _exims(topology, words):
    """The names of the servers with an Exim."""
    found = {s.name for s in topology.servers.values() if s.mta in (exim.WORD, both.WORD)}
    for word in words:
        found.update(s.name for s in topology.find(word))
    return sorted(found)


def _named(node, what):
    """The mail servers there that a word means; of two each by its own name."""
    return [part for part in mta.parts(node) if what in ("mta", "all", part.WORD)]


def _table(node, part, name):
    return node.at("%s/%s" % (part.TABLES, part.TABLE % name))


class _Wire:
    """What a bare network namespace needs of a server: a name, no address."""

    name = alias = "switch"
    address = ""


def _switch(lab_dir):
    return Machine(lab_dir, _Wire, "")


def now():
    """The lab's clock: that of Watch."""
    return time.monotonic()


__all__ = ["Lab", "LabError", "TOP", "environment", "names", "now", "parent"]
