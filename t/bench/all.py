"""all.py - the benchmarks of the engine, one after another, and one table of
what they say: measure, figure, unit, the goal where there is one, and beside a
peer the ratio.

The peers are FRR's ospfd and BIRD (Debian's frr and bird2), fed with the same kind
of graph by a harness that is no part of this tree: $LSRD_BENCH_PEERS is its folder,
with ospf/run-frr.sh and ospf/run-bird.sh, and its ospfspeak and spfbase are built in
$BUILD; it says what else it wants. It makes network namespaces, so as root:

    LSRD_BENCH_PEERS=HARNESS BUILD=ITS-PROGRAMS t/bench/all --build BUILDDIR

What is not there is named in place of a figure, and what did not end within its time,
15 minutes, too: of a peer what it said until then counts. A machine that is busy with
something else gives other times, never other counts.
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
MADE = ["bench_change", "bench_flood", "bench_memory", "bench_publish", "bench_spf",
        "bench_step", "make_state"]
SYSTEM = ["lsrd", "lsrd-publish", "lsrctl"]
PATIENCE_S = 900


class Failed(Exception):
    """A benchmark did not run; the text says what it said."""


class Sizes:
    """How much of it."""

    def __init__(self, quick):
        self.quick = quick
        self.changes = 10 if quick else 1000
        self.nets = ["mesh:100:4", "mesh:100:8", "hub:100"] if quick else [
            "mesh:%d:%d" % (n, degree) for degree in (4, 8)
            for n in (100, 1000, 10000, 100000)] + ["hub:600"]
        self.steps = [["mesh:100:4"], ["limits", "mesh:100:4"]] if quick else [
            ["mesh:1000:4"], ["mesh:10000:4"], ["limits", "mesh:10000:4"]]
        self.searches = ["100:4"] if quick else ["1000:4", "10000:4", "100000:4"]
        self.floods = ["100"] if quick else ["1000", "10000"]
        self.wires = ["200"] if quick else ["1000", "10000"]
        self.words = "2" if quick else "40"
        self.servers = "200" if quick else "10000"
        self.rounds = "5" if quick else "300"
        self.peers = [] if quick else ["1000", "10000"]
        self.events = "40"


class Bench:
    """Runs the parts; keeps the rows."""

    def __init__(self, build, sizes, folder):
        self.build, self.sizes, self.folder = os.path.abspath(build), sizes, folder
        self.found = {}

    def run(self, *argv, **env):
        """What a command says that goes well, and in time."""
        how, said, complaint = self.attempt(*argv, **env)
        if how:
            raise Failed(how + ": " + " ".join((complaint or said).split())[-120:])
        return said

    def attempt(self, *argv, **env):
        """How a command ended, "" if well; what it said; what it complained of."""
        with subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, start_new_session=True,
                env=dict(os.environ, top_builddir=self.build, **env)) as process:
            try:
                said, complaint = process.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGTERM)
                said, complaint = process.communicate()
                return "no end in %d s" % PATIENCE_S, said, complaint
        return ended(process.returncode), said, complaint

    def bench(self, name, *args):
        """What one of our own says."""
        return self.run(os.path.join(self.build, "t/bench", name), *args)

    # Each of these yields rows: measure, figure, unit, goal.

    def change(self):
        """From a change to the table's difference."""
        goals = {("10000", "4"): (0.1, 2), ("100000", "4"): (0.5, 30)}
        for net in self.sizes.nets:
            said = self.bench("bench_change", "changes=%d" % self.sizes.changes, net)
            servers, degree, *times = numbers(
                r"servers=(\d+) degree=(\d+) median=(\S+) 99%=(\S+) worst=(\S+)", said)
            what = "change, %s servers, %s" % (
                servers, "a hub" if net.startswith("hub") else "degree " + degree)
            self.found["change", servers, degree] = float(times[0])
            goal = goals.get((servers, degree), (None, None))
            yield what + ": median", times[0], "ms CPU", goal[0]
            yield what + ": 99 %", times[1], "ms CPU", None
            yield what + ": worst of %d" % self.sizes.changes, times[2], "ms CPU", goal[1]

    def step(self):
        """The same with all that an engine's step does besides."""
        for words in self.sizes.steps:
            said = self.bench("bench_step", *words[:-1],
                              "changes=%d" % self.sizes.changes, words[-1])
            servers, limits, *times = numbers(
                r"servers=(\d+) degree=4( limits)? median=(\S+) 99%=(\S+) worst=(\S+) ms; "
                r"afterwards median=(\S+) worst=(\S+)", said)
            what = "a step that decides, %s servers%s" % (servers, limits or "")
            yield what + ": median", times[0], "ms CPU", None
            yield what + ": 99 %", times[1], "ms CPU", None
            yield what + ": worst of %d" % self.sizes.changes, times[2], "ms CPU", None
            if limits:
                yield "  and the step of the net after it: median", times[3], "ms CPU", None
                yield "  worst", times[4], "ms CPU", None

    def search(self):
        """A full search, beside a baseline where there is one."""
        base = peer_file("BUILD", "spfbase")
        for graph in self.sizes.searches:
            said = self.run("sh", HERE + "/spf.sh", self.build, base or "", graph)
            (ours,) = numbers(r"^graph=\S+ spf us=(\S+)", said)
            what = "full SPF, %s servers, degree %s" % tuple(graph.split(":"))
            yield what, ours, "us", None
            if base:
                (ratio,) = numbers(r"^graph=\S+ spf us=\S+ ratio_to_\S+=(\S+)", said)
                yield what + ", beside the best CSR baseline", ratio, "x", 1.3
        if not base:
            yield "full SPF beside a baseline", "no spfbase in $BUILD", "", None

    def flood(self):
        """An LSA in to the LSA out."""
        for servers in self.sizes.floods:
            median, late = numbers(r"median=(\S+) 99%=(\S+)",
                                   self.bench("bench_flood", servers))
            self.found["flood", servers] = float(median) / 1000
            what = "LSA in to LSA out, %s servers" % servers
            yield what + ": median", "%.3f" % (float(median) / 1000), "ms wall", 0.2
            yield what + ": 99 %", "%.3f" % (float(late) / 1000), "ms wall", None

    def wire(self):
        """The same of a real lsrd, by sockets and TLS."""
        for servers in self.sizes.wires:
            said = self.run("sh", HERE + "/flood-wire", servers, self.sizes.words)
            median, late = numbers(r"^flood-wire .* median=(\S+) 99%=(\S+)", said)
            self.found["wire", servers] = float(median)
            what = "LSA in to LSA out by the wire, %s servers" % servers
            yield what + ": median", median, "ms wall", None
            yield what + ": 99 %", late, "ms wall", None

    def memory(self):
        """What a database takes."""
        folder = os.path.join(self.folder, "state")
        os.mkdir(folder)
        self.bench("make_state", self.sizes.servers, folder)
        beyond = [float(n) for n in re.findall(r"beyond=(\S+)",
                                               self.bench("bench_memory", folder))]
        if not beyond:
            raise Failed("bench_memory tells nothing")
        yield ("memory of an LSA beyond its octets, %s servers" % self.sizes.servers,
               "%.0f" % sum(beyond), "octets", 512)

    def exchange(self):
        """A cold exchange; and by it the ingest."""
        said = self.run("sh", HERE + "/exchange", self.sizes.servers)
        lsas, wall, had, none = numbers(
            r"LSAs (\d+), FULL after (\d+) ms; CPU in ms: (\d+) \D*(\d+) ", said)
        (late,) = numbers(r"answer to peers, at most: (\d+) ms", said)
        whole = not self.sizes.quick
        yield ("cold exchange, %s LSAs, who had none" % lsas, "%.2f" % (int(none) / 1000),
               "s CPU", 4.5 if whole else None)
        yield "  who had them", "%.2f" % (int(had) / 1000), "s CPU", None
        yield "  until FULL", "%.2f" % (int(wall) / 1000), "s wall", None
        yield "  ingest of an LSA, all of it", "%.1f" % (1000 * int(none) / int(lsas)), \
            "us CPU", None
        yield "  the longest that an answer took meanwhile", late, "ms wall", None

    def restart(self):
        """A restart, and what a change has written."""
        said = self.run(sys.executable, HERE + "/restart.py", self.build,
                        self.sizes.servers, "1" if self.sizes.quick else "3")
        answers, cpu, published, rss, peak = numbers(
            r"^restart: answers (\S+) s, cpu (\S+) s, published (\S+) s, rss (\d+) kB, "
            r"peak (\d+) kB", said)
        what = "restart, %s servers" % self.sizes.servers
        whole = not self.sizes.quick
        yield what + ": lsrctl is answered", answers, "s wall", 1 if whole else None
        yield "  tables published", published, "s wall", 1 if whole else None
        yield "  until lsrctl is answered", cpu, "s CPU", None
        yield "  RSS", "%.1f" % (int(rss) / 1024), "MB", 58 if whole else None
        yield "  peak", "%.1f" % (int(peak) / 1024), "MB", 76 if whole else None
        (octets,) = numbers(r"change: journal \d+ octets, (\d+) more", said)
        (pages,) = numbers(r"pages and all, (\d+) octets to disk in three", said)
        yield "to disk for a change, the journal", octets, "octets", None
        yield "  pages and all", "%.0f" % (int(pages) / 3), "octets", 65536

    def publish(self):
        """Keys into LMDB."""
        said = self.bench("bench_publish", self.folder, "2", "100", "postfix",
                          self.sizes.rounds)
        for keys in (1, 100, 10000):
            (held,) = numbers(r"held-at-once keys=%d n=\d+ p50_us=(\d+)" % keys, said)
            (write,) = numbers(r"write keys=%d n=\d+ p50_us=(\d+)" % keys, said)
            what = "publish, %d keys of 10 000" % keys
            yield what, "%.3f" % (int(write) / 1000), "ms wall", None
            yield "  the lock on the table, at once", "%.3f" % (int(held) / 1000), \
                "ms wall", None

    def peer(self, name, program, script, *options):
        """A peer's figures, and ours beside them."""
        harness = peer_file("LSRD_BENCH_PEERS", "ospf/" + script)
        missing = missing_peer(harness, program)
        if missing:
            yield name, missing, "", None
            return
        for servers in self.sizes.peers:
            how, said, complaint = self.attempt("bash", harness, servers, "4", "random",
                                                "0", self.sizes.events, *options)
            yield from self.events("%s, %s servers" % (name, servers), servers, said,
                                   how + ": " + " ".join(complaint.split())[-120:])

    def events(self, what, servers, said, why):
        """What a peer's harness tells of each, as far as it came."""
        told = re.findall(r"^event .* sink_ms=(\S+) dut_cpu_ms=(\S+)", said, re.M)
        if not told:
            yield what + " failed", why, "", None
            return
        if len(told) < int(self.sizes.events):
            yield what + ", of %s changes" % self.sizes.events, "%d" % len(told), \
                "(%s)" % why.rstrip(": "), None
        cpu = statistics.median(float(c) for _, c in told)
        yield what + ": a change", "%.3f" % cpu, "ms CPU", None
        yield "  by ours", ratio(cpu, self.found.get(("change", servers, "4"))), "x", None
        sinks = [float(s) for s, _ in told if float(s) >= 0]
        if sinks:
            sink = statistics.median(sinks)
            yield "  LSA in to LSA out", "%.3f" % sink, "ms wall", None
            yield "  by ours, by the wire", ratio(sink, self.found.get(("wire", servers))), \
                "x", None

    def peers(self):
        """Both."""
        if self.sizes.quick:
            return
        yield from self.peer("BIRD", "bird", "run-bird.sh", "1", "-w", "1000")
        yield from self.peer("FRR ospfd", os.path.join(
            os.environ.get("FRRLIB", "/usr/lib/frr"), "ospfd"), "run-frr.sh",
            "0 50 5000", "-w", "20000")


