#!/bin/sh
# check.sh - `lsrctl check` against a Postfix configuration of its own, and
# the commands it prints: run as they stand, they mend what it found.

. "$(dirname "$0")/../tap.sh"
PATH=$PATH:/usr/sbin

[ "$(id -u)" = 0 ] || skip "needs root"
need postconf
postconf -m | grep -q '^lmdb$' || skip "needs postfix-lmdb"
plan 110

mkdir "$W/etc" "$W/keys" "$W/lsrd"
# Who reads a main.cf that was changed just now waits for two seconds, lest somebody
# be writing it still (Postfix's dict_load_file_xt): nobody is.
postconf() {
	touch -c -d '1 hour ago' "$W"/*/main.cf
	command postconf "$@"
}
lsrctl() {
	touch -c -d '1 hour ago' "$W"/*/main.cf
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
user = "root"
EOF
mkdir "$W/spool"
cat >"$W/etc/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $W/spool
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
ok "no daemon, no milter and no Postfix are all that is left" \
	said "lsrd critical: 3 found"
# Several instances of Postfix: MAIL_CONFIG is where the first of them is.
ok "one instance is no matter" sh -c "! grep instance '$W/out'"
mkdir "$W/first"
cp "$W/etc/master.cf" "$W/first"
printf '%s\n' "compatibility_level = 3.6" "multi_instance_directories = $W/etc" \
	>"$W/first/main.cf"
MAIL_CONFIG=$W/first check
ok "of several, which is looked at" said "^note *of the 2 instances of Postfix, that of $W/etc is"
cp "$W/lsrd.conf" "$W/lsrd.conf.whole"
sed -i "/postfix-directory/d" "$W/lsrd.conf"
MAIL_CONFIG=$W/first check
ok "another asks our tables" sh -c \
	"grep -A1 '^critical.*asked by the Postfix of $W/etc, ' '$W/out' | grep -q 'postfix-directory = \"$W/etc\"'"
ok "and no command is for the wrong one" sh -c "! grep 'postconf -' '$W/out'"
mv "$W/lsrd.conf.whole" "$W/lsrd.conf"

mkdir "$W/spool/private"
: >"$W/spool/private/rewrite"
check
ok "a service that Postfix was not told of" sh -c \
	"grep -A1 'has the service lsrd, and Postfix has not read' '$W/out' | grep -qx ' *postfix reload'"
rm -r "$W/spool/private"

cp "$W/lsrd/postfix/transport.lmdb" "$W/transport.whole"
dd if=/dev/zero of="$W/lsrd/postfix/transport.lmdb" bs=4096 count=2 conv=notrunc 2>/dev/null
check
ok "a table that Postfix cannot read" sh -c \
	"grep -A1 '^critical *postmap -q cannot read lmdb:.*/transport' '$W/out' | grep -q 'systemctl restart lsrd'"
ok "and no other" [ "$(grep -c 'cannot read lmdb' "$W/out")" = 1 ]
cp "$W/transport.whole" "$W/lsrd/postfix/transport.lmdb"

postconf -c "$W/etc" -PX lsrd/unix/smtp_connect_timeout
check
ok "an option that is missing, alone" said \
	"-Pe 'lsrd/unix/smtp_connect_timeout=5s'"
sh -c "$(grep -o 'postconf .*' "$W/out")"
postconf -c "$W/etc" -e "smtp_fallback_relay = [192.0.2.99]"
postconf -c "$W/etc" -PX lsrd/unix/smtp_header_checks lsrd/unix/smtp_fallback_relay
check
ok "marks that lsrd itself would take off" said "-Pe 'lsrd/unix/smtp_header_checks='"
ok "a fallback that takes what has a route" said "-Pe 'lsrd/unix/smtp_fallback_relay='"
sh -c "$(grep -o 'postconf .*' "$W/out")"
postconf -c "$W/etc" -X smtp_fallback_relay
postconf -c "$W/etc" -e "smtp_sasl_auth_enable = yes" \
	"smtp_sender_dependent_authentication = yes"
check
ok "a sender's password, for servers that have no use for it" said \
	"-Pe 'lsrd/unix/smtp_sender_dependent_authentication=no'"
sh -c "$(grep -o "postconf .*" "$W/out")"
check
ok "and then not" sh -c "! grep sender_dependent_auth '$W/out'"
postconf -c "$W/etc" -X smtp_sasl_auth_enable \
	smtp_sender_dependent_authentication
postconf -c "$W/etc" -PX lsrd/unix/smtp_sender_dependent_authentication

# Copies below the queue directory, of which one is old.
mkdir "$W/spool/etc"
for f in resolv.conf hosts nsswitch.conf; do
	cat "/etc/$f" >"$W/spool/etc/$f" 2>/dev/null
done
check
ok "copies in a chroot that are like the system's" \
	sh -c "! grep '^warning *$W/spool/etc' '$W/out'"
echo 'nameserver 192.0.2.53' >"$W/spool/etc/resolv.conf"
check
ok "one that is another" sh -c \
	"grep -A1 '^warning *$W/spool/etc/resolv.conf is not what' '$W/out' | grep -q 'cp /etc/resolv.conf'"
chroot_field() {
	postconf -c "$W/etc" -Fe "lsrd/unix/chroot=$1"
}
chroot_field n
check
ok "and does not count without a chroot" \
	sh -c "! grep '^warning *$W/spool/etc' '$W/out'"
chroot_field y
rm -r "$W/spool/etc"

postconf -c "$W/etc" -Me 'scan/unix=scan unix - - n - 2 smtp'
postconf -c "$W/etc" -e 'content_filter = scan:[127.0.0.1]:10025'
check
ok "or the way to a content filter" said "-Pe 'scan/unix/smtp_header_checks='"
sh -c "$(grep -o 'postconf .*' "$W/out")"
check
ok "and then not" sh -c "! grep -q scan '$W/out'"
postconf -c "$W/etc" -X content_filter
postconf -c "$W/etc" -MX scan/unix

# What takes mail, each on a line of its own: port 25 and the like.
postconf -c "$W/etc" -Me 'smtp/inet=smtp inet n - n - - smtpd' \
	'587/inet=587 inet n - n - - smtpd -o smtpd_milters=inet:127.0.0.1:8891' \
	'127.0.0.1:10025/inet=127.0.0.1:10025 inet n - n - - smtpd -o smtpd_milters='
check
ok "a service that leaves the milter out" said '^warning *587 does not ask lsrd-milter'
ok "behind a content filter that is as well" sh -c "! grep 10025 '$W/out'"
postconf -c "$W/etc" -Pe smtp/inet/smtpd_proxy_filter=127.0.0.1:10024
check
ok "behind smtpd_proxy_filter it is not" said '^warning *127.0.0.1:10025, behind a filter, does not ask'
postconf -c "$W/etc" -PX smtp/inet/smtpd_proxy_filter

# Where connectors have limits, by the table that the milter reads.
mkdir "$W/lsrd/milter"
limits() { # WHAT-LSRD-KNOWS
	"$top_builddir/t/system/milter_table" "$W/lsrd/milter/table" 1 1 \
		route paris.example.org mx1.paris.example.org 198.51.100.5:25 \
		mta "" "$1" limits mx1.london.example.org mx1.paris.example.org \
		paris.example.org 198.51.100.5:25 20000 "" 198.51.100.6:25 50000
	check
}
postconf -c "$W/etc" -Pe smtp/inet/content_filter=scan:[127.0.0.1]:10024
limits s
ok "with limits: a service without the others' filter" \
	said '^warning *587 takes mail without a content filter'
ok "and one behind a filter that cannot give a route" \
	said '^warning *127.0.0.1:10025, behind a filter, .*: nothing gets a route'
postconf -c "$W/etc" -MX 587/inet 127.0.0.1:10025/inet
postconf -c "$W/etc" -MX smtp/inet 587/inet 127.0.0.1:10025/inet

# A rule that gives mail to a filter, in what lsrd cannot read.
access='' types=''
for type in hash lmdb btree cdb; do
	postconf -m | grep -q "^$type\$" || continue
	printf 'bad.example FILTER scan:[127.0.0.1]:10024\n' >"$W/$type"
	postmap -c "$W/etc" "$type:$W/$type"
	mv "$W/$type" "$W/$type.text"
	access="$access check_sender_access $type:$W/$type,"
	types="$types $type"
done
printf 'bad.example REJECT FILTER x:y\n' >"$W/other"
postmap -c "$W/etc" "lmdb:$W/other"
postconf -c "$W/etc" -e "smtpd_sender_restrictions =$access" \
	"smtpd_helo_restrictions = check_helo_access proxy:lmdb:$W/other" \
	"smtpd_client_restrictions = check_client_access unionmap:{ldap:$W/ldap, hash:/none}" \
	"header_checks = proxy:lmdb:$W/lmdb" \
	"virtual_alias_maps = inline:{{a@b.example=c@b.example}}"
filters() { # how often, in PARAMETER
	grep -c "^warning .* in $1 has a FILTER that lsrd does not see" "$W/out"
}
limits ""
ok "a FILTER in a database of access(5), of any type" \
	[ "$(filters smtpd_sender_restrictions)" = "$(echo "$types" | wc -w)" ]
ok "in one of header_checks(5)" [ "$(filters header_checks)" = 1 ]
ok "other words are no rule" [ "$(filters smtpd_helo_restrictions)" = 0 ]
ok "what only a server knows was not asked" \
	said "^note *not asked: whether ldap:$W/ldap in smtpd_client_restrictions"
ok "nor what cannot be opened" said '^note *not asked: whether hash:/none'
ok "maps that change recipients" \
	said '^warning *virtual_alias_maps: who gets a message in the end'
postconf -c "$W/etc" -X smtpd_client_restrictions
postconf -c "$W/etc" -Me 'lsrd-again/unix=lsrd-again unix - - n - - smtp'
limits s
known() { [ "$(filters smtpd_sender_restrictions) $(filters header_checks)" = "0 1" ]; }
ok "lsrd knows of a filter: of those of sendmail(1) alone" known
ok "no maps with a way round" sh -c "! grep 'who gets a message' '$W/out'"
round() {
	said "^critical .*lsrd-again is without smtp_header_checks=" &&
		said "^warning .*lsrd-again is without smtp_generic_maps=" &&
		said "'lsrd-again_destination_recipient_limit = 1'"
}
ok "which must leave marks and recipients" round
sh -c "$(grep -o 'postconf .*' "$W/out")"
check
ok "and then does" sh -c "! grep again '$W/out'"
postconf -c "$W/etc" -MX lsrd-again/unix
postconf -c "$W/etc" -X smtpd_sender_restrictions smtpd_helo_restrictions \
	header_checks virtual_alias_maps lsrd-again_destination_recipient_limit
rm -r "$W/lsrd/milter"

chmod 644 "$K/server.key"
check
ok "a key that others can read" said "server.key"
chmod 600 "$K/server.key"

full() { # in a mount namespace of its own
	unshare -m sh -c "mount -t tmpfs -o size=64k none '$W/lsrd' || exit 9
		'$top_builddir/lsrctl' -c '$W/lsrd.conf' check" >"$W/out" 2>/dev/null
	[ $? = 9 ] || said "^critical *$W/lsrd has [0-9]* kB left"
}
ok "a disk that is full" full

# what root can read and lsrd's user cannot
cp "$W/lsrd.conf" "$W/his.conf"
sed 's/^user.*/user = "nobody"/' "$W/his.conf" >"$W/lsrd.conf"
chmod 755 "$W" "$W/keys" "$K"
chmod 644 "$W/lsrd.conf"
check
ok "root looks with the eyes of lsrd's user: a key" said \
	"^critical *$W/lsrd.conf:[0-9]*: key = .*Permission denied"
ok "with the command that mends it" said "chown nobody: $K/server.key"
chmod 600 "$W/lsrd.conf"
check
ok "and the file itself" said "^critical *$W/lsrd.conf: cannot be read"
cp "$W/his.conf" "$W/lsrd.conf"
chmod 644 "$W/lsrd.conf"

issue --days 10
check
ok "a certificate that ends soon" said "expires in [0-9]* days"
check --json
ok "JSON lines" said '"level":"warning","what":"certificate"'
ok "with a result" said '^{"result":"critical","found":4}$'

# --- with what a site has had for years -----------------------------------

# mend: what check prints, run as README has it.
mend() {
	check
	sed -n 's/^ *\(postconf .*\)/\1/p' "$W/out" >"$W/mend.sh"
	sh "$W/mend.sh" 2>/dev/null
}
# conf LINE...: a main.cf of its own; master.cf is Debian's or nearly so.
conf() {
	{
		echo "compatibility_level = 3.6"
		echo "queue_directory = $W/spool"
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$W/etc/main.cf"
	cat >"$W/etc/master.cf" <<-'EOF'
	smtp      inet  n       -       n       -       -       smtpd
	smtp      unix  -       -       n       -       -       smtp
	  -o smtp_tls_note_starttls_offer=yes
	EOF
	cp "$W/etc/main.cf" "$W/first.cf"
	cp "$W/etc/master.cf" "$W/first-master.cf"
}
has() { # PARAMETER TEXT
	case $(postconf -c "$W/etc" -h "$1") in *"$2"*) ;; *)
		echo "# $1 = $(postconf -c "$W/etc" -h "$1")"
		return 1
		;;
	esac
}
value() { # PARAMETER VALUE
	[ "$(postconf -c "$W/etc" -h "$1")" = "$2" ] || has "$1" "$2 alone"
}
back() {
	lsrctl --config "$W/lsrd.conf" check --undo >"$W/undo"
	sed -n 's/^ *\(postconf .*\)/\1/p' "$W/undo" >"$W/undo.sh"
	sh "$W/undo.sh" 2>/dev/null
	diff "$W/first.cf" "$W/etc/main.cf" | sed 's/^/# /'
	cmp -s "$W/first.cf" "$W/etc/main.cf" &&
		[ "$(postconf -c "$W/etc" -M)" = "$(
			cp "$W/first-master.cf" "$W/etc/master.cf.first"
			mkdir -p "$W/first" && cp "$W/first-master.cf" "$W/first/master.cf"
			cp "$W/first.cf" "$W/first/main.cf"
			postconf -c "$W/first" -M
		)" ]
}

