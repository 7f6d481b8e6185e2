"""soak.py - hours of a lab: mail at a steady rate, and every few seconds a fault.

Twelve servers by twelve.json, some with Exim, lsrd-front between the routing
groups. Which fault comes when, where and for how long is drawn from the seed;
soak_faults.py has them. Each second server is spared whatever ends a process,
so that its daemons live as long as the run does: whether one of them grows is
judged there (soak_figures.py). At the end all is mended, every message is
counted, databases must be equal, and every table right.

What it may take of the machine is a third of a processor; --rate and --every
say how much happens.
"""

import ctypes
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import daemon
import front
import mail
import mta
import soak_faults
import soak_figures
import soak_tables
from host import LIBC, LabError, end, enter_net, wait_for
from lab import Lab, now

HERE = os.path.dirname(os.path.abspath(__file__))
CLONE_NEWNS, MS_PRIVATE, MS_REC, MNT_DETACH = 0x20000, 1 << 18, 1 << 14, 2
STATE = "/var/lib/lsrd"
# Of a group the peers of lsrd-front are listed and its MTA keeps port 25; one
# group has it apart.
PLACES = {"paris": front.LISTED, "oslo": front.APART}
# A link that was down often must have been good for ten minutes to be used.
SECONDS_TO_START, SECONDS_TO_SETTLE, SECONDS_TO_ARRIVE = 300, 1500, 900


def options(top):
    """The command's own."""
    top.add_argument("hours", type=float, metavar="HOURS")
    top.add_argument("document", metavar="TOPOLOGY.json", nargs="?",
                     default=os.path.join(HERE, "twelve.json"))
    top.add_argument("--build", default=os.environ.get("LSRD_BUILD"), metavar="DIR")
    top.add_argument("--seed", type=int, default=1)
    top.add_argument("--rate", type=float, default=1.5, help="messages a second, of all")
    top.add_argument("--every", type=float, default=5, metavar="SECONDS",
                     help="from one fault to the next, on the average")
    top.add_argument("--exim", metavar="SERVER", nargs="*", dest="exims",
                     default=os.environ.get("LSRD_LAB_EXIM", "rome1 lima1").split(),
                     help="these have an Exim (default: $LSRD_LAB_EXIM, or rome1 lima1)")
    top.add_argument("--output", metavar="DIR", default=".",
                     help="where soak.txt, soak.samples and soak.png go")


def own_mounts():
    """A mount namespace of ours: what is mounted here goes when we do."""
    if LIBC.unshare(CLONE_NEWNS) or LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "unshare")


def small_disk(node, size="24m"):
    """What lsrd keeps lies on a disk of its own, which can be filled."""
    kept = node.at(STATE) + ".kept"
    os.rename(node.at(STATE), kept)
    os.mkdir(node.at(STATE))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=" + size, "none",
                    node.at(STATE)], check=True)
    subprocess.run(["cp", "-a", kept + "/.", node.at(STATE)], check=True)
    os.chown(node.at(STATE), *daemon.owner(node))
    shutil.rmtree(kept)


