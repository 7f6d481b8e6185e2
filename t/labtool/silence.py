"""silence.py - what a dead time costs where nothing is wrong.

A network of five servers, one of whose wires is long, on a machine that is
busy. Nothing is cut; whoever loses a session, or has an adjacency withdrawn, has
been misled. Counted are these, and the octets of an idle wire.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import daemon
import net
from host import LabError
from lab import Lab, now

HERE = os.path.dirname(os.path.abspath(__file__))
LONG = ("paris1", "tokyo1")
IDLE = ("london2", "tokyo1")
SPIN = "while :; do :; done"


def said(lab):
    """How often anew each server has said its adjacencies, and each link."""
    return {(row["origin"], row["type"], row["id"]): row["epoch"] << 32 | row["counter"]
            for row in daemon.ask(lab.node("london1"), "db")
            if row["type"] in ("server", "connector")}


def lines(lab, *words):
    """How many lines of the logs have all these words."""
    return sum(all(word in line for word in words)
               for node in lab.nodes.values()
               for line in node.read(daemon.LOG).splitlines())


def octets(lab, a, b):
    """Those of the wire between two servers, both ways, Ethernet and all."""
    done = lab.node(a).in_net_run(
        ["ip", "-s", "-j", "link", "show", net.device(lab.node(b))])
    seen = json.loads(done.stdout)[0]["stats64"]
    return seen["rx"]["bytes"] + seen["tx"]["bytes"]


def settled(lab):
    """All is as it ought to be, and nothing more is said."""
    if not lab.wait_settled(240, 10):
        raise LabError("the servers have not learnt all routes in 240 s")


def anew(before, after, kind):
    """How often something of this kind was said anew."""
    return sum(number - before.get(key, 0)
               for key, number in after.items() if key[1] == kind)


def observe(lab, minutes):
    """Prints what came about."""
    before, lost = said(lab), lines(lab, "nbr-state", "from=full")
    load, start, began = [os.getloadavg()[0]], octets(lab, *IDLE), now()
    while now() < began + minutes * 60:
        time.sleep(min(10, minutes * 60))
        load.append(os.getloadavg()[0])
    idle = (octets(lab, *IDLE) - start) / (now() - began)
    after = said(lab)
    print("silence: %g minutes, load %.1f (%.1f to %.1f): sessions lost %d; adjacencies "
          "said anew %d times, links %d; an idle wire: %.0f octets a second"
          % (minutes, statistics.median(load), min(load), max(load),
             lines(lab, "nbr-state", "from=full") - lost,
             anew(before, after, "server"), anew(before, after, "connector"), idle),
          flush=True)


def main():
    """Entry of t/bench/silence."""
    top = argparse.ArgumentParser(
        prog="t/bench/silence",
        description="What a dead time costs where nothing is wrong.")
    top.add_argument("--build", default=os.environ.get("LSRD_BUILD"), metavar="DIR")
    top.add_argument("--conf", default="", metavar="LINES", help="for every lsrd.conf")
    top.add_argument("--minutes", type=float, default=60)
    top.add_argument("--rtt", type=float, default=300, metavar="MS")
    top.add_argument("--load", type=int, default=8, metavar="N", help="busy processes")
    args = top.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lab, others, began = Lab("silence-%d" % os.getpid()), [], now()
    try:
        lab.up(os.path.join(HERE, "three-groups.json"), args.build, "namespaces",
               extra=args.conf)
        others.append(net.lengthen(*map(lab.node, LONG), args.rtt / 2))
        lab.each(lab.nodes.values(), lab.start)
        settled(lab)
        print("silence: all is well after %.0f s; now %d busy processes, %g minutes"
              % (now() - began, args.load, args.minutes), flush=True)
        others += [subprocess.Popen(["nice", "-n", "19", "sh", "-c", SPIN])
                   for _ in range(args.load)]
        observe(lab, args.minutes)
    except LabError as error:
        sys.exit("t/bench/silence: %s" % error)
    finally:
        for process in others:
            process.kill()
        if os.path.isdir(lab.dir):
            lab.down()


if __name__ == "__main__":
    main()
