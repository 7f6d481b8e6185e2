#!/bin/sh
# schema.sh - conf/schema/lsrctl.schema.json: every verb is in it, every key in
# it is explained, and what lsrctl prints with --json is as it says, of
# documents and of two real daemons. All of it is judged at once, by one
# t/ctl/schema.py.

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../system/files.sh"
need python3
ctl=$top_builddir/lsrctl
port=28697
python3 -c 'import jsonschema' 2>/dev/null ||
	skip "needs python3-jsonschema"

# kept VERB WHAT FILE: its lines are judged at the end.
kept() {
	awk -v verb="$1" -v what="$2" '{ print verb "\t" what "\t" $0 }' "$3" >>"$W/lines"
}
# prints VERB ARGUMENTS...: lines on standard output.
prints() {
	prints_verb=$1
	shift
	"$ctl" "$@" --json >"$W/printed" 2>"$W/err"
	[ -s "$W/printed" ] || ! cat "$W/err" || return 1
	kept "$prints_verb" "$*" "$W/printed"
}
# refuses ARGUMENTS...: one line of standard error, and none of output.
refuses() {
	! "$ctl" "$@" --json >"$W/printed" 2>"$W/err" && [ ! -s "$W/printed" ] &&
		[ "$(wc -l <"$W/err")" = 1 ] && kept error "$*" "$W/err"
}

# --- documents, and files ---------------------------------------------------------

fixtures=$top_srcdir/t/fixtures
files=groups
! at_length || files='groups states spaces limits'
for file in $files; do
	for verb in 'export json' 'export netjson' check 'report --two'; do
		# shellcheck disable=SC2086
		ok "$file: $verb" prints "${verb% --*}" --topology "$fixtures/$file.json" $verb
	done
done
while read -r arguments; do
	# shellcheck disable=SC2086
	ok "document: $arguments" prints "${arguments%% *}" \
		--topology "$fixtures/groups.json" $arguments
done <<'END'
routes --from mx1.london.groups.example
routes --from mx1.lima.groups.example
explain --ways --from mx1.london.groups.example paris.groups.example
trace --from mx1.london.groups.example paris.groups.example
simulate --cut paris-tokyo
END

keys() { # SERVER GROUP NUMBER
	prints "keys issue" keys issue "$1" --group "$2" --space "$2.example.org" \
		--space way.example.org --relay "$2.example.org" \
		--directory "$W/a" --output "$W/$3"
}
ok "keys authority" prints "keys authority" keys authority \
	--organization example.org --directory "$W/a"
ok "keys issue" keys mx1.example.org london 1
ok "of another server" keys mx2.example.org paris 2
ok "keys show" prints "keys show" keys show "$W/1/server.pem"
ok "of an authority" prints "keys show" keys show "$W/a/authority.pem"
ok "keys request" prints "keys request" keys request --directory "$W/2"
ok "keys issue --request" prints "keys issue" keys issue --as-requested \
	--request "$W/2/server.csr" --directory "$W/a" --output "$W/3"
ok "keys list of files" prints "keys list" keys list "$W/1/server.pem" \
	"$W/a/authority.pem"
ok "keys mark" prints "keys mark" keys mark --directory "$W/1"
ok "keys revoke --output" prints "keys revoke" keys revoke "$W/3/server.pem" \
	--directory "$W/a" --output "$W/revoked"
ok "keys enforce-connectors --dry-run" prints "keys enforce-connectors" \
	keys enforce-connectors --dry-run --force --directory "$W/a"
ok "forget --dry-run" prints forget forget mx9.example.org --epoch 1 \
	--key "$(printf '%064d' 7)" --directory "$W/a" --dry-run

# --- daemons ----------------------------------------------------------------------

server() { # NUMBER GROUP PEER GROUP
	mkdir "$W/$1/state" "$W/$1/table"
	cat >"$W/$1/lsrd.conf" <<-END
		$(head_in "$W/$1" "$1" "$2" $port 28031)
		address-space $2.example.org { cost = 3 }
		address-space way.example.org { deliver = "smtp:[127.0.0.1]:28032"
		  probe = yes }
		peer mx$3.example.org { address = "$net.$3:$port" }
		connector c$1$3 { routing-group = $4 cost = 20 bridgehead = any }
	END
	"$top_builddir/lsrd" -f -c "$W/$1/lsrd.conf" 2>"$W/$1/log" &
	pids="$pids $!"
}
failed() {
	tail -n 20 "$W/1/log"
}
live() { # VERB ARGUMENTS
	live_verb=$1
	shift
	prints "$live_verb" --socket "$W/1/control" -c "$W/1/lsrd.conf" "$@"
}
agree() {
	"$ctl" --socket "$W/1/control" peers --json | grep -q '"state":"full"' &&
		"$ctl" --socket "$W/1/control" status --json | grep -q '"state":"up"'
}
# Two visits: of a key that nobody has, and what is none.
cat >"$W/message" <<'END'
LSR-Trace: AQ
LSR-Trace: AQEh/jHfoVSiYWJr+FQEb9InG3vtS2q+RapYh370f5chuQAAAAAAAAAHAAAAAAAAAAwAAAAAAAAABwAAAAAAAAAMAAABoeGmYaBmCNKdhRI6xR1Mys9G+7nQAAAAAAAAEmcCABRhQGxvbmRvbi5leGFtcGxlLm9yZ5eeaSmwsz20hK6OkhjUfxZnB/331pUSZd/PpiQimMCXb/AAfJ3Vxf+PTu3+80AlnCkUREUYoeiQWOdtvxmSZQA=
Message-ID: <20261121@london.example.org>
END
server 1 london 2 paris
server 2 paris 1 london
ok "they agree" soon agree
for verb in status peers links routes db transit 'export json' 'keys list' \
	report 'config dump' 'config diff' ports; do
	# shellcheck disable=SC2086
	ok "$verb" live "$verb" $verb