def offer(node, domains, rate, until, drawn, book):
    """
    Hands mail to one server, each message by a session of its own, for it may be
    gone with the next. What it did not say 250 to counts as never sent.
    """
    enter_net(node.net)
    number, prefix = 0, "%s-%x" % (node.alias, time.time_ns() // 1000)
    while now() < until:
        time.sleep(min(drawn.expovariate(rate), 60))
        to, ident = "u@" + drawn.choice(domains), "%s-%d" % (prefix, number)
        number += 1
        try:
            session = mail.Session("127.0.0.1", node.smtp_port, 60)
            session.say("EHLO " + node.name)
            if session.message(ident, mail.sender_at(node), [to], drawn.choice((300, 3000))):
                book.write("%s %.6f %s %s\n" % (ident, time.time(), node.alias, to))
            session.close()
        except OSError:
            pass


def begin_load(lab, args, until):
    """The load, in a child: a thread in the network of each server."""
    nodes = list(lab.nodes.values())
    domains = sorted({domain for node in nodes for domain in mta.own_domains(node)})
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with open(lab.ledger, "a", encoding="ascii", buffering=1) as book:
            threads = [threading.Thread(target=offer, args=(
                node, domains, args.rate / len(nodes), until,
                random.Random("%d %s" % (args.seed, node.alias)), book)) for node in nodes]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        os._exit(0)


class Soak:
    """One run."""

    def __init__(self, lab, args):
        self.lab, self.args = lab, args
        self.nodes = list(lab.nodes.values())
        self.spared = {node.name for node in self.nodes[::2]}
        self.faults = soak_faults.Faults(lab, self.spared, args.seed, args.every)
        self.figures = soak_figures.Figures(self.nodes, self.spared, args.output)
        self.tables = soak_tables.Tables(lab)
        self.wrong = []
        self.load = 0

    def say(self, text):
        """A line for who looks."""
        print("soak: " + text, flush=True)

    def run(self):
        """Until the time is up, and all is mended."""
        seconds = self.args.hours * 3600
        begun, following = now(), now()
        step = min(30, max(5, seconds / 60))
        for node in self.nodes:
            self.faults.know(node)
        self.load = begin_load(self.lab, self.args, begun + seconds)
        while now() < begun + seconds:
            self.faults.step()
            if now() >= following:
                following += step
                self.look(now() - begun)
            time.sleep(0.2)
        self.figures.end(now() - begun)
        self.wait_load()
        self.faults.mend()
        self.look(now() - begun)

    def look(self, at):
        """One look at every process and every table."""
        self.figures.sample(at)
        self.wrong += self.faults.ended_alone() + self.tables.look()

    def wait_load(self):
        """A server that is hung may keep its session for a minute."""
        limit = now() + 90
        while self.load and now() < limit:
            self.faults.step(False)
            if os.waitpid(self.load, os.WNOHANG)[0]:
                self.load = 0
            time.sleep(0.2)
        if self.load:
            end(self.load)
            os.waitpid(self.load, 0)
            self.load = 0

    def arrive(self):
        """Queues run empty; what became of every message."""
        until = now() + SECONDS_TO_ARRIVE
        while True:
            self.lab.each(self.nodes, lambda node: node.mta.flush(node))
            wait_for(lambda: not any(self.lab.each(
                self.nodes, lambda node: node.mta.queue(node))), 30, 5)
            got = self.lab.account()
            if not got["lost"] and not got["waiting"] or now() > until:
                return got
            self.say("%d have not arrived yet" % (len(got["lost"]) + len(got["waiting"])))

    def verdict(self):
        """Told line by line; True if all is as it must be."""
        settled = self.lab.wait_settled(SECONDS_TO_SETTLE, 3)
        got = self.arrive()
        again = mail.sent_again(self.nodes, got["doubled"])
        doubled = [number for number in got["doubled"] if number not in again]
        # a connector that was congested costs more for a while
        wait_for(lambda: not self.tables.right(), SECONDS_TO_SETTLE, 5)
        wrong = self.wrong + self.tables.right() + soak_faults.alarms(self.nodes)
        grown, lines = self.figures.verdict()
        lines = [
            "%g hours, seed %d, %s; left out: %d" % (self.args.hours, self.args.seed,
                                                     self.faults.told(), self.faults.left_out),
            "sent %d  delivered %d  waiting %d  lost %d  bounced %d  doubled by us %d  "
            "by RFC 1047 %d" % (got["sent"], got["delivered"], len(got["waiting"]),
                                len(got["lost"]), len(got["bounced"]), len(doubled), len(again)),
            "databases equal, sessions full, links up: " + ("yes" if settled else "NO"),
            "tables: %d looks at %d keys, %s" % (self.tables.looks, self.tables.keys,
                                                 "all right" if not wrong else "see below")] + lines
        lines += ["WRONG: " + line for line in wrong[:50]] + ["GROWS: " + line for line in grown]
        for number in got["waiting"][:10]:
            lines.append("waits at %s: %s" % (got["reasons"][number][0].alias,
                                              got["reasons"][number][1]))
        lines += ["lost: %s %s" % (number, got["book"][number]) for number in got["lost"][:10]]
        self.figures.write(lines)
        for line in lines:
            self.say(line)
        return settled and not (got["waiting"] or got["lost"] or got["bounced"] or doubled
                                or wrong or grown)


def main(args, build):
    """t/lab soak."""
    os.makedirs(args.output, exist_ok=True)
    lab, soak, good = Lab(args.lab or "soak-%d" % os.getpid()), None, False
    own_mounts()
    try:
        lab.up(args.document, build, "namespaces", meet=front.AT_25,
               places=PLACES.items(), exims=args.exims)
        for node in lab.nodes.values():
            small_disk(node)
        lab.each(lab.nodes.values(), lab.start)
        if not lab.wait_settled(SECONDS_TO_START, 2):
            raise LabError("not all is well %d s after the start" % SECONDS_TO_START)
        soak = Soak(lab, args)
        soak.say("%d servers are up; seed %d" % (len(lab.nodes), args.seed))
        soak.run()
        good = soak.verdict()
    finally:
        if soak and soak.load:
            end(soak.load)
        if not good and os.path.isdir(lab.dir):
            keep_logs(lab, args.output)
        take_down(lab)
    return 0 if good else 1


def keep_logs(lab, output):
    """What the servers said, for who has to find out."""
    for node in lab.nodes.values():
        for name in ("lsrd.log", "lsrd-milter.log", "lsrd-front.log", "mail.log"):
            if os.path.exists(node.at("/var/log/" + name)):
                shutil.copy(node.at("/var/log/" + name),
                            os.path.join(output, "%s-%s" % (node.alias, name)))


def take_down(lab):
    """The disks first."""
    for node in lab.nodes.values():
        node.off()
        LIBC.umount2(node.at(STATE).encode(), MNT_DETACH)
    if os.path.isdir(lab.dir):
        lab.down()