def ended(status):
    """How a command ended; "": well."""
    if status < 0:
        return "killed by " + signal.Signals(-status).name
    return "exit %d" % status if status else ""


def numbers(pattern, said):
    """The groups of a pattern that must be there."""
    found = re.search(pattern, said, re.M)
    if not found:
        raise Failed("no %s in: %s" % (pattern, " ".join(said.split())[-200:]))
    return found.groups()


def peer_file(variable, name):
    """A file below the folder that a variable names, if there is one."""
    path = os.path.join(os.environ.get(variable, ""), name)
    return path if os.environ.get(variable) and os.path.exists(path) else None


def missing_peer(harness, program):
    """What a peer lacks here; None: nothing."""
    if harness is None:
        return "no harness: set LSRD_BENCH_PEERS"
    if not peer_file("BUILD", "ospfspeak"):
        return "no ospfspeak in $BUILD"
    if os.geteuid() != 0:
        return "not root"
    return None if shutil.which(program) else "%s is not installed" % program


def ratio(theirs, ours):
    """How many times as much, where ours was measured."""
    return "%.1f" % (float(theirs) / ours) if ours else "ours not measured"


def part(work):
    """Its rows; the last one says why there are no more."""
    rows = []
    try:
        for row in work():
            rows.append(row)
    except (Failed, OSError) as error:
        rows.append((work.__name__ + " failed", str(error), "", None))
    return rows