conf
mend
# The snippets, as text and as check has them, are the same to Postfix.
mkdir -p "$W/snippets"
{
	echo "compatibility_level = 3.6"
	echo "queue_directory = $W/spool"
	sed "s,/var/lib/lsrd,$W/lsrd,g" "$top_srcdir/conf/postfix/main.cf"
} >"$W/snippets/main.cf"
sed 's/^\(lsrd *unix *- *- *\)y/\1n/' "$top_srcdir/conf/postfix/master.cf" \
	>"$W/snippets/master.cf"
same() {
	for from in "$W/etc" "$W/snippets"; do
		{
			postconf -c "$from" -xn 2>/dev/null | grep -v '^config_directory'
			postconf -c "$from" -M lsrd/unix lsrd-hold/unix |
				sed -e 's/ -o smtp_tls_note_starttls_offer=yes//' \
					-e 's,regexp:/[^ ]*/route-refused,regexp:route-refused,'
		} | tr -s ' \t' ' ' >"$from.said"
	done
	diff "$W/snippets.said" "$W/etc.said" | sed 's/^/# /'
	cmp -s "$W/snippets.said" "$W/etc.said"
}
ok "check and conf/postfix say the same" same
mkdir -p "$W/page"
{
	echo "compatibility_level = 3.6"
	echo "queue_directory = $W/spool"
	awk '/^\.Ss main.cf/ { on = 1 } on && /^\.Ed/ { exit }
		on && !/^\./ { print }' "$top_srcdir/man/lsrd-postfix.7" |
		sed "s,/var/lib/lsrd,$W/lsrd,g"
} >"$W/page/main.cf"
awk '/^\.Ss master.cf/ { on = 1 } on && /^\.Ed/ { exit }
	on && !/^\./ { print }' "$top_srcdir/man/lsrd-postfix.7" |
	sed 's/^\(lsrd *unix *- *- *\)y/\1n/' >"$W/page/master.cf"
