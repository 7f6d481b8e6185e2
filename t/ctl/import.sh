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

# --- as JSON ----------------------------------------------------------------------

if python3 -c 'import jsonschema' 2>/dev/null; then
	"$ctl" help words >verbs
	for command in "postfix maps/london maps/tokyo" "exim exim/london.conf" \
		"postfix maps/london maps/tokyo --diff part --no-dns"; do
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
