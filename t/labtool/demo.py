"""demo.py - the show: mail finds its way around what breaks.

Three routing groups. London reaches Tokyo through Paris at cost 20, and
directly at cost 50. Between the groups only port 25 is open: there the
servers meet by X-LSA-2, through lsrd-front. While mail flows, things are
broken one after another, and every message is counted.
"""

import argparse
import os
import signal
import sys
import time

import daemon
import front
import mail
import mapped
import milter
import net
from host import LabError, namespaces_refused, wait_for
from lab import Lab, now

HERE = os.path.dirname(os.path.abspath(__file__))
RATE = 20
EXIMS = ["london2", "paris1", "tokyo1"]  # with --exim
LOUD = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def bold(text):
    """For a terminal, in bold."""
    return "\033[1m%s\033[0m" % text if LOUD else text


def seconds(value):
    """A time for a person; a dash for none."""
    return "-" if value is None else "%.2f s" % value


class Show:
    """The acts, and what they have shown so far."""

    def __init__(self, lab, begun):
        self.lab, self.begun = lab, begun
        self.times = []
        self.load = None

    def say(self, text=""):
        """One line of progress."""
        print("      " + text if text else "", flush=True)

    def act(self, text):
        """A new act, with the time that has passed."""
        print("\n%s" % bold("%4.0f s %s" % (time.time() - self.begun, text)), flush=True)

    # --- mail

    def start_load(self):
        """Mail from London to everybody, until stop_load()."""
        london = self.lab.node("london1")
        to = ["someone@tokyo.example", "someone@paris.example", "other@tokyo.example"]
        self.load = mail.send_in(london, to, 10 ** 6, RATE, self.lab.ledger)

    def stop_load(self):
        """No more new mail."""
        if self.load:
            os.kill(self.load, signal.SIGTERM)
            os.waitpid(self.load, 0)
            self.load = None

    def show_path(self, text="london1 to tokyo"):
        """Sends one from London to Tokyo and prints its Received path."""
        path = self.lab.one("london1", "someone@tokyo.example")
        self.say("a message from %s: %s" % (
            text, bold(" > ".join(path)) if path else "has not arrived yet"))
        return path

    # --- routes

    def fault(self, title, do, until, limit=15, quiet=1.0):
        """
        Does `do`; measures when `until` began to hold, and, once nothing has
        moved for `quiet` seconds, when each server's table last changed.
        """
        with self.lab.watch() as watch:
            time.sleep(0.3)
            before = self.lab.route(watch, "london1", "tokyo.example")
            since = now()
            do()
            turned = wait_for(lambda: until(watch) and now(), limit, 0.01)
            good = turned and wait_for(lambda: until(watch) and watch.quiet() > quiet,
                                       limit, 0.05)
            after = self.lab.route(watch, "london1", "tokyo.example")
            times = watch.settled(since)
            self.times.append((title, times))
            if before != after:
                self.say("london1's Postfix had for tokyo.example   %s" % before)
                self.say("and has now, after %-8s               %s" % (
                    seconds(turned - since) if turned else "-", after))
            moved = {k: v for k, v in times.items() if v is not None}
            if moved:
                self.say("last change at " + ", ".join(
                    "%s after %s" % (k, seconds(v)) for k, v in moved.items()))
            else:
                self.say("no route changed anywhere")
            if not good:
                self.say("not what was expected within %d s" % limit)
        return bool(good)

    def by(self, watch, node, first):
        """True if the node sends tokyo.example to `first` before others."""
        route = self.lab.route(watch, node, "tokyo.example")
        return route.split(",")[0] == "lsrd:" + first

    # --- the acts

    def wait_full(self):
        """Until every server knows all routes."""
        began = now()
        if not self.lab.wait_whole(60):
            raise LabError("the servers have not learnt all routes in 60 s")
        self.say("every server knows every route, %.1f s later" % (now() - began))
        if not self.lab.wait_settled(60, 1):
            raise LabError("not every session is full after 60 s more")

    def ports(self):
        """What is open between sites and within them, and who meets where."""
        self.act("Between sites only port 25 is open, so link states go inside SMTP")
        london1 = self.lab.node("london1")
        for other in ("london2", "paris1"):
            node = self.lab.node(other)
            said = ["port %d %s" % (port, "open" if net.opens(london1, node, port)
                                    else "shut") for port in (25, 691)]
            self.say("london1 to %-8s %s" % (other + ":", ", ".join(said)))
        self.say("nftables on london1:")
        for line in net.listed(london1, self.lab.node("paris1")):
            self.say("  " + line)
        self.say("lsrctl peers on london1:")
        for line in daemon.lsrctl("", ["peers"], london1).stdout.splitlines():
            self.say("  " + line.rstrip())

    def cut(self):
        """The wire between Paris and Tokyo."""
        wires = self.lab.state["mode"] == "namespaces"
        if wires:
            self.act("The wires between Paris and Tokyo are cut, under load")
            self.fault("paris-tokyo cut", lambda: self.lab.fault("cut", "paris", "tokyo"),
                       lambda w: self.by(w, "london1", "london2"))
        else:
            self.act("Both servers of Paris are killed with -9, under load")
            self.fault("paris killed", lambda: self.kill("paris1", "paris2"),
                       lambda w: self.by(w, "london1", "london2"))
        self.show_path("london1 to tokyo now goes the direct way")
        if wires:
            self.act("The wires are mended")
            self.fault("paris-tokyo mended", lambda: self.lab.heal("paris", "tokyo"),
                       lambda w: self.by_paris(w), 60, 3)
        else:
            self.act("Paris is started again")
            self.fault("paris started", lambda: self.lab.each(
                [self.lab.node("paris1"), self.lab.node("paris2")], self.lab.start),
                lambda w: self.by_paris(w), 60, 3)
        self.show_path("london1 to tokyo goes through Paris again")

    def by_paris(self, watch):
        """True if London's way to Tokyo is through Paris, by both servers."""
        route = self.lab.route(watch, "london1", "tokyo.example")
        return route.startswith("lsrd:paris") and "paris1" in route and "paris2" in route

    def kill(self, *names):
        """kill -9 of whole servers."""
        for name in names:
            self.lab.kill(self.lab.node(name), "all", True)

    def death(self):
        """One server of two dies and comes back."""
        self.act("paris1 is killed with -9: lsrd, %s, everything at once"
                 % self.lab.node("paris1").mta.NAME)
        self.fault("paris1 killed", lambda: self.kill("paris1"),
                   lambda w: "paris1" not in self.lab.route(w, "london1", "tokyo.example"))
        self.show_path("london1 to tokyo goes by its neighbour")
        self.act("paris1 is started again")
        self.fault("paris1 started", lambda: self.lab.start(self.lab.node("paris1")),
                   lambda w: self.by_paris(w), 60, 3)

    def doorless(self):
        """lsrd-front dies on one server of two: nobody gets in, nor out to peers."""
        self.act("lsrd-front is killed with -9 on paris2, under load")
        paris2 = self.lab.node("paris2")
        self.fault("front of paris2 killed", lambda: self.lab.kill(paris2, "front", True),
                   lambda w: "paris2" not in self.lab.route(w, "london1", "tokyo.example"))
        self.show_path("london1 to tokyo goes by its neighbour")
        self.act("It is started again")
        self.fault("front of paris2 started", lambda: self.lab.start(paris2, "front"),
                   lambda w: self.by_paris(w), 60, 3)

    def deaf(self):
        """lsrd dies, the mail server lives."""
        tokyo = self.lab.node("tokyo1")
        self.act("lsrd alone is killed with -9 on tokyo1; its %s is well" % tokyo.mta.NAME)
        self.fault("lsrd of tokyo1 killed", lambda: self.lab.kill(tokyo, "lsrd", True),
                   lambda w: True, 15, 5)
        self.show_path("london1 to tokyo")
        held = [r for r in mail.waiting(self.lab.nodes.values()).values()]
        self.say("messages held anywhere: %d" % len(held))
        self.lab.start(tokyo, "lsrd")
        self.act("lsrd is killed with -9 on all servers")
        for node in self.lab.nodes.values():
            self.lab.kill(node, "lsrd", True)
        time.sleep(4)
        self.show_path("london1 to tokyo, by the last good routes")
        for node in self.lab.nodes.values():
            self.lab.start(node, "lsrd")

    def loop(self):
        """Two tables send mail to each other, and lsrd is away to mend them."""
        self.act("lsrd is killed on london1 and paris1, and their tables are set against\n"
                 "      each other: each sends all of Tokyo to the other")
        pair = [self.lab.node("london1"), self.lab.node("paris1")]
        for node, other in (pair, pair[::-1]):
            self.lab.kill(node, "lsrd", True)
        for node, other in (pair, pair[::-1]):
            node.mta.put(node, "tokyo.example", [other])
        since = {node.alias: node.mta.loops(node) for node in pair}
        wait_for(lambda: any(n.mta.loops(n) > since[n.alias] for n in pair), 15)
        time.sleep(5)
        self.say("messages that came back and were refused (451 4.4.6): " + ", ".join(
            "%d at %s" % (n.mta.loops(n) - since[n.alias], n.alias) for n in pair))
        self.act("lsrd is started again on both")
        self.fault("loop mended", lambda: self.lab.each(
            pair, lambda node: self.lab.start(node, "lsrd")),
            lambda w: self.by_paris(w), 60, 3)
        self.lab.each(pair, lambda node: node.mta.flush(node))
        self.show_path("london1 to tokyo goes through Paris again")

    def table(self):
        """The account, and the times."""
        got = self.lab.drain(75)
        again = mail.sent_again(self.lab.nodes.values(), got["doubled"])
        doubled = [n for n in got["doubled"] if n not in again]
        nodes = [n.alias for n in self.lab.nodes.values()]
        print("\n" + bold("%-26s" % "last change of routes at" + "".join(
            "%10s" % n for n in nodes)))
        for title, times in self.times:
            print("%-26s" % title + "".join("%10s" % seconds(times.get(n)) for n in nodes))
        print("\n" + bold("%10s%10s%10s%10s%10s%10s" % (
            "messages", "sent", "delivered", "lost", "doubled", "bounced")))
        print("%10s%10d%10d%10d%10d%10d" % ("", got["sent"], got["delivered"],
              len(got["lost"]) + len(got["waiting"]), len(doubled), len(got["bounced"])))
        if got["waiting"]:
            print("%d of them still wait in a queue:" % len(got["waiting"]))
            for number in got["waiting"][:5]:
                node, reason = got["reasons"][number]
                print("  at %s: %s" % (node.alias, reason))
        if again:
            print("%d more came twice because a connection was cut, or a server or its\n"
                  "lsrd-front killed, between the last octet and the answer: SMTP has it so\n"
                  "(RFC 1047)" % len(again))
        return not (got["lost"] or got["waiting"] or doubled or got["bounced"])