page() {
	for from in "$W/page" "$W/snippets"; do
		{
			postconf -c "$from" -xn 2>/dev/null | grep -v '^config_directory'
			postconf -c "$from" -M
		} | tr -s ' \t' ' ' | sed 's/filter= regexp/filter=regexp/' >"$from.all"
	done
	diff "$W/page.all" "$W/snippets.all" | sed 's/^/# /'
	cmp -s "$W/page.all" "$W/snippets.all"
}
ok "lsrd-postfix(7) and conf/postfix say the same" page
ok "the clone has the site's options, and its chroot" sh -c \
	"postconf -c '$W/etc' -M lsrd/unix | tr -s ' ' | grep -q 'unix - - n .*starttls_offer=yes'"
mend
ok "and then nothing more" sh -c "! grep -q postconf '$W/out'"
ok "undo: all as it was" back
ok "undo of what is not there" sh -c \
	"! '$top_builddir/lsrctl' --config '$W/lsrd.conf' check --undo | grep -q '^postconf'"

printf 'corp.example OK\nsub.other.example OK\n' >"$W/relay"
printf '@bulk.example [192.0.2.1]:2525\n' >"$W/relays"
printf '@list.example smtp:[192.0.2.2]\n' >"$W/transports"
printf 'user@corp.example OK\n' >"$W/users"
conf "relay_domains = plain.example, texthash:$W/relay" \
	"relay_recipient_maps = texthash:$W/users" \
	"sender_dependent_relayhost_maps = texthash:$W/relays" \
	"sender_dependent_default_transport_maps = texthash:$W/transports" \
	"smtpd_milters = inet:127.0.0.1:8891, inet:127.0.0.1:11332" \
	"non_smtpd_milters = inet:127.0.0.1:8891" \
	"smtp_header_checks = regexp:{{/^X-Own:/ IGNORE}}" \
	"hopcount_limit = 60" \
	"maximal_queue_lifetime = 2d" \
	"smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination, permit"
