#!/bin/sh
# publish-mail.sh - a real Postfix reads what lsrd-publish writes: values at
# the very next lookup, holds, the pattern `*`, relaying and nothing more.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip "$why"
plan 46

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
soon [ -S "$W/spool/private/rewrite" ]

# --- what a running Postfix sees, and when
ok "two next hops, both families" is "$(resolve u@paris.$P)" \
	"lsrd:[198.51.100.5]:25, [2001:db8:2::6]:25"
ok "a sub-domain key" is "$(resolve u@a.b.sub.$P)" "lsrd:[198.51.100.6]:25"
ok "which is not the domain itself" is "$(resolve u@sub.$P)" "discard:default"
ok "delivered here changes nothing" is "$(resolve u@mx1.london.$P)" \
	"discard:mx1.london.$P"
ok "one user of a domain" is "$(resolve user@person.$P)" "lsrd:[198.51.100.6]:25"
ok "and nobody else there" is "$(resolve other@person.$P)" "discard:default"
ok "no star, no change" is "$(resolve u@elsewhere.example)" "discard:default"
drive "remote paris.$P relay 198.51.100.6@25" >/dev/null
ok "a new value at the very next lookup" is "$(resolve u@paris.$P)" \
	"lsrd:[198.51.100.6]:25"
drive "remote new.$P relay 198.51.100.5@25" >/dev/null
ok "a new key too" is "$(resolve u@new.$P)" "lsrd:[198.51.100.5]:25"
drive "gone new.$P" >/dev/null
ok "and a key that went" is "$(resolve u@new.$P)" "discard:default"
n=0
for i in 5 6 5 6 5 6 5 6 5 6; do
	drive "remote paris.$P relay 198.51.100.$i@25" >/dev/null
	[ "$(resolve u@paris.$P)" = "lsrd:[198.51.100.$i]:25" ] && n=$((n + 1))
done
ok "ten changes, ten answers" is $n 10

# --- the pattern `*`
drive "remote * no 198.51.100.6@25" >/dev/null
ok "the star, for the default class" is "$(resolve u@elsewhere.example)" \
	"lsrd:[198.51.100.6]:25"
ok "not for local recipients" is "$(resolve u@mx1.london.$P)" \
	"discard:mx1.london.$P"
ok "not where a key says otherwise" is "$(resolve u@paris.$P)" \
	"lsrd:[198.51.100.6]:25"
drive "hold * no no path to the Internet" >/dev/null
ok "the star on hold" is "$(resolve u@elsewhere.example)" \
	"lsrd-hold:no path to the Internet"
drive "here * no" >/dev/null
ok "the star delivered here is no key" is "$(resolve u@elsewhere.example)" \
	"discard:default"
drive "remote * no 198.51.100.6@25" >/dev/null

# --- whom it relays for
ok "a stranger to a relayed domain" like "$(smtp u@paris.$P)" "250 *"
ok "to a sub-domain by its key" like "$(smtp u@a.b.sub.$P)" "250 *"
ok "to a hold: accepted" like "$(smtp u@hold.$P)" "250 *"
ok "an open relay? foreign" like "$(smtp u@elsewhere.example)" "554 5.7.1 *"
ok "an open relay? by the star" like "$(smtp u@example.com)" "554 5.7.1 *"
ok "an open relay? below a domain" like "$(smtp u@x.paris.$P)" "554 5.7.1 *"
ok "an open relay? above it" like "$(smtp u@$P)" "554 5.7.1 *"
ok "an open relay? the parent key's own" like "$(smtp u@sub.$P)" "554 5.7.1 *"
ok "an open relay? relay = no" like "$(smtp u@norelay.$P)" "554 5.7.1 *"
ok "an open relay? a user's domain" like "$(smtp x@person.$P)" "554 5.7.1 *"
ok "an open relay? routed by hand" like "$(smtp "u%example.com@paris.$P")" \
	"5?? 5.*"
ok "an open relay? the null sender" like "$(smtp u@example.com '')" "554 5.7.1 *"
ok "an open relay? the key star" like "$(smtp "u@*")" "5*"

# --- delivery
send u@tokyo.$P
send u@way.$P
send u@dead.$P
send u@hold.$P
send u@elsewhere.example
for u in tokyo way dead hold; do
	soon has "to=<u@$u.$P>.*status="
done
soon has "to=<u@elsewhere.example>.*status="
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
soon has "to=<u@paris.$P>.*status=sent"
drive "queue $W/spool" "remote hold.$P relay 198.51.100.5@25" >/dev/null
drive "retry hold.$P" "pause 5000" >/dev/null
soon has "to=<u@hold.$P>.*status=sent"
ok "a held message leaves when its path returns" has \
	"to=<u@hold.$P>, relay=198.51.100.5.*status=sent"
ok "and was not bounced" sh -c "! grep -q 'status=bounced' '$W/mail.log'"

ok "nothing fatal in the log" is "$(grep -cE 'fatal|panic' "$W/mail.log")" 0

# --- a key that leaves: in its hour, after it, and when it is gone
tried() {
	[ "$(grep -c "to=<$1@leaves.$P>.*status=deferred ($2" "$W/mail.log")" -ge 1 ]
}
again() {
	in_ns postqueue -c "$W/etc" -f
	tried "$@"
}
withdrawn="no path: its last claim was withdrawn,"
until="$withdrawn held until 12.00"
since="$withdrawn given up at 12.00"
drive "hold leaves.$P relay $until, then given up" >/dev/null
send before@leaves.$P
soon tried before "$until"
ok "in the hour: a stranger's mail is taken" like "$(smtp a@leaves.$P)" "250 *"
ok "and held with its end" tried before "$until"
drive "hold leaves.$P no $since, kept for mail of before" >/dev/null
ok "after the hour: a stranger's is refused" like "$(smtp b@leaves.$P)" \
	"554 5.7.1 *"
send after@leaves.$P
soon tried after "$since"
ok "what is sent on this host waits" tried after "$since"
soon again before "$since"
ok "what came before waits, with what became of it" \
	tried before "$since"
ok "and none of it was bounced" is \
	"$(grep -c 'to=<.*@leaves.*status=bounced' "$W/mail.log")" 0
drive "gone leaves.$P" >/dev/null
ok "gone: the star has it" is "$(resolve u@leaves.$P)" "lsrd:[198.51.100.6]:25"
ok "and relayed for nobody" like "$(smtp c@leaves.$P)" "554 5.7.1 *"

# --- a missing table defers, an empty one would bounce
in_ns sh -c "
	postconf -c '$W/etc' transport_maps=lmdb:'$W'/lsrd/postfix/none
	postfix -c '$W/etc' reload" >/dev/null 2>&1
missing() {
	case $(smtp u@paris.$P) in 451*) ;; *) return 1 ;; esac
}
soon missing
ok "a missing table is 451 for everybody" like "$(smtp u@paris.$P)" "451 4.3.0 *"
