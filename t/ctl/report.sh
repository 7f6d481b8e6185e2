#!/bin/sh
# report.sh - `lsrctl report`: beside t/oracle/report.py, which takes each
# failure by itself, over the fixtures, random documents ($ORACLE_DOCUMENTS,
# 25) and the real networks ($LSRD_TOPOLOGIES); its status, its page, and what
# a daemon says of servers that are behind.

. "$(dirname "$0")/../tap.sh"
need python3
lsrctl=$top_builddir/lsrctl
fixtures=$top_srcdir/t/fixtures

oracle() { # WHAT ARGUMENTS
	what=$1
	shift
	out=$(python3 -B "$top_srcdir/t/oracle/report.py" "$@" 2>&1)
	status=$?
	ok "$what: $(echo "$out" | tail -n 1)" went $status "$out"
}

report() { # DOCUMENT [OPTION]...
	"$lsrctl" --topology "$@"
}

# A server each, steps "A B" both ways; a pattern each.
document() { # SERVERS STEP...
	python3 - "$@" <<-'END'
		import json, sys
		names = sys.argv[1].split()
		print(json.dumps({"format": "lsrd-topology/1", "organization": "o.example",
		    "servers": [{"name": n, "routing_group": n} for n in names],
		    "connectors": [{"name": x + "-" + y, "server": x, "to": [y], "cost": 1}
		        for s in sys.argv[2:] for a, b in [s.split()] for x, y in ((a, b), (b, a))],
		    "address_spaces": [{"pattern": n + ".example", "server": n} for n in names]}))
	END
}

document 'a b c' 'a b' 'b c' 'c a' >"$W/ring.json"
document 'a b c' 'a b' 'b c' >"$W/chain.json"
document 'a b c d' 'a b' 'b c' 'c d' 'd a' >"$W/square.json"

# More servers, and more failures, than are judged at once: a ring with chords.
set --
for i in $(seq 0 23); do
	set -- "$@" "$i $(((i + 1) % 24))"
	[ $((i % 2)) = 1 ] || set -- "$@" "$i $(((i + 9) % 24))"
done
document "$(seq -s ' ' 0 23)" "$@" >"$W/many.json"

# Without f both d and v are farther from a, and d, next to v, is drained.
document 'a f d v x y z' 'a f' 'f d' 'f v' 'a x' 'x d' 'x y' 'y z' 'z v' 'd v' |
	sed 's/"name": "d", "routing_group"/"state": "drain", &/' >"$W/drained.json"

oracle fixtures compare "$lsrctl" --two "$fixtures"/groups.json \
	"$fixtures"/states.json "$fixtures"/spaces.json "$fixtures"/limits.json \
	"$W/ring.json" "$W/chain.json" "$W/square.json"
oracle 'no way round through what is drained' compare "$lsrctl" "$W/drained.json"
oracle 'more than is judged at once' compare "$lsrctl" "$W/many.json"
oracle 'random documents' random "$lsrctl" \
	--documents "${ORACLE_DOCUMENTS:-25}" --seed "${ORACLE_SEED:-1}"
