#!/bin/sh
# long-import-unit.sh - lsrd-import.service and its timer as lsrd-import(7) sets them up,
# in the sandbox of a real systemd, against a real slapd: a directory that is whole, that
# has changed, is empty, filled by half, hung and away; and by the keytab of a real KDC.
# Directory and KDC are this machine's, in the network of the host that asks.

. "$(dirname "$0")/hosts.sh"
PATH=$PATH:/usr/sbin:/sbin
need slapd slapadd openssl
[ -e /etc/ldap/schema/core.schema ] || skip "needs the schemas of slapd"
own=$top/t/ctl/import/organization.ldif
sed 's/partner\.example/new.example/' "$own" >"$W/another.ldif"
sed '/^dn: lsrdName=mx1.paris/,$d' "$own" >"$W/half.ldif"

hosts_up mx1
[ -x "$(hosts_root mx1)/usr/local/sbin/lsrd" ] || skip "no lsrd there"
mx1_net=$host_net

# --- a directory ---------------------------------------------------------------------

mkdir "$W/own"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=ca -keyout "$W/ca.key" \
	-out "$W/ca.pem" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=directory -keyout "$W/key.pem" \
	-out "$W/csr.pem" 2>/dev/null
printf 'subjectAltName=DNS:ldap.example.org\n' >"$W/san"
openssl x509 -req -in "$W/csr.pem" -CA "$W/ca.pem" -CAkey "$W/ca.key" -CAcreateserial \
	-days 30 -extfile "$W/san" -out "$W/cert.pem" 2>/dev/null
cat >"$W/slapd.conf" <<END
include /etc/ldap/schema/core.schema
include $top/conf/ldap/lsrd.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile $W/ca.pem
TLSCertificateFile $W/cert.pem
TLSCertificateKeyFile $W/key.pem
sasl-host ldap.example.org
pidfile $W/pid
database mdb
suffix "dc=example,dc=org"
directory $W/own
maxsize 8388608
rootdn "cn=lsrd,dc=example,dc=org"
rootpw secret
access to * by dn.regex="^uid=reader,.*cn=auth$" read by * auth
END

