"""reroute.py - from a fault to the last server's table, many times over.

After each run every lsrd is started anew and all waits until it is as before,
with nothing to say: a link that has failed comes back later the next time,
and a server that has said much must wait to say more. So each run is the
first fault of a healthy network.
"""

import argparse
import os
import signal
import statistics
import sys

import front
from host import LabError, wait_for
from lab import Lab, now

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


def run_once(lab, do, undo, until):
    """
    One fault and its mending: the seconds to the last change, by server, and
    those that it took to do it.
    """
    start = tables(lab)
    with lab.watch() as watch:
        since = now()
        do()
        done = now() - since
        if not wait_for(lambda: until(watch) and watch.quiet() > 1.5, 30, 0.02):
            raise LabError("no new route within 30 s")
        times = watch.settled(since)
    undo()
    renew(lab)
    if tables(lab) != start:
        raise LabError("the routes are not those of before the fault")
    return {name: value for name, value in times.items() if value is not None}, done


def faults(lab):
    """The faults: word, what does it, what mends it, what shows it worked."""
    paris1 = lab.node("paris1")

    def direct(watch):
        return lab.route(watch, "london1", "tokyo.example").startswith("lsrd:london2")

    def without(watch):
        return "paris1" not in lab.route(watch, "london1", "tokyo.example")

    heal = lambda: lab.heal("paris", "tokyo")
    return {
        "reset": (lambda: lab.fault("cut", "paris", "tokyo"), heal, direct),
        "silence": (lambda: lab.fault("silence", "paris", "tokyo"), heal, direct),
        "kill": (lambda: lab.kill(paris1, "all", True), lambda: lab.start(paris1), without),
    }


def measure(lab, words, runs):
    """Prints a line a figure."""
    for word in words:
        do, undo, until = faults(lab)[word]
        last, doing, of = [], [], {}
        for _ in range(runs):
            times, done = run_once(lab, do, undo, until)
            last.append(max(times.values()))
            doing.append(done)
            for name, value in times.items():
                of.setdefault(name, []).append(value)
            if sys.stderr.isatty():
                print("%s %d: %.3f s" % (word, len(last), last[-1]), file=sys.stderr)
        print("reroute %s: last of all servers: median %.3f s, worst %.3f s, %d runs"
              % (word, statistics.median(last), max(last), runs), flush=True)
        print("reroute %s: the fault itself took: median %.3f s, worst %.3f s; load %s"
              % (word, statistics.median(doing), max(doing), round(os.getloadavg()[0], 1)),
              flush=True)
        for name in sorted(of):
            print("reroute %s: %s: median %.3f s, worst %.3f s, %d changes" % (
                word, name, statistics.median(of[name]), max(of[name]), len(of[name])),
                flush=True)


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
    top.add_argument("fault", nargs="*", default=["reset", "silence", "kill"])
    args = top.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lab = Lab("bench-%d" % os.getpid())
    try:
        lab.up(os.path.join(HERE, "three-groups.json"), args.build, "namespaces",
               meet=args.meet, extra=args.conf)
        lab.each(lab.nodes.values(), lab.start)
        if not lab.wait_settled(120, 1):
            raise LabError("the servers have not learnt all routes in 120 s")
        renew(lab)
        measure(lab, args.fault, args.runs)
    except LabError as error:
        sys.exit("t/bench/reroute: %s" % error)
    finally:
        if os.path.isdir(lab.dir):
            lab.down()


if __name__ == "__main__":
    main()
