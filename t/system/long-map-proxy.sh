#!/bin/sh
# long-map-proxy.sh - lsrd-map behind what others have in front of it: the lines of
# lsrd-map(8) in a real nginx and a real Apache, who ask for a password and pass
# the stream on as it comes; a socket of the file system; and a stream that lasts.

. "$(dirname "$0")/loopback.sh"
patience=30
need curl python3
[ -x "$bin/lsrd-map" ] || skip "built without lsrd-map"
[ "$(id -u)" = 0 ] || skip "needs root: the proxies change their user"
need setpriv
A=mx1.london.example.org
B=mx1.paris.example.org
modules=/usr/lib/apache2/modules

clean_up() {
	for s in $A $B; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
}

failed() {
	tail -n 20 "$W"/*.log
}

port=$(($$ % 20000 + 20000))
chmod 751 "$W"
"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null || exit 1
conf $A london 2 $B 3 paris
conf $B paris 3 $A 2 london
begin $A
begin $B
soon eval ask $A status '>/dev/null' '2>&1' || skip "lsrd does not begin: $(tail -n 1 "$W/$A/log")"
# nobody may not come to where it was built, if that is below /root
cp "$lsrctl" "$W/lsrctl" || exit 1
mkdir "$W/page"
echo '<!doctype html><title>map</title>' >"$W/page/index.html"
mkdir -m 770 "$W/past" "$W/run"
chmod -R go+rX "$W/page"
# Who may connect to the socket: the group that it runs with.
setpriv --reuid=65534 --regid=0 --clear-groups "$bin/lsrd-map" -l "127.0.0.1:$port" -l "$W/run/http" \
	-n map.example.org -d "$W/page" -s "$W/$A/control" -f "$W/$A" -p "$W/past" -c "$W/lsrctl" 2>"$W/map.log" &
pids="$pids $!"

get() { # PORT PATH [option...]
	at=$1 path=$2
	shift 2
	curl -s --max-time 30 -H 'Host: map.example.org' "$@" "http://127.0.0.1:$at$path"
}

answers() { # STATUS PORT PATH [option...]
	wanted=$1
	shift
	[ "$(get "$@" -o /dev/null -w '%{http_code}')" = "$wanted" ]
}

local_one() {
	curl -s --max-time 30 --unix-socket "$W/run/http" http://localhost/api/status | grep -q '"organization"'
}

closed() {
	[ "$(stat -c %a "$W/run/http")" = 660 ] && ! setpriv --reuid=65533 --regid=65533 --clear-groups \
		curl -s --max-time 5 --unix-socket "$W/run/http" http://localhost/api/status
}

soon answers 200 "$port" / || skip "lsrd-map does not begin: $(cat "$W/map.log")"
ok "a socket of the file system answers" soon local_one
ok "who is not of its group may not connect" closed
python3 "$top_srcdir/t/system/map_client.py" "$port" hold 60 >"$W/hold.log" 2>&1 &
holds=$!

# A block of the page, with what is of this test in place of what is the system's.
block() { # first-word last-word
	sed -n "/^$1/,/^$2/p" "$top_srcdir/man/lsrd-map.8" | sed -e 's/\\e/\\/g' -e "s,127\.0\.0\.1:8691,127.0.0.1:$port,g" \
		-e "s,/etc/[a-z0-9]*/lsrd-map.htpasswd,$W/passwords,"
}

printf 'jo:$apr1$salt$%s\n' "$(openssl passwd -apr1 -salt salt secret | sed 's/.*\$//')" >"$W/passwords"
chmod 644 "$W/passwords"

nginx_begin() {
	{
		echo "pid $W/nginx.pid; error_log $W/nginx.log; daemon off; events { }"
		echo "http { access_log off; server { listen 127.0.0.1:$1; server_name map.example.org;"
		block 'location' '}'
		echo '} }'
	} >"$W/nginx.conf"
	nginx -p "$W" -e "$W/nginx.log" -c "$W/nginx.conf" 2>>"$W/nginx.log" &
	pids="$pids $!"
}

apache_begin() {
	{
		for m in mpm_event authn_core authn_file authz_core authz_user auth_basic proxy proxy_http; do
			echo "LoadModule ${m}_module $modules/mod_$m.so"
		done
		printf '%s\n' "ServerName map.example.org" "Listen 127.0.0.1:$1" "PidFile $W/apache.pid" \
			"ErrorLog $W/apache.log" "DefaultRuntimeDir $W" "User nobody" "Group nogroup"
		block '<Location' '<\/Location'
	} >"$W/apache.conf"
	apache2 -f "$W/apache.conf" -DFOREGROUND 2>>"$W/apache.log" &
	pids="$pids $!"
}

heard() { # PROXY word
	grep -q "^event: $2\$" "$W/$1.events"
}

# What comes through while nothing else does, and at once.
comes() { # PROXY
	ask $A drain --force --reason "$1" >/dev/null
	within 2 grep -q "\"reason\":\"$1\"" "$W/$1.events"
	found=$?
	ask $A ready >/dev/null
	return $found
}

through() { # PROXY PORT
	ok "$1: its lines are good, and it begins" soon answers 401 "$2" /
	ok "$1: without a password nothing is told" answers 401 "$2" /api/topology
	ok "$1: nor with another one" answers 401 "$2" /api/topology -u jo:other
	ok "$1: with it the page is there" answers 200 "$2" / -u jo:secret
	ok "$1: and what it asks for" eval get "$2" /api/status -u jo:secret '|' grep -q '"organization"'
	ok "$1: a path with a parameter" answers 200 "$2" "/api/explain?address=jo%40paris.example.org" -u jo:secret
	ok "$1: of a page of another site it is refused" \
		answers 403 "$2" /api/status -u jo:secret -H 'Origin: http://evil.example'
	get "$2" /api/stream -N -u jo:secret --max-time 100 >"$W/$1.events" &
	pids="$pids $!"
	ok "$1: the stream begins" soon heard "$1" hello
	ok "$1: and brings a change as it comes" comes "$1"
}

shown=''
if command -v nginx >/dev/null; then
	nginx_begin $((port + 1))
	through nginx $((port + 1))
	shown=nginx
else
	skip_case "nginx" "is not installed"
fi
if command -v apache2 >/dev/null && [ -e $modules/mod_proxy_http.so ]; then
	apache_begin $((port + 2))
	through apache $((port + 2))
	shown="$shown apache"
else
	skip_case "Apache" "is not installed"
fi
ok "a stream of which nobody hears anything lasts" eval wait $holds
for proxy in $shown; do
	ok "$proxy: its stream is still there" comes "$proxy"
done
all_told
