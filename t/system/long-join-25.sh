#!/bin/sh
# long-join-25.sh - a third server joins where only port 25 leads to the other site,
# with no edit at these, as lsrd-front(8) has it: its group hears it at port 691, the
# other site finds it by that and dials it by the verb, and its own front lists who
# may. To the front there it is a stranger, until it is listed. Only for `t/check
# --long`: lab-join.sh is the same at port 691.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 8
cat >"$W/three.json" <<'END'
{ "format": "lsrd-topology/1", "organization": "lab.example",
  "servers": [
    {"name": "london1.lab.example", "routing_group": "london"},
    {"name": "paris1.lab.example", "routing_group": "paris"},
    {"name": "paris2.lab.example", "routing_group": "paris"} ],
  "connectors": [
    {"name": "l", "server": "london1.lab.example", "to": ["paris1.lab.example", "paris2.lab.example"], "cost": 10},
    {"name": "p1", "server": "paris1.lab.example", "to": ["london1.lab.example"], "cost": 10},
    {"name": "p2", "server": "paris2.lab.example", "to": ["london1.lab.example"], "cost": 10} ],
  "address_spaces": [
    {"pattern": "london1.example", "server": "london1.lab.example"},
    {"pattern": "paris1.example", "server": "paris1.lab.example"},
    {"pattern": "paris2.example", "server": "paris2.lab.example"} ]
}
END
lab_up "$W/three.json" --x-lsa-2
at() { "$lab" status | awk -v node="$1" '$1 == node { print $3 }'; }
starts() {
	for node in "$@"; do
		for what in front lsrd mta; do
			"$lab" start "$node" $what
		done
	done
}

# conf NODE PEER MORE: no other server's name, but what MORE has; PEER is whom its
# front lists.
conf() {
	"$lab" run "$1" sh -c 'sed -i "/^peer \"/d; /^connector/,/^}/d" /etc/lsrd/lsrd.conf
		printf "peer-accept = certificate\n%s\n" "$2" >>/etc/lsrd/lsrd.conf
		echo "$1" >/etc/lsrd/front.peers' sh "$2" "$3"
}

# leads NAME GROUP [BRIDGEHEAD]: a connector by the verb; who has nobody to hear of
# the others by names one of them.
leads() {
	echo "connector \"$1\" { routing-group = \"$2\" bridgehead = any peer = x-lsa-2"
	[ -z "${3:-}" ] ||
		echo "bridgehead \"$3.lab.example\" { smtp = \"$(at "$3"):25\" peer = x-lsa-2 }"
	echo "}"
}

for what in lsrd mta front; do
	"$lab" kill all $what
done
for node in london1 paris1 paris2; do
	"$lab" run $node find /var/lib/lsrd -type f -delete
done
conf london1 "$(at paris1)" "$(leads london-paris paris paris1)"
conf paris1 "$(at london1)" "$(leads paris-london london london1)"
conf paris2 "$(at london1)" "peer \"paris1.lab.example\" { address = { \"$(at paris1):691\" } }
$(leads paris2-london london)"
starts london1 paris1
ok "two know each other, by the verb" goes london1 paris1.example paris1
ok "both ways" goes paris1 london1.example london1

starts paris2
ok "it has found its group at port 691, and the other group" goes paris2 london1.example london1
ok "which finds it" goes london1 paris2.example paris2
# dialled NODE PEER: that is whose session they have.
dialled() {
	"$lab" run "$1" lsrctl peers --json | grep "\"peer\":\"$2\." >"$W/peer" &&
		grep -q '"carrier":"x-lsa-2"' "$W/peer" &&
		grep -q '"state":"full"' "$W/peer" && grep -q '"dialled":true' "$W/peer"
}
ok "and has dialled it" soon dialled london1 paris2
ok "mail goes to it, in one hop" way london1 u@paris2.example "london1 > paris2"
stranger() { "$lab" run paris2 grep -q "dial-failed: peer=london1.*no-x-lsa-2" /var/log/lsrd.log; }
ok "the front there has offered it no verb" soon stranger
# What it is told there, as anybody is.
unoffered() {
	"$lab" run paris2 python3 -c 'import socket, sys
line = socket.create_connection((sys.argv[1], 25), 5).makefile("rw", newline="")
line.readline()
line.write("EHLO paris2.lab.example\r\n")
line.flush()
said = [line.readline()]
while said[-1][3:4] == "-":
    said.append(line.readline())
print(*said)' "$(at london1)" >"$W/told"
	grep -q PIPELINING "$W/told" && ! grep -q X-LSA-2 "$W/told"
}
ok "nor does it now" unoffered
