#!/bin/sh
# adopt-field.sh - what administrators of mail servers ran into, one after
# another, with the main.cf of such a site at west1 (t/CASES has the list).

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 31

west() {
	"$lab" run west1 "$@"
}

at() {
	west sh -c "$1"
}

east() {
	"$lab" run east1 sh -c "$1"
}

failed() {
	west lsrctl links
	west lsrctl routes
	west tail -n 40 /var/log/lsrd.log
	west tail -n 15 /var/log/mail.log
}

# log NODE REGEX: lines of Postfix's log there.
log() {
	"$lab" run "$1" grep -c "$2" /var/log/mail.log
}

check() {
	west lsrctl check >"$W/out"
	cat "$W/out"
}

# silent REGEX: check has no line of it.
silent() {
	check | grep "$1" | grep . && return 1
	true
}

named() {
	check | grep -q "$1"
}

# given FROM TO...: a message each by sendmail(1), beside the lab's ledger.
given() {
	from=$1
	shift
	for to in "$@"; do
		"$lab" run "$from" sh -c "printf 'Subject: field\n\nx\n' | sendmail -i '$to'"
	done
}

# status NODE TO WANTED: what the log says became of the last message to him.
status() {
	"$lab" run "$1" sed -n "s/.*to=<$2>.*, status=\([a-z]*\) (\(.*\)/\1 \2/p" \
		/var/log/mail.log | tail -n 1 | grep "^$3" || {
		"$lab" run "$1" grep "to=<$2>" /var/log/mail.log
		return 1
	}
}

# mend: what check prints, run as README has it.
mend() {
	check | sed -n 's/^ *\(postconf .*\)/\1/p' >"$W/mend"
	at "$(cat "$W/mend")
		postfix reload" 2>/dev/null
}

U=xn--bcher-kva.example
sed -e "s|\"address_spaces\": \[|& {\"pattern\": \"lists.west1.example\", \"server\": \"west1.peer.example\"}, \
{\"pattern\": \".west1.example\", \"server\": \"east1.peer.example\"}, \
{\"pattern\": \"$U\", \"server\": \"east1.peer.example\"},|" \
	"$top/t/labtool/two-sites.json" >"$W/json"
lab_up "$W/json"
T=/var/lib/lsrd/postfix
ok "every server learns every route" full

# --- a list domain that the site delivers by an entry of its own (A02) --------
at 'postconf -e "mydestination = west1.example" \
		"transport_maps = lmdb:'$T'/transport, texthash:/etc/postfix/own" \
		"relay_domains = lmdb:'$T'/domains, lists.west1.example"
	postconf -Me "lists/unix=lists unix - n n - - pipe user=nobody argv=/bin/sh -c {cat >/tmp/list.\$\$\$\$}"
	echo "lists.west1.example lists:" >/etc/postfix/own
	postfix reload && lsrctl reload' >/dev/null 2>&1
ok "the site's own entry is not hidden" goes west1 lists.west1.example '(none|no key|: *)$'
given east1 list@lists.west1.example
listed() {
	at 'grep -l "^Subject: field" /tmp/list.*'
}
ok "its list has the mail" soon listed
ok "check is content with it" soon silent lists.west1

# --- a domain of virtual mailboxes (A23) ----------------------------------------
at 'postconf -e "mydestination = localhost" "virtual_mailbox_domains = west1.example"
	postfix reload' >/dev/null 2>&1
left() {
	! west postmap -q west1.example lmdb:$T/domains
}
ok "the own domain leaves the table of relayed ones" soon left
before=$(log west1 'do not list domain')
"$lab" send east1 u@west1.example -n 3
offered=3
ok "its mail arrives" all_arrived
ok "without a warning of Postfix" is "$(log west1 'do not list domain')" "$before"

# --- both spellings of a domain (A21) ---------------------------------------------
east "postconf -e 'mydestination = east1.example, $U, bücher.example'; postfix reload" \
	>/dev/null 2>&1
# asked DOMAIN: what a stranger is told who names a user there, with SMTPUTF8.
asked() {
	at "python3 - '$1'" <<-'END'
	import smtplib, sys
	s = smtplib.SMTP("10.77.1.1", 25, source_address=("10.77.1.1", 0))
	s.ehlo("stranger.example")
	s.mail("s@stranger.example", ["SMTPUTF8"])
	s.command_encoding = "utf-8"
	print(s.rcpt("u@" + sys.argv[1])[0])
	END
}
taken() {
	is "$(asked "$1")" 250
}
ok "a stranger may name the A-label" soon taken $U
ok "and the U-label" soon taken bücher.example
given west1 u@bücher.example
ok "mail to the U-label is delivered" soon status east1 u@bücher.example sent
ok "explain takes it" soon at 'lsrctl explain u@bücher.example | grep -q east1'

# --- own servers by the site's own entries ------------------------------------------
at 'echo "branch.example smtp:[10.77.2.1]" >>/etc/postfix/own; postfix reload' >/dev/null 2>&1
ok "check wants the filter for an own server" soon named \
	"smtp/unix/smtp_delivery_status_filter=.lsrd_own_refused"
mend
ok "and then nothing of it" soon silent lsrd_own_refused
refuses() {
	east "postconf -e 'smtpd_relay_restrictions = $1reject_unauth_destination'; postfix reload" \
		>/dev/null 2>&1
}
refuses ''
given west1 u@branch.example
ok "an own server that does not relay: it waits" soon status west1 u@branch.example \
	'deferred route refused: host 10.77.2.1'
