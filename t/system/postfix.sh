# postfix.sh - a private, real Postfix in a network namespace of its own, for
# the tests beside it. Sourced. Nothing outside the scratch folder is read or
# written, and no process but our own is ended.
#
#   pf_need            says why the tests cannot run here, or nothing
#   pf_begin           $W the scratch folder, $NS the namespace, the drive
#   pf_start           Postfix up; its port 25 at 192.0.2.1 and 127.0.0.1
#   drive LINE...      to publish_drive; prints its answer
#   smtp RCPT [FROM]   the answer to RCPT of a client that is a stranger
#   send RCPT [FROM]   a message by sendmail's way: queued without smtpd
#
# Mail sinks listen at 198.51.100.5, .6 and [2001:db8:2::6], port 25, and
# write what they get to $W/sink.5, sink.6, sink.v6.

. "$(dirname "$0")/../tap.sh"
NS=''

pf_need() {
	[ "$(id -u)" = 0 ] || { echo "needs root"; return; }
	for p in postfix postconf postmap smtp-sink ip perl; do
		PATH=$PATH:/usr/sbin command -v $p >/dev/null ||
			{ echo "needs $p"; return; }
	done
	postconf -m | grep -q '^lmdb$' || { echo "needs postfix-lmdb"; return; }
	ip netns add "lsrdt$$" 2>/dev/null ||
		{ echo "needs network namespaces"; return; }
	ip netns del "lsrdt$$"
}

pf_begin() {
	PATH=$PATH:/usr/sbin:/sbin
	NS=lsrdt$$
	chmod 755 "$W"
	ip netns add $NS
	ip -n $NS link set lo up
	for a in 192.0.2.1/32 198.51.100.5/32 198.51.100.6/32 \
		2001:db8:2::6/128; do
		ip -n $NS addr add $a dev lo nodad 2>/dev/null ||
			ip -n $NS addr add $a dev lo
	done
	mkdir "$W/etc" "$W/spool" "$W/data" "$W/lsrd" "$W/sink"
	chmod 777 "$W/sink"
	chown postfix "$W/data"
	mkfifo "$W/to" "$W/from"
	ip netns exec $NS "$top_builddir/t/system/publish_drive" \
		"${PUBLISHER:-$top_builddir/lsrd-publish}" "$W/lsrd" lab \
		<"$W/to" >"$W/from" 2>"$W/drive.log" &
	pids="$pids $!"
	exec 8>"$W/to" 9<"$W/from"
}

in_ns() {
	ip netns exec $NS "$@"
}

pf_conf() {
	cat >"$W/etc/main.cf" <<-EOF
	compatibility_level = 3.6
	queue_directory = $W/spool
	data_directory = $W/data
	maillog_file = $W/mail.log
	maillog_file_prefixes = $W
	myhostname = mx1.london.example.org
	mydestination = \$myhostname
	local_transport = discard
	local_recipient_maps =
	default_transport = discard:default
	inet_interfaces = 127.0.0.1, 192.0.2.1
	inet_protocols = all
	mynetworks = 127.0.0.0/8
	smtpd_peername_lookup = no
	smtp_dns_support_level = disabled
	smtp_host_lookup = native
	alias_maps =
	alias_database =
	multi_instance_wrapper =
	in_flow_delay = 0
	smtpd_error_sleep_time = 0
	address_verify_poll_delay = 1s
	EOF
	# A wrong answer of ours is to be final here.
	sed -e "s,/var/lib/lsrd,$W/lsrd,g" -e 's/defer_unauth/reject_unauth/' \
		"$top_srcdir/conf/postfix/main.cf" >>"$W/etc/main.cf"
	cat >"$W/etc/master.cf" <<-EOF
	25 inet n - n - - smtpd
	pickup unix n - n 60 1 pickup
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	verify unix - - n - 1 verify
	flush unix n - n 1000? 0 flush
	showq unix n - n - - showq
	proxymap unix - - n - - proxymap
	smtp unix - - n - - smtp
	relay unix - - n - - smtp
	error unix - - n - - error
	retry unix - - n - - error
	discard unix - - n - - discard
	anvil unix - - n - 1 anvil
	scache unix - - n - 1 scache
	postlog unix-dgram n - n - 1 postlogd
	EOF
	sed "s,/usr/share/lsrd,$W/etc,g" \
		"$top_srcdir/conf/postfix/master.cf" >>"$W/etc/master.cf"
	cp "$top_srcdir/conf/postfix/route-refused.regexp" "$W/etc"
	sed -i 's/^\(lsrd *unix *- *- *\)y/\1n/' "$W/etc/master.cf"
}

# Where nothing is published: who may send on is not asked of tables of ours.
pf_no_tables() {
	postconf -c "$W/etc" -e "smtpd_relay_restrictions = permit_mynetworks, \
permit_sasl_authenticated, reject_unauth_destination"
}

pf_start() {
	pf_conf
	for s in 5:198.51.100.5 6:198.51.100.6 v6:2001:db8:2::6; do
		a=${s#*:}
		case $a in *:*) a="inet:[$a]:25" ;; *) a="inet:$a:25" ;; esac
		ip netns exec $NS smtp-sink -u nobody \
			-d "$W/sink/${s%%:*}." "$a" 64 \
			>>"$W/sink.log" 2>&1 8>&- 9<&- &
		pids="$pids $!"
	done
	# who reads a main.cf that was changed just now waits two seconds
	touch -d '1 hour ago' "$W/etc/main.cf"
	in_ns postfix -c "$W/etc" start >"$W/start.log" 2>&1 8>&- 9<&- ||
		{ cat "$W/start.log"; return 1; }
}

clean_up() {
	[ -n "$NS" ] || return
	exec 8>&- 9<&-
	[ -f "$W/etc/main.cf" ] &&
		in_ns postfix -c "$W/etc" stop >/dev/null 2>&1
	ip netns del $NS 2>/dev/null
}

drive() {
	for l in "$@"; do
		echo "$l" >&8
	done
	echo go >&8
	read -r answer <&9 || answer="the drive has died"
	echo "$answer"
}

resolve() {
	"$top_builddir/t/system/resolve_load" "$W/spool/private/rewrite" "$1"
}

# RCPT of a stranger: he comes from 198.51.100.5, which is not in mynetworks.
smtp() {
	# shellcheck disable=SC2016
	in_ns perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(PeerAddr => "192.0.2.1:25",
		    LocalAddr => "198.51.100.5", Timeout => 20) or die;
		sub answer { my $l; do { $l = <$s> // "closed\n" }
		    while ($l =~ /^\d\d\d-/); return $l }
		answer();
		for ("EHLO c.example", "MAIL FROM:<$ARGV[1]>",
		    "RCPT TO:<$ARGV[0]>") {
			print $s "$_\r\n"; $last = answer();
		}
		print $s "QUIT\r\n"; $last =~ s/\r?\n//; print "$last\n"
	' "$1" "${2-s@stranger.example}"
}

send() {
	printf 'Subject: x\n\nbody\n' |
		in_ns sendmail -C "$W/etc" -i \
			-f "${2:-s@mx1.london.example.org}" "$1"
}

# has PATTERN: the mail log has such a line
has() {
	grep -q -- "$1" "$W/mail.log"
}