slapd_ends() {
	[ -n "${slapd:-}" ] || return 0
	kill -CONT "$slapd"
	kill "$slapd"
	wait "$slapd" 2>/dev/null
	slapd=''
}
slapd_is() {
	nsenter --net --target "$mx1_net" \
		slapd -f "$W/slapd.conf" -h 'ldap://127.0.0.1 ldaps://127.0.0.1' -d 0 \
		>>"$W/slapd.log" 2>&1 &
	slapd=$!
	pids="$pids $slapd"
	soon on mx1 'python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 636))"'
}
# says_now FILE: the directory has that below its suffix
says_now() {
	slapd_ends
	rm -f "$W"/own/*
	{
		printf 'dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\n'
		printf 'dc: example\no: example\n\n'
		grep -v '^version' "$1"
	} >"$W/now.ldif"
	slapadd -q -f "$W/slapd.conf" -l "$W/now.ldif" >"$W/load" 2>&1 && slapd_is
}

# --- a server, and what the manual has for it ------------------------------------------

failed() {
	on mx1 'journalctl -q --no-pager -n 15 -u lsrd-import -u lsrd'
	tail -n 3 "$W/slapd.log" "$W/load" 2>/dev/null
}

on mx1 'cat >>/etc/hosts; systemctl stop postfix' <<'END'
127.0.0.1 ldap.example.org
END
on mx1 'cat >/etc/lsrd/directory.pem' <"$W/ca.pem"
configured() {
	on mx1 'set -e
		cd /root
		lsrctl keys authority --organization example.org --directory a
		lsrctl keys issue mx1.london.example.org --group london --space "*" \
			--space london.example.org --relay london.example.org \
			--space partner.example --relay partner.example \
			--space new.example --relay new.example --directory a --output k
		lsrctl keys mark --directory k
		cp k/*.pem k/*.key /etc/lsrd/keys/
		chown _lsrd:_lsrd /etc/lsrd/keys/*
		chmod 600 /etc/lsrd/keys/server.key
		cat >/etc/lsrd/lsrd.conf
		systemctl start lsrd.service' <<-'END'
			organization = "example.org"
			server = "mx1.london.example.org"
			routing-group = "london"
			mta = none
			retry-mail = no
			smtp = { "192.0.2.10:25" }
		END
}
# The sample, as it is shipped, with what is here.
sample() {
	sed 's|^LSRD_IMPORT=.*ldap.example.org |&--ca /etc/lsrd/directory.pem |' \
		"$top/conf/systemd/lsrd-import" | on mx1 'cat >/etc/default/lsrd-import
		echo secret >/etc/lsrd/import.password
		chown _lsrd /etc/lsrd/import.password && chmod 400 /etc/lsrd/import.password'
}
# import: as its timer starts it
import() {
	cursor=$(on mx1 'journalctl -q -n 1 --show-cursor' | sed -n 's/^-- cursor: //p')
	on mx1 'systemctl reset-failed lsrd-import.service 2>/dev/null
		systemctl start lsrd-import.service'
}
import_says() { # REGEX: in the journal, of that
	on mx1 "journalctl --sync
		journalctl -q --no-pager -o cat -u lsrd-import --after-cursor='$cursor'" >"$W/said"
	cat "$W/said"
	grep -q -e "$1" "$W/said"
}
has() { # PATTERN
	on mx1 'lsrctl config dump' | grep -q "address-space \"$1\""
}
files() {
	on mx1 'ls -l --time-style=full-iso /var/lib/lsrd/import; cat /var/lib/lsrd/import/*'
}
few_may_move() { # SHARE
	on mx1 "sed -i 's/^confirm-above.*/confirm-above = $1/' /etc/lsrd/lsrd.conf
		lsrctl reload"
}
keep() {
	files >"$W/kept"
}
kept() {
	files | cmp - "$W/kept"
}
fails() { # REGEX
	! import && import_says "$1" && kept && has partner.example
}

says_now "$own"
ok "a server" configured
ok "which is up" soon on mx1 'lsrctl status --json | grep -q "\"state\":\"up\""'
ok "the sample of its file, with a password and TLS" sample
ok "lsrd-import(7): the service alone" import
ok "lsrd-import(7): its files are of lsrd.conf" on mx1 "$(
	sed -n "/^echo 'include-dir/,/^lsrctl reload/p" "$top/man/lsrd-import.7")"
ok "and in force" has partner.example
ok "for nobody else to read" is "$(on mx1 'stat -c "%U %a" /var/lib/lsrd/import/*')" "_lsrd 600"
few_may_move 50% >"$W/out" 2>&1 # of three
keep
ok "again: nothing changes" import
ok "which is said" import_says unchanged
ok "and so it is" kept

# --- what a directory may be ------------------------------------------------------------

says_now "$W/another.ldif"
ok "another one" import
ok "shows what differs" import_says '^+address-space "new.example"'
ok "and is in force" has new.example
says_now "$own"
import >"$W/out" 2>&1
keep
says_now "$W/half.ldif"
ok "one that is filled by half changes nothing" fails 'lsrdServers\|servers'
says_now /dev/null
ok "nor does an empty one" fails '[Nn]o server\|no such\|No such'
says_now "$own"
kill -STOP "$slapd"
on mx1 'sed -i "s/--ca /--timeout 3 &/" /etc/default/lsrd-import'
ok "nor one that has hung" fails '[Tt]im\|contact'
slapd_ends
ok "nor one that is away" fails "contact"
on mx1 'echo wrong >/etc/lsrd/import.password'
says_now "$own"
ok "nor one that does not know us" fails 'Invalid credentials'
on mx1 'echo secret >/etc/lsrd/import.password'
ok "it is there again" import
ok "and says what it said" import_says unchanged
few_may_move 0% >"$W/out" 2>&1
says_now "$W/another.ldif"
ok "too many routes would move: the service fails" not import
ok "and says what to do" import_says 'lsrctl confirm'
ok "nothing is in force" has partner.example
ok "until somebody confirms it" on mx1 'lsrctl confirm'
ok "then it is" has new.example
few_may_move 50% >"$W/out" 2>&1

