#!/bin/sh
# exim-routers.sh - a real Exim reads what lsrd-publish writes, by the lines of
# conf/exim: ways, holds, the pattern `*`, relaying and nothing more, no
# bounces of our making, and tables that cannot be read.
#
#     exim-routers.sh [heavy|light [plain|split|unsplit]]

# shellcheck source=t/system/site.sh
. "$(dirname "$0")/site.sh"

hops="$hops 198.51.100.9/25/rcpt=550_relay_not_permitted"
form=${2:-plain}
exim_world "${1:-heavy}" "$form"
hop4=198.51.100

drive "remote paris.$P relay $hop4.5@25,$hop4.6@25" \
	"remote tokyo.$P relay 2001:db8:2::6@25" \
	"remote .sub.$P relay $hop4.6@25" \
	"here in.sub.$P relay" \
	"remote norelay.$P no $hop4.6@25" \
	"remote user@person.$P relay $hop4.6@25" \
	"way way.$P no named:" \
	"hold hold.$P relay no path to paris, connector a-b down" \
	"remote thin.$P relay $hop4.5@25~named,$hop4.6@25" \
	"remote nobody.$P relay $hop4.5@25~absent" \
	"remote dead.$P relay $hop4.8@25,$hop4.5@2525" \
	"remote self.$P relay 192.0.2.1@25" >"$work/first"
ok "it is published" like "$(cat "$work/first")" "published 1 *"
ok "the configuration is good" says 0 "" ex -bV
ok "two next hops in their order" is "$(way u@paris.$P)" \
	"lsrd_route lsrd $hop4.5:25 $hop4.6:25"
ok "IPv6" is "$(way U@Tokyo.$P)" "lsrd_route lsrd 2001:db8:2::6:25"
ok "below a domain" is "$(way u@a.b.sub.$P)" "lsrd_route lsrd $hop4.6:25"
ok "which is not the domain itself" like "$(way u@sub.$P)" "smarthost * $hop4.99*"
ok "delivered here: the site's own routers" like "$(way u@in.sub.$P)" "smarthost *"
ok "a user of this host" like "$(way joe@here.$P)" "local_user *"
ok "one user of a domain" is "$(way User@person.$P)" "lsrd_route lsrd $hop4.6:25"
ok "and nobody else there" like "$(way other@person.$P)" "smarthost *"
ok "a way out of the site's own" is "$(way u@way.$P)" "lsrd_out_by named"
ok "a hold says why" is "$(way u@hold.$P)" "no path to paris, connector a-b down"
ok "and is accepted by a verification" says 0 "verified" ex -bv u@hold.$P
ok "another transport, with the hops that have it" is "$(way u@thin.$P)" \
	"lsrd_by named $hop4.5:25"
ok "one that is not there: it waits" like "$(way u@nobody.$P)" "*absent*"
ok "this host is no next hop" is "$(way u@self.$P)" \
	"remote host address is the local host"

# --- a new value, and the pattern `*`
drive "remote paris.$P relay $hop4.6@25" "remote * no $hop4.7@587" >"$work/second"
ok "a new value at the next lookup" is "$(way u@paris.$P)" "lsrd_route lsrd $hop4.6:25"
ok "the star in place of the smarthost" is "$(way u@elsewhere.example)" \
	"lsrd_default_route lsrd $hop4.7:587"
ok "not for what is delivered here" like "$(way u@in.sub.$P)" "smarthost *"
ok "nor for this host" like "$(way joe@here.$P)" "local_user *"
drive "hold * no no path to the Internet" >"$work/third"
ok "the star on hold" is "$(way u@elsewhere.example)" "no path to the Internet"
drive "here * no" >"$work/fourth"
ok "the star delivered here: the smarthost" like "$(way u@elsewhere.example)" "smarthost *"

