"""soak_faults.py - what goes wrong in a soak: drawn from a seed, and mended.

A fault is a function that does it, and returns a function that ends it; when
is drawn before. One at a time in a place, six at once in all: what the plan
has beyond that is left out, and counted.
"""

import os
import random
import re
import signal

import daemon
import front
import milter
import net
from host import alive, birth, end, wait_for
from lab import now

AT_ONCE = 6
PARTS = {"lsrd": daemon, "lsrd-milter": milter, "lsrd-front": front}
ALARMS = re.compile(r"check failed|AddressSanitizer|runtime error|terminate|core dumped|misuse:")
SLOW = ["root", "tbf", "rate", "48kbit", "burst", "3000", "latency", "3s"]


def alarms(nodes):
    """Lines of our logs that nothing outside explains."""
    found = []
    for node in nodes:
        for name in PARTS:
            found += ["%s: %s" % (node.alias, line) for line in
                      node.read("/var/log/%s.log" % name).splitlines() if ALARMS.search(line)]
    return found


class Faults:
    """The plan, who is hurt now, and what there was."""

    def __init__(self, lab, spared, seed, every):
        self.lab, self.spared, self.every = lab, spared, every
        self.random = random.Random(seed)
        self.nodes = list(lab.nodes.values())
        self.pairs = sorted({tuple(sorted((a.name, peer.name))) for a in self.nodes
                             for peer in lab.topology.neighbours(a.server)})
        self.now = {}  # where: (when it ends, how it ends)
        self.done, self.left_out = {}, 0
        self.ours = {}  # (node, program): the process we know of
        self.following = now() + every
        self.kinds = [(getattr(self, "do_" + name), name, weight, where) for
                      name, weight, where in KINDS]

    # --- when

    def step(self, more=True):
        """Ends what is due, and begins what is due."""
        for where in [w for w, (until, _) in self.now.items() if until <= now()]:
            self.now.pop(where)[1]()
        if more and now() >= self.following:
            self.following = max(self.following, now() - 5) + self.random.expovariate(
                1 / self.every)
            self.draw()

    def draw(self):
        """The same draws for a seed, whatever time things take."""
        work, name, _, where = self.random.choices(
            self.kinds, [kind[2] for kind in self.kinds])[0]
        a, b = self.random.choice(self.pairs)
        node = self.lab.nodes[self.random.choice((a, b))]
        mortal = self.random.choice([n for n in self.nodes if n.name not in self.spared])
        hold, draw = self.random.uniform(2, 35), random.Random(self.random.random())
        if where == "end":
            node = mortal
        place = a + " " + b if where == "wire" else node.name
        mend = None
        if len(self.now) < AT_ONCE and place not in self.now:
            mend = work(self.lab.nodes[a], self.lab.nodes[b], draw) if where == "wire" else \
                work(node, draw)
        if mend is None:
            self.left_out += 1
            return
        self.done[name] = self.done.get(name, 0) + 1
        self.now[place] = (now() + hold, mend)

    def mend(self):
        """All of it, and everybody runs."""
        while self.now:
            self.now.popitem()[1][1]()
        self.lab.heal_all()
        self.lab.each(self.nodes, self.lab.start)

    def told(self):
        """How often there was what."""
        return ", ".join("%s %d" % item for item in sorted(self.done.items())) or "no fault"

    # --- who has ended by itself

    def running(self, node):
        """The daemons of one server."""
        return {name: part.running(node) for name, part in PARTS.items()}

    def know(self, node):
        """Who runs there now runs by our will."""
        for name, pid in self.running(node).items():
            self.ours[node.name, name] = (pid, birth(pid)) if pid else None

    def ended_alone(self):
        """Daemons that have gone and nobody ended them; they are started again."""
        found = []
        for node in self.nodes:
            if node.name in self.now or not node.up():
                continue
            for name in PARTS:
                known = self.ours.get((node.name, name))
                if known and not alive(*known):
                    found.append("%s: %s ended by itself" % (node.alias, name))
            self.lab.start(node)
            self.know(node)
        return found

    # --- what: on a wire

    def do_cut(self, a, b, _):
        """Both ends are reset."""
        self.lab.fault("cut", a.name, b.name)
        return lambda: self.lab.heal(a.name, b.name)

    def do_silence(self, a, b, _):
        """Packets vanish."""
        self.lab.fault("silence", a.name, b.name)
        return lambda: self.lab.heal(a.name, b.name)

    def do_deaf(self, a, b, draw):
        """Mail alone, or our sessions alone, where these have a port of their own."""
        port = 25 if a.server.group != b.server.group else draw.choice((25, 691))
        self.lab.fault("cut", a.name, b.name, port)
        return lambda: self.lab.heal(a.name, b.name, port)

    def do_slow(self, a, b, _):
        """48 kbit/s, each way, and what waits for 3 s is dropped."""
        ends = [(x, y if x.server.group != y.server.group else None)
                for x, y in ((a, b), (b, a))]
        if ends[0][1] is None:
            return None  # a group's wire is everybody's
        for one, other in ends:
            one.in_net_run(["tc", "qdisc", "replace", "dev", net.device(other)] + SLOW)
        return lambda: [one.in_net_run(["tc", "qdisc", "del", "dev", net.device(other), "root"])
                        for one, other in ends]

    # --- what: on a server, whose processes go on

    def ctl(self, node, *words):
        """lsrctl there; what it says does not matter: it may not run just now."""
        return daemon.lsrctl("", list(words), node)

    def do_drain(self, node, _):
        """No transit there."""
        self.ctl(node, "drain", "--reason", "soak")
        return lambda: self.ctl(node, "ready")

    def do_drain_connector(self, node, draw):
        """No mail by one of its connectors."""
        if not node.server.connectors:
            return None
        name = draw.choice(node.server.connectors)["name"]
        self.ctl(node, "drain", name)
        return lambda: self.ctl(node, "ready", name)

    def do_cost(self, node, draw):
        """Another cost."""
        if not node.server.connectors:
            return None
        name = draw.choice(node.server.connectors)["name"]
        self.ctl(node, "cost", name, str(draw.randint(1, 200)))
        return lambda: self.ctl(node, "cost", name, "configured")

    def do_freeze(self, node, _):
        """Routes stay as they are."""
        self.ctl(node, "freeze", "--for", "60s")
        return lambda: self.ctl(node, "unfreeze")

    def do_reload(self, node, _):
        """Nothing has changed."""
        self.ctl(node, "reload")
        return lambda: self.ctl(node, "reload")

    def do_other_conf(self, node, draw):
        """Other costs in the file, in force; and back."""
        before = node.read(daemon.CONF)

        def put(text):
            node.write(daemon.CONF, text)
            self.ctl(node, "reload")
            self.ctl(node, "confirm")

        put(re.sub(r"(?m)^    cost = (\d+)$",
                   lambda m: "    cost = %d" % draw.randint(1, 99), before))
        return lambda: put(before)

    def do_full(self, node, _):
        """The disk of its lsrd has no octet left."""
        path = node.at("/var/lib/lsrd/fill")
        try:
            with open(path, "wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
        except OSError:
            pass
        return lambda: os.unlink(path)

    def do_stop(self, node, draw):
        """One of ours stands still, for less than its watchdog would wait; or its
        publisher, until lsrd ends it."""
        name = draw.choice(sorted(PARTS) + ["lsrd-publish"])
        pids = node.named(name)
        if not pids or (name == "lsrd-publish" and node.name in self.spared):
            return None
        born = birth(pids[0])
        end(pids[0], born, signal.SIGSTOP)
        due, until = now(), draw.uniform(1, 4)
        wait_for(lambda: now() > due + until, until + 1, 0.1)
        end(pids[0], born, signal.SIGCONT)
        return lambda: None

    # --- what: processes end

    def again(self, node):
        """What a service manager does."""
        def start():
            self.lab.start(node)
            self.know(node)
        return start

    def kill(self, node, name):
        """At once, as a crash does."""
        self.ours.pop((node.name, name), None)
        for pid in node.named(name):
            end(pid)
        return self.again(node)

    def do_kill_lsrd(self, node, _):
        """kill -9."""
        return self.kill(node, "lsrd")

    def do_kill_publisher(self, node, _):
        """kill -9; lsrd starts another."""
        return self.kill(node, "lsrd-publish")

    def do_kill_milter(self, node, _):
        """kill -9; mail goes on without."""
        return self.kill(node, "lsrd-milter") if milter.built(node) else None

    def do_kill_front(self, node, _):
        """kill -9."""
        return self.kill(node, "lsrd-front")

    def do_restart(self, node, draw):
        """One of them ends in an orderly way, and is started again at once."""
        name = draw.choice(sorted(PARTS))
        self.ours.pop((node.name, name), None)
        PARTS[name].stop(node)
        self.again(node)()
        return lambda: None

    def do_mta(self, node, _):
        """Its mail server is stopped."""
        node.mta.stop(node)
        return self.again(node)

    def do_power(self, node, _):
        """Ends all of the server at once."""
        for name in PARTS:
            self.ours.pop((node.name, name), None)
        node.off()
        return self.again(node)


# name, weight, and where: on a wire, on a server, on one whose processes may end
KINDS = (
    ("cut", 10, "wire"), ("silence", 8, "wire"), ("deaf", 5, "wire"), ("slow", 5, "wire"),
    ("drain", 4, "node"), ("drain_connector", 3, "node"), ("cost", 5, "node"),
    ("freeze", 2, "node"), ("reload", 3, "node"), ("other_conf", 4, "node"),
    ("full", 4, "node"), ("stop", 4, "node"),
    ("kill_lsrd", 6, "end"), ("kill_publisher", 5, "end"), ("kill_milter", 5, "end"),
    ("kill_front", 5, "end"), ("restart", 4, "end"), ("mta", 3, "end"), ("power", 4, "end"))
