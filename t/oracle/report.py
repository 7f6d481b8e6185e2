#!/usr/bin/env python3
"""report.py - `lsrctl report` once more, by brute force: every failure is a
document of its own, and what is cut off and how the ways lead is read from
the routes of that (oracle.py). Written from lsrctl(1).

    report.py compare LSRCTL [--pairs N] FILE...
    report.py random LSRCTL [--documents N] [--seed N]

prints `asked N, wrong N` and what differs; exit status 1 if anything does.
"""

import argparse
import copy
import itertools
import json
import random
import tempfile

import oracle

NAMED, LINKS = 100, 10
CONNECTOR, SERVER, GROUP = "connector", "server", "routing group"


def without(document, failures):
    """The document after these, and the servers that failed."""
    changed = copy.deepcopy(document)
    gone, cut = set(), set()
    for what, name in failures:
        if what == CONNECTOR:
            cut.add(name)
        for s in changed["servers"]:
            if (what == SERVER and s["name"] == name or
                    what == GROUP and s["routing_group"] == name):
                gone.add(s["name"])
    for s in changed["servers"]:
        if s["name"] in gone:
            s["state"] = "down"
    changed["connectors"] = [c for c in changed["connectors"]
                             if c["name"] not in cut]
    return changed


class Ways:
    """One way for each route of a document, as lsrctl(1) has it."""

    def __init__(self, document):
        self.world = oracle.World(document)
        self.links = {}
        for c in document["connectors"]:
            if c.get("state", "up") != "up":
                continue
            for to in c["to"]:
                step = (c["server"], to)
                if to == c["server"] or not all(
                        n in self.world.present for n in step):
                    continue
                self.links[step] = min(
                    c["cost"], self.links.get(step, c["cost"]))
        self.into = {}
        for u, v in sorted(self.links):
            self.into.setdefault(v, []).append(u)
        self.routes, self.load = {}, dict.fromkeys(self.links, 0)
        self.unseen = {}
        for s in self.world.present:
            for p in self.world.claims:
                self.add(s, p)

    def before(self, s, v, far):
        """The last server but one on the way from s to v, and whether a
        link leads from it."""
        def leads(u, cost):
            return (u in far and (u == s or self.world.transit(u)) and
                    (far[u][0] + cost, far[u][1] + 1) == far[v])

        for u in self.into.get(v, []):
            if leads(u, self.links[u, v]):
                return u, True
        group = self.world.group[v]
        return next(u for u in self.world.present
                    if u != v and self.world.group[u] == group and
                    leads(u, 0)), False

    def add(self, s, p):
        claims = self.world.visible(s, p)
        if not claims:
            return
        ends = [(m, c["server"]) for c in claims
                for m in [self.world.claim_metric(s, c)] if m is not None]
        if not ends:
            self.routes[s, p] = None
            return
        metric, end = min(ends)
        far, way, kinds = self.world.far(s), [end], []
        while way[0] != s:
            u, is_link = self.before(s, way[0], far)
            if is_link:
                self.load[u, way[0]] += 1
            way.insert(0, u)
            kinds.append(is_link)
        self.routes[s, p] = (metric, way, kinds)


def elements(document):
    world = oracle.World(document)
    found = []
    for c in document["connectors"]:
        if c.get("state", "up") == "up" and c["server"] in world.present and \
                any(t in world.present and t != c["server"] for t in c["to"]):
            found.append((CONNECTOR, c["name"]))
    found += [(SERVER, s) for s in world.present]
    for g in sorted(set(world.group.values())):
        if sum(world.group[s] == g for s in world.present) > 1:
            found.append((GROUP, g))
    return found


def compare_ways(was, now, document):
    """Routes that are cut off, lost and moved."""
    cut, lost, moved = set(), set(), 0
    for (s, p), route in was.routes.items():
        if route is None or s not in now.world.present:
            continue
        left = any(c["server"] in now.world.present
                   for c in now.world.claims.get(p, [])
                   if now.world.sees(s, c))
        if now.routes.get((s, p)) is not None:
            moved += now.routes[s, p] != route
        elif left:
            cut.add((s, p))
        else:
            lost.add((s, p))
    return cut, lost, moved


