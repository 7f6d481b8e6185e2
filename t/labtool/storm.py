"""storm.py - lsrd, lsrd-milter and lsrd-front are killed and stopped, one
every moment, while mail flows; at the end every message is counted.

What a service manager does is done here: who was killed is started again, and
who was stopped goes on after a while, or is ended by its watchdog and started.
"""

import argparse
import os
import random
import signal
import sys
import time

import daemon
import front
import mail
import milter
from host import LabError, end, enter_net, namespaces_refused, wait_for
from lab import Lab, now

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = {"lsrd": daemon, "milter": milter, "front": front}
WATCHDOG = 5.0
TO = ("u@tokyo.example", "v@paris.example", "w@tokyo.example", "x@london.example")


def hand_over(node, count, rate, ledger, times):
    """
    Has a server take `count` messages; who is not answered tries another, with
    a number of its own. How long each took to be taken goes to `times`.
    """
    session, prefix, taken, tried = None, "%x" % time.time_ns(), 0, 0
    begun = time.monotonic()
    with open(ledger, "a", encoding="ascii", buffering=1) as book, \
            open(times, "w", encoding="ascii") as log:
        while taken < count:
            time.sleep(max(0, begun + taken / rate - time.monotonic()))
            number, to = "%s-%d" % (prefix, tried), TO[tried % len(TO)]
            since, tried = time.monotonic(), tried + 1
            try:
                if session is None:
                    session = mail.Session("127.0.0.1", node.smtp_port, 30)
                    session.say("EHLO " + node.name)
                if session.message(number, mail.sender_at(node), [to]):
                    book.write("%s %.6f %s %s\n" % (number, time.time(), node.alias, to))
                    log.write("%.3f\n" % (time.monotonic() - since))
                    taken += 1
            except OSError:
                session = None
                time.sleep(0.05)


class Storm:
    """Who is stopped until when, and what has been done so far."""

    def __init__(self, lab, args):
        self.lab, self.args = lab, args
        self.random = random.Random(args.seed)
        self.nodes = list(lab.nodes.values())
        self.stopped = []  # (when it goes on, node, part, pid, by the watchdog)
        self.done = {"kill": 0, "stop": 0}
        self.loads = []

    def begin(self):
        """The load: two servers hand over mail, each in a child."""
        for node in self.nodes[:2]:
            node.load()
            times = os.path.join(self.lab.dir, "times-" + node.alias)
            pid = os.fork()
            if pid == 0:
                try:
                    enter_net(node.net)
                    hand_over(node, self.args.messages // 2, self.args.rate / 2,
                              self.lab.ledger, times)
                finally:
                    os._exit(0)
            self.loads.append(pid)

    def blow(self, how):
        """One process is killed or stopped."""
        node = self.random.choice(self.nodes)
        part = self.random.choice(sorted(PARTS))
        pid = PARTS[part].running(node)
        if not pid or any(pid == other[3] for other in self.stopped):
            return
        if how == "kill":
            end(pid)
            wait_for(lambda: PARTS[part].running(node) != pid, 5, 0.01)
            self.lab.start(node, part)
        else:
            os.kill(pid, signal.SIGSTOP)
            hold = self.random.uniform(0.5, 2 * WATCHDOG)
            self.stopped.append((now() + min(hold, WATCHDOG), node, part, pid,
                                 hold > WATCHDOG))
        self.done[how] += 1

    def go_on(self, every=False):
        """Who has been stopped long enough."""
        for entry in [e for e in self.stopped if every or e[0] <= now()]:
            _, node, part, pid, watchdog = entry
            self.stopped.remove(entry)
            if watchdog:
                end(pid)
                wait_for(lambda: PARTS[part].running(node) != pid, 5, 0.01)
                self.lab.start(node, part)
            else:
                end(pid, sig=signal.SIGCONT)

    def rage(self):
        """All of it, spread over the time the mail takes and in random order."""
        todo = ["kill"] * self.args.kills + ["stop"] * self.args.stops
        self.random.shuffle(todo)
        following = now()
        while todo:
            self.go_on()
            if now() >= following:
                before = dict(self.done)
                self.blow(todo[-1])
                if self.done != before:
                    todo.pop()
                following = max(now() - 1, following) + self.args.every
            time.sleep(0.02)

    def finish(self):
        """Everybody runs again, the load comes to its end, queues empty."""
        while self.loads:
            self.go_on()
            pid, _ = os.waitpid(self.loads[0], os.WNOHANG)
            if pid:
                self.loads.pop(0)
            time.sleep(0.05)
        self.go_on(True)
        for node in self.nodes:
            for part in PARTS:
                self.lab.start(node, part)
        got, until = None, now() + self.args.wait
        while now() < until:
            self.lab.each(self.nodes, lambda node: node.mta.flush(node))
            got = self.lab.drain(10)
            if not (got["lost"] or got["waiting"]):
                break
        return got or self.lab.account()

    def times(self):
        """How long it took until a message was taken, sorted."""
        found = []
        for node in self.nodes[:2]:
            with open(os.path.join(self.lab.dir, "times-" + node.alias),
                      encoding="ascii") as file:
                found += [float(line) for line in file]
        return sorted(found)


