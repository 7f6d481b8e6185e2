#!/bin/sh
# import.sh - lsrctl import: what becomes of static maps, directories and dumps,
# that each lsrd.conf is one that lsrd takes, that a document answers, and what is
# said of what is wrong in a source.

. "$(dirname "$0")/../tap.sh"
ctl=$top_builddir/lsrctl
here=$top_srcdir/t/ctl/import
cd "$W" || exit 99

# imports SOURCE ARGUMENTS...: standard output in $W/out, the rest in $W/err.
imports() {
	"$ctl" import "$@" >"$W/out" 2>"$W/err"
}
failed() {
	cat "$W/err" "$W/out"
}
# The document has this: a jq-like path would be too much, lines of it do.
documented() { # TEXT
	tr -d ' \n' <"$W/out" | grep -q -F -e "$1"
}
noted() { # TEXT
	grep -q -F -e "$1" "$W/err"
}
# Route of a server by the document: PATTERN to its next hop.
routed() { # DOCUMENT FROM PATTERN HOP
	"$ctl" --topology "$1" routes --from "$2" --json |
		grep -F "\"pattern\":\"$3\"" | grep -q -F "\"next_hops\":[\"$4\"]"
}
# Whole files: keys apart, which no import makes.
taken() { # FILE...
	for taken_file; do
		! "$top_builddir/lsrd" -t -c "$taken_file" 2>&1 |
			grep error: | grep -v /etc/lsrd/keys/ || return 1
	done
}

# --- Postfix ---------------------------------------------------------------------

cp -R "$here/postfix" maps
ok 'maps of three servers' imports postfix maps/london maps/paris/main.cf maps/tokyo
cp out now.json
ok 'a list of next hops, by its first' documented '"name":"london--paris"'
ok 'a next hop by its address' documented \
	'"name":"london--tokyo","server":"mx1.london.example.org","to":["mx1.tokyo.example.org"],"cost":10'
ok 'what is relayed by a gateway' documented \
	'{"pattern":"partner.example","server":"mx1.london.example.org","cost":0,"relay":true}'
ok 'a regexp of several domains' documented '"pattern":"support.tokyo.example.org"'
ok 'and of a domain with all below it' documented '"pattern":".lists.example.org"'
ok 'a regexp that cannot be said is named' noted \
	'maps/london/transport.regexp:2: ^fax-[0-9]+@example\.org$ cannot be said'
ok 'and a route to error' noted 'maps/london/transport:5: old.example.org'
ok 'and a map by sender' noted 'mail of bulk@london.example.org has a next hop'
ok 'by way of London' routed now.json mx1.tokyo.example.org paris.example.org \
	mx1.london.example.org
explained() {
	"$ctl" --topology now.json explain --from mx1.paris.example.org \
		user@sales.tokyo.example.org --json | grep -q '"result":"remote"'
}
ok 'the document explains' explained
ok 'strict: nothing' says 1 'cannot be said' "$ctl" import postfix maps/london \
	maps/paris maps/tokyo --strict
no_document() {
	"$ctl" import postfix maps/london --strict 2>/dev/null | grep -q . && return 1
	return 0
}
ok 'not even a document' no_document

write() {
	imports postfix maps/london maps/paris maps/tokyo --write conf --no-dns "$@"
}
ok 'a file for each' write
ok 'which lsrd takes' taken conf/mx1.*.conf
ok 'nothing else is left there' is "$(find conf -type f | wc -l) $(find conf -name '.*' | wc -l)" '3 0'
ok 'again: nothing changes' write
ok 'all three' is "$(grep -c unchanged out)" 3
diff_of() {
	imports postfix maps/london maps/paris maps/tokyo --diff conf --no-dns
}
ok 'no difference' diff_of
echo 'new.example smtp:[mx1.paris.example.org]' >>maps/london/transport
diff_seen() {
	diff_of
	[ $? = 1 ] && grep -q -F '+address-space "new.example"' out
}
ok 'a map changes: that is told' diff_seen
ok 'and not written over' not write
ok 'with nothing of it written' not grep -q new.example conf/mx1.paris.example.org.conf
ok 'but when forced' write --force
ok 'then it is there' grep -q new.example conf/mx1.paris.example.org.conf
cp -R conf before
printf 'myhostname = mx1.london.example.org\ninet_interfaces = 192.0.2.10\nmydestination =\n' \
	>maps/london/main.cf
