# front-setup.sh - a private Postfix with two smtpd: one that is asked
# directly, one behind lsrd-front. Sourced, after it:
#
#   fs_need        says why the tests cannot run here, or nothing
#   fs_begin       $W the scratch folder, $NS the namespace, Postfix up
#   fs_python X... runs a Python program in the namespace, with FRONT, W
#
# At 192.0.2.1: port 25 is Postfix's, 127.0.0.1:2525 the one behind; the
# programs start lsrd-front themselves. 203.0.113.7 is a stranger's address,
# as 2001:db8:113::7 is, 203.0.113.8 a listed peer's.

. "${top_srcdir:-.}/t/system/postfix.sh"

fs_need() {
	pf_need
	[ -x "$top_builddir/lsrd-front" ] || echo "no lsrd-front here"
	command -v python3 >/dev/null || echo "needs python3"
}

fs_conf() {
	pf_conf
	pf_no_tables
	sed -i '/lsrd\/postfix\//d' "$W/etc/main.cf"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mx1 \
		-keyout "$W/etc/tls.pem" -out "$W/etc/cert.pem" 2>/dev/null
	cat "$W/etc/cert.pem" >>"$W/etc/tls.pem"
	cat >>"$W/etc/main.cf" <<-END
	smtpd_forbidden_commands =
	smtpd_forbid_bare_newline = yes
	smtpd_forbid_bare_newline_exclusions =
	smtpd_tls_chain_files = $W/etc/tls.pem
	smtpd_tls_security_level = may
	smtpd_error_sleep_time = 0
	smtpd_hard_error_limit = 1000
	smtpd_junk_command_limit = 1000
	smtpd_client_connection_count_limit = 0
	smtpd_helo_required = yes
	default_process_limit = 60
	END
	echo "tlsmgr unix - - n 1000? 1 tlsmgr" >>"$W/etc/master.cf"
	# The snippet itself is what is tested.
	cat "$top_srcdir/conf/postfix/front-master.cf" \
		"$top_srcdir/conf/postfix/front-pass.cf" >>"$W/etc/master.cf"
}

# AUTH, when the programs for it are here. Debian's Postfix looks for its
# files beside main.cf.
fs_sasl() {
	mkdir "$W/etc/sasl"
	cat >"$W/etc/sasl/smtpd.conf" <<-END
	pwcheck_method: auxprop
	auxprop_plugin: sasldb
	sasldb_path: $W/etc/sasl/db
	mech_list: PLAIN LOGIN CRAM-MD5
	END
	echo Geheim-7f3a91 | saslpasswd2 -f "$W/etc/sasl/db" -c -p \
		-u mx1.london.example.org auth 2>/dev/null || return 0
	chown postfix "$W/etc/sasl/db"
	echo "smtpd_sasl_auth_enable = yes" >>"$W/etc/main.cf"
}

fs_begin() {
	pf_begin
	for a in 203.0.113.7/32 203.0.113.8/32 2001:db8::1/128 \
		2001:db8:113::7/128; do
		ip -n $NS addr add $a dev lo nodad 2>/dev/null
	done
	fs_conf
	fs_sasl
	in_ns postfix -c "$W/etc" start >"$W/start.log" 2>&1 ||
		{ cat "$W/start.log"; return 1; }
	chmod 755 "$W" "$W/spool" "$W/spool/public"
}

fs_sanitized() {
	grep -q __asan_init "${FRONT:-$top_builddir/lsrd-front}" && echo yes
}

fs_python() {
	FRONT=${FRONT:-$top_builddir/lsrd-front} W=$W SANITIZED=$(fs_sanitized) \
		PYTHONDONTWRITEBYTECODE=1 in_ns python3 "$@"
}
