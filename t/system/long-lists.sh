#!/bin/sh
# long-lists.sh - a hoster of ten thousand domains among real mail servers: a list in a
# file, and the authority's grant for it. While one server is of the release before
# nobody is told the list, which is said with its name, and all else flows; after its
# upgrade mail for the domains flows from there, while one comes and one goes, while
# lsrd is killed on the way and at the hoster. Nothing is lost, doubled or bounced.

. "$(dirname "$0")/lab.sh"
. "$top/t/system/before.sh"
skip_unless_able
[ -x "$LSRD_BUILD/lsrd-milter" ] || skip "built without the milter"
need git
many=10000
by_paris='tokyo > paris > hoster'
before_built

# All mail between the hoster and tokyo goes by paris.
cat >"$W/line.json" <<'END'
{ "format": "lsrd-topology/1", "organization": "lab.example",
  "servers": [
    {"name": "hoster.lab.example", "routing_group": "hoster"},
    {"name": "paris.lab.example", "routing_group": "paris"},
    {"name": "tokyo.lab.example", "routing_group": "tokyo"} ],
  "connectors": [
    {"name": "hoster-paris", "server": "hoster.lab.example", "to": ["paris.lab.example"], "cost": 10},
    {"name": "paris-hoster", "server": "paris.lab.example", "to": ["hoster.lab.example"], "cost": 10},
    {"name": "paris-tokyo", "server": "paris.lab.example", "to": ["tokyo.lab.example"], "cost": 10},
    {"name": "tokyo-paris", "server": "tokyo.lab.example", "to": ["paris.lab.example"], "cost": 10} ],
  "address_spaces": [
    {"pattern": "hoster.example", "server": "hoster.lab.example"},
    {"pattern": "paris.example", "server": "paris.lab.example"},
    {"pattern": "tokyo.example", "server": "tokyo.lab.example"} ]
}
END

# domains FROM TO: one a line, as postmap(1) takes them
domains() {
	awk -v from="$1" -v to="$2" 'BEGIN {
		for (i = from; i <= to; i++) printf "customer%05d.example OK\n", i }'
}

# mails N...: a user of each of these
mails() {
	for n in "$@"; do printf 'u@customer%05d.example ' "$n"; done
}

# listed: what is in $W/domains becomes the hoster's, and Postfix delivers it
listed() {
	"$lab" run hoster sh -e -c 'cat >/etc/lsrd/domains
		postmap lmdb:/etc/lsrd/domains' <"$W/domains"
}

# grant REGEX: the authority grants what is in $W/domains, and says that; any server
# is handed it.
grant() {
	"$LSRD_BUILD/lsrctl" grant hoster.lab.example "$W/domains" --json \
		--directory "$("$lab" dir)/authority" --output "$W/grant" >"$W/granted" &&
		cat "$W/granted" && grep -q "$1" "$W/granted" &&
		"$lab" run paris sh -c 'cat >/etc/lsrd/grant && lsrctl inject /etc/lsrd/grant' <"$W/grant"
}

log_has() { # NODE REGEX
	"$lab" run "$1" grep -q "$2" /var/log/lsrd.log
}

# knows NODE COUNT: so many customers are claimed there
knows() {
	is "$("$lab" run "$1" lsrctl routes --json | grep '"pattern":"customer' |
		grep -vc '"leaves"')" "$2"
}

# The parts of the list that tokyo has, and what each of them is.
parts() {
	"$lab" run tokyo lsrctl db --json | grep '"type":"list"' |
		sed 's/.*"id":"\([^"]*\)".*"sequence":\([0-9]*\).*/\1 \2/' | sort
}
others() {
	parts | diff "$W/parts" - | grep -c '^>'
}

