"""graphs.py FORM DOCUMENT EXPORT - what `lsrctl export FORM` wrote of a topology
document says the same as the document: netjson by the rules of the format
(netjson.org/rfc.html, NetworkGraph), graphml by networkx, dot by what Graphviz
draws (SVG). Prints what differs."""
import collections, json, re, subprocess, sys
import xml.etree.ElementTree as tree

MESH = 16
form, document, path = sys.argv[1:]
with open(document, encoding="utf-8") as f:
    doc = json.load(f)
wrong = []


def check(what, mine, theirs):
    if mine != theirs:
        wrong.append("%s: wanted %.300r got %.300r" % (what, mine, theirs))


def shown(text):
    """What XML 1.0 cannot say is U+FFFD."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


def wanted():
    """Names of nodes with their groups; steps with cost and connector."""
    nodes, steps = {}, collections.Counter()
    group = collections.defaultdict(list)
    for s in doc["servers"]:
        nodes[s["name"]] = s
        if s.get("state", "up") != "down":
            group[s["routing_group"]].append(s["name"])
    for g, names in group.items():
        if len(names) > MESH:
            for n in names:
                steps[n, (g,), 0, None, "up"] += 1
                steps[(g,), n, 0, None, "up"] += 1
            continue
        for a in names:
            for b in names:
                if a != b:
                    steps[a, b, 0, None, "up"] += 1
    for c in doc["connectors"]:
        for to in c["to"]:
            steps[c["server"], to, c["cost"], c["name"], c.get("state", "up")] += 1
    hubs = {g for g, names in group.items() if len(names) > MESH}
    return nodes, hubs, steps


def patterns_of(name):
    return sorted(a["pattern"] for a in doc["address_spaces"] if a["server"] == name)


def is_netjson(graph):
    """Of NetworkGraph what has to be there, and of which type."""
    check("type", "NetworkGraph", graph.get("type"))
    for key in ("protocol", "version", "metric"):
        check(key, str, type(graph.get(key)))
    ids = set()
    for node in graph["nodes"]:
        check("node id", str, type(node["id"]))
        check("node id twice", False, node["id"] in ids)
        check("properties", dict, type(node.get("properties", {})))
        ids.add(node["id"])
    for link in graph["links"]:
        check("source", True, link["source"] in ids)
        check("target", True, link["target"] in ids)
        check("cost", True, type(link["cost"]) in (int, float) and link["cost"] >= 0)
        check("cost_text", str, type(link.get("cost_text", "")))
        check("properties", dict, type(link.get("properties", {})))
    known = {"type", "protocol", "version", "revision", "metric", "router_id", "topology_id", "label"}
    check("keys", set(), set(graph) - known - {"nodes", "links"})


def netjson():
    with open(path, encoding="utf-8") as f:
        graph = json.load(f)
    is_netjson(graph)
    nodes, hubs, steps = wanted()
    name = {n["id"]: n["label"] if n["properties"]["kind"] == "server" else (n["label"],)
            for n in graph["nodes"]}
    check("nodes", sorted(map(str, [*nodes, *[(g,) for g in hubs]])), sorted(map(str, name.values())))
    for n in graph["nodes"]:
        if n["properties"]["kind"] == "server":
            s = nodes[n["label"]]
            check("server", (s["routing_group"], s.get("state", "up"), patterns_of(s["name"])),
                  (n["properties"]["routing_group"], n["properties"]["state"],
                   sorted(n["properties"]["patterns"])))
    check("links", steps, collections.Counter(
        (name[x["source"]], name[x["target"]], x["cost"], x["properties"].get("connector"),
         x["properties"]["state"]) for x in graph["links"]))


def graphml():
    import networkx
    graph = networkx.read_graphml(path, force_multigraph=True)
    nodes, hubs, steps = wanted()
    name = {i: d["name"] if "routing_group" in d else (d["name"],)
            for i, d in graph.nodes(data=True)}

    def same(step):
        return tuple(shown(x) if isinstance(x, str) else x for x in step)

    check("directed", True, graph.is_directed())
    check("nodes", sorted(map(str, [shown(n) for n in nodes] + [(g,) for g in hubs])),
          sorted(map(str, name.values())))
    for i, d in graph.nodes(data=True):
        if "routing_group" in d:
            (s,) = [s for s in nodes.values() if shown(s["name"]) == d["name"]]
            check("server", (shown(s["routing_group"]), s.get("state", "up"), patterns_of(s["name"]),
                             [round(x, 6) for x in s.get("position", [])]),
                  (d["routing_group"], d["state"], sorted(json.loads(d["patterns"])),
                   [d[k] for k in ("longitude", "latitude") if k in d]))
            if re.fullmatch("[A-Za-z0-9._-]+", s["name"]):
                check("id", s["name"], i)
    theirs = collections.Counter()
    for a, b, d in graph.edges(data=True):
        theirs[name[a], name[b], d["cost"], d.get("connector"), d["edge_state"]] += 1
    mine = collections.Counter()
    for step, n in steps.items():
        mine[same(step)] += n
    check("edges", mine, theirs)


def dot():
    done = subprocess.run(["dot", "-Tcanon", path], capture_output=True, text=True)
    check("canon", (0, ""), (done.returncode, done.stderr))
    done = subprocess.run(["dot", "-Tsvg", path], capture_output=True, text=True)
    check("svg", 0, done.returncode)
    text = {"node": collections.Counter(), "edge": collections.Counter(), "cluster": collections.Counter()}
    for g in tree.fromstring(done.stdout).iter("{http://www.w3.org/2000/svg}g"):
        for t in g.findall("{http://www.w3.org/2000/svg}text") if g.get("class") in text else []:
            text[g.get("class")][t.text.replace("\xa0", " ")] += 1

    def plain(name):
        return re.sub("[\x00-\x1f\x7f]", "\ufffd", name)

    nodes, hubs, steps = wanted()
    check("nodes", collections.Counter(plain(n) for n in nodes), text["node"])
    check("clusters", collections.Counter({plain(s["routing_group"]) for s in nodes.values()}), text["cluster"])
    mine = collections.Counter()
    for (_, _, cost, name, _), n in steps.items():
        if name is not None:
            mine[plain("%s (%d)" % (name, cost))] += n
    check("edges", mine, text["edge"])


{"netjson": netjson, "graphml": graphml, "dot": dot}[form]()
for line in wrong[:10]:
    print(line)
sys.exit(bool(wrong))
