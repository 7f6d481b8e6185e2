#!/bin/sh
# check-ask.sh - `lsrctl check` asks a real Postfix what it would do: what
# overrides our table is named, with both values, and so is what is delivered
# here by lsrd.conf alone.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip "$why"
plan 33

pf_begin
P=example.org
drive "remote paris.$P relay 198.51.100.5@25" \
	"remote tokyo.$P relay 198.51.100.6@25" \
	"remote .sub.$P relay 198.51.100.6@25" \
	"remote rewritten.$P relay 198.51.100.6@25" \
	"remote alias.$P relay 198.51.100.6@25" \
	"hold later.$P relay no path to paris" \
	"remote * no 198.51.100.6@25" >/dev/null
pf_start || exit 1
soon [ -S "$W/spool/private/rewrite" ]
cat >"$W/lsrd.conf" <<END
organization = "example.org"
routing-group = "london"
server = "mx1.london.example.org"
smtp = {"192.0.2.1:25"}
state-directory = "$W/lsrd"
table-directory = "$W/lsrd/postfix"
postfix-directory = "$W/etc"
control-socket = "$W/none"
address-space "london.$P" { deliver = here }
address-space "mail.$P" { deliver = here }
address-space "gate.$P" { deliver = here }
address-space "listed.$P" { deliver = here }
END
# site LINE...: main.cf as it is, with these lines of the site's
cp "$W/etc/main.cf" "$W/main.cf"
site() {
	cp "$W/main.cf" "$W/etc/main.cf"
	[ $# = 0 ] || postconf -c "$W/etc" -e "$@"
	again
}
again() {
	in_ns postfix -c "$W/etc" reload >/dev/null 2>&1 8>&- 9<&-
}
check() {
	in_ns "$top_builddir/lsrctl" -c "$W/lsrd.conf" check "$@" >"$W/out" 2>/dev/null
}
said() {
	grep -q -- "$1" "$W/out" || { sed 's/^/# /' "$W/out"; return 1; }
}
silent() {
	! grep -e "$1" "$W/out" | sed 's/^/# /' | grep .
}
T=lmdb:$W/lsrd/postfix

site
check
ok "nothing is overridden" silent "our table says"
ok "a domain that no class has" said "mail.$P is delivered here by lsrd.conf, and"
ok "\$myhostname is in one" silent 'myhostname is in no class'

# the site's own
cat >"$W/own" <<END
user@paris.$P smtp:[192.0.2.77]:25
tokyo.$P smtp:[192.0.2.78]:25
listed.$P discard:lists
END
printf 'paris.%s encrypt\n[192.0.2.78]:25 secure match=nexthop\n' $P >"$W/policy"
printf '@bulk.example [192.0.2.79]:2525\n' >"$W/relays"
printf '@rewritten.%s all@elsewhere.example\n' $P >"$W/rewrites"
site "transport_maps = texthash:$W/own, $T/transport" \
	"virtual_mailbox_domains = mail.$P" "virtual_alias_domains = alias.$P" \
	"virtual_transport = discard:virtual" \
	"virtual_alias_maps = texthash:$W/rewrites" \
	"relay_domains = $T/domains, gate.$P" \
	"sender_dependent_relayhost_maps = texthash:$W/relays" \
	"smtp_tls_policy_maps = texthash:$W/policy" "default_transport = smtp" "mydestination = london.$P"
asked() { # the new configuration
	check
	grep -q "tokyo.$P: our table says" "$W/out"
}
ok "a changed configuration is asked" soon asked
ok "the site's own map before ours, both values" said \
	"tokyo.$P: our table says lsrd:\[198.51.100.6\]:25, Postfix would do smtp:\[192.0.2.78\]:25: texthash:$W/own"
ok "other patterns are not named" silent "^warning *paris.$P: our table"
ok "recipients that are rewritten" said "rewritten.$P: texthash:$W/rewrites in virtual_alias_maps"
ok "a domain of aliases" said "alias.$P: our table says .*virtual_alias_domains"
ok "a mailbox domain is delivered here" silent "mail.$P is delivered"
ok "so is what the site relays by MX" silent "gate.$P is delivered"
ok "and what its own map sends on" silent "listed.$P is delivered"
ok "mail to the host itself comes back" said "postconf .*-e 'mydestination = london.$P, \$myhostname'"
ok "a sender's own relay that the table of * hides" said \
	"mail of @bulk.example: sender_dependent_relayhost_maps says \[192.0.2.79\]:2525"
ok "a policy by the next hop that is no more" said \
	"paris.$P: mail to paris.$P was sent with TLS encrypt, to .* it is not"
ok "and one that verifies a name" said \
	"tokyo.$P: mail to \[192.0.2.78\]:25 was sent with TLS secure.*next-hop = name"
ok "a line that gives it back" said \
	"postconf .*-Pe 'lsrd/unix/smtp_tls_security_level=encrypt'"
sed -n 's/^ *\(postconf .*\)/\1/p' "$W/out" >"$W/mend.sh"
in_ns sh "$W/mend.sh" 2>/dev/null
again
mended() {
	check
	! grep -q "bulk.example\|myhostname is in no class\|TLS encrypt" "$W/out"
}
ok "its commands mend all three" soon mended

# by other names, in other places
site "transport_maps = proxy:$T/transport" \
	"recipient_canonical_maps = texthash:$W/rewrites"
canonical() {
	check
	grep -q "rewritten.$P: texthash:$W/rewrites in recipient_canonical_maps" "$W/out"
}
ok "recipients that are rewritten by another map" soon canonical
ok "our table by proxymap(8) is our table" silent "transport_maps does not ask"
site
postconf -c "$W/etc" -P "rewrite/unix/transport_maps=texthash:$W/own" "25/inet/relay_domains=" \
	"25/inet/smtpd_relay_restrictions=permit_mynetworks,reject" \
	"25/inet/relay_recipient_maps=inline:{u@own.example=x}"
again
check
ok "what master.cf hides from the resolver" said "the service rewrite/unix of master.cf has transport_maps"
ok "and from smtpd" said "the service 25/inet of master.cf has relay_domains"
ok "restrictions too" said "the service 25/inet of master.cf has smtpd_relay_restrictions"
ok "and a list of recipients" said "the service 25/inet of master.cf has relay_recipient_maps"
postconf -c "$W/etc" -PX rewrite/unix/transport_maps 25/inet/relay_domains \
	25/inet/smtpd_relay_restrictions 25/inet/relay_recipient_maps
site "transport_maps = texthash:$W/own, $T/transport"
again
ok "and it is asked again" soon asked

# what Postfix itself makes of maps in a row, of a rule with $1, which it skips,
# and of a class without a way
site "sender_dependent_default_transport_maps =" "default_transport = error:no" \
	"mydestination = london.$P" "transport_maps = \
	pipemap:{inline:{{tokyo.$P=k}}, inline:{k=smtp:[192.0.2.9]}}, \
	regexp:{{/^.*@(paris)/ smtp:[\$\$1.invalid]}}, $T/transport"
bounced() {
	check
	grep -q "^critical *mail.$P is delivered here by lsrd.conf, and Postfix would bounce it: " "$W/out"
}
ok "a class that bounces" soon bounced
ok "mail to the host itself, too" said '\$myhostname is in no class'
ok "maps in a row: what comes out" said \
	"tokyo.$P: our table says .*, Postfix would do smtp:\[192.0.2.9\]: pipemap:"
ok "a rule that Postfix skips is none" silent "^warning *paris.$P: our table"
site "transport_maps = texthash:$W/own, $T/transport"
again
ok "and the configuration of before" soon asked

# who is not root reads what he may
chmod 755 "$W" "$W/etc" "$W/lsrd"
chmod 644 "$W/own" "$W/rewrites" "$W/lsrd.conf"
in_ns setpriv --reuid nobody --regid nogroup --clear-groups \
	"$top_builddir/lsrctl" -c "$W/lsrd.conf" check >"$W/out" 2>/dev/null
ok "without root: the same by the maps" said \
	"tokyo.$P: our table says .*texthash:$W/own in transport_maps says smtp:\[192.0.2.78\]:25"
ok "and what was not asked" said "^note .*not asked: needs root"

in_ns postfix -c "$W/etc" stop 2>/dev/null
check
ok "Postfix is down" said "Postfix does not run"
ok "which is critical" sh -c "head -n 1 '$W/out' | grep -q '^lsrd critical'"