done
ok "ports of a host" live ports ports 127.0.0.1
ok "routes --since" live routes routes --since
ok "db SERVER" live db db mx1.example.org
ok "db --diff" live db db --diff mx2.example.org
ok "explain" live explain explain london.example.org
ok "explain: not ours" live explain explain a@elsewhere.example
ok "explain --ways" live explain explain paris.example.org --ways
way_down() {
	"$ctl" --socket "$W/1/control" explain way.example.org --json |
		grep -q '"verdict":"down","since":1'
}
ok "explain: a way out that is down, and since when" soon way_down
ok "explain, of that" live explain explain way.example.org
ok "trace" live trace trace paris.example.org
ok "trace --message" live trace trace --message "$W/message"
ok "trace --message, by nobody" prints trace --socket "$W/none" trace --message "$W/message"
ok "simulate" live simulate simulate --drain mx1.example.org
ok "drain --dry-run" live drain drain c12 --dry-run
ok "cost --dry-run" live cost cost c12 7 --for 1h --dry-run
ok "drain" live drain drain --force --for 1h --reason 'a new disk'
ok "explain --ways, of what is down" live explain explain way.example.org --ways
ok "status, drained" live status status
ok "db, drained" live db db
ok "a connector, too" live drain drain c12 --force --for 1h --reason 'a new line'
ok "links" live links links
ok "export json" live "export json" export json
ok "overrides" live overrides overrides
ok "ready" live ready ready c12
ok "cost" live cost cost c12 7 --for 1h
ok "pin" live pin pin paris.example.org mx2.example.org --for 1h
ok "freeze" live freeze freeze --for 1h
ok "overrides, too" live overrides overrides
ok "unpin" live unpin unpin paris.example.org
ok "unfreeze" live unfreeze unfreeze
echo 'congestion-interval = 47s' >>"$W/1/lsrd.conf"
ok "config diff, and there is" live "config diff" config diff
ok "reload --dry-run" live reload reload --dry-run
ok "reload" live reload reload
ok "confirm" live confirm confirm
ok "undo" live undo undo
# Behind a name that stays the same.
other_authority() {
	"$ctl" keys authority --renew --directory "$W/a" --days 9000 &&
		cp "$W/a/authority.pem" "$W/1/authority.pem" &&
		live reload reload && grep -q '"changed":true' "$W/printed" &&
		live reload reload && grep -q '"changed":false' "$W/printed"
}
ok "another certificate of the authority is a change, once" other_authority
ok "check" live check check
ok "a key is revoked" live "keys revoke" keys revoke "$W/3/server.pem" --directory "$W/a"
ok "keys list --all" live "keys list" keys list --all
ok "forget, without the authority" live forget forget mx2.example.org --force \
	--directory "$W"
ok "inject" live inject inject "$W/revoked"
ok "db, with what the authority said" live db db
ok "leave --dry-run" live leave leave --dry-run
echo 'pear x { }' >>"$W/1/lsrd.conf"
refused() {
	prints reload --socket "$W/1/control" "$@"
}
ok "reload: refused" refused reload
ok "reload --dry-run: refused" refused reload --dry-run
ok "events" soon live events events --folder "$W/1/state" --last 0
ok "events of the other" live events events --folder "$W/2/state" --last 0

# --- errors, and what has no JSON ---------------------------------------------------

ok "no daemon" refuses --socket "$W/none" status
ok "no verb" refuses statsu
ok "no option" refuses status --al
ok "a bad document" refuses --topology "$W/message" check
for plain in top help wizard 'export dot' 'export graphml' 'export html -' 'check --undo' \
	'check --nagios' 'ports --nft'; do
	# shellcheck disable=SC2086
	ok "$plain prints no JSON, and says so" refuses $plain
done

"$ctl" help words >"$W/verbs"
ok "the schema says all of it" python3 "$top_srcdir/t/ctl/schema.py" \
	"$top_srcdir/conf/schema/lsrctl.schema.json" "$top_srcdir/src/io/sink.c" \
	"$W/verbs" "$W/lines"
all_told
