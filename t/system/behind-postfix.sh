#!/bin/sh
# behind-postfix.sh - Postfix behind lsrd-front by the lines of conf/postfix,
# smtpd at 127.0.0.1:2525 and postscreen at :2526: whom do its logs, Received
# lines, policy services and rate limits take a client for?

. "${top_srcdir:-.}/t/system/front-setup.sh"

why=$(fs_need)
[ -z "$why" ] || skip "$why"

conf() {
	pf_conf
	pf_no_tables
	sed -i '/lsrd\/postfix\//d' "$W/etc/main.cf"
	cat >>"$W/etc/main.cf" <<-END
	inet_interfaces = 127.0.0.1, [::1], 192.0.2.1
	mynetworks = 127.0.0.0/8 [::1]/128
	local_transport = virtual
	virtual_mailbox_domains =
	virtual_mailbox_base = $W/mail
	virtual_mailbox_maps = static:all/
	virtual_uid_maps = static:65534
	virtual_gid_maps = static:65534
	virtual_minimum_uid = 1
	smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:2599
	smtpd_client_connection_rate_limit = 5
	postscreen_greet_wait = 1s
	postscreen_access_list = permit_mynetworks, cidr:$W/etc/servers.cidr
	postscreen_cache_map = lmdb:$W/data/postscreen
	END
	front=$top_srcdir/conf/postfix
	{
		echo "virtual unix - n n - - virtual"
		cat "$front/front-master.cf"
		sed 's/^127.0.0.1:2525/127.0.0.1:2526/' "$front/front-postscreen.cf"
		# the same on the other loopback
		sed '/^#/d; s/^127.0.0.1:/[::1]:/' "$front/front-master.cf"
	} >>"$W/etc/master.cf"
	printf '%s permit\n' 203.0.113.8 2001:db8:113::8 >"$W/etc/servers.cidr"
	mkdir -p "$W/mail/all"
	chown 65534:65534 "$W/mail/all"
}

pf_begin
for a in 2001:db8::1 2001:db8:113::7 2001:db8:113::8 2001:db8:113::9 \
	2001:db8:113::a; do
	ip -n $NS addr add $a/128 dev lo nodad
done
ip -n $NS route add local 203.0.113.0/24 dev lo
conf
in_ns postfix -c "$W/etc" start >"$W/start.log" 2>&1 || {
	sed 's/^/# /' "$W/start.log"
	echo "Bail out! Postfix does not start"
	exit 1
}
fs_python "$top_srcdir/t/system/behind.py" postfix
