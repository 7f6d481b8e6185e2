"""reroute.py - from a fault to the last server's table, many times over.

After each run every lsrd is started anew and all waits until it is as before,
with nothing to say: a link that has failed comes back later the next time,
and a server that has said much must wait to say more. So each run is the
first fault of a healthy network.

With --exim the same faults befall a second lab in turn, in which some servers
have an Exim: what is compared was measured in the same minutes.
"""

import argparse
import os
import signal
import statistics
import sys
import time

import front
import mail
import mta
from host import LabError, end, wait_for
from lab import Lab, now

# One after another: for half a minute Postfix asks nobody where to send what is
# for the recipient that it asked for last.
RECIPIENTS = ["u@tokyo.example", "v@tokyo.example"]
HERE = os.path.dirname(os.path.abspath(__file__))


def tables(lab):
    """What every server's table says."""
    with lab.watch() as watch:
        return {name: seen[-1][1] for name, seen in watch.changes.items()}


def renew(lab):
    """Every lsrd anew, so that no run is felt by the next."""
    nodes = list(lab.nodes.values())
    lab.each(nodes, lambda node: lab.kill(node, "lsrd", False))
    lab.each(nodes, lambda node: lab.start(node, "lsrd"))
    if not lab.wait_settled(120, 8):
        raise LabError("the servers have not come back within 120 s")


class Run:
    """One fault and its mending, while London sends to Tokyo ten times a second."""

    def __init__(self, lab, fault):
        self.lab, self.last, self.doing, self.mail = lab, {}, 0.0, None
        do, undo, until, way = fault
        start = tables(lab)
        load = mail.send_in(lab.node("london1"), RECIPIENTS, 600, 10, lab.ledger)
        try:
            self._befall(do, until, way)
        finally:
            end(load)
            os.waitpid(load, 0)
        undo()
        renew(lab)
        if tables(lab) != start:
            raise LabError("the routes are not those of before the fault")

    def _befall(self, do, until, way):
        """The seconds to the last change, by server; those that it took to do it."""
        sink = Sink(self.lab.node("tokyo1"))
        wait_for(lambda: sink.first(""), 30)
        with self.lab.watch() as watch:
            since, when = now(), time.time()
            do()
            self.doing = now() - since
            if not wait_for(lambda: until(watch) and watch.quiet() > 1.5, 30, 0.02):
                raise LabError("no new route within 30 s")
            self.last = {name: value for name, value in watch.settled(since).items()
                         if value is not None}
        if not wait_for(lambda: sink.first(way, when), 30, 0.05):
            raise LabError("no message by the new way within 30 s")
        self.mail = sink.first(way, when) - when


class Sink:
    """What comes to a server from here on."""

    def __init__(self, node):
        self.folder = node.at(mta.SINK + "/all/new")
        self.known = set(self._names())
        self.came = []  # (when, by which servers) of each

    def _names(self):
        return os.listdir(self.folder) if os.path.isdir(self.folder) else []

    def first(self, way, since=0):
        """When the first came by the server `way`, from `since` on; or None."""
        for name in set(self._names()) - self.known:
            self.known.add(name)
            path = os.path.join(self.folder, name)
            self.came.append((os.stat(path).st_mtime, mail.path_of(path)))
        return min((when for when, hops in self.came
                    if when >= since and
                    (not way or any(hop.startswith(way) for hop in hops))), default=None)


def faults(lab):
    """
    The faults: word, what does it, what mends it, what shows it worked, the
    server by which mail goes then.
    """
    paris1 = lab.node("paris1")

    def direct(watch):
        return lab.route(watch, "london1", "tokyo.example").startswith("lsrd:london2")

    def without(watch):
        return "paris1" not in lab.route(watch, "london1", "tokyo.example")

    heal = lambda: lab.heal("paris", "tokyo")
    return {
        "reset": (lambda: lab.fault("cut", "paris", "tokyo"), heal, direct,
                  "london2"),
        "silence": (lambda: lab.fault("silence", "paris", "tokyo"), heal, direct,
                    "london2"),
        "kill": (lambda: lab.kill(paris1, "all", True), lambda: lab.start(paris1), without,
                 "paris2"),
    }


def told(what, values, more):
    """A line: median and worst."""
    print("reroute %s: median %.3f s, worst %.3f s, %s"
          % (what, statistics.median(values), max(values), more), flush=True)


def tell(word, runs):
    """The figures of one fault in one lab."""
    told("%s: last of all servers" % word, [max(run.last.values()) for run in runs],
         "%d runs" % len(runs))
    told("%s: first message by the new way" % word, [run.mail for run in runs],
         "ten a second are sent")
    told("%s: the fault itself took" % word, [run.doing for run in runs],
         "load %.1f" % os.getloadavg()[0])
    for name in sorted({name for run in runs for name in run.last}):
        values = [run.last[name] for run in runs if name in run.last]
        told("%s: %s" % (word, name), values, "%d changes" % len(values))


def measure(labs, words, count):
    """Each fault so many times, in each lab in turn."""
    for word in words:
        runs = {title: [] for title in labs}
        for _ in range(count):
            for title, lab in labs.items():
                runs[title].append(Run(lab, faults(lab)[word]))
                if sys.stderr.isatty():
                    print("%s%s: %.3f s" % (word, title, max(runs[title][-1].last.values())),
                          file=sys.stderr)
        for title, of in runs.items():
            tell(word + title, of)


def begin(lab, args, exims):
    """One lab, at rest."""
    lab.up(os.path.join(HERE, "three-groups.json"), args.build, "namespaces",
           meet=args.meet, exims=exims, extra=args.conf)
    lab.each(lab.nodes.values(), lab.start)
    if not lab.wait_settled(120, 1):
        raise LabError("the servers have not learnt all routes in 120 s")
    renew(lab)


def main():
    """Entry of t/bench/reroute."""
    top = argparse.ArgumentParser(
        prog="t/bench/reroute",
        description="Seconds from a fault to the new routes, median and worst.")
    top.add_argument("--build", default=os.environ.get("LSRD_BUILD"), metavar="DIR")
    top.add_argument("-n", dest="runs", type=int, default=20)
    top.add_argument("--x-lsa-2", dest="meet", action="store_const", const=front.AT_25,
                     default=front.AT_691,
                     help="between routing groups only port 25 is open")
    top.add_argument("--conf", default="", metavar="LINES", help="for every lsrd.conf")
    top.add_argument("--exim", metavar="SERVER", nargs="+", dest="exims", default=[],
                     help="the same in a second lab, where these have an Exim")
    top.add_argument("fault", nargs="*", default=["reset", "silence", "kill"])
    args = top.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    labs = {"": Lab("bench-%d" % os.getpid())}
    if args.exims:
        labs[", Exim at " + " ".join(args.exims)] = Lab("bench-%d-exim" % os.getpid())
    try:
        for title, lab in labs.items():
            begin(lab, args, args.exims if title else [])
        measure(labs, args.fault, args.runs)
    except LabError as error:
        sys.exit("t/bench/reroute: %s" % error)
    finally:
        for lab in labs.values():
            if os.path.isdir(lab.dir):
                lab.down()


if __name__ == "__main__":
    main()
