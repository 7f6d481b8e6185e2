# adopt.sh - what the tests share in which a Postfix that was there before is
# given lsrd's lines by README's commands alone, and left again. To be sourced
# by adopt-*.sh and long-adopt.sh; a shape is a function of that name.
#
# west1 is that site. What it does not know goes to its smart host, which is
# east1: `out.example` is delivered there.

. "$(dirname "$0")/lab.sh"

OUT=u@out.example

at() {
	"$lab" run west1 sh -c "$1"
}

# site PARAMETER=VALUE...: to west1's main.cf, as that site wrote it.
site() {
	"$lab" run west1 postconf -e "$@"
}

# service LINE...: to its master.cf.
service() {
	for line in "$@"; do
		"$lab" run west1 postconf -Me "$(echo "$line" | awk '{ print $1 "/" $2 }')=$line"
	done
}

# runs COMMAND: in west1, as long as it is on.
runs() {
	at "setsid $1 >/dev/null 2>&1 </dev/null &"
}

# --- the shapes ---------------------------------------------------------------

# several domains, all of virtual mailboxes, with aliases; every user is known
virtual() {
	site "mydestination = localhost" \
		"virtual_mailbox_domains = west1.example, shop.example" \
		"virtual_mailbox_maps = inline:{ u@west1.example=all/, sender@west1.example=all/, u@shop.example=all/ }" \
		"virtual_alias_domains = old.example" \
		"virtual_alias_maps = inline:{ info@west1.example=u@west1.example, u@old.example=u@shop.example }"
	here="u@west1.example info@west1.example u@shop.example u@old.example"
}

# users with names beyond ASCII write, and have mail
utf8() {
	site "smtputf8_enable = yes"
	extra=write_utf8 also=utf8_arrived
}

# an instance of its own for what leaves
instances() {
	at 'postmulti -e init && postmulti -e create -I postfix-out && cd /etc/postfix-out &&
		postconf -c . -e "master_service_disable =" "authorized_submit_users = root" \
			"relayhost = [east1.peer.example]" "smtp_host_lookup = native" \
			"mydestination =" "inet_interfaces = 127.0.0.1" "maillog_file = /var/log/out.log" &&
		postconf -c . -MX smtp/inet && postconf -c . -Me "2526/inet=2526 inet n - n - - smtpd" &&
		cp -r /var/spool/postfix/etc /var/spool/postfix/lib /var/spool/postfix-out/ 2>/dev/null
		postmulti -i postfix-out -e enable && postmulti -i postfix-out -p start'
	site "relayhost = [127.0.0.1]:2526"
}

# senders with smart hosts of their own by both maps, and encryption by policies
# for a domain and for the smart host
senders() {
	site "relayhost = [192.0.2.77]" \
		"sender_dependent_relayhost_maps = inline:{ { @west1.example = [east1.peer.example]:25 } }" \
		"sender_dependent_default_transport_maps = inline:{ { @list.example = smtp:[192.0.2.78] } }" \
		"smtp_tls_policy_maps = inline:{ { [east1.peer.example]:25 = encrypt } }"
	also=encrypted
}

# a mailbox server by LMTP
mailboxes() {
	site "mydestination = localhost" "virtual_mailbox_domains = west1.example" \
		"virtual_mailbox_maps = inline:{ u@west1.example=x, sender@west1.example=x }" \
		"virtual_transport = lmtp:inet:127.0.0.1:2424"
	runs "smtp-sink -L -u nobody -d /var/mail/lab/all/new/%s. 127.0.0.1:2424 100"
}

# a scanner by SMTP, here the second half of Postfix itself
filter() {
	site "content_filter = scan:[127.0.0.1]:10025"
	service "scan unix - - n - 2 smtp" \
		"127.0.0.1:10025 inet n - n - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8"
}

# a scanner by pipe, that gives mail back by sendmail(1)
piped() {
	at 'printf "#!/bin/sh\nexec /usr/sbin/sendmail -G -oi -f \"\$1\" -- \"\$2\"\n" >/etc/postfix/scan
		chmod 755 /etc/postfix/scan'
	service 'scan unix - n n - 4 pipe flags=Rq user=nobody null_sender= argv=/etc/postfix/scan ${sender} ${recipient}'
	"$lab" run west1 postconf -Pe smtp/inet/content_filter=scan:
}

