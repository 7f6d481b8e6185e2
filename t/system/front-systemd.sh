#!/bin/sh
# front-systemd.sh - lsrd-front under a real systemd, set up by the commands of
# lsrd-front(8) as it is installed, before Debian's Postfix: in a container
# whose network is a veth pair to a namespace with a peer and a stranger.

. "$(dirname "$0")/container.sh"

# commands SECTION: what the manual has one type.
commands() {
	awk -v want=".Ss $1" '/^\.S[hs] / { on = $0 == want }
		on && /^# / { print substr($0, 3) }' "$work"/front/usr/*/share/man/man8/lsrd-front.8
}

root_make front "$top/t/system/in-front.sh"
commands "For everyone" >"$work/front/root/everyone"
commands "Handing strangers over" >"$work/front/root/handing"
commands "For listed peers" >"$work/front/root/listed"
commands "Apart" >"$work/front/root/apart"
cp "$top/t/system/in-front.py" "$work/front/root/"
boot "$work/front" --private-network
status=$?
if [ ! -s "$work/front/root/result" ]; then
	[ "$status" != 0 ] || status=silent
	skip "no container here ($status): $(tail -n 1 "$work/front.boot" | tr -d '\r')"
fi
cat "$work/front/root/result"
! grep -q '^not ok' "$work/front/root/result" || sed 's/^/# /' "$work/front/root/complaints"
