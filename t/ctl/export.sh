#!/bin/sh
# export.sh - `lsrctl export`: each form says what the document says, by the
# readers of others (networkx, Graphviz) and the rules of NetJSON; also where
# names are made to break it, and from a daemon.

. "$(dirname "$0")/../tap.sh"
need python3
lsrctl=$top_builddir/lsrctl
fixtures=$top_srcdir/t/fixtures

# Names that end a string, begin markup, escape what follows, are like what we
# make up ourselves, or as long as names get; and a group too big for pairs.
python3 - "$fixtures/groups.json" "$W" <<'END' || exit 99
import json, random, sys
doc = json.load(open(sys.argv[1]))
bad = ['a "quoted" \\', '<b>&amp;</b>', 'back\\', 'x' * 250 + '.abc', 'uml\u00e4ut.\u4f8b', 'n->m;}', '\\N\\n', "'];", 'sp ace', '#3', ':2']
new = dict(zip([s["name"] for s in doc["servers"]], bad))
for s in doc["servers"]:
    s["name"] = new.get(s["name"], s["name"])
    s["routing_group"] = "<g&'\">" + s["routing_group"] + "\\"
for c in doc["connectors"]:
    c["server"], c["to"] = new.get(c["server"], c["server"]), [new.get(t, t) for t in c["to"]]
    c["name"] = '"]}<&>\\' + c["name"]
for a in doc["address_spaces"]:
    a["server"], a["pattern"] = new.get(a["server"], a["server"]), '<"\\&\n' + a["pattern"]
doc["servers"][0]["position"] = [-104.9903, 39.7392]
json.dump(doc, open(sys.argv[2] + "/hostile.json", "w"))
json.dump({"format": "lsrd-topology/1", "organization": "o", "connectors": [], "address_spaces": [],
           "servers": [{"name": "s%d" % i, "routing_group": "g"} for i in range(17)] +
                      [{"name": "g", "routing_group": "h"}]}, open(sys.argv[2] + "/big.json", "w"))
rng = random.Random(1)
letters = '"\'\\<>&;{}[]#:%$`|\t\n\x01 a.-_\u00e9\u202e\U0001f4e7'
names = sorted({"".join(rng.choice(letters) for _ in range(rng.randint(1, 12))) for _ in range(12)})
json.dump({"format": "lsrd-topology/1", "organization": names[0], "address_spaces": [
               {"pattern": n, "server": n} for n in names],
           "servers": [{"name": n, "routing_group": "g" + n} for n in names],
           "connectors": [{"name": a + b, "server": a, "to": [b], "cost": rng.randrange(9)}
                          for a, b in zip(names, names[1:])]}, open(sys.argv[2] + "/drawn.json", "w"))
END

export_is() { # FORM DOCUMENT
	"$lsrctl" --topology "$2" export "$1" >"$W/out.$1" 2>"$W/err" &&
		[ ! -s "$W/err" ] &&
		python3 "$top_srcdir/t/ctl/graphs.py" "$1" "$2" "$W/out.$1"
}

form() { # FORM WHAT IT NEEDS
	for d in $documents; do
		f=$fixtures/$d.json
		[ -e "$f" ] || f=$W/$d.json
		if [ "$2" = yes ] && [ "$1$d" != dotdrawn ]; then
			ok "$1: $d" export_is "$1" "$f"
		elif [ "$2" = yes ]; then
			# what a picture shows of blanks and control characters is
			# not what they are: it is a picture for all that
			ok "$1: $d" sh -c '"$0" --topology "$1" export dot |
				dot -Tcanon' "$lsrctl" "$f"
		else
			skip_case "$1: $d" "$2"
		fi
	done
}

documents='groups hostile big drawn'
! at_length || documents="$documents states spaces limits"
graphviz=yes networkx=yes
command -v dot >/dev/null || graphviz='needs graphviz'
python3 -c 'import networkx' 2>/dev/null || networkx='needs python3-networkx'
form netjson yes
form graphml "$networkx"
form dot "$graphviz"

ok 'what is not the same is seen' not python3 "$top_srcdir/t/ctl/graphs.py" \
	netjson "$fixtures/states.json" "$W/out.netjson"
ok 'a form that there is not' says 2 'export' "$lsrctl" --topology "$W/big.json" export png
ok 'a document that is none' says 2 'not JSON' \
	"$lsrctl" --topology "$top_srcdir/t/tap.sh" export dot
ok 'no daemon' says 3 'no daemon answers' "$lsrctl" --socket "$W/none" export graphml

python3 "$top_srcdir/t/ctl/daemon.py" "$W" &
pids=$!
until [ -e "$W/ready" ]; do kill -0 "$pids" || exit 99; sleep 0.05; done
{ cat "$W/hostile.json"; echo; } >"$W/export"
by_daemon() {
	"$lsrctl" --socket "$W/control" export netjson >"$W/live" &&
		"$lsrctl" --topology "$W/hostile.json" export netjson | cmp - "$W/live"
}
ok "the daemon answers the same" by_daemon
all_told
