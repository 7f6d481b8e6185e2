#!/bin/sh
# lab-large.sh - a path on which large packets vanish and small ones do not, with
# real daemons (three.sh): it is named, who says more than gets there is not
# announced on for what small packets say, and all is well when it is.

# Packets are dropped where nobody else's go.
if [ -z "${LARGE_APART:-}" ]; then
	if ! unshare -n true 2>/dev/null || ! command -v nft >/dev/null; then
		echo "1..0 # SKIP no namespaces here, or no nft"
		exit 0
	fi
	LARGE_APART=yes exec unshare -n sh "$0" "$@"
fi

. "$(dirname "$0")/three.sh"

# Of what goes between Tokyo's and Paris' daemons.
shrink() {
	nft -f - <<EOF
table inet large {
	chain out {
		type filter hook output priority 0; policy accept;
		ip saddr { $net.2, $net.3 } ip daddr { $net.2, $net.3 } tcp dport 6910 meta length > 1200 drop
		ip saddr { $net.2, $net.3 } ip daddr { $net.2, $net.3 } tcp sport 6910 meta length > 1200 drop
	}
}
EOF
}

says_more() {
	for i in 1 2 3 4 5 6 7 8 9; do
		for k in 1 2 3 4 5 6; do
			echo "address-space \"n$i$k.new.example.org\" { deliver = here }"
		done
	done >>"$W/$T/lsrd.conf"
	ask $T reload >/dev/null
}

named() { # in the log, and where one looks
	soon grep -q "large-packets-lost: peer=$P" "$W/$T/log" &&
		soon peers_say
}

peers_say() {
	ask $T peers 2>/dev/null | grep 'large packets vanish; look at MTU'
}

# Paris does not know what Tokyo says: its silence is no consent.
announces() { # server whom
	ask "$1" db --json | grep '"type":"server"' |
		grep "\"origin\":\"$1\"" | grep -q "\"neighbours\":\[[^]]*\"$2\""
}

withdrawn() {
	soon not announces $T $P
}

knows_new() {
	route_of $L n96.new.example.org >/dev/null
}

ip link set lo up
plan 6
three
ok "all know each other" eval 'fresh && soon announces $T $P'
shrink
ok "what is said does not get there, and the path is named" \
	eval 'says_more && named'
ok "who has not confirmed it is not announced on" withdrawn
ok "nobody knows the new names" not knows_new
nft delete table inet large
ok "large packets pass again: all is known" soon knows_new
ok "and nothing is named" soon not peers_say
