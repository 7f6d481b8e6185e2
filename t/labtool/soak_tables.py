"""soak_tables.py - what every table of a soak must say.

At any time: each key is there, and none names its own server. At the end, with
all mended: each first hop lies on a least way, by a search over the topology
document that knows nothing of lsrd.
"""

import heapq
import re

ADDRESS = re.compile(r"\[(?:ipv6:)?([^]]+)\]:\d+")


def steps(topology):
    """From a server to its next ones: {name: {name: (cost, 1)}}."""
    found = {name: {} for name in topology.servers}
    for members in topology.groups.values():
        for one in members:
            found[one].update({other: (0, 1) for other in members if other != one})
    for entry in topology.doc["connectors"]:
        for to in entry["to"]:
            if to != entry["server"]:
                step = (entry["cost"], 1)
                ways = found[entry["server"]]
                ways[to] = min(step, ways.get(to, step))
    return found


def distances(ways, ends):
    """The least (cost, hops) from each server to one of `ends`."""
    back = {name: {} for name in ways}
    for one, there in ways.items():
        for other, step in there.items():
            back[other][one] = step
    best, heap = {}, [((0, 0), name) for name in ends]
    while heap:
        far, name = heapq.heappop(heap)
        if name in best:
            continue
        best[name] = far
        for before, step in back[name].items():
            if before not in best:
                heapq.heappush(heap, ((far[0] + step[0], far[1] + step[1]), before))
    return best


class Tables:
    """The looker."""

    def __init__(self, lab):
        self.lab = lab
        self.watch = lab.watch()  # for what it knows; it is never started
        self.by_alias = {node.alias: node for node in lab.nodes.values()}
        self.ways = steps(lab.topology)
        self.ends = {}
        for server in lab.topology.servers.values():
            for space in server.spaces:
                self.ends.setdefault(space["pattern"], set()).add(server.name)
        self.looks = self.keys = 0

    def values(self):
        """(server, key, value) of every table that can be read just now."""
        for alias, table in self.watch.tables.items():
            for key in self.watch.keys[alias]:
                try:
                    value = table.get(key)
                except OSError:
                    break  # it is being written
                self.keys += 1
                yield self.by_alias[alias], key, value

    def look(self):
        """What must hold at any time; what does not, as lines."""
        found = []
        self.looks += 1
        for node, key, value in self.values():
            here = key in self.watch.here[node.alias]
            if value is None and not here:
                found.append("%s: %s: no key" % (node.alias, key))
            if node.address in ADDRESS.findall(value or ""):
                found.append("%s: %s: names itself: %s" % (node.alias, key, value))
        return found

    def right(self):
        """What must hold when nothing is broken."""
        found, by_address = [], {n.address: n.name for n in self.lab.nodes.values()}
        for node, key, value in self.values():
            if key in self.watch.here[node.alias]:
                continue
            best = distances(self.ways, self.ends[key])
            hops = [by_address.get(address) for address in ADDRESS.findall(value or "")]
            step = self.ways[node.name].get(hops[0]) if hops else None
            if not step or best[node.name] != (step[0] + best[hops[0]][0],
                                               step[1] + best[hops[0]][1]):
                found.append("%s: %s: %s" % (node.alias, key, self.lab.in_names(value or "-")))
        return found