ok 'half of it is not taken for all' says 1 'nothing is changed; --shrink' \
	"$ctl" import postfix maps/london maps/paris maps/tokyo --write conf --no-dns --force
ok 'and all stay' diff -r before conf
ok 'a part, for include-dir' imports postfix maps/london maps/tokyo --part --write part
ok 'has no head' not grep -q '^server' part/mx1.london.example.org.conf
ok 'of one server' imports postfix maps/london maps/tokyo --write one \
	--server mx1.tokyo.example.org --no-dns
ok 'is one file' is "$(ls one)" mx1.tokyo.example.org.conf

rm -rf maps
cp -R "$here/postfix" maps
if command -v postmap >/dev/null; then
	# What the index says counts, and not what stands beside it.
	indexed() { # TYPE
		postmap "$1:$W/maps/tokyo/transport" || return 1
		mv maps/tokyo/transport kept
		echo '* error:this is not in force' >maps/tokyo/transport
		sed -i "s/hash:/$1:/" maps/tokyo/main.cf
		imports postfix maps/london maps/paris maps/tokyo
		mv kept maps/tokyo/transport
		documented '"name":"tokyo--london"' && ! noted 'not in force'
	}
	for type in hash lmdb cdb; do
		if postconf -m | grep -q -x "$type"; then
			ok "an index of type $type" indexed "$type"
		else
			skip_case "an index of type $type" "this Postfix has none"
		fi
		rm -rf maps
		cp -R "$here/postfix" maps
	done
fi

# A host: what runs there is run here.
mkdir host
cat >host/ssh <<END
#!/bin/sh
while [ "\$1" != -- ]; do shift; done
case \$3 in
postconf) cat "$W/maps/\$2/main.cf"; echo "config_directory = $W/maps/\$2" ;;
"postmap -s"*) exit 1 ;;
*) exec sh -c "\$(echo "\$3" | sed 's|/etc/postfix|$W/maps/'\$2'|')" ;;
esac
END
chmod +x host/ssh
mkdir empty
by_ssh() {
	(cd empty && "$ctl" import postfix london paris tokyo --ssh "$W/host/ssh" \
		>"$W/out" 2>"$W/err") && documented '"name":"tokyo--london"' &&
		documented '"name":"london--tokyo"'
}
ok 'three hosts by ssh' by_ssh
ok 'one that does not answer' says 2 'no host where postconf answers' \
	"$ctl" import postfix nohost --ssh false

bad() { # WHAT LINE-OF-main.cf NOTE
	printf 'myhostname = mx.bad.example.org\n%s\n' "$2" >bad.cf
	imports postfix bad.cf
	ok "bad: $1" noted "$3"
}
bad 'no domain' 'mydestination = not_a_domain.example' 'bad.cf:2 (mydestination): "not_a_domain.example"'
bad 'an exception' 'relay_domains = !a.example, b.example' '!a.example: an exception cannot be said'
bad 'a table that is not there' 'transport_maps = hash:/nowhere/at/all' 'hash:/nowhere/at/all cannot be read'
bad 'a table of another kind' 'transport_maps = ldap:/etc/postfix/ldap.cf' 'a table of this kind is not read'
bad 'no address space' 'transport_maps = inline:{ {a@b@c = smtp:[d.example]} }' '"a@b@c" is no address space'
bad 'a name that names itself' 'mydestination = $mydestination' 'mydestination'
printf 'myhostname = bad_host\n' >bad.cf
ok 'bad: no host name' says 1 '"bad_host" is no host name' "$ctl" import postfix bad.cf
printf 'relayhost =\n' >bad.cf
ok 'bad: no name' says 1 'myhostname does not stand there' "$ctl" import postfix bad.cf
ok 'a name before it' imports postfix mx.good.example.org=bad.cf
ok 'twice the same' says 0 'imported twice' "$ctl" import postfix maps/london maps/london
{
	printf 'myhostname = mx.bad.example.org\nmydestination = '
	head -c 1000000 /dev/zero | tr '\0' x
	printf '\377\376\n'
} >bad.cf
imports postfix bad.cf
ok 'a megabyte, and no UTF-8' noted 'is no domain'
ok 'a costly connector' imports postfix maps/london maps/tokyo --cost 65535
ok 'which has that cost' documented '"cost":65535'
ok 'no cost at all' says 2 'from 1 to 65535' "$ctl" import postfix maps/london --cost 0
ok 'a group that is none' says 2 'SERVER=GROUP' "$ctl" import postfix maps/london --group x
ok 'another group' imports postfix maps/london maps/tokyo --group mx1.tokyo.example.org=asia
ok 'is taken' documented '"routing_group":"asia"'

