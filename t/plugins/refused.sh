#!/bin/sh
# refused.sh - conf/postfix/route-refused.regexp, asked by Postfix's own
# postmap: what means that the route is wrong waits, and nothing else does.

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
table=regexp:$top/conf/postfix/route-refused.regexp
PATH=$PATH:/usr/sbin

command -v postmap >/dev/null || { echo "1..0 # SKIP needs postmap"; exit 0; }
E=$(mktemp -d /tmp/lsrd-refused.XXXXXX) || exit 1
trap 'rm -rf "$E"' EXIT
: >"$E/main.cf"

rows() {
	grep -v '^#' "$top/t/fixtures/replies.$1"
}

# What the table makes of each row, after a tab.
answers() {
	rows "$1" | postmap -c "$E" -q - "$table"
}

n=0
ok() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

# Each row is answered, by a deferral that keeps every word.
lost_words() {
	answers refused | awk -F '\t' '{
		said = $1; sub(/^[^ ]+ /, "", said)
		if ($2 !~ /^4\.[0-9]+\.[0-9]+ / ||
		    substr($2, length($2) - length(said) + 1) != said)
			print $2
	}'
}

# Words that lsrd-maillog looks for: of each but where there was no session.
unmarked() {
	answers refused | cut -f 2 | grep -v '^4[^ ]* route refused: ' |
		grep -v -e ' refused to talk to me: ' -e ' TLS is required, but '
}

not_answered() {
	answers refused | cut -f 1 >"$E/answered"
	rows refused | grep -vxF -f "$E/answered"
}

few() {
	[ "$(rows "$1" | wc -l)" -ge "$2" ] || echo "fewer than $2 rows"
}

echo 1..6
ok "rows enough of what waits" "$(few refused 40)"
ok "rows enough of what bounces" "$(few honest 30)"
ok "what means that the route is wrong waits" "$(not_answered)"
ok "with every word of it" "$(lost_words)"
ok "and those that lsrd-maillog looks for" "$(unmarked)"
ok "every honest refusal bounces as ever" "$(answers honest)"
exit 0
