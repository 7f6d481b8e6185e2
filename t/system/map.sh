#!/bin/sh
# map.sh - real daemons on loopback and lsrd-map beside one: its answers are those
# of lsrctl, a cut is told to who listens, an lsrd that goes and comes back is
# told of, and who means harm gets nothing.

. "$(dirname "$0")/loopback.sh"
patience=30
need curl python3
[ -x "$bin/lsrd-map" ] || skip "built without lsrd-map"
A=mx1.london.example.org
B=mx1.paris.example.org
# a reason as bad as one may be
bad='<img src=x onerror=alert(1)>'"'"'&amp;'

clean_up() {
	for s in $A $B; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
}

failed() {
	tail -n 20 "$W/map.log" "$W/events"
}

# No program that strangers speak to runs as root: as nobody in lsrd's group.
as=''
if [ "$(id -u)" = 0 ]; then
	need setpriv
	as='setpriv --reuid=65534 --regid=0 --clear-groups'
	chmod 750 "$W"
fi
port=$(($$ % 20000 + 20000))

get() { # PATH [curl option...]
	path=$1
	shift
	curl -sg --path-as-is --max-time 60 "$@" "http://127.0.0.1:$port$path"
}

client() {
	python3 "$top_srcdir/t/system/map_client.py" "$port" "$@"
}

# What a verb answers, and what lsrctl prints, without what only time changes, and
# without what makes one text of its lines.
bare() {
	tr -d '[],\n ' | sed -E 's/"(uptime_s|since_s|octets_(in|out|confirmed)|behind_ms|failures)":[0-9.]+//g'
}
alike() { # PATH verb...
	path=$1
	shift
	get "$path" -f >"$W/raw" && bare <"$W/raw" >"$W/one" || return
	ask $A --json "$@" | bare >"$W/two"
	cmp "$W/one" "$W/two"
}

listens() { # FILE [LAST]
	client stream "$@" &
	pids="$pids $!"
	listener=$!
}

heard() { # event
	grep -q "^event: $1\$" "$W/events"
}

answers() {
	[ "$(get "$1" -o /dev/null -w '%{http_code}')" = "$2" ]
}

"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null || exit 1
conf $A london 2 $B 3 paris
conf $B paris 3 $A 2 london 'position = { 2.35, -48.85 }'
python3 "$top_srcdir/t/system/mail_service.py" "$net.3" 2525 2>/dev/null &
mail=$!
pids="$pids $mail"
begin $A
begin $B
soon eval ask $A status '>/dev/null' '2>&1' || skip "lsrd does not begin: $(tail -n 1 "$W/$A/log")"
# nobody may not come to where it was built, if that is below /root
cp "$lsrctl" "$W/lsrctl" || exit 1
mkdir -p "$W/page/folder"
echo '<!doctype html><title>map</title>' >"$W/page/index.html"
printf plain >"$W/page/map.js"
printf packed >"$W/page/map.js.gz"
for f in secret.html page/.hidden.html page/folder/in.html; do echo secret >"$W/$f"; done
ln -s ../nowhere.html "$W/page/link.html"
mkdir -m 770 "$W/past"
chmod -R go+rX "$W/page"
# shellcheck disable=SC2086
$as "$bin/lsrd-map" -l "127.0.0.1:$port" -l "[::1]:$port" -n map.example.org -d "$W/page" \
	-s "$W/$A/control" -f "$W/$A" -p "$W/past" -c "$W/lsrctl" 2>"$W/map.log" &
map=$!
pids="$pids $map"
within 10 answers / 200 || skip "lsrd-map does not begin: $(cat "$W/map.log")"

ok "the topology is what lsrctl exports" soon alike /api/topology export json
for verb in status peers links routes overrides; do
	ok "and so are $verb" soon alike "/api/$verb" $verb