mend
below() {
	has relay_domains "texthash:$W/relay, .plain.example, ." &&
		has relay_domains ", .corp.example" &&
		has relay_domains ", .sub.other.example"
}
ok "sub-domains of the site's own stay" below
ok "restrictions of access tables too" has parent_domain_matches_subdomains \
	smtpd_access_maps
ok "a list of recipients is not emptied" has relay_recipient_maps \
	"texthash:$W/users"
# by the table as it is then, for a new server has no routes
listed() {
	[ "$(postconf -c "$W/etc" -hx relay_recipient_maps | grep -oF \
		"lmdb:$W/lsrd/postfix/transport, regexp:{{/^(lsrd|lsrd-hold):/ OK}}}" |
		wc -l)" = 7 ]
}
ok "and joined by whom other servers deliver" listed
# The same words, asked as Postfix asks them, with such a table.
printf '%s\n' '.deep.example lsrd:[192.0.2.3]' 'd.example lsrd-hold:x' \
	'way.example smtp:[192.0.2.4]' '.a.b.c.d.long.example lsrd:[192.0.2.3]' >"$W/known"
postmap -c "$W/etc" "lmdb:$W/known"
words=$(postconf -c "$W/etc" -hx relay_recipient_maps |
	sed "s,lmdb:$W/lsrd/postfix/transport,lmdb:$W/known,g")