# --- Exim -------------------------------------------------------------------------

cp -R "$here/exim" exim
printf '203.0.113.7 mx1.tokyo.example.org tokyo # by its number\n192.0.2.10 mx1.london.example.org\n198.51.100.5 mx1.paris.example.org\n198.51.100.6 mx2.paris.example.org\n' >hosts
exims() {
	imports exim exim/london.conf exim/paris1.conf exim/paris2.conf exim/tokyo.conf \
		--hosts hosts "$@"
}
ok 'routers of four servers' exims
cp out exim.json
ok 'hosts in any order are one connector' documented \
	'"to":["mx1.paris.example.org","mx2.paris.example.org"],"cost":10'
ok 'an address is a server' documented \
	'"name":"london--tokyo","server":"mx1.london.example.org","to":["mx1.tokyo.example.org"]'
ok 'a file of routes' documented '"pattern":".partner.example","server":"mx1.london.example.org"'
ok 'a regexp of two domains' documented '"pattern":"b.partner.example"'
ok 'one that cannot be said is named' noted 'exim/london.conf:16: ^fax[0-9]+\.example$ cannot be said'
ok 'and a condition' noted 'router odd: condition cannot be said'
ok 'and what is not decided' noted 'exim/tokyo.conf:2: what is included'
ok 'Tokyo to Paris by London' routed exim.json mx1.tokyo.example.org paris.example.org \
	mx1.london.example.org
ok 'a file for each' exims --write econf --no-dns
ok 'which lsrd takes' taken econf/mx1.*.conf econf/mx2.*.conf
ok 'with a way as Exim has it' grep -q \
	'"partner.example" { deliver = "partner_smtp:\[gw.partner.example\]:2525" relay = yes }' \
	econf/mx1.london.example.org.conf
ok 'hosts that is none' says 2 'exim/routes:2: write ADDRESS NAME' "$ctl" import exim \
	exim/tokyo.conf --hosts exim/routes

# --- directories, as LDIF -----------------------------------------------------------