if [ -d "${LSRD_TOPOLOGIES:-/nonexistent}" ]; then
	# shellcheck disable=SC2012,SC2046
	oracle 'real networks' compare "$lsrctl" \
		$(ls -S "$LSRD_TOPOLOGIES"/*.json | tail -n "${ORACLE_MOST:-20}")
else
	skip_case 'real networks' 'LSRD_TOPOLOGIES names no folder'
fi

# --- status and form ------------------------------------------------------------

ok 'a ring of three is well' says 0 'No single failure cuts anything off' \
	report "$W/ring.json" report
ok 'a chain is not: b is what holds it' says 1 '^server b +2 +0 ' \
	report "$W/chain.json" report
ok 'and an articulation point, between two bridges' \
	grep -qzE '1 articulation points:
 +b
2 bridges:
 +a - b
 +b - c
' "$W/out"
ok 'two failures part a square' says 1 '^66 of 66 pairs tried: [1-9]' \
	report "$W/square.json" report --two
ok 'which no single one does' says 0 'No single' report "$W/square.json" report
ok 'of many pairs as many are tried as allowed' \
	says 1 '^[1-9] of 66 pairs tried, of what carries most: ' \
	report "$W/square.json" report --two --pairs 9
ok 'a cut connector is not there' says 1 '9 routes: 2 cut off now' \
	report "$W/chain.json" report --cut b-c
ok 'a number of pairs is a number' says 2 'pairs x: must be a number' \
	report "$W/ring.json" report --two --pairs x
ok 'where no page can be written it says so' says 2 'html /nonexistent/x: No such' \
	report "$W/ring.json" report --html /nonexistent/x
ok 'without a daemon 3' says 3 'does not answer|No such' \
	"$lsrctl" --socket "$W/none" report
ok 'nothing is told to who is no terminal' is "$(report "$W/ring.json" report 2>&1 >/dev/null)" ''

too_many() {
	python3 -c 'import json
print(json.dumps({"format": "lsrd-topology/1", "organization": "o.example", "connectors": [],
"servers": [{"name": "s%d" % i, "routing_group": "g"} for i in range(4097)], "address_spaces": []}))' \
		>"$W/many.json"
	says 2 '4097 servers are too many' report "$W/many.json" report
}
ok 'what is too large is refused' too_many

# --- the page -------------------------------------------------------------------

# Names that are markup, or as long as names get.
hostile() {
	long=$(printf '%0250d.xyz' 0)
	HOSTILE='<script>alert(1)</script>' python3 - "$W/chain.json" "$long" \
		>"$W/hostile.json" <<-'END' || return 1
		import json, os, sys
		text = open(sys.argv[1]).read()
		bad = os.environ["HOSTILE"]
		d = json.loads(text)
		new = {"a": bad, "b": "\"'><img src=x onerror=y>&amp;", "c": sys.argv[2]}
		for s in d["servers"]:
		    s["name"] = s["routing_group"] = new[s["name"]]
		for c in d["connectors"]:
		    c["server"], c["to"] = new[c["server"]], [new[t] for t in c["to"]]
		    c["name"] = bad + c["name"] + "\u202e\u0007"
		for a in d["address_spaces"]:
		    a["server"] = new[a["server"]]
		    a["pattern"] = "]]></td>" + a["pattern"]
		d["organization"] = "</title><script>"
		json.dump(d, sys.stdout)
	END
	says 1 'articulation' report "$W/hostile.json" report --two --html "$W/page.html" &&
		python3 "$top_srcdir/t/ctl/page.py" "$W/page.html" \
			'<script>alert(1)</script>a-b' "\"'><img src=x onerror=y>&amp;" \
			"$long" ']]></td>a.example' '</title><script>: what may fail'
}
ok 'hostile names are text on the page' hostile
ok 'and nothing of them steers a terminal' \
	not grep -qP '\x07|\xe2\x80\xae' "$W/out" "$W/page.html"

plot() {
	says 1 . report "$fixtures/groups.json" report --html "$W/page.html"
	python3 "$top_srcdir/t/ctl/page.py" "$W/page.html" paris-tokyo &&
		[ "$(grep -c '<g><title>' "$W/page.html")" = \
			"$(report "$fixtures/groups.json" report --json | grep -c '"kind":"link"')" ]
}
ok 'the plot has a bar for each link' plot

# --- by a daemon ----------------------------------------------------------------

python3 "$top_srcdir/t/ctl/daemon.py" "$W" &
pids=$!
until [ -e "$W/ready" ]; do kill -0 "$pids" || exit 99; sleep 0.05; done
now=$(date +%s)
cp "$W/ring.json" "$W/export"
identity() { # SERVER SECONDS
	printf '{"origin":"%s","type":"identity","body":{"not_after":%s}}\n' "$1" $((now + $2))
}
live() {
	"$lsrctl" --socket "$W/control" report "$@"
}
status() { # SECONDS: until the authority's end
	printf '{"authority_until":%s}\n' $((now + $1)) >"$W/status"
}
status 9000000
{ identity a 9000000; identity b 86400; } >"$W/db"
printf '{"peer":"c","state":"sync","reason":""}\n{"peer":"b","state":"full"}\n' >"$W/peers"
ok 'who is behind: a certificate that ends' says 1 'b +its certificate ends at 2' live
ok 'a session that has not ended its exchange' grep -qE 'c +the session with it is sync' "$W/out"
ok 'a certificate that is not known' grep -qE 'c +its certificate is not known' "$W/out"
ok 'and what the authority is needed for' grep -qE 'first end +b' "$W/out"
ok 'as JSON' says 1 '"kind":"behind","server":"b","text":"its certificate ends' live --json
{ identity a 9000000; identity b 9000000; identity c 9000000; } >"$W/db"
printf '{"peer":"c","state":"full","reason":""}\n' >"$W/peers"
ok 'nobody behind: 0' says 0 'first end' live
ok 'and when the authority ends' grep -qE '^ +authority +20' "$W/out"
status 7000000
ok 'which is behind a quarter before it' says 1 'the authority +its certificate ends at 2' live
all_told
