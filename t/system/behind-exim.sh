#!/bin/sh
# behind-exim.sh - Debian's Exim behind lsrd-front by the lines of conf/exim:
# whom do its logs, Received lines, access lists and rate limits take a client
# for?

. "$(dirname "$0")/exim.sh"
[ -x "$build/lsrd-front" ] || skip "no lsrd-front here"
ns=lsrdx$$

# What an administrator would do: conf/exim's lines, and those of the test.
exim_configure() {
	for line in "dc_eximconfig_configtype='internet'" \
		"dc_other_hostnames='mx1.london.example.org'" \
		"dc_local_interfaces='127.0.0.1.2525 ; ::1.2525 ; 127.0.0.1.25'"; do
		sed -i "s/^${line%%=*}=.*/$line/" "$1/etc/exim4/update-exim4.conf.conf"
	done
	{
		cat "$top/conf/exim/front.localmacros"
		echo "MAIN_HARDCODE_PRIMARY_HOSTNAME = mx1.london.example.org"
		echo "acl_smtp_connect = /etc/exim4/connect.acl"
		echo "CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/rcpt.acl"
	} >"$1/etc/exim4/exim4.conf.localmacros"
	printf '%s\n' "  defer message = too many connections" \
		"    ratelimit = 5 / 1m / per_conn / strict" "  accept" \
		>"$1/etc/exim4/connect.acl"
	echo "  warn logwrite = asked about \$sender_host_address" \
		>"$1/etc/exim4/rcpt.acl"
	chroot "$1" update-exim4.conf
}

network() {
	ip netns add "$ns" && ip -n "$ns" link set lo up || return 1
	for a in 192.0.2.1/32 2001:db8::1/128 2001:db8:113::7/128 \
		2001:db8:113::8/128 2001:db8:113::9/128 2001:db8:113::a/128; do
		ip -n "$ns" addr add $a dev lo nodad 2>/dev/null
	done
	ip -n "$ns" route add local 203.0.113.0/24 dev lo
}

clean_up() {
	ip netns del "$ns" 2>/dev/null
	rm -rf "$work"
}

exim_root heavy
exim_copy "$work/exim" || skip "no copy of $exim"
exim_configure "$work/exim"
network || skip "no network namespaces here"
ip netns exec "$ns" chroot "$work/exim" exim4 -bdf -q30m >"$work/exim.log" 2>&1 &
pids=$!
FRONT=$build/lsrd-front W=$work PYTHONDONTWRITEBYTECODE=1 \
	ip netns exec "$ns" python3 "$top/t/system/behind.py" exim
