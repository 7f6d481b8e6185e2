#!/bin/sh
# schema.sh - conf/schema/lsrctl.schema.json: every verb is in it, every key in
# it is explained, and what lsrctl prints with --json is as it says, of
# documents and of a real daemon. Other tests add lines to check by
# t/ctl/schema.py.

. "$(dirname "$0")/../tap.sh"
need python3
ctl=$top_builddir/lsrctl
schema=$top_srcdir/conf/schema/lsrctl.schema.json
net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
python3 -c 'import jsonschema' 2>/dev/null ||
	skip "needs python3-jsonschema"

valid() { # VERB ARGUMENTS: standard output
	valid_verb=$1
	shift
	"$ctl" "$@" --json >"$W/out" 2>"$W/err"
	[ -s "$W/out" ] || ! cat "$W/err" || return 1
	python3 "$top_srcdir/t/ctl/schema.py" "$schema" "$valid_verb" <"$W/out"
}
wrong() { # ARGUMENTS: standard error
	! "$ctl" "$@" --json >"$W/out" 2>"$W/err" && [ ! -s "$W/out" ] &&
		python3 "$top_srcdir/t/ctl/schema.py" "$schema" error <"$W/err"
}
verbs_missing() {
	"$ctl" help words | python3 -c '
import json, sys
schema = json.load(open(sys.argv[1]))
known = set(schema["$defs"]) | set(schema["$comment"].split(" print ")[0]
                                   .replace(",", "").replace(" and", "").split())
for verb in sys.stdin.read().splitlines():
    if verb not in known:
        print(verb, "is not in the schema")' "$schema"
}
unexplained() {
	python3 -c '
import json, sys
def walk(node, path):
    for key, part in node.get("properties", {}).items():
        if "description" not in part and "$ref" not in part:
            print(path + "." + key, "is not explained")
        walk(part, path + "." + key)
    for part in node.get("anyOf", []):
        walk(part, path)
    if isinstance(node.get("items"), dict):
        walk(node["items"], path + "[]")
for verb, node in json.load(open(sys.argv[1]))["$defs"].items():
    walk(node, verb)' "$schema"
}

ok "it is a schema" python3 -c '
import json, sys, jsonschema
jsonschema.Draft202012Validator.check_schema(json.load(open(sys.argv[1])))' "$schema"
ok "every verb is in it" none "$(verbs_missing 2>&1)"
ok "every key is explained" none "$(unexplained 2>&1)"

for file in groups states spaces limits; do
	ok "$file: export json" valid "export json" --topology "$top_srcdir/t/fixtures/$file.json" export json
	ok "$file: check" valid check --topology "$top_srcdir/t/fixtures/$file.json" check
done
document="--topology $top_srcdir/t/fixtures/groups.json"
for arguments in 'routes --from mx1.london.groups.example' \
	'routes --from mx1.lima.groups.example' \
	'explain --ways --from mx1.london.groups.example paris.groups.example' \
	'trace --from mx1.london.groups.example paris.groups.example' \
	'simulate --cut paris-tokyo'; do
	# shellcheck disable=SC2086
	ok "document: $arguments" valid "${arguments%% *}" $document $arguments
done

"$ctl" keys authority --organization example.org --directory "$W/a" --json \
	>"$W/keys-authority" || exit 99
"$ctl" keys issue mx1.example.org --group london --space london.example.org \
	--space way.example.org --relay london.example.org --directory "$W/a" \
	--output "$W/1" --json \
	>"$W/keys-issue" || exit 99
from_file() { # VERB FILE
	python3 "$top_srcdir/t/ctl/schema.py" "$schema" "$1" <"$2"
}
ok "keys authority" from_file "keys authority" "$W/keys-authority"
ok "keys issue" from_file "keys issue" "$W/keys-issue"
ok "keys show" valid "keys show" keys show "$W/1/server.pem"
mkdir "$W/1/state" "$W/1/table"
cat >"$W/1/lsrd.conf" <<-END
	organization = example.org
	mta = none
	routing-group = london
	server = mx1.example.org
	lab = yes
	user = root
	retry-mail = no
	peer-listen = { "$net.1:28697" }
	smtp = { "$net.1:28031" }
	key = "$W/1/server.key"
	certificate = "$W/1/server.pem"
	authority = "$W/1/authority.pem"
	mark-key = "$W/1/mark.key"
	state-directory = "$W/1/state"
	table-directory = "$W/1/table"
	control-socket = "$W/1/control"
	report-socket = "$W/1/report"
	publisher = "$top_builddir/lsrd-publish"
	address-space london.example.org { cost = 3 }
	address-space way.example.org { deliver = "smtp:[127.0.0.1]:28032"
	  probe = yes }
	peer mx2.example.org { address = "$net.2:28697" }
	connector c12 { routing-group = paris cost = 20
	  bridgehead mx2.example.org { } }
END
"$top_builddir/lsrd" -f -c "$W/1/lsrd.conf" 2>"$W/log" &
pids=$!
failed() {
	tail -n 20 "$W/log"
}
live() { # VERB ARGUMENTS
	live_verb=$1
	shift
	valid "$live_verb" --socket "$W/1/control" -c "$W/1/lsrd.conf" "$@"
}
published() {
	"$ctl" --socket "$W/1/control" status --json | grep -q '"state":"up"'
}
ok "it runs" soon published
for verb in status peers links routes db transit 'export json'; do
	# shellcheck disable=SC2086
	ok "$verb" live "$verb" $verb
done
ok "db SERVER" live db db mx1.example.org
ok "explain" live explain explain london.example.org
ok "explain: not ours" live explain explain a@elsewhere.example
ok "explain --ways" live explain explain london.example.org --ways
way_down() {
	"$ctl" --socket "$W/1/control" explain way.example.org --json |
		grep -q '"verdict":"down","since":1'
}
ok "explain: a way out that is down, and since when" soon way_down
ok "explain, of that" live explain explain way.example.org
ok "trace" live trace trace london.example.org
ok "simulate" live simulate simulate --drain mx1.example.org
ok "events" soon live events events --folder "$W/1/state"
ok "drain --dry-run" live drain drain --dry-run
ok "cost --dry-run" live cost cost c12 7 --for 1h --dry-run
ok "drain" live drain drain --force --for 1h --reason 'a new disk'
ok "explain --ways, of what is down" live explain explain way.example.org --ways
ok "status, drained" live status status
ok "db, drained" live db db
ok "overrides" live overrides overrides
ok "ready" live ready ready
ok "cost" live cost cost c12 7 --for 1h
ok "freeze" live freeze freeze --for 1h
ok "overrides, too" live overrides overrides
ok "unfreeze" live unfreeze unfreeze
ok "reload" live reload reload
ok "reload --dry-run" live reload reload --dry-run
ok "confirm" live confirm confirm
ok "check" live check check
echo 'pear x { }' >>"$W/1/lsrd.conf"
ok "reload: refused" valid reload --socket "$W/1/control" reload
ok "an error: no daemon" wrong --socket "$W/none" status
ok "an error: no verb" wrong statsu
ok "an error: no option" wrong status --al
ok "an error: a bad document" wrong --topology "$W/log" check
all_told