def counted(pairs, place, key, unit):
    n = {}
    for pair in pairs:
        n[pair[place]] = n.get(pair[place], 0) + 1
    rows = sorted(n.items(), key=lambda x: (-x[1], x[0].encode()))
    return [{key: name, unit: k} for name, k in rows[:NAMED]], len(rows)


def failure_row(was, failure, document):
    now = Ways(without(document, [failure]))
    cut, lost, moved = compare_ways(was, now, document)
    row = {"kind": "failure", "what": failure[0], "name": failure[1],
           "cut": len(cut), "lost": len(lost), "moved": moved}
    row["cut_patterns"], row["patterns_cut"] = counted(
        cut, 1, "pattern", "servers")
    row["cut_servers"], row["servers_cut"] = counted(
        cut, 0, "server", "patterns")
    row["lost_patterns"], row["patterns_lost"] = counted(
        lost, 1, "pattern", "servers")
    more = {k: n for k, n in now.load.items() if n > was.load.get(k, 0)}
    row["links_loaded"] = len(more)
    return row, cut | lost, more


def joined(edges, nodes):
    """How many pieces."""
    left, pieces = set(nodes), 0
    near = {}
    for a, b in edges:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    while left:
        pieces += 1
        todo = [left.pop()]
        while todo:
            for v in near.get(todo.pop(), ()):
                if v in left:
                    left.remove(v)
                    todo.append(v)
    return pieces


def joints(was):
    """Articulation points and bridges, each by taking it out."""
    world = was.world
    members = {}
    for s in world.present:
        members.setdefault(world.group[s], []).append(s)
    wires = {tuple(sorted(step)) for step in was.links}
    hubs = {(s, ("group", g)) for g, list_ in members.items()
            if len(list_) > 1 for s in list_}
    nodes = set(world.present) | {h for _, h in hubs}
    whole = joined(wires | hubs, nodes)
    points = []
    for s in world.present:
        others = {e for e in wires | hubs if s not in e}
        if joined(others, nodes - {s}) > whole:
            points.append(s)
    bridges = [(a, b, False) for a, b in wires
               if joined(wires - {(a, b)} | hubs, nodes) > whole]
    for g, list_ in members.items():
        if len(list_) == 2:
            rest = {e for e in hubs if e[1] != ("group", g)}
            if joined(wires | rest, nodes - {("group", g)}) > whole:
                bridges.append((*sorted(list_), True))
    return points, sorted(bridges)