refuses 'check_recipient_access inline:{no@branch.example=REJECT}, '
given west1 no@branch.example
ok "its honest refusal bounces" soon status west1 no@branch.example 'bounced host'
ok "as ever on the service of routes" is "$(west postconf -P lsrd/unix/smtp_delivery_status_filter |
	grep -c lsrd_own)" 0

# --- milters of old versions (A27) ----------------------------------------------------
for version in 2 4; do
	at "postconf -e milter_protocol=$version; postfix reload" >/dev/null 2>&1
	"$lab" send west1 u@east1.example u@west2.example -n 2
	offered=$((offered + 2))
done
at 'postconf -X milter_protocol; postfix reload' >/dev/null 2>&1
ok "marked by milter protocol 2 and 4" all_arrived
ok "no milter was left out" is "$(log west1 'warning: .*milter')" 0

# --- a configuration from another editor (A24) --------------------------------------
ok "a byte order mark is named" at '{ printf "\357\273\277"; cat /etc/lsrd/lsrd.conf; } >/tmp/bom
	lsrd -t -c /tmp/bom 2>&1 | grep -q "byte order mark"'

# --- two connectors to one bridgehead, by two addresses (A31) ------------------------
east 'ip addr add 10.77.2.9/32 dev lo
	nft add table inet field
	nft "add chain inet field in { type filter hook input priority 0; }"'
at 'ip route add 10.77.2.9 $(ip -o route get 10.77.2.1 | sed "s/.*\(dev [^ ]*\) .*/\1/")
	cp -p /etc/lsrd/lsrd.conf /tmp/lsrd.conf
	printf "%s\n" "connector \"second\" {" "    routing-group = \"east\"" \
		"    bridgehead \"east1.peer.example\" { smtp = \"10.77.2.9:25\"  peer = tcp }" \
		"    cost = 20" "}" >>/etc/lsrd/lsrd.conf
	lsrctl reload >/dev/null'
# refused ADDRESS: from now on, and no other.
refused() {
	east "nft flush chain inet field in
		nft add rule inet field in ip daddr $1 tcp dport 25 reject with tcp reset"
}
refused 10.77.2.1
ok "the first address is refused: by the second" goes west1 east1.example '^lsrd:.*10[.]77[.]2[.]9'
"$lab" send west1 u@east1.example -n 2
refused 10.77.2.9
ok "the second is: by the first again" goes west1 east1.example '^lsrd:east1'
"$lab" send west1 u@east1.example -n 2
offered=$((offered + 4))
ok "by either mail arrives" all_arrived
east 'nft delete table inet field'
at 'cp -p /tmp/lsrd.conf /etc/lsrd/lsrd.conf; lsrctl reload >/dev/null'

# --- no descriptor left (A22) ---------------------------------------------------------
at 'cat >/tmp/idle.py' <<'END'
import socket, time
held = []
for _ in range(12):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(1)
    try:
        s.connect("/run/lsrd/control")
    except OSError:
        pass
    held.append(s)
time.sleep(12)
END
at 'for d in /proc/[0-9]*; do [ "$(cat $d/comm 2>/dev/null)" != lsrd ] || basename $d; done' \
	>"$W/pid"
pid=$(head -n 1 "$W/pid")
command=$(at "tr '\\0' ' ' </proc/$pid/cmdline")
most=$(at "ls /proc/$pid/fd | sort -n | tail -n 1")
"$lab" kill west1 lsrd
lines=$(at 'wc -l </var/log/lsrd.log')
at "ulimit -n $((most + 6)); setsid $command >>/var/log/lsrd.log 2>&1 </dev/null &"
ok "lsrd with few descriptors" soon is_back west1
at 'python3 /tmp/idle.py'
ok "a dozen idle clients and no descriptor: the route stays" \
	goes west1 east1.example '^lsrd:east1'
more=$(($(at 'wc -l </var/log/lsrd.log') - lines))
ok "and the log is not full of it ($more lines)" [ $more -lt 80 ]
ok "when they have gone it answers" soon west lsrctl status
# what follows is not about them
prlimit --pid "$(pid_of west1)" --nofile=1024:1024

# --- a queue that moves (A25), and mail that waits there -------------------------------
lines=$(at 'wc -l </var/log/lsrd.log')
"$lab" cut west east
ok "no path" goes west1 east1.example '^lsrd-hold:'
# A probe each 2 s, of each link: a line for each would be many (A30).
sleep 30
more=$(($(at 'wc -l </var/log/lsrd.log') - lines))
ok "a silent wire is not a line for each failure ($more)" [ $more -lt 15 ]
ok "what is held is taken as ever" taken east1.example
"$lab" send west1 u@east1.example -n 2
offered=$((offered + 2))
at 'postfix stop; mkdir -p /data; mv /var/spool/postfix /data/pf
	postconf -e queue_directory=/data/pf; postfix start' >/dev/null 2>&1
"$lab" heal west east
waits_no_more() {
	is "$(west postqueue -j | grep -c 'u@east1.example')" 0
}
tried() { # who was lost often comes back late (damping)
	patience=300
	goes west1 east1.example '^lsrd:east1' && soon waits_no_more
}
ok "its mail is tried when the path is back" tried
ok "no server of the lab has died" mended west1 west2 east1
