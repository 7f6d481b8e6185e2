#!/bin/sh
# publish-retry.sh - an unprivileged process has a real Postfix try deferred
# mail again after a reroute: only that of the moved pattern, and although
# the queue manager still remembers its last answer (30 s).

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

why=$(pf_need)
[ -z "$why" ] || skip "$why"
command -v setpriv >/dev/null || skip "needs setpriv"
plan 5

pf_begin
P=example.org
drive "hold hold.$P relay no path" "hold other.$P relay no path" >/dev/null
pf_start || exit 1
send u@other.$P
soon has "to=<u@other.$P>.*status=deferred"
send u@hold.$P
soon has "to=<u@hold.$P>.*status=deferred"
drive "remote hold.$P relay 198.51.100.5@25" >/dev/null

# As lsrd runs: no root, no new privileges, the group postdrop alone.
printf 'queue %s\nretry hold.%s\npause 34000\n' "$W/spool" $P |
	in_ns setpriv --reuid nobody --regid nogroup \
		--groups "$(getent group postdrop | cut -d: -f3)" \
		--no-new-privs "$top_builddir/t/system/publish_drive" \
		/bin/false "$W/none" 2>"$W/retry.log"
ok "found the one message, first round" like "$(cat "$W/retry.log")" \
	"*round=first, patterns=1, messages=1*"
ok "Postfix delivered it by the new way" soon has \
	"to=<u@hold.$P>, relay=198.51.100.5.*status=sent"
ok "the other pattern's mail was left alone" sh -c \
	"[ \$(grep -c 'to=<u@other.$P>' '$W/mail.log') = 1 ]"

# Without the group: a line in the log, nothing worse.
printf 'queue %s\nretry hold.%s\npause 500\n' "$W/spool" $P |
	in_ns setpriv --reuid nobody --regid nogroup --clear-groups \
		--no-new-privs "$top_builddir/t/system/publish_drive" \
		/bin/false "$W/none" 2>"$W/retry.log"
ok "without the group postdrop it says so" like "$(cat "$W/retry.log")" \
	"*retry-failed: socket=*public/showq, error=\"Permission denied\"*"
ok "nothing fatal in the log" is "$(grep -cE 'fatal|panic' "$W/mail.log")" 0