ok 'our own schema' imports ldap "$here/organization.ldif"
directories=yes
! grep -q 'built without libldap' err || directories='needs libldap'
if [ "$directories" = yes ]; then
	cp "$here/organization.ldif" own.ldif
	cp out own.json
	ok 'a connector below its server' documented \
		'"to":["mx1.paris.example.org","mx2.paris.example.org"],"cost":20,"state":"up","max_message_size":20971520'
	ok 'one of two servers' is "$(grep -o '"paris-london[^"]*"' out | wc -l)" 2
	ok 'it routes' routed own.json mx1.paris.example.org london.example.org \
		mx1.london.example.org
	ok 'a file for each server' imports ldap own.ldif --write oconf --no-dns
	ok 'which lsrd takes' taken oconf/*.conf
	ok 'with another transport' grep -q -x \
		'	transport = "lsrd_Thin:\[gw.london.example.org\]:2525"' oconf/mx2.paris.example.org.conf
	ok 'and another probe' grep -q -x '	probe = "tcp 192.0.2.10:2525"' \
		oconf/mx2.paris.example.org.conf
	sed 's/^lsrdServers: 3/lsrdServers: 4/' own.ldif >half.ldif
	ok 'half a directory changes nothing' says 2 'lsrdServers = 4, and 3 are there' \
		"$ctl" import ldap half.ldif --write oconf --force
	printf 'version: 1\n' >empty.ldif
	ok 'nor does an empty one' says 1 'no server was found' \
		"$ctl" import ldap empty.ldif --write oconf --force
	ok 'all stay' is "$(find oconf -name '*.conf' | wc -l)" 3
	head -c 700 own.ldif >half.ldif
	ok 'nor one that was cut' says 2 'lsrdServers = 3' "$ctl" import ldap half.ldif
	sed -e 's/^lsrdCost: 20/lsrdCost: 100000/' -e 's/^lsrdSchedule: .*/lsrdSchedule: never/' \
		-e 's/^lsrdSmtp: 192.*/lsrdSmtp: nowhere/' -e 's/^lsrdBridgehead: mx2.*/lsrdBridgehead: mx9.example.org/' \
		-e 's/^lsrdPriority: urgent/lsrdPriority: soon/' -e 's/^lsrdTransport: .*/lsrdTransport: discard/' \
		-e 's/^lsrdProbe: .*/lsrdProbe: tcp somewhere/' own.ldif >bad.ldif
	ok 'an odd one is imported' imports ldap bad.ldif
	for text in 'cost 100000 is 65535 here' 'lsrdschedule = never is left out' \
		'lsrdsmtp = nowhere is left out' 'nothing is known of mx9.example.org' \
		'lsrdPriority = soon is left out' 'lsrdTransport = discard is left out' \
		'lsrdProbe = tcp somewhere is left out'; do
		ok "bad: $text" noted "$text"
	done
	ok 'with the entry and its line' noted '(bad.ldif:15): cost 100000'
	ok 'whichever it is' noted \
		'cn=paris-london,cn=example.org,dc=example,dc=org (bad.ldif:54): lsrdTransport'
	bad_written() {
		imports ldap bad.ldif --write bconf --no-dns &&
			! grep -q -e transport -e probe bconf/mx2.paris.example.org.conf
	}
	ok 'and left out of the file' bad_written

	organization() {
		python3 "$here/organization.py" "$@"
	}
	organization 12 >ad.ldif
	ok 'sites, links and servers' imports ad ad.ldif
	cp out ad.json
	ok "Exchange's own cost" documented \
		'"name":"site-2--site-3","server":"mx1.site2.example.org","to":["mx1.site3.example.org","mx2.site3.example.org"],"cost":7'
	ok 'a schedule' documented '"cost":103,"state":"up","schedule":"mon-fri08:00-18:00"'
	ok 'a size limit' documented '"cost":104,"state":"up","max_message_size":10485760'
	ok 'preferred bridgeheads alone' documented \
		'"server":"mx2.site4.example.org","to":["mx1.site5.example.org"]'
	ok 'a link of several sites' documented '"name":"site-1--site-5"'
	seq 1 12 | awk '{ print "10." $1 ".0.10 mx1.site" $1 ".example.org"; print "10." $1 ".0.11 mx2.site" $1 ".example.org" }' >hosts
	echo '10.1.200.1 mail.example.org' >>hosts
	ok 'a file for each' imports ad ad.ldif --hosts hosts --write aconf --no-dns
	ok 'which lsrd takes' taken aconf/m*.site1.example.org.conf aconf/mail.example.org.conf
	ok 'a host goes where its narrowest subnet is' grep -q 'routing-group = "site-2"' \
		aconf/mail.example.org.conf
	organization 6 --exchange >ex.ldif
	ok 'routing groups of Exchange 2003' imports ad ex.ldif
	cp out ex.json
	ok 'a connector of those' documented \
		'"name":"to-south","server":"ex1.example.org","to":["ex3.example.org"],"cost":20,"state":"up","max_message_size":2097152'
	ok 'an address space' documented '{"pattern":".partner.example","server":"ex1.example.org","cost":1'
	ok 'one of its routing group alone' documented \
		'{"pattern":"near.example","server":"ex1.example.org","cost":2,"scope":"routing-group"'
	ok 'when a connector is active' documented '"cost":30,"state":"up","schedule":"sun00:45-05:15"'
	ok 'an accepted domain' documented '{"pattern":"example.org","server":"ex3.example.org","cost":0,"relay":true}'
	ok 'what is not of SMTP is told' noted 'X400:c=US;a= ;p=Old;1 is no address space'
	ok 'the Internet by its connector' routed ex.json ex3.example.org '*' ex1.example.org

	# for_whom LINES: so it stands with the connector to the south, beside two people.
	for_whom() {
		{
			sed "s/^msExchDestinationRGDN: CN=South.*/&$1/" ex.ldif
			printf 'dn: CN=%s,DC=example,DC=org\nobjectClass: user\nmail: %s\n\n' \
				Ann Ann@example.org Bob bob@example.org
		} >bad.ldif
		imports ad bad.ldif
	}
	ann=CN=Ann,DC=example,DC=org bob=CN=Bob,DC=example,DC=org who=CN=Who,DC=example,DC=org
	ok 'a connector for some' for_whom "\\nauthOrig: $ann\\nunauthOrig: $bob\\nunauthOrig: $who"
	ok 'by their addresses' documented '"senders":{"allow":["ann@example.org"],"deny":["bob@example.org"]}'
	ok 'who has none is told' noted 'whom unauthOrig names has no address here'
	ok 'one for somebody who has none' for_whom "\\nauthOrig: $ann\\nauthOrig: $who"
	ok 'is for all' not documented 'ann@example.org'
	ok 'and told' noted 'whom authOrig names has no address here'
	ok 'one for a group' for_whom "\\nauthOrig: $ann\\ndLMemSubmitPerms: $bob"
	ok 'is for all, too' not documented 'ann@example.org'
	ok 'and told as well' noted 'whom dLMemSubmitPerms names'
	# activated STYLE: so is the connector that has a schedule.
	activated() {
		sed "s/^activationStyle: 1/activationStyle: $1/" ex.ldif >bad.ldif
		imports ad bad.ldif
	}
	ok 'one that is always active' activated 2
	ok 'has no schedule' documented '"cost":30,"state":"up"}'
	ok 'one that never is' activated 0
	ok 'is drained' documented '"cost":30,"state":"drain"}'
	ok 'and told' noted 'this connector is never active'
	ok 'one that waits to be asked' activated 3
	ok 'is told' noted 'it sends when the other end asks'
	sed 's/^activationSchedule:: .*/activationSchedule:: AAAA/' ex.ldif >bad.ldif
	ok 'a schedule that is none' imports ad bad.ldif
	ok 'is told with its connector' noted 'CN=To North,CN=Connections,CN=South,'
	sed 's/^msExchSmtpSmartHost: .*/&\nactivationStyle: 0/' ex.ldif >bad.ldif
	ok 'address spaces of one that never is' imports ad bad.ldif
	ok 'are left out' not documented '"pattern":"near.example"'
	ok 'which is told' noted 'address spaces have no schedule: they are left out'
	organization 4 >four.ldif
	# spoilt SED NOTE: of one that is spoilt so, this is said, and the rest imported.
	spoilt() {
		sed "$1" four.ldif >bad.ldif
		imports ad bad.ldif || return 1
		noted "$2" && documented '"mx1.site4.example.org"'
	}
	never=$(python3 -c 'import base64, struct; print(base64.b64encode(struct.pack("<IIIII", 188, 0, 1, 0, 20) + bytes(168)).decode())')
	sunday=$(python3 -c 'import base64, struct; print(base64.b64encode(struct.pack("<IIIII", 188, 0, 1, 0, 20) + bytes([15] * 24) + bytes(144)).decode())')
	ok 'a name that is no host' spoilt 's/^dNSHostName: mx2.site1.*/dNSHostName: mx_2/' \
		'"mx_2" is no host name'
	ok 'cost 0' spoilt 's/^cost: 101/cost: 0/' 'cost 0 is 1 here'
	ok 'cost 100000' spoilt 's/^cost: 101/cost: 100000/' 'cost 100000 is 65535 here'
	ok 'no cost at all' spoilt 's/^cost: 101/cost: cheap/' 'its cost is no number'
	ok 'a schedule that never opens' spoilt "s|^schedule:: .*|schedule:: $never|" 'never opens'
	ok 'is drained' documented '"state":"drain"'
	ok 'a schedule that is none' spoilt 's/^schedule:: .*/schedule:: AAAA/' 'is none: always is taken'
	ok 'two sites of one name' spoilt 's/^\(dn: CN=Site\) 2\(,CN=Sites\)/\1-1\2/' 'is called site-1'
	ok 'a site that is not there' spoilt 's/^siteList: CN=Site 1,/siteList: CN=Site 99,/' \
		'is no site of the import'
	ok 'a link with itself' spoilt 's/^siteList: CN=Site 2,/siteList: CN=Site 1,/' 'is in it twice'
	ok 'leads nowhere' noted 'this link has 1 sites, and leads nowhere'
	# without PATTERN: entries with it are not there.
	without() {
		awk -v RS= -v ORS='\n\n' -v no="$1" '$0 !~ no' four.ldif >bad.ldif
		imports ad bad.ldif
	}
	crossed() { # FROM-SITE TO-SITE COST-AND-REST
		documented "\"server\":\"mx1.site$1.example.org\",\"to\":[\"mx1.site$2.example.org\",\"mx2.site$2.example.org\"],\"cost\":$3"
	}
	ok 'a site without a server' without 'CN=MX.,CN=Servers,CN=Site 2,'
	ok 'is no routing group' noted 'no server is known in site-2'
	ok 'those around it have a longer connector' crossed 1 3 108
	ok 'and back' crossed 3 1 108
	ok 'which is told' noted \
		'CN=Site 2,CN=Sites,CN=Configuration,DC=example,DC=org (bad.ldif:'
	ok 'with its cost' noted 'site-1 and site-3 have one connector across it, of cost 108'
	ok 'and no other' is "$(grep -c 'across it' err)" 1
	hub() { # SPOKES: a link from each to one site, which has no server
		awk -v n="$1" 'BEGIN {
			b = ",CN=Sites,CN=Configuration,DC=example,DC=org"
			printf "dn: CN=Hub%s\nobjectClass: site\ncn: Hub\n\n", b
			for (i = 1; i <= n; i++) {
				s = "CN=S" i b
				printf "dn: %s\nobjectClass: site\ncn: S%d\n\n", s, i
				printf "dn: CN=MX,CN=Servers,%s\nobjectClass: server\ncn: MX\n", s
				printf "dNSHostName: mx.s%d.example.org\n\n", i
				printf "dn: CN=L%d,CN=IP,CN=Transports%s\nobjectClass: siteLink\n", i, b
				printf "cn: L%d\nsiteList: %s\nsiteList: CN=Hub%s\ncost: 50\n\n", i, s, b
			} }' >hub.ldif
	}
	hub 5
	ok 'a hub without a server' imports ad hub.ldif
	ok 'has its spokes joined, each two' is \
		"$(tr -d ' \n' <out | grep -o '"cost":100' | grep -c .)" 20
	ok 'which is told once' noted \
		's1 and s2 have one connector across it, of cost 100, the sum of the links (and 9 pairs more)'
	ok 'for all of them' is "$(grep -c 'across it' err)" 1
	sed -i 's/^cost: 50/cost: 40000/' hub.ldif
	ok 'one of long ways' imports ad hub.ldif
	ok 'says once that they are too long' noted \
		's1 and s2: cost 80000 is 65535 here (and 9 pairs more)'
	ok 'for all of those' is "$(grep -c 'is 65535 here' err)" 1
	ok 'two of them' without 'CN=MX.,CN=Servers,CN=Site [34],|^dn: CN=Ring 1,'
	ok 'the sum, the smallest size, the one schedule' crossed 2 1 \
		'214,"state":"up","max_message_size":10485760,"schedule":"mon-fri08:00-18:00"'
	ok 'where a link is as cheap' without 'CN=MX.,CN=Servers,CN=Site [34],'
	ok 'there is none' not noted 'across it'
	sed -i "s|^cost: 104|&\nschedule:: $sunday|" four.ldif
	ok 'open at different times' without 'CN=MX.,CN=Servers,CN=Site [34],|^dn: CN=Ring 1,'
	ok 'is drained' crossed 1 2 '214,"state":"drain"'
	ok 'and told' noted 'site-1 and site-2: the links between are open at different times'
	sed -i "s|^cost: 103|cost: 65535|" four.ldif
	ok 'a sum that is too large' without 'CN=MX.,CN=Servers,CN=Site [34],|^dn: CN=Ring [15],|^dn: CN=Star,'
	ok 'is the largest' noted 'cost 65646 is 65535 here'
	organization 4 >four.ldif
	ok 'a subnet that is none' spoilt 's/^dn: CN=10.3.0.0.16/dn: CN=10.3.0.0/' 'is no subnet'
	cp four.ldif bad.ldif
	{
		printf 'dn: CN=Big,CN=Sites,CN=Configuration,DC=example,DC=org\nobjectClass: site\ncn: Big\nsiteList:: '
		head -c 1000000 /dev/zero | base64 -w 0
		printf '\n\ndn: CN=Odd\\FF\\FE,CN=Sites\nobjectClass: site\ncn:: //7/\n\nno line\n'
	} >>bad.ldif
	ok 'a megabyte, no UTF-8, no LDIF' imports ad bad.ldif
	ok 'the megabyte is left out' noted 'has a value of 1000000 octets'
	ok 'the line is named' noted 'is none of LDIF'
	printf 'dn: CN=x\nobjectClass: site\ncn:< file:///etc/passwd\n\n' >url.ldif
	ok 'a URL is not fetched' says 1 'is not fetched' "$ctl" import ad url.ldif
	printf 'include: file:///etc/passwd\n\n' >url.ldif
	ok 'nor a file included' says 2 'is not followed' "$ctl" import ad url.ldif