class Compare(oracle.Judge):
    def check(self, what, mine, theirs):
        self.asked += 1
        if mine != theirs:
            self.wrong += 1
            if self.wrong < 10:
                print("DIFFERS", what)
                print("  oracle", mine)
                print("  lsrctl", theirs)

    def loads(self, path, was, rows, by_kind):
        """What links carry, at most, and which failure it is."""
        worst = dict(was.load)
        for _, _, more in rows.values():
            for step, n in more.items():
                worst[step] = max(n, worst.get(step, 0))
        lines = {(r["from"], r["to"]): r for r in by_kind["link"]}
        self.check(path + " links", sorted(was.load), sorted(lines))
        for step, r in lines.items():
            self.check("%s load %s" % (path, step),
                       (was.load.get(step), worst.get(step)),
                       (r["load"], r["worst"]))
            by = r.get("by")
            self.check("%s loaded by" % path, r["worst"] > r["load"],
                       by is not None and rows[by["what"], by["name"]]
                       [2].get(step) == r["worst"])

    def failures(self, path, document, was, lines):
        rows = {f: failure_row(was, f, document)
                for f in elements(document)}
        self.check(path + " failures", sorted(rows),
                   sorted((r["what"], r["name"]) for r in lines))
        for r in lines:
            row, _, more = rows[r["what"], r["name"]]
            loaded = r.pop("loaded")
            self.check("%s without %s" % (path, r["name"]), row, r)
            growth = sorted((n - was.load.get(k, 0)
                             for k, n in more.items()), reverse=True)
            self.check("%s loaded without %s" % (path, r["name"]),
                       growth[:LINKS],
                       [x["then"] - x["load"] for x in loaded])
            for x in loaded:
                self.check("load then", more.get((x["from"], x["to"])),
                           x["then"])
        return rows

    def pairs(self, path, document, was, rows, lines):
        theirs = {tuple(sorted((f["what"], f["name"])
                               for f in r["failures"])): r for r in lines}
        for a, b in itertools.combinations(sorted(rows), 2):
            now = Ways(without(document, [a, b]))
            cut, lost, _ = compare_ways(was, now, document)
            more = (cut | lost) - rows[a][1] - rows[b][1]
            r = theirs.get((a, b))
            if not more:
                self.check("%s two %s %s" % (path, a, b), None, r)
                continue
            names, n = counted(more, 1, "pattern", "servers")
            self.check("%s two %s %s" % (path, a, b),
                       (len(more), n, names),
                       r and (r["more"], r["patterns_more"],
                              r["more_patterns"]))

    def report(self, path, document, two):
        by_kind = {k: [] for k in (
            "failure", "link", "articulation-point", "bridge", "one-way",
            "no-alternate", "one-server", "two", "summary")}
        more = ["--two", "--pairs", "1000000"] if two else []
        status, lines = self.run(path, "report", {}, more)
        for r in lines:
            by_kind[r["kind"]].append(r)
        was = Ways(document)
        rows = self.failures(path, document, was, by_kind["failure"])
        self.loads(path, was, rows, by_kind)
        if two:
            self.pairs(path, document, was, rows, by_kind["two"])
        self.built(path, was, by_kind)
        self.status_of(path, was, rows, by_kind, status)

    def built(self, path, was, by_kind):
        points, bridges = joints(was)
        self.check(path + " points", points,
                   [r["server"] for r in by_kind["articulation-point"]])
        self.check(path + " bridges", bridges,
                   [(*r["servers"], r["inside_group"])
                    for r in by_kind["bridge"]])
        group = was.world.group
        self.check(path + " one way",
                   [(a, b) for a, b in sorted(was.links)
                    if (b, a) not in was.links and group[a] != group[b]],
                   [(r["from"], r["to"]) for r in by_kind["one-way"]])
        alone = {}
        for s in was.world.present:
            for r in was.world.routes(s):
                if len(r.get("next_hops", ())) == 1 and not r["alternates"]:
                    key = (s, r["next_hops"][0])
                    alone[key] = alone.get(key, 0) + 1
        self.check(path + " no alternate",
                   sorted(((-n, *k) for k, n in alone.items())),
                   [(-r["routes"], r["from"], r["next_hop"])
                    for r in by_kind["no-alternate"]])
        present = {}
        for p, claims in was.world.claims.items():
            there = [c["server"] for c in claims
                     if c["server"] in was.world.present]
            if len(there) == 1:
                present[p] = there[0]
        self.check(path + " one server", sorted(present.items()),
                   [(r["pattern"], r["server"])
                    for r in by_kind["one-server"]])

    def status_of(self, path, was, rows, by_kind, status):
        now = sum(r is None for r in was.routes.values())
        cutting = sum(r[0]["cut"] > 0 for r in rows.values())
        (end,) = by_kind["summary"]
        self.check(path + " summary",
                   (len(was.world.present), len(was.routes), now,
                    len(rows), cutting),
                   (end["servers"], end["routes"], end["cut_now"],
                    end["failures"], end["failures_that_cut"]))
        well = now == cutting == len(by_kind["two"]) == 0
        self.check(path + " status", (well, 0 if well else 1),
                   (end["well"], status))


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    p = verbs.add_parser("compare")
    p.add_argument("lsrctl")
    p.add_argument("files", nargs="+")
    p.add_argument("--two", action="store_true")
    p = verbs.add_parser("random")
    p.add_argument("lsrctl")
    p.add_argument("--documents", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    judge = Compare(a.lsrctl)
    if a.verb == "compare":
        for path in a.files:
            with open(path, encoding="utf-8") as f:
                judge.report(path, oracle.resolve(json.load(f)), a.two)
        return judge.end()
    for k in range(a.documents):
        document = oracle.random_document(random.Random(a.seed * 1000003 + k))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(document, f)
            f.flush()
            judge.report(f.name, oracle.resolve(document),
                         len(document["connectors"]) < 12)
    return judge.end()


if __name__ == "__main__":
    raise SystemExit(main())
