#!/bin/sh
# long-map.sh - the map in a real browser beside real daemons: what a person sees
# when a wire is cut, asks for a route, looks back, and asks what if; dark,
# narrow, by keys alone, 50 times; what is hostile is text; who goes away comes
# back. With PICTURES=DIRECTORY what was seen is kept there; PAGES=N on a machine
# that is too busy for 50.

. "$(dirname "$0")/loopback.sh"
patience=60
need node python3 chromium cc
[ -x "$bin/lsrd-map" ] || skip "built without lsrd-map"
library=${LSRD_PLAYWRIGHT:-$top_srcdir/src/page/node_modules/playwright-core}
[ -e "$library/index.mjs" ] || skip "needs playwright-core: npm ci in src/page, or LSRD_PLAYWRIGHT"
A=mx1.london.example.org
B=mx1.paris.example.org
# as bad as lsrd lets one be: 120 octets, no quotation mark, no backslash
bad="<img src=x onerror=alert(1)></script><script>alert(2)</script>'''''''''''''''''''''''''''''''''''''''''''''''&amp;"

clean_up() {
	for s in $A $B; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
}

failed() {
	tail -n 5 "$W/map.log" "$W/browser.log"
}

as=''
if [ "$(id -u)" = 0 ]; then
	need setpriv
	as='setpriv --reuid=65534 --regid=0 --clear-groups'
	chmod 750 "$W"
fi
port=$(($$ % 20000 + 20000))

# Who says how long the loop of London's lsrd is away, from the crowd on.
cc -shared -fPIC -o "$W/turns.so" "$top_srcdir/t/bench/turns.c" -ldl ||
	skip "cannot build t/bench/turns.c"

begin_watched() {
	env ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-} LD_PRELOAD="$W/turns.so" \
		LSRD_TURNS="$W/turns" LSRD_TURNS_FROM="$W/crowd" \
		"$lsrd" -f -c "$W/$A/lsrd.conf" >>"$W/$A/log" 2>&1 &
	echo $! >"$W/$A/pid"
}

mail_begin() {
	python3 "$top_srcdir/t/system/mail_service.py" "$net.3" 2525 2>/dev/null &
	mail=$!
	pids="$pids $mail"
}

map_begin() {
	# shellcheck disable=SC2086
	$as "$bin/lsrd-map" -l "127.0.0.1:$port" -d "$W/page" -s "$W/$A/control" -f "$W/$A" -p "$W/past" \
		-c "$W/lsrctl" 2>>"$W/map.log" &
	map=$!
	pids="$pids $map"
}

"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null || exit 1
conf $A london 2 $B 3 paris 'position = { -0.1, 51.5 }'
conf $B paris 3 $A 2 london 'position = { 2.35, 48.85 }'
mail_begin
begin_watched
begin $B
soon eval ask $A status '>/dev/null' '2>&1' || skip "lsrd does not begin: $(tail -n 1 "$W/$A/log")"
# nobody may not come to where it was built, if that is below /root
cp "$lsrctl" "$W/lsrctl" || exit 1
mkdir -p "$W/page"
for f in index.html map.js map.css world.json worker.js core.wasm licences.txt; do
	cp "$top_srcdir/src/page/made/$f" "$W/page/" || exit 1
done
mkdir -m 770 "$W/past"
chmod -R go+rX "$W/page"
map_begin
answers() {
	python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])' \
		"http://127.0.0.1:$port/api/topology" 2>/dev/null
}
soon answers ||
	skip "lsrd-map does not begin: $(cat "$W/map.log")"
whole() {
	[ "$(ask $A --json links | grep -c '"state":"up"')" -ge 1 ]
}
soon whole
ask $A export html --parts "$top_srcdir/src/page/made" "$W/page.html" || exit 1

mkfifo "$W/fifo"
: >"$W/results"
node "$top_srcdir/t/page/browser.mjs" "http://127.0.0.1:$port/" "$W/fifo" "$W/results" \
	"$W/page.html" "$library" "$(command -v chromium)" "${PICTURES-}" >"$W/browser.log" 2>&1 &
browser=$!
pids="$pids $browser"

# What the person asks for, while he is there.
exec 3<>"$W/fifo"
while kill -0 $browser 2>/dev/null; do
	read -r word <&3
	case $word in
	hostile) ask $A drain --force --reason "$bad" >/dev/null ;;
	ready) ask $A ready >/dev/null ;;
	cut) kill "$mail" && end $B 9 ;;
	mend) mail_begin && begin $B ;;
	away) end $A 9 ;;
	back) begin_watched ;;
	crowd) : >"$W/crowd" ;;
	map-away) kill "$map" ;;
	map-back) map_begin ;;
	end) break ;;
	esac
done
wait $browser
while read -r line; do
	case $line in
	'#'*) echo "$line" ;;
	'ok '*) ok "${line#ok }" true ;;
	*) ok "${line#not ok }" false ;;
	esac
done <"$W/results"
ok 'the person saw all of it' grep -q '^ok nothing went wrong' "$W/results"
# By its own processor time: what others have of the processor is no fault of its.
echo "# the longest turn of lsrd's loop with many pages, in ms: $(cat "$W/turns")"
ok 'no turn of the loop makes a keep-alive late by 50 ms' \
	eval '[' "$(sed -n 's/.*cpu=//p' "$W/turns")" -le 50 ']'
all_told
