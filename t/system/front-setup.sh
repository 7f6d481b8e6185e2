# front-setup.sh - a private Postfix with two smtpd: one that is asked
# directly, one behind lsrd-front. Sourced, after it:
#
#   fs_need        says why the tests cannot run here, or nothing
#   fs_begin       $W the scratch folder, $NS the namespace, Postfix up
#   fs_python X... runs a Python program in the namespace, with FRONT, W
#
# At 192.0.2.1: port 25 is Postfix's, 127.0.0.1:2525 the one behind; the
# programs start lsrd-front themselves. 203.0.113.7 is a stranger's address,
# .8 a listed peer's.

. "${top_srcdir:-.}/t/system/postfix.sh"

fs_need() {
	pf_need
	[ -x "$top_builddir/lsrd-front" ] || echo "no lsrd-front here"
	command -v python3 >/dev/null || echo "needs python3"
}

fs_conf() {
	pf_conf
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
	cat "$top_srcdir/conf/postfix/front-master.cf" >>"$W/etc/master.cf"
}

fs_begin() {
	pf_begin
	for a in 203.0.113.7/32 203.0.113.8/32; do
		ip -n $NS addr add $a dev lo
	done
	fs_conf
	in_ns postfix -c "$W/etc" start >"$W/start.log" 2>&1 ||
		{ cat "$W/start.log"; return 1; }
	chmod 755 "$W"
}

fs_python() {
	FRONT=${FRONT:-$top_builddir/lsrd-front} W=$W \
		PYTHONDONTWRITEBYTECODE=1 in_ns python3 "$@"
}
