#!/bin/sh
# refused.sh - conf/postfix/route-refused.regexp, asked by Postfix's own
# postmap: what means that the route is wrong waits, and nothing else does.

. "$(dirname "$0")/../tap.sh"
table=regexp:$top_srcdir/conf/postfix/route-refused.regexp
PATH=$PATH:/usr/sbin

need postmap
: >"$W/main.cf"

rows() {
	grep -v '^#' "$top_srcdir/t/fixtures/replies.$1"
}

# What the table makes of each row, after a tab.
answers() {
	rows "$1" | postmap -c "$W" -q - "$table"
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
	answers refused | cut -f 1 >"$W/answered"
	rows refused | grep -vxF -f "$W/answered"
}

few() {
	[ "$(rows "$1" | wc -l)" -ge "$2" ] || echo "fewer than $2 rows"
}

plan 6
ok "rows enough of what waits" none "$(few refused 40)"
ok "rows enough of what bounces" none "$(few honest 30)"
ok "what means that the route is wrong waits" none "$(not_answered)"
ok "with every word of it" none "$(lost_words)"
ok "and those that lsrd-maillog looks for" none "$(unmarked)"
ok "every honest refusal bounces as ever" none "$(answers honest)"
exit 0