# two milters of its own
milters() {
	for i in 1 2; do
		cp "$top/t/system/adopt_milter.py" "$("$lab" dir)/west1/root/root/milter.py"
		runs "/usr/bin/python3 /root/milter.py 889$i X-Scanned-$i"
	done
	site "smtpd_milters = inet:127.0.0.1:8891, inet:127.0.0.1:8892" \
		"non_smtpd_milters = inet:127.0.0.1:8891" "milter_default_action = tempfail"
	also=scanned
}

# postscreen before smtpd
screened() {
	service "smtp inet n - y - 1 postscreen" "smtpd pass - - y - - smtpd"
	site "postscreen_access_list = permit_mynetworks" "postscreen_greet_wait = 1s" \
		"postscreen_greet_action = enforce" "postscreen_cache_map = lmdb:\$data_directory/screen"
}

# a smart host that asks for a password, by TLS alone
smarthost() {
	site "relayhost = [east1.peer.example]:587" "smtp_sasl_auth_enable = yes" \
		"smtp_sasl_security_options = noanonymous" \
		"smtp_sasl_password_maps = inline:{ { [east1.peer.example]:587 = west1:secret } }" \
		"smtp_tls_policy_maps = inline:{ { [east1.peer.example]:587 = encrypt } }"
	also=encrypted
}

# domains that it relays, with their sub-domains and a list of recipients
relayed() {
	site "relay_domains = corp.example" \
		"transport_maps = inline:{ { corp.example = smtp:[east1.peer.example] }, { .corp.example = smtp:[east1.peer.example] } }" \
		"relay_recipient_maps = inline:{ u@corp.example=x, u@sub.corp.example=x }" \
		"smtpd_sender_restrictions = check_sender_access inline:{ spam.example=REJECT }" \
		"smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination"
	here="$here u@corp.example u@sub.corp.example"
	asked="$asked u@corp.example nobody@corp.example u@sub.corp.example"
}

soft() {
	site "soft_bounce = yes" "maximal_queue_lifetime = 2d" "hopcount_limit = 40"
}

# a client outside the chroot, with options of its own
options() {
	at 'postconf -Fe smtp/unix/chroot=n
		postconf -Pe smtp/unix/smtp_helo_timeout=90s smtp/inet/smtpd_error_sleep_time=0'
}

# --- adopted, and left ----------------------------------------------------------

# What the lab had put in is taken out: west1 is a site without lsrd, and its
# tables are those of lsrd-tables.service, without a route.
plain() {
	here=u@west1.example also='' extra='' extras=0
	# what strangers ask it for: who is here, who is not, what is not its own
	asked="u@west1.example nobody@west1.example x@elsewhere.example"
	"$lab" kill west1 lsrd
	"$lab" kill west1 milter
	at 'find /var/lib/lsrd -type f -delete
		setpriv --reuid _lsrd --regid _lsrd --clear-groups lsrd-publish --verify
		cd /etc/postfix && rm -f /etc/lsrd/postfix.before
		[ -e /root/lab.cf ] || {
			sed -i "/^# Lines for Postfix/,\$d" main.cf master.cf
			cp main.cf /root/lab.cf; cp master.cf /root/lab-master.cf; }
		cp /root/lab.cf main.cf; cp /root/lab-master.cf master.cf'
	site "relayhost = [east1.peer.example]" "smtp_host_lookup = native" \
		"local_recipient_maps = inline:{ u@west1.example=x, sender@west1.example=x }"
}

# east1 takes the mail of `out.example`, speaks TLS, and has port 587 for who
# has a password.
smart_host() {
	"$lab" run east1 sh -c 'cd /etc/postfix && postconf -e \
		"mydestination = east1.example, out.example, corp.example, sub.corp.example" \
		"smtpd_tls_security_level = may" "smtpd_tls_received_header = yes" \
		"smtpd_tls_cert_file = /etc/postfix/tls.pem" \
		"smtpd_tls_key_file = /etc/postfix/tls.pem" &&
		postconf -Me "587/inet=587 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_sasl_local_domain=lab -o smtpd_client_restrictions=permit_sasl_authenticated,reject -o smtpd_tls_security_level=encrypt" &&
		mkdir -p sasl && printf "%s\n" "pwcheck_method: auxprop" "auxprop_plugin: sasldb" \
			"mech_list: PLAIN" >sasl/smtpd.conf &&
		{ echo secret | saslpasswd2 -p -c -u lab west1 && chgrp postfix /etc/sasldb2
		chmod 640 /etc/sasldb2; }
		openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=east1.peer.example \
			-keyout tls.key -out tls.crt && cat tls.key tls.crt >tls.pem &&
		postfix reload' >/dev/null 2>&1
}