# From here on moved NODE says of how many routes its log has that they moved.
mark() {
	for node in hoster paris tokyo; do
		"$lab" run $node sh -c 'wc -l </var/log/lsrd.log' >"$W/$node.lines"
	done
}
moved() {
	"$lab" run "$1" sed -n "$(($(cat "$W/$1.lines") + 1)),\$p" /var/log/lsrd.log |
		sed -n 's/.*routes: .*moved=\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}
moved_few() { # NODE MOST
	moved_n=$(moved "$1")
	echo "$moved_n moved at $1"
	[ "$moved_n" -le "$2" ]
}

# sends NODE PATTERN REGEX: what Postfix there has in its table for it
sends() {
	sends_what=$("$lab" run "$1" postmap -q "$2" lmdb:/var/lib/lsrd/postfix/transport)
	echo "$sends_what"
	echo "$sends_what" | grep -q "$3"
}

# slain NODE: it dies, a message finds its way all the same, and it comes back
slain() {
	"$lab" kill "$1" -9 lsrd
	way tokyo u@customer00077.example "$by_paris"
	slain_way=$?
	"$lab" start "$1" lsrd && soon is_back "$1" && return $slain_way
}

lab_up "$W/line.json"
ok "all of this version know all routes" full
before_at_hand
becomes tokyo old
ok "tokyo is of the release before: all is as it was" soon goes hoster tokyo.example paris

# --- a list that not everybody can read

domains 1 $many >"$W/domains"
ok "the hoster has a file of $many domains, and Postfix takes them" listed
"$lab" run hoster sh -c 'postconf -e "mydestination = hoster.example, lmdb:/etc/lsrd/domains"
	postfix reload
	sed -i "/^mta = /a address-space-file = \"/etc/lsrd/domains\"" /etc/lsrd/lsrd.conf' 2>"$W/out"
ok "the authority grants them" grant "\"new\":$many,\"gone\":0"
ok "the hoster takes them up" "$lab" run hoster lsrctl reload
ok "it says who cannot read them" soon log_has hoster \
	'list-unread: origin=tokyo.lab.example, state=waits'
load paris 200 10 u@hoster.example u@tokyo.example
load tokyo 200 10 u@hoster.example u@paris.example
wait_load
ok "all else flows meanwhile" all_arrived
ok "nobody was told the list" knows paris 0

# --- and now everybody can

becomes tokyo new
ok "tokyo is upgraded, and the list is told" soon knows tokyo $many
echo "# $many domains known at tokyo $(($(date +%s%N) / 1000000 - began / 1000000)) ms after its start"
ok "which is said" soon log_has hoster 'list-unread:.* state=all'
ok "paris knows it, too" soon knows paris $many
ok "mail has a way" soon sends tokyo customer05000.example ^lsrd:
ok "and goes it" way tokyo u@customer05000.example "$by_paris"

# --- one comes, one goes, and mail flows

parts >"$W/parts"
ok "it came in few parts" test "$(wc -l <"$W/parts")" -le $((many / 100))
mark
# shellcheck disable=SC2046
load tokyo 1000 10 $(mails 2 77 500 1234 3333 4000 5000 7777 8192 $many)
domains 2 $((many + 1)) >"$W/domains"
ok "one comes and one goes by a few signatures" grant '"new":1,"gone":1,.*"signed":[1-4]}'
listed >"$W/out" 2>&1
ok "the file is read anew" "$lab" run hoster lsrctl reload
# shellcheck disable=SC2046
load tokyo 20 5 $(mails $((many + 1)))
ok "tokyo has a way to the new one" soon sends tokyo "customer$((many + 1)).example" ^lsrd:
ok "the old one waits there" soon sends tokyo customer00001.example ^lsrd-hold:
ok "three parts of the list are others, at most" test "$(others)" -le 3
for node in hoster paris tokyo; do
	ok "few routes have moved: at $node" moved_few $node 6
	grep '^[0-9]' "$W/tap.said" | sed 's/^/# /'
done
ok "lsrd of the hoster is killed while mail flows" slain hoster
ok "and that of paris" slain paris
ok "and that of tokyo, which sends it" slain tokyo
wait_load
ok "every message arrived once, the new domain's first ones, too" all_arrived
sed 's/^/# /' "$W/report"
ok "all know the list as before" soon knows tokyo $many
ok "no message waits for anything" is "$("$lab" queue all)" ''
all_told