# --- whom it relays for
echo $hop4.20 >"$tables/servers"
world_daemon
soon rcpt $hop4.99 joe@here.$P >"$work/try"
rcpt $hop4.99 joe@here.$P u@paris.$P u@a.b.sub.$P u@hold.$P u@elsewhere.example \
	u@x.paris.$P u@$P u@sub.$P u@norelay.$P user@person.$P >"$work/rcpt"
codes() {
	cut -c1-3 "$1" | tr '\n' ' '
}
ok "relayed: domains, what is below one, a hold; and nothing more" is \
	"$(codes "$work/rcpt")" "250 250 250 250 550 550 550 550 550 550 "
ok "a server of ours may send anywhere" like \
	"$(rcpt $hop4.20 u@elsewhere.example)" "250 *"

# --- delivery
drive "remote paris.$P relay $hop4.5@25" "remote wall.$P relay $hop4.9@25" >"$work/fifth"
send u@paris.$P u@tokyo.$P u@dead.$P u@way.$P u@hold.$P u@wall.$P
for at in $hop4.5/25:paris 2001:db8:2::6/25:tokyo $hop4.5/2525:dead $hop4.7/587:way; do
	ok "delivered: ${at##*:}" took "${at%:*}" "u@${at##*:}.$P"
done
ok "a dead next hop, and the second in one attempt" logged \
	"=> u@dead.$P R=lsrd_route T=lsrd H=$hop4.5 "
ok "a hold waits, with its reason" logged \
	"== u@hold.$P R=lsrd_hold defer .*: no path to paris, connector a-b down"
ok "who will not relay makes no bounce" logged \
	"rejected by non-SMTP ACL: no bounce: a next hop refuses the route"
ok "the message waits" is "$(waiting)" 2
drive "remote hold.$P relay $hop4.5@25" "remote wall.$P relay $hop4.6@25" >"$work/sixth"
etrn() {
	ip netns exec "$mta" python3 -c '
import smtplib, sys
s = smtplib.SMTP(sys.argv[1], 25, timeout=60)
s.ehlo()
for word in sys.argv[2:]:
    print(*s.docmd("ETRN", "#" + word))' "$@" 8>&- 9<&-
}
etrn 127.0.0.1 "hold.$P" "!wall.$P" >"$work/etrn"
ok "lsrd asks for another attempt" is "$(cut -c1-3 "$work/etrn" | tr '\n' ' ')" "250 250 "
ok "and both leave by their new ways" soon took "$hop4.5/25" "u@hold.$P"
ok "the one that was frozen, too" soon took "$hop4.6/25" "u@wall.$P"

# --- what cannot be read
cp -a "$tables" "$work/good"
mended() {
	rm -rf "$tables"
	cp -a "$work/good" "$tables"
}
# broken WHAT WAY COMMAND...: with tables like that nothing is refused for good.
broken() {
	broken_what=$1 broken_way=$2
	shift 2
	(cd "$tables" && "$@")
	rcpt $hop4.99 u@paris.$P >"$work/rcpt"
	ok "$broken_what: nobody is refused for good" like "$(codes "$work/rcpt")" "4?? *"
	ok "nor goes another way" like "$(way u@paris.$P)" "$broken_way"
	mended
}
broken "a table is missing" "*for cdb lookup: No such file*" rm transport.cdb
broken "the table of domains is" "lsrd_route *" rm domains.cdb
broken "nobody may read it" "lsrd_route *" chmod 0 transport.cdb
broken "a table of zeros" "*no-table-of-version-1*" eval \
	'truncate -s 0 transport.cdb && truncate -s 4096 transport.cdb'
broken "the table of domains of zeros" "lsrd_route *" eval \
	'truncate -s 0 domains.cdb && truncate -s 4096 domains.cdb'
broken "half a table" "*corrupt cdb file*" truncate -s 2100 transport.cdb
ok "nothing was bounced" is "$(bounces)" 0
ok "and Exim complains of nothing else" none \
	"$(grep -v 'cdb lookup' "$root/var/log/exim4/paniclog" 2>/dev/null)"
all_told
