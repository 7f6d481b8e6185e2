#!/bin/sh
# check.sh - `lsrctl check` against a Postfix configuration of its own, and
# the commands it prints: run as they stand, they mend what it found.

top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-.}
PATH=$PATH:/usr/sbin
n=0

ok() {
	n=$((n + 1))
	what=$1
	shift
	if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}

[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
command -v postconf >/dev/null || { echo "1..0 # SKIP needs postfix"; exit 0; }
postconf -m | grep -q '^lmdb$' ||
	{ echo "1..0 # SKIP needs postfix-lmdb"; exit 0; }
echo 1..19

W=$(mktemp -d /tmp/lsrd-check.XXXXXX)
trap 'rm -rf "$W"' EXIT
mkdir "$W/etc" "$W/keys" "$W/lsrd"
lsrctl() {
	"$top_builddir/lsrctl" "$@"
}
lsrctl keys authority --organization example.org --directory "$W/keys" \
	>/dev/null 2>&1
issue() {
	lsrctl keys issue mx1.london.example.org --directory "$W/keys" \
		--group london --space london.example.org \
		--relay london.example.org --force "$@" >"$W/issue" 2>&1
	find "$W/keys" -name 'server.*' -o -name mark.key >"$W/made"
}
issue
K=$(dirname "$(grep 'server\.pem' "$W/made" | head -n 1)")
cat >"$W/lsrd.conf" <<EOF
organization = "example.org"
routing-group = "london"
server = "mx1.london.example.org"
smtp = {"192.0.2.1:25"}
state-directory = "$W/lsrd"
table-directory = "$W/lsrd/postfix"
postfix-directory = "$W/etc"
key = "$K/server.key"
certificate = "$K/server.pem"
authority = "$W/keys/authority.pem"
mark-key = "$K/mark.key"
control-socket = "$W/none"
EOF
cat >"$W/etc/main.cf" <<'EOF'
compatibility_level = 3.6
transport_maps = hash:/etc/postfix/it's
relay_domains = other.example
parent_domain_matches_subdomains = debug_peer_list, relay_domains, transport_maps
hopcount_limit = 50
EOF
cat >"$W/etc/master.cf" <<'EOF'
smtp      unix  -       -       y       -       -       smtp
EOF

check() {
	lsrctl --config "$W/lsrd.conf" check "$@" >"$W/out" 2>/dev/null
}

said() {
	grep -q -- "$1" "$W/out"
}

check
ok "critical is 2" [ $? = 2 ]
ok "the first line says so" sh -c "head -n 1 '$W/out' | grep -q '^lsrd critical'"
ok "the tables are missing" said "transport.lmdb: No such file"
ok "a map that is not asked" said "postconf .*-e 'transport_maps = lmdb:"
ok "what was there stays, quoted" said "it'\\\\''s"
ok "sub-domains" said "'parent_domain_matches_subdomains = debug_peer_list'"
ok "the hop limit" said "'hopcount_limit = 100'"
ok "a service" said "no service lsrd-hold"

ok "the milter" said "'smtpd_milters = { unix:lsrd/milter, default_action=accept"
ok "routes of its own" said "milter_header_checks sends mail over"
ok "marks that would leave" said "smtp_header_checks lets marks out"

"$top_builddir/lsrd-publish" --verify --tables "$W/lsrd/postfix" \
	--state "$W/lsrd" 2>/dev/null
grep -o 'postconf .*' "$W/out" >"$W/mend.sh"
sh "$W/mend.sh" 2>/dev/null
check
ok "its own commands mend it all" sh -c \
	"! grep -qE 'table|postconf' '$W/out'"
ok "no daemon is all that is left" said "lsrd critical: 1 found"

postconf -c "$W/etc" -PX lsrd/unix/smtp_connect_timeout
check
ok "an option that is missing, alone" said \
	"-Pe 'lsrd/unix/smtp_connect_timeout=5s'"
sh -c "$(grep -o 'postconf .*' "$W/out")"
postconf -c "$W/etc" -PX lsrd/unix/smtp_header_checks
check
ok "marks that lsrd itself would take off" said "-Pe 'lsrd/unix/smtp_header_checks='"
sh -c "$(grep -o 'postconf .*' "$W/out")"

chmod 644 "$K/server.key"
check
ok "a key that others can read" said "server.key"
chmod 600 "$K/server.key"

issue --days 10
check
ok "a certificate that ends soon" said "expires in [0-9]* days"
check --json
ok "JSON lines" said '"level":"warning","what":"certificate"'
ok "with a result" said '^{"result":"critical","found":2}$'
