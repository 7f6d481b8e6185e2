#!/bin/sh
# long-certificate.sh - London verifies who Paris is, by next hops that are names and a
# policy for that one. Once Paris shows the certificate of another, Postfix sends it
# nothing; its log tells that, London's lsrd calls the link down, and mail takes the
# other way, which is no alternate before. LSRD_LAB_EXIM=london: the same of an Exim.
# Postfix by DANE as well: a key that is not that of the TLSA record.

. "$(dirname "$0")/lab.sh"
skip_unless_able
need openssl
plan 16

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

# What lsrd-postfix(7) and lsrd-exim(7) say, TLS BETWEEN SITES.
verifies() {
	if [ "$mta" = exim ]; then
		"$lab" run london sh -c 'cat >/etc/exim4/authority.pem' <"$W/ca"
		london sh -c 'printf "  %s\n" "hosts_require_tls = paris.lab.example" \
				"tls_verify_certificates = /etc/exim4/authority.pem" \
				"tls_verify_hosts = paris.lab.example" "tls_verify_cert_hostnames = *" \
				>>/etc/exim4/lsrd/transports
			update-exim4.conf'
		return
	fi
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
		[ "$(mta_of $node)" = exim ] || "$lab" run "$node" sh -c 'postconf -e smtp_host_lookup=native; postfix reload'
	done
}

# logged POSTFIX EXIM: London's mail server says that, as a regular expression.
logged() {
	if [ "$mta" = exim ]; then
		london grep -q "$2" /var/log/exim4/mainlog
	else
		london grep -q "$1" /var/log/mail.log
	fi
}

named() {
	if [ "$mta" = exim ]; then
		london exim4 -bt u@paris.example | grep 'host paris.lab.example'
	else
		london postmap -q paris.example lmdb:/var/lib/lsrd/postfix/transport |
			grep -x 'lsrd:\[paris.lab.example\]:25'
	fi
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
mta=$(mta_of london)
native >"$W/native" 2>&1
shows paris.lab.example >"$W/shows" 2>&1
verifies >"$W/verifies" 2>&1
ok "every server learns every route" "$lab" full
ok "next hops are names" named
[ "$mta" = exim ] || london sh -c 'setsid lsrd-maillog -u _lsrd -F /var/log/mail.log \
	>/var/log/lsrd-maillog.log 2>&1 </dev/null &'
"$lab" send london u@paris.example -n 2
ok "mail goes there, and Paris is Paris" soon logged \
	'Verified TLS connection established to paris.lab.example' '=> u@.* X=TLS.* CV=yes'
shows other.lab.example >"$W/shows" 2>&1
"$lab" send london u@paris.example -n 8
ok "another certificate: it says that this is not verified" soon logged \
	'status=deferred (Server certificate not verified)' 'certificate verification failed'
ok "the link is down, by what mail told" soon down
ok "lsrd's log says so" soon log_has 'link-state: .*to=down, reason=mail-refused'
ok "London turns to the other way" goes london paris.example '^lsrd:\[*tokyo'
ok "what waited takes it" emptied london
ok "every message arrived once" all_arrived
ok "nothing has bounced" not logged 'status=bounced' '[*][*] u@'

# --- by DANE

[ "$mta" != exim ] || {
	for what in 1 2 3 4 5 6; do skip_case "DANE" "Exim has none for these next hops"; done
	exit 0
}

# A resolver that says of all its answers that they were verified, for London alone:
# addresses of /etc/hosts, and the record in /etc/tlsa.
resolver() {
	london sh -c 'cat >/etc/resolver.py
		echo nameserver 127.0.0.1 >/etc/resolv.conf
		cp /etc/resolv.conf /var/spool/postfix/etc/
		setsid python3 /etc/resolver.py >/var/tmp/resolver.out 2>&1 </dev/null &' <<'END'
import socket, struct

A, NS, TLSA = 1, 2, 52
VERIFIED = 0x81A0  # an answer, recursion, AD

def hosts(name):
    with open("/etc/hosts", encoding="ascii") as file:
        return [line.split()[0] for line in file
                if name in line.split()[1:] and ":" not in line]

def records(name, kind):
    if kind == A:
        return [socket.inet_aton(one) for one in hosts(name)]
    if kind == NS and name == "":
        return [b"\1a\0"]
    if kind == TLSA and name == "_25._tcp.paris.lab.example":
        with open("/etc/tlsa", encoding="ascii") as file:
            return [b"\3\1\1" + bytes.fromhex(file.read())]
    return []

def answer(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    found = records(".".join(labels).lower(), kind)
    return query[:2] + struct.pack(">HHHHH", VERIFIED, 1, len(found), 0, 0) + \
        query[12:at + 5] + b"".join(struct.pack(">HHHIH", 0xC00C, kind, 1, 5, len(one)) + one
                                    for one in found)

port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind(("127.0.0.1", 53))
while True:
    asked, whence = port.recvfrom(4096)
    port.sendto(answer(asked), whence)
END
}

# The record of what Paris shows now.
tlsa() {
	openssl x509 -in "$W/cert" -noout -pubkey | openssl pkey -pubin -outform DER |
		sha256sum | cut -d' ' -f1 | "$lab" run london sh -c 'cat >/etc/tlsa'
}

# lsrd-postfix(7) again, with a policy for Paris alone.
by_dane() {
	london sh -c '
		echo "[paris.lab.example]:25 dane-only" >/etc/postfix/sites
		postconf -Pe lsrd/unix/smtp_dns_support_level=dnssec lsrd/unix/smtp_host_lookup=dns
		postfix reload
		wc -l </var/log/mail.log >/var/tmp/lines'
}

# since REGEX: Postfix has said that since then.
since() {
	london sh -c 'tail -n "+$(($(cat /var/tmp/lines) + 1))" /var/log/mail.log | grep -q "$1"' sh "$1"
}

shows paris.lab.example >"$W/shows" 2>&1
tlsa
resolver
by_dane >"$W/dane" 2>&1
# what mail had told of the other certificate is forgotten with the process
"$lab" kill london lsrd
"$lab" start london lsrd
ok "the way to Paris is open again" goes london paris.example '^lsrd:\[*paris'
"$lab" send london u@paris.example -n 2
ok "its key is that of the record" soon since \
	'Verified TLS connection established to paris.lab.example'
shows paris.lab.example >"$W/shows" 2>&1
"$lab" send london u@paris.example -n 8
ok "another key is not verified" soon since \
	'status=deferred (Server certificate not \(verified\|trusted\))'
ok "the link is down, by what mail told" soon down
ok "London turns to the other way" goes london paris.example '^lsrd:\[*tokyo'
ok "what waited takes it" emptied london
