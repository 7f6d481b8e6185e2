#!/bin/sh
# publish-mail.sh - a real Postfix reads what lsrd-publish writes: values at
# the very next lookup, holds, the pattern `*`, relaying and nothing more.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip_all "$why"
echo 1..38

pf_begin
P=example.org
drive "remote paris.$P relay 198.51.100.5@25,2001:db8:2::6@25" \
	"remote tokyo.$P relay 2001:db8:2::6@25" \
	"here mx1.london.$P relay" \
	"remote .sub.$P relay 198.51.100.6@25" \
	"remote norelay.$P no 198.51.100.6@25" \
	"remote user@person.$P relay 198.51.100.6@25" \
	"way way.$P no smtp:[IPv6:2001:db8:2::6]:25" \
	"hold hold.$P relay no path to paris, connector a-b \$(id) \"down\" 5.1.1" \
	"remote dead.$P relay 198.51.100.9@25,198.51.100.5@25" \
	"remote loop.$P relay 127.0.0.1@25" >/dev/null
pf_start || exit 1
until_true 60 [ -S "$W/spool/private/rewrite" ]

# --- what a running Postfix sees, and when
is "two next hops, both families" "$(resolve u@paris.$P)" \
	"lsrd:[198.51.100.5]:25, [2001:db8:2::6]:25"
is "a sub-domain key" "$(resolve u@a.b.sub.$P)" "lsrd:[198.51.100.6]:25"
is "which is not the domain itself" "$(resolve u@sub.$P)" "discard:default"
is "delivered here changes nothing" "$(resolve u@mx1.london.$P)" \
	"discard:mx1.london.$P"
is "one user of a domain" "$(resolve user@person.$P)" "lsrd:[198.51.100.6]:25"
is "and nobody else there" "$(resolve other@person.$P)" "discard:default"
is "no star, no change" "$(resolve u@elsewhere.example)" "discard:default"
drive "remote paris.$P relay 198.51.100.6@25" >/dev/null
is "a new value at the very next lookup" "$(resolve u@paris.$P)" \
	"lsrd:[198.51.100.6]:25"
drive "remote new.$P relay 198.51.100.5@25" >/dev/null
is "a new key too" "$(resolve u@new.$P)" "lsrd:[198.51.100.5]:25"
drive "gone new.$P" >/dev/null
is "and a key that went" "$(resolve u@new.$P)" "discard:default"
n=0
for i in 5 6 5 6 5 6 5 6 5 6; do
	drive "remote paris.$P relay 198.51.100.$i@25" >/dev/null
	[ "$(resolve u@paris.$P)" = "lsrd:[198.51.100.$i]:25" ] && n=$((n + 1))
done
is "ten changes, ten answers" $n 10

# --- the pattern `*`
drive "remote * no 198.51.100.6@25" >/dev/null
is "the star, for the default class" "$(resolve u@elsewhere.example)" \
	"lsrd:[198.51.100.6]:25"
is "not for local recipients" "$(resolve u@mx1.london.$P)" \
	"discard:mx1.london.$P"
is "not where a key says otherwise" "$(resolve u@paris.$P)" \
	"lsrd:[198.51.100.6]:25"
drive "hold * no no path to the Internet" >/dev/null
is "the star on hold" "$(resolve u@elsewhere.example)" \
	"lsrd-hold:no path to the Internet"
drive "here * no" >/dev/null
is "the star delivered here is no key" "$(resolve u@elsewhere.example)" \
	"discard:default"
drive "remote * no 198.51.100.6@25" >/dev/null

# --- whom it relays for
like "a stranger to a relayed domain" "$(smtp u@paris.$P)" "250 *"
like "to a sub-domain by its key" "$(smtp u@a.b.sub.$P)" "250 *"
like "to a hold: accepted" "$(smtp u@hold.$P)" "250 *"
like "an open relay? foreign" "$(smtp u@elsewhere.example)" "554 5.7.1 *"
like "an open relay? by the star" "$(smtp u@example.com)" "554 5.7.1 *"
like "an open relay? below a domain" "$(smtp u@x.paris.$P)" "554 5.7.1 *"
like "an open relay? above it" "$(smtp u@$P)" "554 5.7.1 *"
like "an open relay? the parent key's own" "$(smtp u@sub.$P)" "554 5.7.1 *"
like "an open relay? relay = no" "$(smtp u@norelay.$P)" "554 5.7.1 *"
like "an open relay? a user's domain" "$(smtp x@person.$P)" "554 5.7.1 *"
like "an open relay? routed by hand" "$(smtp "u%example.com@paris.$P")" \
	"5?? 5.*"
like "an open relay? the null sender" "$(smtp u@example.com '')" "554 5.7.1 *"
like "an open relay? the key star" "$(smtp "u@*")" "5*"

# --- delivery
send u@tokyo.$P
send u@way.$P
send u@dead.$P
send u@hold.$P
send u@elsewhere.example
for u in tokyo way dead hold; do
	until_true 60 has "to=<u@$u.$P>.*status="
done
until_true 60 has "to=<u@elsewhere.example>.*status="
ok "an IPv6 literal" has \
	"to=<u@tokyo.$P>, relay=2001:db8:2::6.*lsrd\|lsrd/smtp.*to=<u@tokyo.$P>.*2001:db8:2::6.*sent"
ok "the other form of it, by a way of our own" has \
	"postfix/smtp.*to=<u@way.$P>, relay=2001:db8:2::6.*status=sent"
ok "a dead next hop: the second of the list, in one attempt" has \
	"to=<u@dead.$P>, relay=198.51.100.5.*status=sent"
ok "a hold is deferred with its reason" has \
	"to=<u@hold.$P>.*dsn=4.4.4, status=deferred (no path to paris, connector a-b ?(id) ?down? 5.1.1)"
ok "the star delivers" has "to=<u@elsewhere.example>, relay=198.51.100.6.*sent"

# --- the path returns, and the queue is asked
# (The queue manager keeps its last answer for 30 s: another one comes first.)
send u@paris.$P
until_true 60 has "to=<u@paris.$P>.*status=sent"
drive "queue $W/spool" "remote hold.$P relay 198.51.100.5@25" >/dev/null
drive "retry hold.$P" "pause 1500" >/dev/null
until_true 60 has "to=<u@hold.$P>.*status=sent"
ok "a held message leaves when its path returns" has \
	"to=<u@hold.$P>, relay=198.51.100.5.*status=sent"
ok "and was not bounced" sh -c "! grep -q 'status=bounced' '$W/mail.log'"

is "nothing fatal in the log" "$(grep -cE 'fatal|panic' "$W/mail.log")" 0

# --- a missing table defers, an empty one would bounce
in_ns sh -c "
	postconf -c '$W/etc' transport_maps=lmdb:'$W'/lsrd/postfix/none
	postfix -c '$W/etc' reload" >/dev/null 2>&1
missing() {
	case $(smtp u@paris.$P) in 451*) ;; *) return 1 ;; esac
}
until_true 60 missing
like "a missing table is 451 for everybody" "$(smtp u@paris.$P)" "451 4.3.0 *"
