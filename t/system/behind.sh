# behind.sh - Debian's Exim behind lsrd-front by the lines of conf/exim, in a
# root and a network namespace of its own. To be sourced, after exim.sh.
#
#   behind_begin       $ns the namespace, $work/exim the root, Exim up
#   behind_python X... a Python program there, with FRONT, W
#
# At 192.0.2.1 port 25 is Exim's, 127.0.0.1:2525 what is behind; the programs
# start lsrd-front themselves.

ns=lsrdx$$

# What an administrator would do: conf/exim's lines, and those of the test.
# Ports of loopback, and the one that is asked without lsrd-front.
behind_configure() {
	for line in "dc_eximconfig_configtype='internet'" \
		"dc_other_hostnames='mx1.london.example.org'" \
		"dc_local_interfaces='127.0.0.1.2525 ; ::1.2525 ; 127.0.0.1.25 ; 192.0.2.1.25'"; do
		sed -i "s/^${line%%=*}=.*/$line/" "$1/etc/exim4/update-exim4.conf.conf"
	done
	cat >"$1/etc/exim4/exim4.conf.localmacros" "$top/conf/exim/front.localmacros" - <<-'END'
		MAIN_HARDCODE_PRIMARY_HOSTNAME = mx1.london.example.org
		MAIN_TLS_ENABLE = yes
		CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/rcpt.acl
		acl_smtp_connect = /etc/exim4/connect.acl
		smtp_accept_max = 200
	END
	printf '%s\n' "  accept hosts = <; 203.0.113.7 ; 203.0.113.11 ; 2001:db8:113::7" \
		"  defer message = too many connections" \
		"    ratelimit = 5 / 1m / per_conn / strict" "  accept" \
		>"$1/etc/exim4/connect.acl"
	printf '%s\n' "  deny message = not from there" \
		"    hosts = <; 203.0.113.12 ; 2001:db8:113::c" \
		"  warn logwrite = asked about \$sender_host_address" \
		>"$1/etc/exim4/rcpt.acl"
	echo "a: :blackhole:" >>"$1/etc/aliases"
	behind_auth "$1/etc/exim4/exim4.conf.template"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mx1 \
		-keyout "$1/etc/exim4/exim.key" -out "$1/etc/exim4/exim.crt" 2>/dev/null
	chroot "$1" sh -c 'chgrp Debian-exim /etc/exim4/exim.key &&
		chmod 640 /etc/exim4/exim.key && update-exim4.conf'
}

# Who can log in: front_sessions.py's USER.
behind_auth() {
	cat >"$work/auth" <<-'END'
		test_plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = ${if and{{eq{$auth2}{auth@mx1.london.example.org}}{eq{$auth3}{Geheim-7f3a91}}}}
		  server_set_id = $auth2
		test_login:
		  driver = plaintext
		  public_name = LOGIN
		  server_prompts = <| Username: | Password:
		  server_condition = ${if and{{eq{$auth1}{auth@mx1.london.example.org}}{eq{$auth2}{Geheim-7f3a91}}}}
		  server_set_id = $auth1
		test_cram:
		  driver = cram_md5
		  public_name = CRAM-MD5
		  server_secret = ${if eq{$auth1}{auth@mx1.london.example.org}{Geheim-7f3a91}fail}
		  server_set_id = $auth1
	END
	sed -i "/^begin authenticators/r $work/auth" "$1"
}

behind_network() {
	ip netns add "$ns" && ip -n "$ns" link set lo up || return 1
	for a in 192.0.2.1/32 2001:db8::1/128 2001:db8:113::7/128 \
		2001:db8:113::8/128 2001:db8:113::9/128 2001:db8:113::a/128 \
		2001:db8:113::c/128; do
		ip -n "$ns" addr add $a dev lo nodad 2>/dev/null
	done
	ip -n "$ns" route add local 203.0.113.0/24 dev lo
}

behind_end() {
	ip netns del "$ns" 2>/dev/null
	rm -rf "$work"
}

behind_begin() {
	exim_root heavy
	exim_copy "$work/exim" || skip "no copy of $exim"
	behind_configure "$work/exim"
	behind_network || skip "no network namespaces here"
	ip netns exec "$ns" chroot "$work/exim" exim4 -bdf -q30m >"$work/exim.log" 2>&1 &
	pids=$!
}

behind_python() {
	FRONT=$build/lsrd-front W=$work PYTHONDONTWRITEBYTECODE=1 \
		ip netns exec "$ns" python3 "$@"
}