takes() { # ADDRESS...: those of whom the list has one
	for to; do
		! postmap -c "$W/etc" -q "$to" "unionmap:{$words}" >/dev/null ||
			printf '%s ' "$to"
	done
}
everybody="u@x.deep.example u@a.b.c.d.e.f.g.h.deep.example u@d.example user@corp.example \
	u@deep.example u@xdeep.example u@way.example nobody@corp.example u@a.d.example \
	u@f.g.x.a.b.c.d.long.example u@own.example u@deep.example.other"
ok "however deep below a pattern, and nobody else" \
	[ "$(takes $everybody)" = "$(echo $everybody | cut -d ' ' -f 1-4,10) " ]
# Postfix asks all maps for the whole address first, then all for the domain.
ok "senders' own relays before ours" value sender_dependent_default_transport_maps \
	"texthash:$W/transports, pipemap:{regexp:{{/^lsrd-check\$\$/ DUNNO}, {/^.*@list\.example\$\$/ @list.example}}, texthash:$W/transports}, regexp:{{/^lsrd-check\$\$/ DUNNO}, {/^.*@bulk\.example\$\$/ smtp:[192.0.2.1]:2525}}, pipemap:{static:*, lmdb:$W/lsrd/postfix/default}"
ok "a milter never twice" sh -c \
	"[ \$(postconf -c '$W/etc' -hx non_smtpd_milters | grep -o 8891 | wc -l) = 1 ]"
ok "nor one that local mail did not pass" sh -c \
	"! postconf -c '$W/etc' -hx non_smtpd_milters | grep -q 11332"
ok "own checks of one transport are not another's" sh -c \
	"! postconf -c '$W/etc' -hx lmtp_header_checks | grep -q X-Own"
ok "a queue that keeps mail for five days" value maximal_queue_lifetime 5d
verified() {
	has smtpd_relay_restrictions "permit_mynetworks, check_client_access cidr:$W/lsrd/postfix/servers.cidr, reject_unauth_destination, check_recipient_access pipemap:{" &&
		has smtpd_relay_restrictions "static:reject_unverified_recipient}, permit"
}
ok "own servers are let through; users of others are verified" verified
ok "undo: all as it was" back

conf "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination, permit"
mend
ok "users are verified before what permits" value smtpd_relay_restrictions \
	"permit_mynetworks, check_client_access cidr:$W/lsrd/postfix/servers.cidr, reject_unauth_destination, check_recipient_access pipemap:{regexp:{{/@(.+)\$\$/ \$\$1}}, lmdb:$W/lsrd/postfix/domains, static:reject_unverified_recipient}, permit"
rm "$W/postfix.before"
postconf -c "$W/etc" -X hopcount_limit address_verify_positive_expire_time \
	address_verify_positive_refresh_time \
	address_verify_negative_refresh_time parent_domain_matches_subdomains
ok "undo without its notes: our words are taken out" sh -c \
	"! '$top_builddir/lsrctl' --config '$W/lsrd.conf' check --undo >/dev/null ||
	'$top_builddir/lsrctl' --config '$W/lsrd.conf' check --undo |
		grep -q 'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination, permit'"

