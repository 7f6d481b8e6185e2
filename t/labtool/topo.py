"""topo.py - a topology document as servers, addresses and wires.

The document is the form that `lsrctl export json` writes (lsrctl(1)). The
lab reads what it needs and leaves judging the rest to lsrctl itself.
"""

import json


class BadDocument(Exception):
    """The document cannot be built as a lab; the text says why."""


class Server:
    """One server of the document, and where it lives in the lab."""

    def __init__(self, entry, group_index, member):
        self.name = entry["name"]
        self.group = entry["routing_group"]
        self.state = entry.get("state", "up")
        self.mta = entry.get("mta", "postfix")
        self.position = entry.get("position")
        self.group_index = group_index
        self.member = member
        self.alias = self.name
        self.spaces = []
        self.connectors = []

    def address(self, mode, family):
        """The one address of this server: mail, peers, everything."""
        if mode == "loopback":
            return "127.1.%d.%d" % (self.group_index, self.member)
        if family == 6:
            return "fd77::%x:%x" % (self.group_index, self.member)
        return "10.77.%d.%d" % (self.group_index, self.member)


def is_any(entry):
    """Whoever is in its group is a bridgehead of this connector."""
    return entry.get("bridgehead") == "any"


class Topology:
    """Servers by name, in the document's order, and the wires between."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            try:
                self.doc = json.load(file)
            except ValueError as error:
                raise BadDocument("%s: %s" % (path, error)) from error
        try:
            self._read()
        except (KeyError, TypeError) as error:
            raise BadDocument("%s: no %s" % (path, error)) from error

    def _read(self):
        self.organization = self.doc["organization"]
        self.servers = {}
        groups = {}
        for entry in self.doc["servers"]:
            members = groups.setdefault(entry["routing_group"], [])
            members.append(entry["name"])
            index = list(groups).index(entry["routing_group"]) + 1
            if index > 250 or len(members) > 250:
                raise BadDocument("a lab has room for 250 groups of 250")
            self.servers[entry["name"]] = Server(entry, index, len(members))
        self.groups = groups
        for entry in self.doc["connectors"]:
            self.server(entry["server"]).connectors.append(entry)
            if is_any(entry):
                entry["to"] = groups.get(entry["routing_group"], [])
            for name in entry["to"]:
                self.server(name)
        for entry in self.doc["address_spaces"]:
            self.server(entry["server"]).spaces.append(entry)
        self._name()

    def server(self, name):
        """The server of that full name."""
        if name not in self.servers:
            raise BadDocument("%s: unknown server %s" % (self.path, name))
        return self.servers[name]

    def _name(self):
        """Gives each server the shortest leading labels that are its own."""
        for name, server in self.servers.items():
            labels = name.split(".")
            for n in range(1, len(labels) + 1):
                alias = ".".join(labels[:n])
                if not any(other != name and (other + ".").startswith(alias + ".")
                           for other in self.servers):
                    server.alias = alias
                    break

    def find(self, word):
        """The servers that `word` means: a full name, an alias, a group."""
        if word in self.servers:
            return [self.servers[word]]
        found = [s for s in self.servers.values() if s.alias == word]
        if not found:
            found = [self.servers[n] for n in self.groups.get(word, [])]
        if not found:
            raise BadDocument("no server or routing group is called %s" % word)
        return found

    def one(self, word):
        """The one server that `word` means."""
        found = self.find(word)
        if len(found) != 1:
            raise BadDocument("%s has %d servers: say which" % (word, len(found)))
        return found[0]

    def wires(self):
        """Pairs of names, sorted, that a connector joins across groups."""
        pairs = set()
        for entry in self.doc["connectors"]:
            for name in entry["to"]:
                ends = self.servers[entry["server"]], self.servers[name]
                if ends[0].group != ends[1].group:
                    pairs.add(tuple(sorted((ends[0].name, ends[1].name))))
        return sorted(pairs)

    def neighbours(self, server):
        """Everybody that `server` has a wire to: its group, its connectors."""
        names = [n for n in self.groups[server.group] if n != server.name]
        for pair in self.wires():
            if server.name in pair:
                names.append(pair[0] if pair[1] == server.name else pair[1])
        return [self.servers[n] for n in names]