# main.cf but for comments and the folding of lines, and master.cf as it is read
settings() {
	at 'sed "/^#/d; /^[[:space:]]*$/d" /etc/postfix/main.cf |
		awk "/^[ \t]/ { line = line \$0; next } line { print line } { line = \$0 } END { print line }" |
		sed "s/[[:space:]]\{1,\}/ /g"
		postconf -M; postconf -P'
}

commands() {
	at "lsrctl check $1 | sed -n 's/^ *\\(postconf .*\\)/\\1/p'"
}

# README's third step, until there is nothing left of it; then its fourth.
adopt() {
	for i in 1 2 3 4 5; do
		commands "" >"/tmp/$LAB.commands"
		[ -s "/tmp/$LAB.commands" ] || break
		at "$(cat "/tmp/$LAB.commands")
			postfix reload"
	done
	[ ! -s "/tmp/$LAB.commands" ] || {
		echo "after $i times there is still:"
		cat "/tmp/$LAB.commands"
		return 1
	}
	"$lab" start west1 lsrd && "$lab" start west1 milter
}

checked() {
	"$lab" run west1 lsrctl check
}

leave() {
	commands --undo >"/tmp/$LAB.commands"
	[ -s "/tmp/$LAB.commands" ] || return 1
	at "$(cat "/tmp/$LAB.commands")
		postfix reload"
	"$lab" kill west1 lsrd && "$lab" kill west1 milter
}

as_before() {
	settings >"/tmp/$LAB.after"
	diff "/tmp/$LAB.before" "/tmp/$LAB.after"
}

answers() {
	"$lab" rcpt west1 $asked | sed 's/^\([0-9]*\) .* /\1 /'
}

answers_as_before() {
	is "$(answers)" "$(cat "/tmp/$LAB.answers")"
}

# mail SECONDS: both ways, from outside and within, in the background.
mail() {
	count=$(($1 * 4))
	for line in "east1 u@west1.example" "west2 u@west1.example" \
		"west1 u@east1.example $OUT $here"; do
		"$lab" send $line -n "$count" -r 4 &
		loads="$loads $!"
		offered=$((offered + count))
	done
	$extra
}

write_utf8() {
	at 'printf "%s\n" "From: grün@west1.example" "To: übung@east1.example" "X-Utf8: yes" "" |
		sendmail -f grün@west1.example übung@east1.example'
	extras=$((extras + 1))
}

utf8_arrived() {
	soon eval 'is "$(grep -l "^X-Utf8: yes" $(from_west1) | wc -l)" "$extras"'
}

arrived() {
	emptied west1 west2 east1
	all_arrived
}

# from_west1: the messages at east1 that west1 gave it.
from_west1() {
	grep -l '^Received: from west1' "$("$lab" dir)"/east1/root/var/mail/lab/all/new/* >"/tmp/$LAB.from"
	[ -s "/tmp/$LAB.from" ] && cat "/tmp/$LAB.from"
}

# Nothing came in clear that was encrypted.
encrypted() {
	clear=''
	for file in $(from_west1 || echo none); do
		grep -A1 '^Received: from west1' "$file" | grep -q 'using TLS' || clear="$clear $file"
	done
	is "$clear" ''
}

# The site's own milters have seen each message.
scanned() {
	for header in X-Scanned-1 X-Scanned-2; do
		is "$(from_west1 | xargs grep -L "^$header: yes")" '' || return 1
	done
}

# shape NAME: nine results, or ten.
shape() {
	plain
	"$1"
	at 'postfix reload' >/dev/null 2>&1
	settings >"/tmp/$LAB.before"
	answers >"/tmp/$LAB.answers"
	mail 1 && wait_load
	ok "$1: mail before" arrived
	mail 8
	ok "$1: README's commands come to an end" adopt
	ok "$1: every server knows every route" full
	ok "$1: check finds nothing" soon checked
	ok "$1: strangers are answered as before" soon answers_as_before
	wait_load
	mail 1 && wait_load
	ok "$1: mail while it is adopted, and after" arrived
	mail 4
	ok "$1: it is left" leave
	ok "$1: all is as it was" as_before
	wait_load
	mail 1 && wait_load
	ok "$1: nothing lost, nothing bounced" arrived
	[ -z "$also" ] || ok "$1: $also" "$also"
}