def tell(storm, got, begun):
    """The figures; True if all is as it must be."""
    again = mail.sent_again(storm.nodes, got["doubled"])
    doubled = [n for n in got["doubled"] if n not in again]
    times = storm.times()
    print("storm: %d messages, %d killed, %d stopped, in %d s, seed %d" % (
        got["sent"], storm.done["kill"], storm.done["stop"], now() - begun,
        storm.args.seed))
    print("storm: delivered %d, lost %d, waiting %d, bounced %d, doubled by us %d, "
          "by RFC 1047 %d" % (got["delivered"], len(got["lost"]), len(got["waiting"]),
                              len(got["bounced"]), len(doubled), len(again)))
    print("storm: taken after: median %.3f s, 99 of 100 %.3f s, worst %.3f s" % (
        times[len(times) // 2], times[len(times) * 99 // 100], times[-1]))
    for number in got["waiting"][:5]:
        print("storm: waiting at %s: %s" % (got["reasons"][number][0].alias,
                                            got["reasons"][number][1]))
    return not (got["lost"] or got["waiting"] or got["bounced"] or doubled)


def main():
    """Entry of t/system/storm."""
    top = argparse.ArgumentParser(prog="t/system/storm", description=__doc__)
    top.add_argument("--build", default=os.environ.get("LSRD_BUILD"), metavar="DIR")
    top.add_argument("--exim", metavar="SERVER", nargs="+", dest="exims",
                     default=os.environ.get("LSRD_LAB_EXIM", "").split(),
                     help="these have an Exim and no Postfix (default: $LSRD_LAB_EXIM)")
    top.add_argument("--messages", type=int, default=100000)
    top.add_argument("--kills", type=int, default=1000)
    top.add_argument("--stops", type=int, default=300)
    top.add_argument("--every", type=float, default=1.0, metavar="SECONDS")
    top.add_argument("--rate", type=float, default=80, help="messages a second")
    top.add_argument("--wait", type=float, default=600, metavar="SECONDS")
    top.add_argument("--seed", type=int, default=int(time.time()))
    args = top.parse_args()
    refused = namespaces_refused()
    if refused:
        sys.exit("t/system/storm: " + refused)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lab, storm = Lab("storm-%d" % os.getpid()), None
    try:
        lab.up(os.path.join(HERE, "three-groups.json"), args.build, "namespaces",
               meet=front.AT_25, exims=args.exims)
        lab.each(lab.nodes.values(), lab.start)
        if not lab.wait_whole(120, 2):
            raise LabError("the servers have not learnt all routes in 120 s")
        begun, storm = now(), Storm(lab, args)
        storm.begin()
        storm.rage()
        sys.exit(0 if tell(storm, storm.finish(), begun) else 1)
    except LabError as error:
        sys.exit("t/system/storm: %s" % error)
    finally:
        for pid in storm.loads if storm else []:
            end(pid)
        if os.path.isdir(lab.dir):
            lab.down()


if __name__ == "__main__":
    main()