# Maps before ours and around it, asked by postmap: no Postfix runs here, and
# proxymap(8) least of all.
T=$W/lsrd/postfix/transport
printf '%s.example.org lsrd:[198.51.100.6]:25\n' paris tokyo london >"$T"
postmap -c "$W/etc" "lmdb:$T"
echo "tokyo.example.org smtp:[192.0.2.78]:25" >"$W/own"
echo "paris.example.org smtp:[192.0.2.80]:25" >"$W/proxied"
conf "transport_maps = proxy:texthash:$W/proxied, unionmap:{proxy:texthash:$W/own, lmdb:$T}"
check
ok "a map by proxymap is asked without it" said \
	"^warning *paris.example.org: our .*, proxy:texthash:$W/proxied in .* says smtp:\[192.0.2.80\]:25"
ok "our table joined with another: both answers" said \
	"^warning *tokyo.example.org: our .*, unionmap:{.* says smtp:\[192.0.2.78\]:25,lsrd:"
ok "where the other says nothing ours is done" sh -c \
	"! grep 'london.example.org: our' '$W/out'"
rm "$T"
cp "$W/transport.whole" "$T.lmdb"

conf "transport_maps = unionmap:{texthash:$W/transports, lmdb:$W/lsrd/postfix/transport}"
rm -f "$W/postfix.before"
ok "undo of joined maps leaves the site's" sh -c \
	"! '$top_builddir/lsrctl' --config '$W/lsrd.conf' check --undo >/dev/null ||
	'$top_builddir/lsrctl' --config '$W/lsrd.conf' check --undo |
		grep -q 'transport_maps = unionmap:{texthash:$W/transports}'"

# --- a transport of the site's own ------------------------------------------

conf
mend
postconf -c "$W/etc" -Me 'branch/unix=branch unix - - n - - smtp' \
	'boxes/unix=boxes unix - - n - - lmtp'
cp "$W/lsrd.conf" "$W/plain.conf"
cat >>"$W/lsrd.conf" <<'EOF'
address-space "a.example" { deliver = "branch:[192.0.2.80]:25" }
address-space "b.example" { deliver = "branch:[192.0.2.81]:25" }
address-space "c.example" { deliver = "boxes:[192.0.2.82]:24" }
address-space "d.example" { deliver = "smtp:[192.0.2.83]:25" }
EOF
check
ok "a way by a transport of its own wants the filter, once" sh -c \
	"[ \$(grep -c 'branch/unix/smtp_delivery_status_filter=regexp:.*/route-refused.regexp' '$W/out') = 1 ]"
ok "and its lines in the log" said "-Pe 'branch/unix/syslog_name=postfix/lsrd'"
ok "LMTP, and what carries other mail, does not" sh -c \
	"! grep -E '(boxes|smtp)/unix/(smtp_delivery|syslog)' '$W/out'"
postconf -c "$W/etc" -Pe 'branch/unix/smtp_delivery_status_filter=regexp:/own'
mend
check
ok "one of the site's own stays" sh -c \
	"! grep branch/unix '$W/out' && postconf -c '$W/etc' -P branch/unix/smtp_delivery_status_filter | grep -q /own"
cat "$W/plain.conf" - >"$W/lsrd.conf" <<'EOF'
peer "mx2.example.org" { address = { "192.0.2.90:691" } }
address-space "e.example" { deliver = "smtp:[192.0.2.90]:25" }
address-space "f.example" { deliver = "smtp:[192.0.2.91]:25" }
EOF
own() { # MAP LINES: how often check speaks of it
	printf '%s\n' "$1" >"$W/ways"
	check
	grep -c "lsrd_own_refused\|unix/smtp_delivery" "$W/out"
}
mends() { # EXTENDED REGEX
	grep -qE "$1" "$W/mend.sh" || { sed 's/^/# /' "$W/mend.sh"; return 1; }
}
conf
mend
ok "an own server by smtp: a filter for it alone" mends \
	'lsrd_own_refused = pipemap:.*mx2\[.\]example.*192\[.\]0\[.\]2\[.\]90\\\]\)\.'
ok "which the service names" mends 'smtp/unix/smtp_delivery_status_filter=.lsrd_own_refused'
cp "$W/plain.conf" "$W/lsrd.conf"
echo 'peer "mx2.example.org" { address = { "[2001:db8::90]:691" } }' >>"$W/lsrd.conf"
conf "transport_maps = texthash:$W/ways"
postconf -c "$W/etc" -Me 'branch/unix=branch unix - - n - - smtp' \
	'relay/unix=relay unix - - n - - smtp'
: >"$W/ways"
mend
ok "the site's entries for others want nothing" \
	[ "$(own 'x.example branch:[192.0.2.99], smtp:[mx3.example.org]')" = 0 ]