# --- its timer ----------------------------------------------------------------------------

says_now "$own"
timed() {
	on mx1 'mkdir -p /etc/systemd/system/lsrd-import.timer.d
		printf "[Timer]\nOnActiveSec=1s\nRandomizedDelaySec=0\n" \
			>/etc/systemd/system/lsrd-import.timer.d/soon.conf
		systemctl daemon-reload && systemctl enable --now lsrd-import.timer'
}
ok "lsrd-import(7): the timer" timed
ok "starts it" soon has partner.example
on mx1 'systemctl disable --now lsrd-import.timer' >"$W/out" 2>&1

# --- by a keytab ----------------------------------------------------------------------------

module=$(find /usr/lib -path '*/sasl2/libgssapiv2.so' 2>/dev/null | head -n 1)
for tool in krb5kdc kdb5_util kadmin.local; do
	command -v $tool >/dev/null || module=''
done
if [ -z "$module" ]; then
	skip_case "a keytab" "no Kerberos here"
	all_told
	exit
fi
export KRB5_CONFIG="$W/krb5.conf" KRB5_KDC_PROFILE="$W/kdc.conf" KRB5_KTNAME="$W/keytab"
cat >"$W/krb5.conf" <<'END'
[libdefaults]
default_realm = EXAMPLE.ORG
dns_lookup_kdc = false
dns_canonicalize_hostname = false
rdns = false
[realms]
EXAMPLE.ORG = {
kdc = 127.0.0.1
}
[domain_realm]
.example.org = EXAMPLE.ORG
END
cat >"$W/kdc.conf" <<END
[kdcdefaults]
kdc_listen = 127.0.0.1:88
kdc_tcp_listen = 127.0.0.1:88
[realms]
EXAMPLE.ORG = {
database_name = $W/principal
key_stash_file = $W/stash
acl_file = $W/acl
}
END
realm() {
	kdb5_util create -s -P master -r EXAMPLE.ORG &&
		kadmin.local -q 'addprinc -randkey ldap/ldap.example.org' &&
		kadmin.local -q 'addprinc -randkey reader' &&
		kadmin.local -q "ktadd -k $W/keytab ldap/ldap.example.org" &&
		kadmin.local -q "ktadd -k $W/reader.keytab reader" && [ -s "$W/reader.keytab" ]
}
ok "a realm" realm
nsenter --net --target "$mx1_net" krb5kdc -n -P "$W/kdc.pid" >"$W/kdc.log" 2>&1 &
pids="$pids $!"
says_now "$own"
root=$(hosts_root mx1)
mkdir -p "$root$(dirname "$module")"
cp -P "$module"* "$root$(dirname "$module")/"
on mx1 'cat >/etc/krb5.conf' <"$W/krb5.conf"
on mx1 'cat >/etc/lsrd/import.keytab; chown _lsrd /etc/lsrd/import.keytab
	chmod 400 /etc/lsrd/import.keytab' <"$W/reader.keytab"
# as the page has it
sed -n '/^LSRD_IMPORT="ldap:/,/^KRB5_CLIENT/{ s/\\e/\\/; p; }' "$top/man/lsrd-import.7" |
	on mx1 'cat >/etc/default/lsrd-import; cat /etc/default/lsrd-import' >"$W/out"
ok "lsrd-import(7): it is to have a keytab" grep -q ^KRB5 "$W/out"
ok "and it has a ticket" within 20 import
ok "it reads the same" import_says unchanged
ok "and leaves no ticket where others look" none "$(on mx1 'ls /tmp/krb5cc* 2>/dev/null')"
on mx1 'sed -i /^KRB5/d /etc/default/lsrd-import'
keep
ok "without one it fails" fails 'Kerberos'
all_told