LOOK = """
The lab is still running. To look around:
  t/lab status                 what runs where
  t/lab sh london1             a shell on london1; then: lsrctl routes,
                               lsrctl explain someone@tokyo.example, mailq
  t/lab cut paris tokyo        break it again (heal, silence, kill, start)
  t/lab send london1 someone@tokyo.example;  t/lab report --paths
  t/lab down                   the end"""


def run(args):
    """Makes the lab, gives the show, returns the exit status."""
    lab = Lab("lab" if args.keep else "demo-%d" % os.getpid())
    show, good = None, False
    try:
        show = Show(lab, args.begun)
        show.act("Five servers are made: london1, london2, paris1, paris2, tokyo1")
        smaller = args.mode == "loopback" or namespaces_refused()
        lab.up(os.path.join(HERE, "three-groups.json"), args.build, args.mode, 4, show.say,
               front.AT_691 if smaller else front.AT_25,
               exims=EXIMS if args.exim else ())
        show = Show(lab, args.begun)
        if lab.state["mode"] == "loopback":
            show.say("no network namespaces here (%s):" % lab.state["refused"])
            show.say("a smaller show on 127.1.x.y; servers are killed, no wires cut")
        lab.each(lab.nodes.values(), lab.start)
        show.say("a real Postfix and a real lsrd run on each" if not args.exim else
                 "a real lsrd runs on each, with Exim on %s, Postfix elsewhere"
                 % ", ".join(EXIMS))
        show.wait_full()
        if not smaller:
            show.ports()
        if args.map:
            show.act("lsrd-map shows what london1 believes, in a browser:")
            show.say(bold(mapped.start(lab, lab.node("london1"))))
        show.act("Mail flows from London to Tokyo")
        show.say("connectors: london-paris 10, paris-tokyo 10, london-tokyo 50")
        show.show_path()
        show.start_load()
        time.sleep(1)
        show.cut()
        show.death()
        if not smaller:
            show.doorless()
        show.deaf()
        if milter.built(lab.node("london1")) and not smaller:
            show.loop()
        show.stop_load()
        show.act("All is counted")
        good = show.table()
        if args.keep:
            print(LOOK + ("\n  http://%s/        the map, of what london1 believes"
                          % mapped.LISTEN if args.map else ""))
        else:
            print("\nt/demo --keep leaves the lab running; then t/lab sh london1 is a shell\n"
                  "on a server, where lsrctl routes shows what it knows.")
    finally:
        if show:
            show.stop_load()
        if not (args.keep and good) and os.path.isdir(lab.dir):
            lab.down()
    return 0 if good else 1


def main():
    """Entry of t/demo, once all is built."""
    top = argparse.ArgumentParser(prog="t/demo")
    top.add_argument("--keep", action="store_true")
    top.add_argument("--build", required=True)
    top.add_argument("--begun", type=float, default=time.time())
    top.add_argument("--mode", default="auto")
    top.add_argument("--exim", action="store_true")
    top.add_argument("--map", action="store_true")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        sys.exit(run(top.parse_args()))
    except LabError as error:
        sys.exit("t/demo: %s" % error)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
