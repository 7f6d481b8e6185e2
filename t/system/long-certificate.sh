#!/bin/sh
# long-certificate.sh - London verifies who Paris is, by next hops that are names and a
# policy for that one. Once Paris shows the certificate of another, Postfix sends it
# nothing; its log tells that, London's lsrd calls the link down, and mail takes the
# other way, which is no alternate before.

. "$(dirname "$0")/lab.sh"
skip_unless_able
need openssl
plan 10

LSRD_LAB_CONF="$LSRD_LAB_CONF
next-hop = name"
export LSRD_LAB_CONF

london() {
	"$lab" run london "$@"
}

# shows NAME: Paris shows a certificate for that name, by the authority of all.
shows() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$W/key" \
		-addext "subjectAltName=DNS:$1" -out "$W/req" 2>/dev/null &&
		openssl x509 -req -in "$W/req" -CA "$W/ca" -CAkey "$W/ca-key" -days 2 \
			-set_serial 7 -copy_extensions copy -out "$W/cert" 2>/dev/null &&
		cat "$W/key" "$W/cert" | "$lab" run paris sh -c \
			'umask 077; cat >/etc/postfix/chain.pem
			postconf -e smtpd_tls_chain_files=/etc/postfix/chain.pem smtpd_tls_security_level=may
			postfix reload'
}

# What lsrd-postfix(7) says, TLS BETWEEN SITES.
verifies() {
	"$lab" run london sh -c 'cat >/etc/postfix/authority.pem' <"$W/ca"
	london sh -c '
		echo "[paris.lab.example]:25 secure match=paris.lab.example" >/etc/postfix/sites
		postconf -Pe "lsrd/unix/smtp_tls_CAfile=/etc/postfix/authority.pem" \
			"lsrd/unix/smtp_tls_loglevel=1" \
			"lsrd/unix/smtp_tls_policy_maps=texthash:/etc/postfix/sites"
		postfix reload'
}

native() {
	for node in london paris tokyo; do
		"$lab" run "$node" sh -c 'postconf -e smtp_host_lookup=native; postfix reload'
	done
}

logged() {
	london grep -q "$1" /var/log/mail.log
}

down() {
	london lsrctl links --json | grep '"connector":"london-paris"' |
		grep '"state":"down"' | grep '"reason":"mail-refused"'
}

log_has() {
	london grep -q "$1" /var/log/lsrd.log
}

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=authority -days 2 \
	-keyout "$W/ca-key" -out "$W/ca" 2>/dev/null
# Tokyo reaches Paris by London: London's list for Paris has no alternate
sed -e '/london-tokyo\|tokyo-london/s/"cost": 20/"cost": 1/' \
	-e '/paris-tokyo\|tokyo-paris/s/"cost": 2}/"cost": 20}/' \
	"$top/t/labtool/triangle.json" >"$W/lab.json"
lab_up "$W/lab.json"
native >"$W/native" 2>&1
shows paris.lab.example >"$W/shows" 2>&1
verifies >"$W/verifies" 2>&1
ok "every server learns every route" "$lab" full
ok "next hops are names" sh -c "'$lab' run london postmap -q paris.example \
	lmdb:/var/lib/lsrd/postfix/transport | grep -x 'lsrd:\[paris.lab.example\]:25'"
london sh -c 'setsid lsrd-maillog -u _lsrd -F /var/log/mail.log \
	>/var/log/lsrd-maillog.log 2>&1 </dev/null &'
"$lab" send london u@paris.example -n 2
ok "mail goes there, and Paris is Paris" soon logged \
	'Verified TLS connection established to paris.lab.example'
shows other.lab.example >"$W/shows" 2>&1
"$lab" send london u@paris.example -n 8
ok "another certificate: Postfix says it is not verified" soon logged \
	'status=deferred (Server certificate not verified)'
ok "the link is down, by what mail told" soon down
ok "lsrd's log says so" soon log_has 'link-state: .*to=down, reason=mail-refused'
ok "London turns to the other way" goes london paris.example '^lsrd:.tokyo'
ok "what waited takes it" emptied london
ok "every message arrived once" all_arrived
ok "nothing has bounced" not london grep -q 'status=bounced' /var/log/mail.log
