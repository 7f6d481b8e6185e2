#!/bin/sh
# import-directory.sh - lsrctl import against a real slapd: an organization in
# pages, TLS that is verified, passwords, referrals and limits, and that nothing
# changes where it does not answer. `whole` has 50 sites, every day has 8.

. "$(dirname "$0")/../tap.sh"
need python3 openssl
ctl=$top_builddir/lsrctl
here=$top_srcdir/t/ctl/import
PATH=$PATH:/usr/sbin:/sbin
command -v slapd >/dev/null || skip "needs slapd"
[ -e /etc/ldap/schema/core.schema ] || skip "needs the schemas of slapd"
"$ctl" import ad "$here/organization.ldif" 2>&1 | grep -q 'without libldap' &&
	skip "needs libldap"
cd "$W" || exit 99
sites=8
! at_length || sites=50
port=$((20000 + $$ % 10000))
base='CN=Configuration,DC=example,DC=org'

# --- a directory ---------------------------------------------------------------------

openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=ca -keyout ca.key -out ca.pem \
	-addext basicConstraints=critical,CA:TRUE 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=directory -keyout key.pem -out csr.pem 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >san
openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile san \
	-out cert.pem 2>/dev/null
python3 "$here/organization.py" --schema >ad.schema
printf 'dn:\nobjectClass: top\nconfigurationNamingContext: %s\n' "$base" >root.ldif
python3 "$here/organization.py" "$sites" >ad.ldif
cat >>ad.ldif <<END
dn: cn=Elsewhere,CN=Sites,$base
objectClass: referral
objectClass: extensibleObject
cn: Elsewhere
ref: ldap://127.0.0.1:1/cn=Elsewhere

END
cp "$here/organization.ldif" own.ldif
entries=$(grep -c '^dn:' ad.ldif)

# slapd_conf MOST: no more entries in all than that
slapd_conf() {
	cat <<-END
		include /etc/ldap/schema/core.schema
		include $W/ad.schema
		include $top_srcdir/conf/ldap/lsrd.schema
		modulepath /usr/lib/ldap
		moduleload back_mdb
		TLSCACertificateFile $W/ca.pem
		TLSCertificateFile $W/cert.pem
		TLSCertificateKeyFile $W/key.pem
		rootDSE $W/root.ldif
		pidfile $W/pid
		sizelimit size.soft=$((entries / 2)) size.hard=$((entries / 2)) size.prtotal=$1
		database mdb
		suffix "$base"
		directory $W/ad
		maxsize 8388608
		rootdn "CN=reader,$base"
		rootpw secret
		database mdb
		suffix "dc=example,dc=org"
		directory $W/own
		maxsize 8388608
	END
}
slapd_conf unlimited >slapd.conf
mkdir ad own
{
	printf 'dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n\n'
	grep -v '^version' own.ldif
} >own-all.ldif
# The one of our schema is below what the other's is not.
loaded() {
	slapadd -q -f slapd.conf -b "$base" -l ad.ldif >load 2>&1 &&
		slapadd -q -f slapd.conf -b dc=example,dc=org -l own-all.ldif >>load 2>&1
}
failed() {
	cat load err out 2>/dev/null | head -40
}
ok 'slapd takes both schemas' loaded
# serve: until it answers
serve() {
	slapd -f slapd.conf -h "ldap://127.0.0.1:$port ldaps://127.0.0.1:$((port + 1))" -d 0 \
		>>slapd.log 2>&1 &
	slapd=$!
	pids="$pids $slapd"
	patience=20
	soon answers
}
answers() {
	"$ctl" import ldap "ldap://127.0.0.1:$port" --base dc=example,dc=org >/dev/null 2>&1
}
imports() {
	"$ctl" import "$@" >out 2>err
}
noted() {
	grep -q -F -e "$1" err
}
plain=ldap://127.0.0.1:$port
secure=ldaps://127.0.0.1:$((port + 1))
ok 'it answers' serve

# --- what it says ----------------------------------------------------------------------

same_document() { # SOURCE ARGUMENTS...
	imports "$@" && "$ctl" import "$1" "$W/$1.file" >want 2>/dev/null
	diff want out >differs || {
		head differs
		return 1
	}
}
grep -v '^ref:' ad.ldif >ad.file
cp own.ldif ldap.file
ok "an organization of $sites sites, in pages" same_document ad "$plain"
ok 'is whole' is "$(grep -o '"routing_group"' out | wc -l)" "$((sites * 2))"
ok 'a part elsewhere is told' noted 'a part of it is at ldap://127.0.0.1:1/'
ok 'our own schema' same_document ldap "$plain" --base dc=example,dc=org
ok 'by TLS, verified' same_document ad "$secure" --ca ca.pem
ok 'not by a certificate that nobody vouches for' says 2 "Can't contact|verify" \
	"$ctl" import ad "$secure"
ok 'not under another name' says 2 "Can't contact|match" "$ctl" import ad \
	"ldaps://127.0.0.2:$((port + 1))" --ca ca.pem --timeout 5
printf 'secret\n' >password
chmod 644 password
ok 'not with a password that others may read' says 2 'others may read it' \
	"$ctl" import ad "$plain" --bind "CN=reader,$base" --password-file password --ca ca.pem
chmod 600 password
ok 'with a password, and TLS without being asked for it' same_document ad "$plain" \
	--bind "CN=reader,$base" --password-file password --ca ca.pem
ok 'which no password leaves without' says 2 'StartTLS' "$ctl" import ad "$plain" \
	--bind "CN=reader,$base" --password-file password
printf 'wrong\n' >wrong
chmod 600 wrong
ok 'a wrong one' says 2 'Invalid credentials' "$ctl" import ad "$secure" --ca ca.pem \
	--bind "CN=reader,$base" --password-file wrong
ok 'no ticket' says 2 'GSSAPI' "$ctl" import ad "$secure" --ca ca.pem --gssapi
ok 'a base that is not there' says 2 'No such object' "$ctl" import ad "$plain" \
	--base "CN=Nowhere,$base"
ok 'not with a ticket and a password' says 2 'one of them' "$ctl" import ad "$plain" \
	--bind x --gssapi

kill -STOP "$slapd"
ok 'one that takes the connection and says nothing' says 2 'Timed out' \
	timeout 20 "$ctl" import ad "$secure" --ca ca.pem --timeout 1
ok 'nor to StartTLS' says 2 'StartTLS: ' timeout 20 "$ctl" import ad "$plain" --starttls \
	--ca ca.pem --timeout 1
kill -CONT "$slapd"

# --- and what changes nothing ------------------------------------------------------------

ok 'files of it' imports ldap "$plain" --base dc=example,dc=org --write conf --no-dns
cp -R conf before
kill "$slapd"
wait "$slapd" 2>/dev/null
slapd_conf $((entries / 2)) >slapd.conf
ok 'another start' serve
ok 'an answer that is cut is none' says 2 'limit' "$ctl" import ad "$plain"
ok 'and prints nothing' is "$("$ctl" import ad "$plain" 2>/dev/null)" ''
kill "$slapd"
wait "$slapd" 2>/dev/null
ok 'a directory that is away' says 2 "Can't contact" "$ctl" import ldap "$plain" \
	--base dc=example,dc=org --write conf --force --timeout 5
ok 'changes nothing' diff -r before conf
all_told
