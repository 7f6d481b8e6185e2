#!/usr/bin/env python3
"""oracle.py - routes over a topology document once more, slow and plain.

Written from lsrctl(1), TOPOLOGY DOCUMENT, and HACKING 6, not from the C: steps
between servers are written out pair by pair, metrics are tuples, least ways
are found by relaxing until nothing changes, and everything else follows the
definitions word for word. Compared with what lsrctl answers.

    oracle.py routes FILE --from SERVER [--cut C] [--drain S] [--cost C=N]
    oracle.py explain FILE --from SERVER ADDRESS [...]
    oracle.py simulate FILE [...]
    oracle.py compare LSRCTL [--most N] [--seed N] FILE...
    oracle.py random LSRCTL [--documents N] [--seed N]

`compare` and `random` print `asked N, wrong N` and what differs; their exit
status is 1 if anything does.
"""

import argparse
import collections
import json
import random
import subprocess
import sys
import tempfile

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def schedule_open(text, time):
    """The grammar of lsrd.conf(5): every minute of the week, written out."""
    minute_of_week = (time // 60 + 3 * 1440) % (7 * 1440)
    open_minutes = set()
    for entry in text.split(","):
        words = entry.split()
        days, times = list(range(7)), (0, 1440)
        if ":" not in words[0]:
            ends = [DAYS.index(d) for d in words[0].split("-")]
            days, d = [ends[0]], ends[0]
            while d != ends[-1]:
                d = (d + 1) % 7
                days.append(d)
            words = words[1:]
        if words:
            times = tuple(int(t[:2]) * 60 + int(t[3:])
                          for t in words[0].split("-"))
        length = times[1] - times[0]
        if length <= 0:
            length += 1440
        for d in days:
            for m in range(length):
                open_minutes.add((d * 1440 + times[0] + m) % (7 * 1440))
    return minute_of_week in open_minutes


def met_by(address):
    """The patterns an address meets, the most specific first."""
    domain = address.rsplit("@", 1)[1]
    labels = domain.split(".")
    parents = ["." + ".".join(labels[i:]) for i in range(1, len(labels))]
    return [address, domain] + [p for p in parents if p != "."] + ["*"]


def sender_meets(pattern, sender):
    if pattern == "*":
        return True
    if sender in ("", "<>"):
        return pattern == "<>"
    return pattern in met_by(sender)


class Limits:
    """A message; what is None is not asked. The first `n` limits count."""

    WORDS = ["size", "sender", "priority", "schedule"]

    def __init__(self, size=None, sender=None, priority=None, time=None):
        self.size, self.sender = size, sender
        self.priority, self.time = priority, time

    def admits(self, connector, n=4):
        wanted = self.WORDS[:n]
        if "size" in wanted and self.size is not None:
            if self.size > connector.get("max_message_size", float("inf")):
                return False
        if "sender" in wanted and self.sender is not None:
            senders = connector.get("senders", {})
            if any(sender_meets(p, self.sender)
                   for p in senders.get("deny", [])):
                return False
            allow = senders.get("allow", [])
            if allow and not any(sender_meets(p, self.sender)
                                 for p in allow):
                return False
        if "priority" in wanted and self.priority is not None:
            some = connector.get("priorities", [])
            if some and self.priority not in some:
                return False
        if "schedule" in wanted and self.time is not None:
            if "schedule" in connector:
                if not schedule_open(connector["schedule"], self.time):
                    return False
        return True


def rank(server, name):
    """What server takes of a large group: the greatest first (base/rank.h)."""
    mask, text = (1 << 64) - 1, []
    for one in server, name:
        h = 14695981039346656037
        for octet in one.encode():
            h = (h ^ octet) * 1099511628211 & mask
        text.append(h)
    z = text[0] ^ (text[1] << 1 & mask | text[1] >> 63)
    z = z + 0x9e3779b97f4a7c15 & mask
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & mask
    z = (z ^ z >> 27) * 0x94d049bb133111eb & mask
    return z ^ z >> 31


def named_by_parts(document, connector):
    """Whom it names, and whom the other parts of the same connector do."""
    here, others = set(connector.get("to", [])), set()
    name = connector["name"].split(":")[0]
    for c in document["connectors"]:
        if c is not connector and c["server"] == connector["server"] and \
                c["name"].split(":")[0] == name:
            others |= set(c.get("to", []))
    return here, others - here


def resolve(document, drain=()):
    """With all bridgeheads of `bridgehead = any` by their names."""
    connectors = []
    for c in document["connectors"]:
        if c.get("bridgehead") == "any":
            here, others = named_by_parts(document, c)
            some = [s for s in document["servers"]
                    if s["routing_group"] == c["routing_group"] and
                    s["name"] not in others and
                    (s["name"] in here or not s.get("away", False))]
            some.sort(key=lambda s: (-rank(c["server"], s["name"]),
                                     s["name"]))
            found, up = [], 0
            for s in some[:64]:
                if up == 16:
                    break
                found.append(s["name"])
                up += s.get("state", "up") == "up" and s["name"] not in drain
            to = c.get("to", []) + [n for n in found if n not in here]
            c = {k: v for k, v in c.items() if k != "bridgehead"}
            c["to"] = to
        connectors.append(c)
    return dict(document, connectors=connectors)


class World:
    """A document with its changes, for messages of these limits."""

    def __init__(self, document, cut=(), drain=(), cost=(), admits=None):
        document = resolve(document, drain)
        self.group, self.state = {}, {}
        for s in document["servers"]:
            self.group[s["name"]] = s["routing_group"]
            self.state[s["name"]] = s.get("state", "up")
        for name in drain:
            if self.state[name] != "down":
                self.state[name] = "drain"
        costs = dict(cost)
        self.claims = collections.defaultdict(list)
        for a in document["address_spaces"]:
            self.claims[a["pattern"]].append(a)
        self.present = sorted(n for n in self.state
                              if self.state[n] != "down")
        self.step = {n: {} for n in self.present}
        members = collections.defaultdict(list)
        for n in self.present:
            members[self.group[n]].append(n)
        for n in self.present:
            for m in members[self.group[n]]:
                self.add(n, m, 0)
        for c in document["connectors"]:
            if c["name"] in cut or c.get("state", "up") != "up":
                continue
            if admits is not None and not admits(c):
                continue
            for to in c["to"]:
                self.add(c["server"], to, costs.get(c["name"], c["cost"]))
        self.known, self.ways = {}, {}

    def add(self, a, b, cost):
        if a == b or a not in self.step or b not in self.step:
            return
        if b not in self.step[a] or cost < self.step[a][b][0]:
            self.step[a][b] = (cost, 1)

    def transit(self, n):
        return self.state[n] == "up"

    def far(self, a, inside=False):
        """The least metric from a to every server it reaches."""
        if (a, inside) in self.known:
            return self.known[a, inside]
        best, queue = {a: (0, 0)}, collections.deque([a])
        while queue:
            u = queue.popleft()
            if u != a and not self.transit(u):
                continue
            for v, (cost, hops) in self.step[u].items():
                if inside and self.group[v] != self.group[a]:
                    continue
                metric = (best[u][0] + cost, best[u][1] + hops)
                if v not in best or metric < best[v]:
                    best[v] = metric
                    queue.append(v)
        self.known[a, inside] = best
        return best

    def sees(self, a, claim):
        return (claim.get("scope", "organization") == "organization" or
                self.group[claim["server"]] == self.group[a])

    def claim_metric(self, a, claim):
        """The metric of the way from a to the claim, or None."""
        inside = claim.get("scope", "organization") == "routing-group"
        if not self.sees(a, claim):
            return None
        way = self.far(a, inside).get(claim["server"])
        if way is None:
            return None
        return (way[0] + claim.get("cost", 0), way[1])

    def visible(self, a, pattern):
        return [c for c in self.claims.get(pattern, []) if self.sees(a, c)]

    def pattern_metric(self, a, pattern):
        metrics = [self.claim_metric(a, c) for c in self.visible(a, pattern)]
        return min((m for m in metrics if m is not None), default=None)

    def first_hops(self, s, x, inside):
        hops = set()
        whole = self.far(s, inside)[x]
        for n, c in self.step[s].items():
            if inside and self.group[n] != self.group[s]:
                continue
            if n != x and not self.transit(n):
                continue
            rest = self.far(n, inside).get(x)
            if rest and (c[0] + rest[0], c[1] + rest[1]) == whole:
                hops.add(n)
        return hops

    def path(self, s, x, inside):
        """Of the least ways the smallest by names: ways are compared by
        cost, then hops, then the names on them."""
        if (s, inside) not in self.ways:
            best = {s: (0, 0, (s,))}
            queue = collections.deque([s])
            while queue:
                u = queue.popleft()
                if u != s and not self.transit(u):
                    continue
                for v, (cost, hops) in self.step[u].items():
                    if inside and self.group[v] != self.group[s]:
                        continue
                    way = (best[u][0] + cost, best[u][1] + hops,
                           best[u][2] + (v,))
                    if v not in best or way < best[v]:
                        best[v] = way
                        queue.append(v)
            self.ways[s, inside] = best
        return list(self.ways[s, inside][x][2])

    def alternates(self, s, pattern, mine, next_hops):
        found = []
        for n, c in self.step[s].items():
            if n in next_hops:
                continue
            if self.transit(n):
                theirs = self.pattern_metric(n, pattern)
            else:
                own = [(a.get("cost", 0), 0) for a in self.claims[pattern]
                       if a["server"] == n]
                theirs = min(own, default=None)
            if theirs is None:
                continue
            back = self.far(n).get(s)
            if back is not None:
                limit = (back[0] + mine[0], back[1] + mine[1])
                if not theirs < limit:
                    continue
            found.append(((c[0] + theirs[0], c[1] + theirs[1]), n))
        return [n for _, n in sorted(found)]

    def route(self, s, pattern):
        """As `routes` says it; None when its scope excludes s."""
        claims = self.visible(s, pattern)
        if not claims:
            return None
        mine = self.pattern_metric(s, pattern)
        if mine is None:
            return {"pattern": pattern, "unreachable": "why"}
        best = [c for c in claims if self.claim_metric(s, c) == mine]
        claim = min(best, key=lambda c: c["server"])
        server = claim["server"]
        if server == s:
            return {"pattern": pattern, "here": True, "server": s,
                    "cost": mine[0], "hops": mine[1]}
        hops = set()
        for c in best:
            hops |= self.first_hops(
                s, c["server"], c.get("scope") == "routing-group")
        return {"pattern": pattern, "server": server,
                "cost": mine[0], "hops": mine[1], "next_hops": sorted(hops),
                "alternates": self.alternates(s, pattern, mine, hops),
                "path": self.path(
                    s, server, claim.get("scope") == "routing-group")}

    def routes(self, s):
        rows = [self.route(s, p)
                for p in sorted(self.claims, key=lambda p: p.encode())]
        return [r for r in rows if r is not None]


def changes_of(args):
    return {"cut": args.get("cut", []), "drain": args.get("drain", []),
            "cost": args.get("cost", [])}


def simulate(document, args):
    before = World(document)
    after = World(document, **changes_of(args))
    lines, unreachable = [], 0

    def side(r):
        return {k: r[k] for k in ("unreachable", "here", "next_hops", "cost",
                                  "hops") if k in r}

    for s in before.present:
        was = {r["pattern"]: r for r in before.routes(s)}
        for r in after.routes(s):
            p = r["pattern"]
            unreachable += "unreachable" in r
            if side(was[p]) != side(r):
                lines.append({"from": s, "pattern": p,
                              "before": side(was[p]), "after": side(r)})
    lines.append({"servers": len(before.present),
                  "routes": len(before.present) * len(before.claims),
                  "moved": len(lines), "unreachable": unreachable})
    return lines


def explain(document, s, address, limits, args):
    stages = [World(document, admits=lambda c, n=n: limits.admits(c, n),
                    **changes_of(args)) for n in range(5)]
    world = stages[4]
    out = {"address": address, "from": s, "result": "not-ours"}
    candidates, decided = [], False
    for pattern in met_by(address.lower()):
        if pattern not in world.claims:
            continue
        rows, late = [], decided
        for c in world.claims[pattern]:
            metric = world.claim_metric(s, c)
            if not world.sees(s, c):
                verdict = "scope"
            elif metric is not None:
                verdict = "less-specific" if late else "?"
            elif stages[0].claim_metric(s, c) is None:
                verdict = "unreachable"
            else:
                n = min(n for n in range(1, 5)
                        if stages[n].claim_metric(s, c) is None)
                verdict = Limits.WORDS[n - 1]
            rows.append((metric, c["server"], verdict))
        if not late and world.visible(s, pattern):
            route = world.route(s, pattern)
            out["pattern"] = pattern
            if "unreachable" in route:
                out["result"] = "hold"
                decided = not all(c.get("fallback", False)
                                  for c in world.visible(s, pattern))
            else:
                decided = True
                out["result"] = "here" if "here" in route else "remote"
                for k in ("server", "cost", "hops", "next_hops",
                          "alternates", "path"):
                    if k in route:
                        out[k] = route[k]
        for metric, server, verdict in sorted(
                rows, key=lambda r: (r[0] is None, r[0] or (0, 0), r[1])):
            row = {"pattern": pattern, "server": server}
            if metric is not None:
                row["cost"], row["hops"] = metric
            if verdict == "?":
                if server == out["server"]:
                    verdict = "chosen"
                elif metric[0] > out["cost"]:
                    verdict = "cost"
                elif metric[1] > out["hops"]:
                    verdict = "hops"
                else:
                    verdict = "name"
            row["verdict"] = verdict
            candidates.append(row)
    if out["result"] == "hold":
        out["unreachable"] = "why"
    out["candidates"] = candidates
    return out


# ---- lsrctl beside it ------------------------------------------------------

class Judge:
    def __init__(self, lsrctl):
        self.lsrctl = lsrctl
        self.asked = self.wrong = self.runs = 0

    def run(self, path, verb, args, more=()):
        command = [self.lsrctl, "--topology", path, verb, "--json"]
        for name in args.get("cut", []):
            command += ["--cut", name]
        for name in args.get("drain", []):
            command += ["--drain", name]
        for name, n in args.get("cost", []):
            command += ["--cost", "%s=%d" % (name, n)]
        command += more
        done = subprocess.run(command, capture_output=True, text=True)
        self.runs += 1
        if done.returncode not in (0, 1) or done.stderr:
            self.wrong += 1
            if self.wrong < 5:
                print("FAILED", " ".join(command), done.returncode,
                      done.stderr[:1000])
            return done.returncode, []
        return done.returncode, [json.loads(x)
                                 for x in done.stdout.splitlines()]

    def same(self, what, mine, theirs):
        def plain(x):
            x = json.loads(json.dumps(x))
            for side in (x, x.get("before", {}), x.get("after", {})):
                if "unreachable" in side and isinstance(
                        side["unreachable"], str):
                    side["unreachable"] = "why"
            return list(x.items())

        self.asked += max(len(mine), len(theirs))
        for k in range(max(len(mine), len(theirs))):
            a = mine[k] if k < len(mine) else None
            b = theirs[k] if k < len(theirs) else None
            if a is None or b is None or plain(a) != plain(b):
                self.wrong += 1
                if self.wrong < 10:
                    print("DIFFERS", what)
                    print("  oracle", json.dumps(a))
                    print("  lsrctl", json.dumps(b))

    def status(self, what, mine, theirs):
        self.asked += 1
        if mine != theirs:
            self.wrong += 1
        if mine != theirs and self.wrong < 10:
            print("STATUS", what, "oracle", mine, "lsrctl", theirs)

    def routes(self, document, path, s, args):
        world = World(document, **changes_of(args))
        mine = world.routes(s)
        status, theirs = self.run(path, "routes", args, ["--from", s])
        what = "%s routes --from %s %s" % (path, s, args)
        self.same(what, mine, theirs)
        self.status(what, int(any("unreachable" in r for r in mine)), status)

    def simulate(self, document, path, args):
        mine = simulate(document, args)
        status, theirs = self.run(path, "simulate", args)
        what = "%s simulate %s" % (path, args)
        self.same(what, mine, theirs)
        self.status(what, int(mine[-1]["moved"] > 0), status)

    def explain(self, document, path, s, address, limits, args):
        mine = explain(document, s, address, limits, args)
        more = ["--from", s, address]
        if limits.size is not None:
            more += ["--size", str(limits.size)]
        if limits.sender is not None:
            more += ["--sender", limits.sender]
        if limits.priority is not None:
            more += ["--priority", limits.priority]
        if limits.time is not None:
            more += ["--at", str(limits.time)]
        status, theirs = self.run(path, "explain", args, more)
        what = "%s explain %s" % (path, more)
        self.same(what, [mine], theirs)
        self.status(what, int(mine["result"] in ("hold", "not-ours")), status)

    def end(self):
        print("asked %d, wrong %d (%d runs)"
              % (self.asked, self.wrong, self.runs))
        return 1 if self.wrong or not self.asked else 0


def random_changes(rng, document):
    args = {}
    connectors = [c["name"] for c in document["connectors"]]
    servers = [s["name"] for s in document["servers"]]
    if connectors and rng.random() < 0.5:
        args["cut"] = rng.sample(connectors,
                                 min(len(connectors), rng.randint(1, 2)))
    if rng.random() < 0.4:
        args["drain"] = [rng.choice(servers)]
    if connectors and rng.random() < 0.4:
        args["cost"] = [(rng.choice(connectors),
                         rng.choice([0, 1, 3, 40, 65535]))]
    return args


SENDERS = ["*", "<>", "a.example", ".a.example", "boss@a.example"]
SCHEDULES = ["mon-fri 08:00-18:00", "sat-mon", "22:00-06:00",
             "tue 10:00-11:00, fri 22:00-02:00", "00:00-24:00"]
PATTERNS = ["a.example", "b.example", "x.a.example", "u@a.example",
            ".a.example", ".example", "v@x.a.example", "*"]


def random_limits(rng, connector):
    if rng.random() < 0.25:
        connector["max_message_size"] = rng.choice([10, 100, 1000])
    if rng.random() < 0.25:
        connector["senders"] = {}
        if rng.random() < 0.6:
            connector["senders"]["allow"] = rng.sample(SENDERS, 2)
        if rng.random() < 0.6:
            connector["senders"]["deny"] = rng.sample(SENDERS, 1)
    if rng.random() < 0.25:
        connector["priorities"] = rng.sample(
            ["urgent", "normal", "non-urgent"], rng.randint(1, 2))
    if rng.random() < 0.25:
        connector["schedule"] = rng.choice(SCHEDULES)


def random_any(rng, connector, servers):
    """Whoever is in a group, of whom some are named, or are another part's."""
    own = [s["routing_group"] for s in servers
           if s["name"] == connector["server"]]
    groups = {s["routing_group"] for s in servers} | {"nobody"}
    connector["bridgehead"] = "any"
    connector["routing_group"] = rng.choice(sorted(groups - set(own)))
    if rng.random() < 0.6:
        del connector["to"]
    if rng.random() < 0.2:
        connector["name"] = "%s:part%s" % (rng.choice(["c0", "c1"]),
                                           connector["name"])


def random_document(rng, large=0):
    n = rng.randint(1, 10)
    groups = rng.randint(1, n)
    if rng.random() < large:
        n, groups = rng.randint(19, 26), 2
    names = ["mx%d.example" % i for i in range(n)]
    rng.shuffle(names)
    states = rng.choice([["up"], ["up", "up", "up", "drain", "starting",
                                  "down"]])
    costs = rng.choice([[1], [0, 1, 2], [10, 20, 30], [0, 1, 65535]])
    servers, connectors, spaces = [], [], []
    for name in names:
        s = {"name": name, "routing_group": "g%d" % rng.randrange(groups)}
        if rng.random() < 0.8:
            s["state"] = rng.choice(states)
        if rng.random() < 0.1:
            s["away"] = True
        servers.append(s)
    for k in range(rng.randint(0, 3 * n)):
        c = {"name": "c%d" % k, "server": rng.choice(names),
             "to": [rng.choice(names) for _ in range(rng.choice([1, 1, 3]))],
             "cost": rng.choice(costs)}
        if rng.random() < 0.3:
            c["state"] = rng.choice(["up", "drain", "down"])
        if rng.random() < 0.25:
            random_any(rng, c, servers)
        random_limits(rng, c)
        connectors.append(c)
    taken = set()
    for _ in range(rng.randint(1, 2 * n + 2)):
        a = {"pattern": rng.choice(PATTERNS), "server": rng.choice(names)}
        if (a["pattern"], a["server"]) in taken:
            continue
        taken.add((a["pattern"], a["server"]))
        if rng.random() < 0.7:
            a["cost"] = rng.choice([0, 1, 2, 50])
        if rng.random() < 0.3:
            a["scope"] = rng.choice(["organization", "routing-group"])
        if rng.random() < 0.5:
            a["fallback"] = rng.random() < 0.7
        spaces.append(a)
    return {"format": "lsrd-topology/1", "organization": "r.example",
            "servers": servers, "connectors": connectors,
            "address_spaces": spaces}


def random_question(rng):
    address = rng.choice(["u@a.example", "v@a.example", "V@X.A.example",
                          "w@x.a.example", "u@b.example", "u@q.example",
                          "u@else.where", "u@y.x.a.example"])
    return address, Limits(
        rng.choice([None, 10, 11, 500]),
        rng.choice([None, "boss@a.example", "x@c.a.example", "<>"]),
        rng.choice([None, "urgent", "normal", "non-urgent"]),
        rng.choice([None, 1794787200 + rng.randrange(7 * 86400)]))


def present_of(document, args):
    return World(document, **changes_of(args)).present


def do_random(judge, documents, seed):
    for k in range(documents):
        rng = random.Random(seed * 1000003 + k)
        document = random_document(rng, 0.05)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(document, f)
            f.flush()
            args = random_changes(rng, document)
            present = present_of(document, args)
            if present:
                judge.routes(document, f.name, rng.choice(present), args)
                address, limits = random_question(rng)
                judge.explain(document, f.name, rng.choice(present), address,
                              limits, random_changes(rng, document))
            judge.simulate(document, f.name, random_changes(rng, document))


def address_in(pattern):
    if "@" in pattern:
        return pattern
    if pattern == "*":
        return "u@no.such.domain"
    return "u@" + ("x" if pattern[0] == "." else "") + pattern


def do_compare(judge, files, most, seed):
    for path in files:
        rng = random.Random(seed)
        with open(path, encoding="utf-8") as f:
            document = json.load(f)
        present = present_of(document, {})
        small = len(present) <= 120
        n = most if small else min(most, 3)
        some = present if len(present) <= n else rng.sample(present, n)
        for s in some:
            judge.routes(document, path, s, {})
        for _ in range(4 if small else 1):
            args = random_changes(rng, document)
            judge.routes(document, path, rng.choice(present), args)
            pattern = rng.choice(document["address_spaces"])["pattern"]
            judge.explain(document, path, rng.choice(present),
                          address_in(pattern), Limits(), args)
            if small:
                judge.simulate(document, path, args)


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ("routes", "explain", "simulate"):
        p = verbs.add_parser(name)
        p.add_argument("file")
        p.add_argument("--cut", action="append", default=[])
        p.add_argument("--drain", action="append", default=[])
        p.add_argument("--cost", action="append", default=[])
        if name != "simulate":
            p.add_argument("--from", dest="s", required=True)
        if name == "explain":
            p.add_argument("address")
            p.add_argument("--size", type=int)
            p.add_argument("--sender")
            p.add_argument("--priority")
            p.add_argument("--at", type=int)
    p = verbs.add_parser("compare")
    p.add_argument("lsrctl")
    p.add_argument("files", nargs="+")
    p.add_argument("--most", type=int, default=1000)
    p.add_argument("--seed", type=int, default=1)
    p = verbs.add_parser("random")
    p.add_argument("lsrctl")
    p.add_argument("--documents", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()

    if a.verb in ("compare", "random"):
        judge = Judge(a.lsrctl)
        if a.verb == "compare":
            do_compare(judge, a.files, a.most, a.seed)
        else:
            do_random(judge, a.documents, a.seed)
        return judge.end()
    with open(a.file, encoding="utf-8") as f:
        document = json.load(f)
    args = {"cut": a.cut, "drain": a.drain,
            "cost": [(c.rsplit("=", 1)[0], int(c.rsplit("=", 1)[1]))
                     for c in a.cost]}
    if a.verb == "routes":
        lines = World(document, **changes_of(args)).routes(a.s)
    elif a.verb == "simulate":
        lines = simulate(document, args)
    else:
        lines = [explain(document, a.s, a.address,
                         Limits(a.size, a.sender, a.priority, a.at), args)]
    for line in lines:
        print(json.dumps(line, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
