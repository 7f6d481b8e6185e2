#!/bin/sh
# lab-join.sh - a third server joins an organization of two with no edit at these:
# it knows a name of the DNS, and its certificate is all that they know of it. Mail
# goes both ways; it comes back without the DNS; who it has known first may die; and
# once its key is revoked it is out everywhere. The DNS says much that is not so.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 20
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
lab_up "$W/three.json"
dir=$("$lab" dir)
at() { "$lab" status | awk -v node="$1" '$1 == node { print $3 }'; }

# conf NODE MORE: no other server's name, but what MORE has.
conf() {
	"$lab" run "$1" sh -c 'sed -i "/^peer \"/d; /^connector/,/^}/d" /etc/lsrd/lsrd.conf
		printf "%s\n" "$1" >>/etc/lsrd/lsrd.conf' sh "$2"
}

"$lab" kill all lsrd
"$lab" kill all mta
for node in london1 paris1 paris2; do
	"$lab" run $node find /var/lib/lsrd -type f -delete
done
conf london1 'peer-accept = certificate
connector "london-paris" { routing-group = "paris" bridgehead = any }'
conf paris1 "peer-accept = certificate
peer \"london1.lab.example\" { address = { \"$(at london1):691\" } }
connector \"paris-london\" { routing-group = \"london\" bridgehead = any }"
conf paris2 'srv-domain = "join.example"
peer-accept = certificate
connector "paris2-london" { routing-group = "london" bridgehead = any }'
sums() { for node in london1 paris1; do "$lab" run $node md5sum /etc/lsrd/lsrd.conf; done; }
before=$(sums)
for node in london1 paris1; do
	"$lab" start $node lsrd
done
for node in london1 paris1; do
	"$lab" start $node mta
done
ok "two know each other, by one line in one of them" goes london1 paris1.example paris1
ok "both ways" goes paris1 london1.example london1
knows() { "$lab" run "$1" lsrctl peers | grep -q paris2; }
ok "nobody knows the third" not knows london1

# What the DNS says: a server; ourselves and loopback under its name; names that
# are none; a mail service that is no lsrd; three hundred that there are not.
{
	echo "_lsrd._tcp.join.example SRV 1 691 paris1.lab.example"
	echo "paris1.lab.example A $(at paris1)"
	echo "paris1.lab.example A 127.0.0.1"
	echo "_lsrd._tcp.join.example SRV 0 691 localhost"
	echo "localhost A 127.0.0.1"
	echo "_lsrd._tcp.join.example SRV 0 691 paris2.lab.example"
	echo "_lsrd._tcp.join.example SRV 0 691 self.lab.example"
	echo "self.lab.example A $(at paris2)"
	echo "_lsrd._tcp.join.example SRV 0 25 mail.lab.example"
	echo "mail.lab.example A $(at london1)"
	echo "_lsrd._tcp.join.example SRV 0 691 -x-.example"
	echo "_lsrd._tcp.join.example SRV 0 691 ."
	i=0
	while [ $i -lt 300 ]; do
		echo "_lsrd._tcp.join.example SRV 5 691 none$i.lab.example"
		i=$((i + 1))
	done
} >"$W/zone"
"$lab" run paris2 sh -c 'printf "%s\n" "$1" >/etc/zone
	echo "nameserver 127.0.0.1" >/etc/resolv.conf
	setsid python3 -c "$2" /etc/zone >/var/log/zone.log 2>&1 </dev/null &
	echo $! >/run/zone.pid' sh "$(cat "$W/zone")" "$(cat "$top/t/system/zone.py")"
"$lab" start paris2 lsrd
"$lab" start paris2 mta
ok "it has found its group by one name" goes paris2 paris1.example paris1
ok "and the other group by what that says" goes paris2 london1.example london1
ok "it is a bridgehead of who has never heard of it" goes london1 paris2.example paris2
ok "mail goes to it, in one hop" way london1 u@paris2.example "london1 > paris2"
ok "lsrctl links says that it was found" soon "$lab" run london1 sh -c \
	"lsrctl links | grep -q 'london-paris, found .*paris2.lab.example'"
exported() {
	"$lab" run london1 sh -c 'lsrctl export json' |
		grep -q '"to":\["paris1.lab.example","paris2.lab.example"\],"bridgehead":"any"'
}
ok "and an export that whoever is there would be" soon exported
ok "mail goes from it, too" way paris2 u@london1.example "paris2 > london1"
ok "and in its group" way paris1 u@paris2.example "paris1 > paris2"
ok "nothing was edited" is "$(sums)" "$before"
dialled_itself() { "$lab" run paris2 grep -E '127\.0\.0\.1:691|our-own-name' /var/log/lsrd.log; }
ok "it has not dialled itself" not dialled_itself
ok "who answers there and is no lsrd costs a handshake" \
	soon "$lab" run paris2 grep -q "dial-failed: peer=mail.lab.example" /var/log/lsrd.log

# without the DNS, and without whom it found by it
"$lab" run paris2 sh -c 'kill "$(cat /run/zone.pid)"; rm -f /etc/zone'
"$lab" kill paris2 lsrd
"$lab" kill paris1 lsrd
"$lab" start paris2 lsrd
ok "it comes back by what it has saved" soon is_back paris2
ok "and mail goes to it" way london1 u@paris2.example "london1 > paris2"
"$lab" start paris1 lsrd
ok "the first is back, too" soon is_back paris1

# revoked at one, it is out at all
"$LSRD_BUILD/lsrctl" keys revoke "$dir/authority/paris2/server.pem" --directory "$dir/authority" \
	--output "$W/word" >/dev/null
"$lab" run paris1 sh -c 'printf "%s\n" "$1" >/etc/word; lsrctl inject /etc/word' sh "$(cat "$W/word")"
ok "its key is revoked: no way leads there" goes london1 paris2.example hold
ok "and not from its group" goes paris1 paris2.example hold
out() { ! "$lab" run "$1" lsrctl db | grep -q "paris2.*server" &&
	soon "$lab" run "$1" grep -q "revoked-key" /var/log/lsrd.log; }
ok "it is let in nowhere" out london1