done
is_placed() { get /api/topology | grep -q "\"name\":\"$B\"[^}]*\"position\":\[2.35,-48.85\]"; }
ok "a server tells the others where it is" soon is_placed
ok "an address is explained" soon alike "/api/explain?address=jo%40paris.example.org" explain --ways jo@paris.example.org
ok "and its way" soon alike "/api/trace?address=jo%40paris.example.org" trace jo@paris.example.org
ok "what a change would move" soon alike "/api/simulate?cut=to-paris&cost=to-london:7" \
	simulate --cut to-paris --cost to-london=7
ok "what has happened" alike "/api/events?kind=start" events --kind start --folder "$W/$A"
is_bad() { get /api/topology | python3 -c 'import json, sys
sys.exit(sys.argv[1] not in [x.get("drain_reason") for x in json.load(sys.stdin)["servers"]])' "$bad"; }
if [ "$(id -u)" = 0 ]; then
	ask $A drain --force --reason "$bad" >/dev/null
	ok "a hostile reason is a text of JSON" soon is_bad
	ask $A ready >/dev/null
else
	skip_case "a hostile reason is a text of JSON" "needs root"
fi
ok "by IPv6 as well" eval curl -sgf "'http://[::1]:$port/map.js'" '|' grep -q plain
ok "who means harm gets nothing" client hostile

state_is() { # of the connector to-paris
	get /api/topology | grep -q "\"name\":\"to-paris\"[^}]*\"state\":\"$1\""
}
ok "the way to Paris is up" soon state_is up
before=$(date +%s.%N)
listens "$W/events"
ok "who listens is greeted" soon heard hello
ok "and told which topology there is" soon heard topology
kill "$mail"
end $B 9
is_cut() { grep -A1 '^event: change$' "$W/events" | grep -q '"kind":"nbr-state".*"to":"down"'; }
ok "a peer that dies is told" soon is_cut
ok "and the topology has it" soon state_is down
end $A 9
ok "an lsrd that dies is told" soon heard away
while_away=$(date +%s.%N)
ok "and every answer says so" eval answers /api/topology 503 '&&' answers /api/routes 503
begin $A
ok "and when it is back" soon heard back
ok "and answers again" soon alike /api/topology export json
last=$(sed -n 's/^id: //p' "$W/events" | sed -n 2p)
kill $listener
listens "$W/again" "$last"
same() { # after the number that it had, the same comes again
	sed -n '/^id: /p' "$W/again" >"$W/ids"
	[ -s "$W/ids" ] && sed -n 's/^id: //p' "$W/events" | sed "1,/^$last\$/d" | head -n 3 |
		grep -q -x -F -e "$(sed -n '1s/^id: //p' "$W/ids")"
}
ok "a page that comes back gets what it missed" soon same
twice() {
	sed -n 's/^data: \({"at".*\)/\1/p' "$W/events" | sort | uniq -d
}
ok "and every change has come once" none "$(twice)"
ok "it is the same process" kill -0 "$map"
ok "which says when lsrd is away, once" is "$(grep -c 'does not answer' "$W/map.log")" 1
was() { get "/api/at?time=$1" | python3 -c 'import json, sys
d = json.load(sys.stdin)
sys.exit(sys.argv[1] not in [c["state"] for c in d["connectors"]] or str(d["away"]) != sys.argv[2])' "$2" "$3"; }
ok "what was before anything is not known" answers "/api/at?time=1" 404
ok "a moment must be one" answers "/api/at?time=yesterday" 400
ok "as it was before the cut" was "$before" up False
ok "and while lsrd was away" was "$while_away" down True
got() { get "$1" | grep -q "$2"; }
ok "and what differs" got "/api/difference?from=$before&until=$while_away" '"was":{"name":"to-paris"'
ok "the whole, and what differed since" got "/api/past?since=$before&until=$while_away" \
	'"whole":.*"differs":.*"away":true'
kill "$map"
ok "it ends when it is told" eval wait "$map"
ok "only loopback, unless it is said" says 64 'not loopback.*give -r' \
	"$bin/lsrd-map" -l 192.0.2.1:8691
all_told
