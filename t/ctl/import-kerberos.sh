#!/bin/sh
# import-kerberos.sh - lsrctl import by a Kerberos ticket, of a real KDC, from a real
# slapd: by Kerberos' own seal and within TLS, for the name that was asked for; and
# what is said where the ticket is none, too old, or of another realm.

. "$(dirname "$0")/../tap.sh"
PATH=$PATH:/usr/sbin:/sbin
need openssl slapd krb5kdc kdb5_util kadmin.local kinit kdestroy
ctl=$top_builddir/lsrctl
[ -e /etc/ldap/schema/core.schema ] || skip "needs the schemas of slapd"
ls /usr/lib/*/sasl2/libgssapiv2.so* >/dev/null 2>&1 || skip "needs GSSAPI of SASL"
"$ctl" import ad "$top_srcdir/t/ctl/import/organization.ldif" 2>&1 |
	grep -q 'without libldap' && skip "needs libldap"
cd "$W" || exit 99
patience=20
port=$((20000 + $$ % 10000))
plain=ldap://localhost:$((port + 1))
secure=ldaps://localhost:$((port + 2))
export KRB5_CONFIG="$W/krb5.conf" KRB5_KDC_PROFILE="$W/kdc.conf" \
	KRB5_KTNAME="$W/keytab" KRB5CCNAME="FILE:$W/ticket"
# SASL's module takes the ticket twice where no seal of Kerberos is wanted, as within
# TLS, and gives one of them back.
printf 'leak:%s\n' libgssapi_krb5 libkrb5 >leaks
export LSAN_OPTIONS="suppressions=$W/leaks:print_suppressions=0"

# --- a realm, and a directory that believes it ----------------------------------------

# realm_of REALM: the realm that localhost is of
realm_of() {
	cat >krb5.conf <<-END
		[libdefaults]
		default_realm = EXAMPLE.ORG
		dns_lookup_kdc = false
		dns_canonicalize_hostname = false
		rdns = false
		[realms]
		EXAMPLE.ORG = {
		kdc = 127.0.0.1:$port
		}
		OTHER.ORG = {
		kdc = 127.0.0.1:$port
		}
		[domain_realm]
		localhost = $1
	END
}
realm_of EXAMPLE.ORG
cat >kdc.conf <<END
[kdcdefaults]
kdc_listen = 127.0.0.1:$port
kdc_tcp_listen = 127.0.0.1:$port
[realms]
EXAMPLE.ORG = {
database_name = $W/principal
key_stash_file = $W/stash
acl_file = $W/acl
}
END
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=ca -keyout ca.key -out ca.pem \
	-addext basicConstraints=critical,CA:TRUE 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=directory -keyout key.pem -out csr.pem 2>/dev/null
# libldap takes the machine's name where localhost was asked for
printf 'subjectAltName=DNS:localhost,DNS:%s\n' "$(uname -n)" >san
openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile san \
	-out cert.pem 2>/dev/null
cat >slapd.conf <<END
include /etc/ldap/schema/core.schema
include $top_srcdir/conf/ldap/lsrd.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile $W/ca.pem
TLSCertificateFile $W/cert.pem
TLSCertificateKeyFile $W/key.pem
sasl-host localhost
pidfile $W/pid
database mdb
suffix "dc=example,dc=org"
directory $W/own
maxsize 8388608
access to * by dn.regex="^uid=reader,.*cn=auth$" read by * auth
END
mkdir own
cp "$top_srcdir/t/ctl/import/organization.ldif" .
{
	printf 'dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n\n'
	grep -v '^version' organization.ldif
} >own.ldif

realm_made() {
	kdb5_util create -s -P master -r EXAMPLE.ORG &&
		kadmin.local -q 'addprinc -randkey ldap/localhost' &&
		kadmin.local -q 'addprinc -pw secret reader' &&
		kadmin.local -q 'addprinc -pw secret nobody' &&
		kadmin.local -q "ktadd -k $W/keytab ldap/localhost" && [ -s keytab ]
} >made 2>&1
ticket() { # NAME OPTION...: for that long
	ticket_of=$1
	shift
	echo secret | kinit "$@" "$ticket_of" >ticketed 2>&1
}
failed() {
	cat made ticketed slapd.log out err 2>/dev/null | tail -n 20
}
asks() { # URI OPTION...
	"$ctl" import ldap "$@" --base dc=example,dc=org --ca ca.pem --gssapi
}
imports() {
	asks "$1" >out 2>err && cmp out want
}
"$ctl" import ldap organization.ldif >want 2>/dev/null
ok 'a realm' realm_made
krb5kdc -n -P "$W/kdc.pid" >kdc.log 2>&1 &
pids="$pids $!"
ok 'a ticket' soon ticket reader
ok 'slapd takes our schema' slapadd -q -f slapd.conf -b dc=example,dc=org -l own.ldif
slapd -f slapd.conf -h "$plain $secure" -d 0 >slapd.log 2>&1 &
pids="$pids $!"
answers() {
	"$ctl" import ldap "$plain" --base dc=example,dc=org 2>&1 | grep -q access
}
ok 'which shows nothing to nobody' soon answers

# --- what a ticket opens -----------------------------------------------------------------

ok 'by the ticket' imports "$plain"
ok 'within TLS' imports "$secure"
ok 'within StartTLS' says 0 address_spaces asks "$plain" --starttls
ok 'not by an address, which reverse DNS would have to name' says 2 'kinit' \
	asks "ldap://127.0.0.1:$((port + 1))"
ticket nobody
ok 'not by that of somebody else' says 2 'Insufficient access' asks "$plain"
ticket reader -l 1s
expired() {
	asks "$plain" 2>&1 | grep -q 'Ticket expired'
}
ok 'one that is too old is none' soon expired
ok 'which is said, with what to do' says 2 'expired' asks "$plain"
ok 'kinit' grep -q 'kinit gets one' out
ticket reader
realm_of OTHER.ORG
ok 'another realm' says 2 'not found in Kerberos database|KDC' asks "$plain"
ok 'is looked for in krb5.conf' grep -q '/etc/krb5.conf' out
realm_of EXAMPLE.ORG
kdestroy
ok 'no ticket' says 2 'No Kerberos credentials' asks "$plain"
ok 'kinit' grep -q 'kinit gets one' out
all_told