else
	skip_case 'directories' "$directories"
fi

# --- a link state table ---------------------------------------------------------------

cp "$here/organization.orginfo" table.txt
ok 'a link state table' imports orginfo table.txt --names "$here/names"
cp out table.json
ok 'a connector' documented \
	'"name":"london-paris","server":"mx1.london.example.org","to":["mx1.paris.example.org"],"cost":10,"state":"up"'
ok 'one that was down' documented '"cost":65535,"state":"down"'
ok 'a member that was away' documented \
	'"name":"mx2.london.example.org","routing_group":"london","state":"down"'
ok 'an address space' documented '{"pattern":".partner.example","server":"mx1.london.example.org","cost":1}'
ok 'what is not of SMTP is told' noted 'X400:c=US;a= ;p=Old is no address space'
ok 'whom a connector is for is told, with its line' noted \
	'table.txt:5: connector London-Paris is limited to, or closed for, CN=tester,CN=Users,DC=example,DC=org:'
sed -e 's/{24}CN=tester,CN=Users,DC=example,DC=org/&{2}me/' table.txt >others.txt
ok 'or of several' imports orginfo others.txt --names "$here/names"
ok 'that there are others' noted 'DC=org and others: no address'
sed -e 's/( {24}CN=tester,CN=Users,DC=example,DC=org )/()/' table.txt >others.txt
ok 'or for everybody' imports orginfo others.txt --names "$here/names"
ok 'then nothing' not noted 'is limited to'
ok 'Paris to the Internet by London' routed table.json mx1.paris.example.org '*' \
	mx1.london.example.org
