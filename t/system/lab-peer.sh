#!/bin/sh
# lab-peer.sh - a second program, written in Python from lsrd-protocol(7),
# joins the lab's organization: over port 691 in place of west2's lsrd, and by
# X-LSA-2 in place of east1's, as who dials and as who is dialled. Between them
# is west1, a real one.

. "$(dirname "$0")/lab.sh"
skip_unless_able
/usr/bin/python3 -c 'import cryptography' 2>/dev/null ||
	skip "python3-cryptography is not installed"
plan 19
lab_up "$top/t/labtool/two-sites.json" --x-lsa-2
dir=$W

to_node() {
	tar c -C "$top/t" peer | "$lab" run "$1" tar x -C /root
}

# client NODE ADDRESS OPTION...: starts it there; tell NODE LINE talks to it.
client() {
	node=$1 address=$2
	shift 2
	rm -f "$dir/$node.in"
	mkfifo "$dir/$node.in"
	keys=/etc/lsrd/keys
	"$lab" run $node /usr/bin/python3 -B /root/peer/peer.py --key $keys/server.key \
		--certificate $keys/server.pem --authority $keys/authority.pem \
		--state /root/epoch --group ${node%[12]} --space $node.example --dead 10000 \
		--smtp $address:25 "$@" <"$dir/$node.in" >"$dir/$node.out" 2>"$dir/$node.err" &
	loads="$loads $!"
	case $node in
	west2) exec 3>"$dir/$node.in" ;;
	east1) exec 4>"$dir/$node.in" ;;
	esac
}

tell() {
	case $1 in
	west2) echo "$2" >&3 ;;
	east1) echo "$2" >&4 ;;
	esac
}

# said NODE REGEX: so many lines of it match.
said() {
	grep -c "$2" "$dir/$1.out"
}

has_said() {
	grep -q "$2" "$dir/$1.out"
}

peer_of_west1() {
	"$lab" run west1 lsrctl peers --json | grep "\"$1.peer.example\""
}

# held NODE CARRIER SECONDS DIALLED: one FULL session, for so long already,
# that west1 has dialled or not (true, false).
held() {
	peer_of_west1 "$1" | grep "\"state\":\"full\",\"carrier\":\"$2\",\"dialled\":$4" |
		sed 's/.*"since_s":\([0-9]*\).*/\1/' | awk -v s="$3" '$1 >= s { n++ } END { exit n != 1 }'
}

# The digest of each LSA, as lsrd and as a client have them.
of_lsrd() {
	"$lab" run west1 lsrctl db --json | grep -o '"digest":"[0-9a-f]*"' | grep -o '[0-9a-f]\{64\}' | sort
}

of_client() {
	seen=$(said "$1" '"event": "db"')
	from=$(($(wc -l <"$dir/$1.out") + 1))
	tell "$1" db
	soon eval "[ \$(said $1 '\"event\": \"db\"') -gt $seen ]" || return 1
	tail -n +$from "$dir/$1.out" | grep '"event": "lsa"' | grep -o '"digest": "[0-9a-f]*"' |
		grep -o '[0-9a-f]\{64\}' | sort
}

equal() {
	[ "$(of_lsrd | wc -l)" -ge 8 ] && [ "$(of_lsrd)" = "$(of_client "$1")" ]
}

says_of() {
	"$lab" run west1 lsrctl db --json | grep "\"origin\":\"$1.peer.example\",\"type\":\"$2\"" |
		grep "$3"
}

one_session() {
	is "$(said "$1" '"event": "full"') $(said "$1" '"event": "down"')" "1 0"
	cat "$dir/$1.err"
}

in_log() {
	"$lab" run west1 cat /var/log/lsrd.log | grep -q "dial-failed: .*$1"
}

reason() {
	peer_of_west1 east1 | grep "\"reason\":\"$1\""
}

# A firewall that knows better than to let an unknown keyword through.
mkfifo "$dir/blank.in"
to_node east1
"$lab" kill east1 front
"$lab" run east1 lsrd-front -f -l 127.0.0.1:2600 -b 127.0.0.1:2525 -p 127.0.0.1 \
	-u _lsrd-front 2>/dev/null &
loads="$loads $!"
"$lab" run east1 /usr/bin/python3 -B /root/peer/blank.py 25 2600 <"$dir/blank.in" >"$dir/blank.out" &
loads="$loads $!"
exec 5>"$dir/blank.in"
soon grep -q listening "$dir/blank.out"
"$lab" kill east1 lsrd
ok "lsrctl peers names a middlebox that blanks the keyword" soon reason x-lsa-2-blanked
ok "and so does the log" soon in_log 'east1.*reason=x-lsa-2-blanked'
exec 5>&-
"$lab" kill east1 front
"$lab" start east1 front

"$lab" kill west2 lsrd
to_node west2
client west2 10.77.1.2 --dial tcp:10.77.1.1:691
client east1 10.77.2.1 --dial x-lsa-2:10.77.1.1:25

ok "the client is FULL over port 691" soon held west2 tcp 0 false
ok "and another by X-LSA-2" soon held east1 x-lsa-2 0 false
ok "lsrd has what the clients say: epochs above those before" \
	soon says_of east1 space '"epoch":2'
ok "and Postfix goes by it" goes west1 east1.example east1
ok "the client's database is lsrctl's" soon equal west2
ok "and that of the other" soon equal east1
"$lab" kill east1 postfix
tell east1 "drain said by a second implementation"
ok "an update of the client reaches lsrd" soon \
	says_of east1 server '"reason":"said by a second implementation"'
ok "and through it the other client" soon \
	has_said west2 '"event": "update".*"reason": "said by a second'
ok "a link that breaks comes as an update" soon \
	has_said west2 '"update".*"id": "west-east".*"server": "east1.peer.example", "up": false'
"$lab" start east1 postfix
ok "over port 691 it was one session, of ten keep-alives" soon held west2 tcp 10 false
ok "and by X-LSA-2, and never lost" soon held east1 x-lsa-2 10 false
ok "neither client lost one" is "$(one_session west2)$(one_session east1)" ""

# Once more the other way: west1 dials, and the clients are what it finds.
tell west2 quit
tell east1 quit
"$lab" kill east1 front
client west2 10.77.1.2 --listen tcp:10.77.1.2:691
client east1 10.77.2.1 --listen x-lsa-2:10.77.2.1:25
ok "lsrd dials the client on port 691" soon held west2 tcp 0 true
ok "and by X-LSA-2, where the client is the SMTP server" soon held east1 x-lsa-2 0 true
ok "the databases are equal again" soon equal west2
ok "both of them" soon equal east1
tell east1 quit
"$lab" start east1
ok "its own lsrd comes back after it" soon says_of east1 connector '"purge":false'
exec 3>&- 4>&-