ok "one for an own server wants the filter" \
	[ "$(own 'x.example branch:[IPv6:2001:DB8:0::90]:25')" = 1 ]
ok "by its name, too, and where the class says how" \
	[ "$(own 'x.example :[MX2.example.org]')" = 5 ]
mend
ok "and then nothing more" [ "$(own 'x.example relay:mx2.example.org')" = 0 ]
ok "undo knows it" sh -c \
	"'$top_builddir/lsrctl' --config '$W/lsrd.conf' check --undo | grep -q 'X.*lsrd_own_refused'"
cp "$W/plain.conf" "$W/lsrd.conf"

# --- what the daemon knows ----------------------------------------------------

command -v python3 >/dev/null || {
	for what in 1 2 3 4 5 6 7 8 9 10 11 12; do ok "daemon # SKIP needs python3" true; done
	exit 0
}
mkdir "$W/daemon"
python3 "$top_srcdir/t/ctl/daemon.py" "$W/daemon" &
pid=$!
pids=$pid
until [ -e "$W/daemon/ready" ]; do kill -0 $pid || exit 99; sleep 0.05; done
sed -i "s,^control-socket.*,control-socket = \"$W/daemon/control\"," "$W/lsrd.conf"
status() {
	printf '{"state":"up","queue_directory":"%s","away":[],"reports":{}}\n' \
		"$1" >"$W/daemon/status"
}
db() { # ORIGIN NEIGHBOUR ADDRESS
	printf '{"origin":"%s","type":"server","body":{"smtp":["%s"],"neighbours":["%s"]}}\n' \
		"$1" "$3" "$2"
}
own=mx1.london.example.org
: >"$W/daemon/peers"
: >"$W/daemon/links"
{
	db "$own" mx2.example.org 192.0.2.1:25
	db mx2.example.org "$own" 192.0.2.2:25
	db mx3.example.org "$own" 192.0.2.3:25
	db mx4.example.org mx2.example.org 192.0.2.4:25
	db mx5.example.org "$own" 198.51.100.5:25
	db mx6.example.org "$own" '[2001:db8::6]:25'
	db mx7.example.org "$own" '[2001:db8:7::6]:25'
	db mx8.example.org "$own" 198.51.100.200:25
} >"$W/daemon/db"
echo '192.0.2.3 permit' >"$W/lsrd/postfix/servers.cidr"
postconf -c "$W/etc" -e \
	'mynetworks = !198.51.100.200 198.51.100.0/24 [2001:db8:7::]/48' \
	'mydestination = open.example'
status "$W/spool"
check
ok "all is let through that has to be" sh -c "! grep 'let through' '$W/out'"
ok "the queue is where lsrd looks" sh -c "! grep 'lsrd looks for' '$W/out'"
status /elsewhere
echo 'address-space "open.example" { deliver = here  relay = no }' >>"$W/lsrd.conf"
check
ok "a queue that has moved" said "lsrd looks for Postfix's queue in /elsewhere, and Postfix has it in $W/spool"
ok "a claim that Postfix takes from everybody" sh -c "! grep 'let through' '$W/out'"
echo 'address-space "*" { deliver = here }' >>"$W/lsrd.conf"
check
named() {
	sed -n 's/.* \(mx[0-9]\).example.org sends by this server, and its address \([^ ]*\) is not let through: its mail for \* .*/\1 \2/p' \
		"$W/out" | sort | tr '\n' ' ' >"$W/named"
	[ "$(cat "$W/named")" = "mx2 192.0.2.2 mx6 2001:db8::6 mx8 198.51.100.200 " ] ||
		{ sed 's/^/# /' "$W/named"; return 1; }
}
ok "who sends here and may not, by address" named
ok "what lets it through" said 'address = { "\[2001:db8::6\]:691" } in the section of peer "mx6.example.org"'
# networks WORD...: what mynetworks is, and who is refused by it.
networks() {
	postconf -c "$W/etc" -e "mynetworks = $*"
	check
	sed -n 's/.* \(mx[0-9]\).example.org sends by this server, .*/\1/p' \
		"$W/out" | sort | tr '\n' ' ' | sed 's/ $//'
}
printf '# ours\n192.0.2.2\n  !198.51.100.200, 198.51.100.0/24\n%s\n' "$W/more" \
	>"$W/networks"
echo '[2001:db8:7::6] # and this' >"$W/more"
ok "mynetworks in a file, and in one that it names" \
	[ "$(networks "$W/networks")" = "mx6 mx8" ]