def show(row):
    """A line of the table."""
    what, figure, unit, goal = row
    print(("%-62s %12s %-8s%s" % (what, figure, unit, " goal %g" % goal if goal else ""))
          .rstrip(), flush=True)


def measure(bench, chosen):
    """All parts, in turn; side by side where only the running of them counts."""
    parts = [bench.change, bench.step, bench.search, bench.flood, bench.wire,
             bench.memory, bench.exchange,
             bench.restart, bench.publish, bench.peers]
    parts = [p for p in parts if not chosen or p.__name__ in chosen]
    with ThreadPoolExecutor(max_workers=4 if bench.sizes.quick else 1) as pool:
        return [row for rows in pool.map(part, parts) for row in tell(rows)]


def tell(rows):
    """Shows them as they come."""
    for row in rows:
        show(row)
    return rows


def main():
    """Entry."""
    top = argparse.ArgumentParser(prog="t/bench/all", description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--build", metavar="DIR", default=os.environ.get("top_builddir", "."),
                     help="where lsrd was built (default: $top_builddir, else here)")
    top.add_argument("--quick", action="store_true",
                     help="small, to see that all of it runs: no figure means anything")
    top.add_argument("part", nargs="*", help="change, step, search, flood, wire, memory, "
                     "exchange, restart, publish, peers; default: all")
    args = top.parse_args()
    if not args.quick or not os.path.exists(os.path.join(args.build, "t/bench/bench_flood")):
        subprocess.run(["make", "-s", "-C", args.build] + SYSTEM +
                       ["t/bench/" + name for name in MADE], check=True,
                       stdout=subprocess.DEVNULL)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lsrd-bench-") as folder:
        rows = measure(Bench(args.build, Sizes(args.quick), folder), args.part)
    print("%d figures in %.0f s at load %.1f" % (len(rows), time.monotonic() - began,
                                                 os.getloadavg()[0]))
    sys.exit(any(row[0].endswith(" failed") for row in rows))


if __name__ == "__main__":
    main()