ok 'without names' imports orginfo table.txt
ok 'groups have digits' documented '"routing_group":"rg-a2a0f896"'
head -c 1400 table.txt >cut.txt
ok 'a table that was cut' imports orginfo cut.txt --names "$here/names"
ok 'its end is told, with the line' noted 'cut.txt:6: it ends in the middle'
ok 'and a group that is not there' noted 'a routing group that is not in the table'
ok 'strict: nothing of it' says 1 'ends in the middle' "$ctl" import orginfo cut.txt --strict
printf 'no table\n' >none.txt
ok 'what is none' says 1 'no routing group stands in it' "$ctl" import orginfo none.txt

# --- as JSON ----------------------------------------------------------------------

if python3 -c 'import jsonschema' 2>/dev/null; then
	"$ctl" help words >verbs
	for command in "postfix maps/london maps/tokyo" "exim exim/london.conf" "orginfo table.txt" "ad ex.ldif" "ldap own.ldif" \
		"postfix maps/london maps/tokyo --diff part --no-dns"; do
		case $command in
		ad*|ldap*) [ "$directories" = yes ] || continue ;;
		esac
		# shellcheck disable=SC2086
		"$ctl" import $command --json 2>/dev/null >printed
		awk -v verb="import ${command%% *}" '{ print verb "\tit\t" $0 }' printed >>lines
	done
	ok 'the schema says all of it' python3 "$top_srcdir/t/ctl/schema.py" \
		"$top_srcdir/conf/schema/lsrctl.schema.json" "$top_srcdir/src/io/sink.c" \
		verbs lines
else
	skip_case 'the schema says all of it' 'needs python3-jsonschema'
fi
all_told
