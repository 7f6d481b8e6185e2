#!/bin/sh
# recipients.sh - a real Postfix with the lines of conf/postfix: users of
# relayed domains who do not exist are refused before a message is taken, what
# a hold has taught ends, and own servers, they alone, may send on.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip "$why"
plan 21

pf_begin
P=example.org
drive "remote good.$P relay 198.51.100.6@25" \
	"remote bad.$P relay 198.51.100.6@2525" \
	"remote down.$P relay 198.51.100.6@9" \
	"remote norelay.$P no 198.51.100.6@25" \
	"hold later.$P relay no path to paris" >/dev/null
pf_start || exit 1
ip netns exec $NS smtp-sink -u nobody -f rcpt 198.51.100.6:2525 64 \
	>>"$W/sink.log" 2>&1 8>&- 9<&- &
pids="$pids $!"
soon [ -S "$W/spool/private/rewrite" ]

# --- who exists
ok "a user whom the next hop takes" like "$(smtp u@good.$P)" "250 *"
ok "one whom it does not" like "$(smtp nobody@bad.$P)" \
	"450 4.1.1 *unverified address*"
ok "nothing of him is queued" like \
	"$(in_ns postqueue -c "$W/etc" -j 2>/dev/null)" ""
ok "while nobody answers and no hold says so: later" like \
	"$(smtp new@down.$P)" "450 4.1.1 *"
ok "while it is on hold: taken" like "$(smtp nobody@later.$P)" "250 *"

# --- what the hold taught: an hour is four seconds here. The refresh stays:
# verify(8) asks again no sooner than 1000 s after one that failed.
learn() {
	postconf -c "$W/etc" -e 'address_verify_positive_expire_time = 4s'
	in_ns postfix -c "$W/etc" reload 2>/dev/null
}
# The queue manager keeps its last answer for 30 s: another one goes between.
refused() {
	smtp "other$(date +%s)@good.$P" >/dev/null
	case $(smtp "$1") in 450*unverified*) ;; *) return 1 ;; esac
}
taken() {
	case $(smtp "$1") in 250*) ;; *) return 1 ;; esac
}
learn
drive "remote later.$P relay 198.51.100.6@2525" >/dev/null
ok "the path is back: he does not exist" soon refused nobody@later.$P
drive "remote later.$P relay 198.51.100.6@25" >/dev/null
drive "hold good.$P relay no path to paris" >/dev/null
ok "a hold again: everybody is taken" soon taken v@good.$P

# --- own servers
ok "a stranger, to elsewhere" like "$(smtp u@elsewhere.example)" "554 5.7.1 *"
ok "a stranger, where relay = no" like "$(smtp u@norelay.$P)" "554 5.7.1 *"
echo "198.51.100.5 permit" >"$W/lsrd/postfix/servers.cidr"
ok "named in the table: to elsewhere" soon taken u@elsewhere.example
ok "and where relay = no" soon taken u@norelay.$P
ok "and is not asked who exists" like "$(smtp nobody2@bad.$P)" "250 *"
echo "198.51.100.6 permit" >"$W/lsrd/postfix/servers.cidr"
gone() {
	case $(smtp "$1") in 554*) ;; *) return 1 ;; esac
}
ok "no longer named: refused" soon gone u@elsewhere2.example

# --- a list of the site's, for its own domains, and behind it what the snippet
# has for it: claims come and go, the list stays
maps=$(sed -n '/relay_recipient_maps/,/^$/s/^#     //p' \
	"$top_srcdir/conf/postfix/main.cf" | tr '\n' ' ' | sed "s,/var/lib/lsrd,$W/lsrd,g")
drive "way own.example no smtp:[198.51.100.6]:25" >/dev/null
postconf -c "$W/etc" -e "relay_domains = lmdb:$W/lsrd/postfix/domains, own.example" \
	"relay_recipient_maps = inline:{ u@own.example=x }, $maps"
in_ns postfix -c "$W/etc" reload 2>/dev/null
unknown() {
	case $(smtp "$1") in "550 5.1.1 "*table*) ;; *) return 1 ;; esac
}
ok "a list: who is not in it is refused" soon unknown nobody@own.example
ok "who is in it is taken" like "$(smtp u@own.example)" "250 *"
drive "remote new.$P relay 198.51.100.6@25" "remote none.$P relay 198.51.100.6@2525" >/dev/null
ok "a domain that is claimed later" like "$(smtp U@New.$P)" "250 *"
ok "and who does not exist there" like "$(smtp nobody@none.$P)" \
	"450 4.1.1 *unverified address*"
drive "hold held.$P relay no path to paris" >/dev/null
ok "one that is on hold" like "$(smtp u@held.$P)" "250 *"
# by the word that check prints for patterns of two labels
drive "remote .wide.example relay 198.51.100.6@25" >/dev/null
postconf -c "$W/etc" -e "relay_recipient_maps = inline:{ u@own.example=x }, $maps, \
	pipemap:{regexp:{{/@.+((\\.[^.@]+){2})\$\$/ \$\$1}}, lmdb:$W/lsrd/postfix/transport, \
	regexp:{{/^(lsrd|lsrd-hold):/ OK}}}"
in_ns postfix -c "$W/etc" reload 2>/dev/null
ok "a user however deep below a pattern" soon taken u@a.b.c.d.e.f.wide.example
ok "while who is not in the list is refused still" soon unknown nobody2@own.example
ok "a stranger, to elsewhere, as before" like "$(smtp u@elsewhere3.example)" "554 5.7.1 *"
