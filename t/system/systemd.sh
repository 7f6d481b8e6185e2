#!/bin/sh
# systemd.sh - lsrd under a real systemd: a Debian in a container of its own,
# with `make install` of this build in it.

. "$(dirname "$0")/container.sh"
root_make root "$top/t/system/in-systemd.sh"
boot "$work/root" --private-network
status=$?
if [ ! -s "$work/root/root/result" ]; then
	[ "$status" != 0 ] || status=silent
	skip "no container here ($status): $(tail -n 1 "$work/root.boot" | tr -d '\r')"
fi
cat "$work/root/root/result"
! grep -q '^not ok' "$work/root/root/result" || sed 's/^/# /' "$work/root/root/complaints"