ok "the other way round" [ "$(networks "!$W/networks")" = "mx2 mx5 mx6 mx7" ]
printf '192.0.2.0/24 REJECT is no matter\n2001:db8::/32 x\n' >"$W/networks.cidr"
ok "in a table, whatever its values" \
	[ "$(networks "cidr:$W/networks.cidr")" = "mx5 mx8" ]
ok "in one that is not there: not asked" [ -z "$(networks "cidr:$W/none")" ]
ok "and that is said" said "not asked: whether mynetworks"
echo '192.0.2.0/24 OK' >"$W/clients"
postconf -c "$W/etc" -e "mynetworks = 198.51.100.0/24" \
	"smtpd_relay_restrictions = permit_mynetworks, check_client_access cidr:$W/clients, reject_unauth_destination"
check
ok "a table of the site's own lets through too" sh -c \
	"! grep 'mx2.*let through' '$W/out' && grep -q 'mx6.*let through' '$W/out'"

# --- transports of connectors

cp "$W/plain.conf" "$W/lsrd.conf"
cat >>"$W/lsrd.conf" <<'EOF'
connector "london-island" {
    routing-group = "island"
    transport = "thin"
    bridgehead "mx1.island.example.org" { }
    bridgehead "mx2.island.example.org" { transport = "fax:gateway" }
    bridgehead "mx3.island.example.org" { transport = "locals:[192.0.2.7]:24" }
}
connector "london-hill" {
    routing-group = "hill"
    bridgehead = any
    transport = "uphill"
}
EOF
conf
mend
check
ok "a transport that master.cf has not" said "^critical *master.cf has no service thin,"
ok "nor one of whoever is there" said "^critical *master.cf has no service uphill,"
postconf -c "$W/etc" -Me 'thin/unix=thin unix - - n - - smtp' \
	'uphill/unix=uphill unix - - n - - smtp' \
	'locals/unix=locals unix - - n - - lmtp' \
	'fax/unix=fax unix - n n - - pipe user=nobody argv=/bin/true'
postconf -c "$W/etc" -Pe 'lsrd/unix/smtp_tls_security_level=encrypt'
check
wants() {
	for option in "$@"; do
		grep -q "$option" "$W/out" || {
			echo "$option is not wanted"
			return 1
		}
	done
}
ok "what each of them lacks" wants 'thin/unix/smtp_header_checks=' \
	'thin/unix/smtp_delivery_status_filter=' 'thin/unix/syslog_name=' \
	'thin/unix/smtp_tls_security_level=encrypt' 'locals/unix/lmtp_header_checks=' \
	'locals/unix/lmtp_delivery_status_filter=' 'fax/unix/soft_bounce=yes'
mend
check
ok "and then nothing more" sh -c "! grep -E '(thin|uphill|locals|fax)/unix' '$W/out'"

# --- a member of the reading group --------------------------------------------
# Neither root nor lsrd's user: keys and a map of the site's are closed to it.

command -v setpriv >/dev/null || {
	for what in 1 2 3 4 5 6; do ok "member # SKIP needs setpriv" true; done
	exit 0
}
cp "$W/plain.conf" "$W/lsrd.conf"
sed -i "s,^control-socket.*,control-socket = \"$W/daemon/control\"," "$W/lsrd.conf"
conf
mend
status "$W/spool"
echo 'a@b.example c@d.example' >"$W/secret"
postconf -c "$W/etc" -e "virtual_alias_maps = texthash:$W/secret"
chmod 600 "$W/secret"
chmod 700 "$K"
chmod 755 "$W" "$W/etc" "$W/lsrd" "$W/lsrd/postfix" "$W/daemon"
chmod 666 "$W/daemon/control"
setpriv --reuid 54321 --regid 54321 --groups 54322 "$top_builddir/lsrctl" \
	--config "$W/lsrd.conf" check >"$W/out" 2>&1
ok "a member: keys are not asked" sh -c \
	"grep -q '^note *not asked: needs root: mark-key' '$W/out' && ! grep '^critical.*lsrd.conf' '$W/out'"
ok "nor what Postfix would do" said "^note *not asked: needs root: what Postfix would do"
ok "nor a map that is closed" said "^note *not asked: needs root: texthash:.*/secret in virtual_alias_maps"
ok "what it can see is judged: the milter, which does not run" said "^warning *lsrd-milter does not answer"
ok "or listens beside another queue" said "^ *lsrd-milter listens in /var/spool/postfix unless its -p"

# --- a Postfix that is elsewhere ------------------------------------------------

mv "$W/etc" "$W/elsewhere"
check
ok "a configuration that was renamed: where, and what says so" sh -c \
	"grep -A1 \"^unknown *postconf -c $W/etc tells nothing\" '$W/out' | grep -q postfix-directory"
