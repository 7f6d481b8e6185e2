# in-front.sh - what front-systemd.sh runs inside its container, as the last
# unit of the boot. It speaks TAP.

. /root/tap.sh
PATH=/usr/local/sbin:/usr/local/bin:$PATH
here=192.0.2.10 peer=198.51.100.5 stranger=203.0.113.7

# from ADDRESS WHAT PORT [FILE]: in-front.py, out there
from() {
	ip netns exec out python3 /root/in-front.py "$2" "$1" $here "$3" ${4:+"$4"}
}

offered() { from "$1" ehlo "${2:-25}" | grep -q 'X-LSA-2'; }
plain() { from "$1" ehlo 25 | grep PIPELINING && not offered "$1"; }
accepted() { from "$1" mail 25 | grep -q '^250 '; }
logged() { journalctl --no-pager -o short | grep -q -e "$1"; }
redirected() { nft list table inet lsrd_front; }
front_pid() { systemctl show -p MainPID --value lsrd-front.service; }

handed() {
	systemctl kill -s USR1 lsrd-front.service
	logged "counters: .*handed=[1-9]"
}

another_pid() {
	[ "$(front_pid)" != "$1" ] && [ "$(front_pid)" != 0 ]
}

# knocking ADDRESS: tries again and again; none_refused WHAT: with what result
knocking() {
	rm -f /root/enough
	from $1 knock 25 /root/enough >/root/knocked 2>&1 &
	knocker=$!
}
none_refused() {
	: >/root/enough
	wait $knocker
	ok "$1" is "$(cat /root/knocked)" "greeted=yes refused=0"
}

# as_manual PLACE: its commands, as the page has them
as_manual() {
	sh -e -x /root/"$1"
}

# back: as before the page was followed
back() {
	systemctl disable --now lsrd-front-redirect.service lsrd-front.socket \
		lsrd-front.service
	rm -rf /etc/systemd/system/lsrd-front.socket.d /etc/lsrd/front.peers \
		/etc/systemd/system/lsrd-front.service.d /etc/default/lsrd-front
	cp /root/master.cf /etc/postfix/master.cf
	systemctl daemon-reload
	systemctl restart postfix
}

network() {
	ip link set lo up
	ip netns add out
	ip link add name in0 type veth peer name out0 netns out
	ip addr add $here/32 dev in0
	ip link set in0 up
	ip -n out link set lo up
	ip -n out link set out0 up
	for a in $peer $stranger; do
		ip -n out addr add $a/32 dev out0
		ip route add $a dev in0
	done
	ip -n out route add $here dev out0
}

# lsrd itself, with the peer as a bridgehead
lsrd_conf() {
	mkdir -p /root/authority
	lsrctl keys authority --directory /root/authority --organization sys.example
	lsrctl keys issue one.sys.example --directory /root/authority \
		--output /root/one --group here --space one.example
	cp /root/one/* /etc/lsrd/keys/
	chown -R _lsrd:_lsrd /etc/lsrd/keys
	cat >/etc/lsrd/lsrd.conf <<-END
		organization = "sys.example"
		mta = none
		routing-group = "here"
		server = "one.sys.example"
		peer-listen = { "$here:691" }
		smtp = { "$here:25" }
		front-socket = "/run/lsrd/front"
		connector "out" {
		    routing-group = "there"
		    bridgehead "two.sys.example" { smtp = "$peer:25"  peer = x-lsa-2 }
		}
		address-space "one.example" { deliver = here }
	END
}

clean_up() {
	journalctl --no-pager -o short-monotonic | tail -n 80 >&2
}
plan 46
systemctl stop lsrd.socket 2>/dev/null
systemd-sysusers >&2
systemd-tmpfiles --create >&2
{ network && lsrd_conf; } >&2
mkdir -p /etc/systemd/system/lsrd.socket.d
printf '[Socket]\nListenStream=\nListenStream=%s:691\n' $here \
	>/etc/systemd/system/lsrd.socket.d/address.conf
systemctl daemon-reload
postconf -e 'smtpd_peername_lookup = no' 'maillog_file =' 'alias_maps =' \
	'smtp_host_lookup = native' 'mydestination = localhost' >&2
cp /etc/postfix/master.cf /root/master.cf
systemctl restart postfix
systemctl start lsrd.service
ok "the units are in order" systemd-analyze --man=no verify lsrd-front.service \
	lsrd-front.socket lsrd-front-redirect.service

# --- for everyone
ok "for everyone: the manual's commands" as_manual everyone
ok "a stranger is served" soon accepted $stranger
ok "Postfix knows him by his address" soon logged "front/smtpd.*client=unknown\[$stranger\]"
ok "his message is in the mailbox" soon grep -q "unknown \[$stranger\]" /var/mail/root
ok "he sees no keyword" plain $stranger
ok "a listed peer does" offered $peer
soon lsrctl status >&2
ok "lsrd takes the verb" soon sh -c "ip netns exec out python3 /root/in-front.py \
	verb $peer $here 25 | grep -q '^250 '"
pid=$(front_pid)
ok "it runs as _lsrd-front" is "$(ps -o user:20= -p "$pid")" _lsrd-front
ok "it has no capability" is "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" 0000000000000000
ok "it may not gain privileges, and is sealed" is \
	"$(sed -n 's/^NoNewPrivs:\t//p; s/^Seccomp:\t//p' "/proc/$pid/status" | tr '\n' ' ')" "1 2 "
exposure=$(systemd-analyze security --no-pager lsrd-front.service |
	sed -n 's/.*exposure level for lsrd-front.service: \([0-9.]*\).*/\1/p')
ok "systemd-analyze security: $exposure, 1.2 at most" \
	awk "BEGIN { exit !(\"$exposure\" != \"\" && \"$exposure\" + 0 <= 1.2) }"

echo "$stranger # for a while" >>/etc/lsrd/front.peers
systemctl reload lsrd-front.service
ok "a reload with a good list: he is listed" soon offered $stranger
ok "but lsrd does not take him: 454, and the session goes on" is \
	"$(from $stranger verb 25 | cut -c 1-3 | tr '\n' ' ')" "454 250 "
echo "no address" >>/etc/lsrd/front.peers
systemctl reload lsrd-front.service
ok "a reload with a bad one says its line" soon logged "front.peers, line=3, error="
ok "the list stays, in the same process" offered $stranger
ok "and the process" is "$(front_pid)" "$pid"
knocking $stranger
systemctl restart lsrd-front.service
ok "a start with a bad list: mail is served" accepted $stranger
none_refused "and nobody refused meanwhile"
ok "nobody is listed" plain $peer
sed -i "/no address/d; /$stranger/d" /etc/lsrd/front.peers
systemctl reload lsrd-front.service

knocking $stranger
for turn in 1 2 3 4 5 6 7 8; do
	pid=$(front_pid)
	kill -9 "$pid"
	soon another_pid "$pid" || break
done
ok "killed eight times in a row: it is there again" accepted $stranger
none_refused "and nobody was refused"

rm -f /root/go
from $stranger slow 25 /root/go >/root/slow 2>&1 &
slow=$!
soon grep -q greeted /root/slow
pid=$(front_pid)
systemctl --no-block restart lsrd-front.service
ok "a restart with a session open: it accepts no more" soon logged 'stopping: sessions=1'
ok "but waits for it" is "$(front_pid)" "$pid"
knocking $stranger
: >/root/go
wait $slow
ok "the session is served to its end" grep -q '^250 ' /root/slow
ok "then another process begins" soon another_pid "$pid"
ok "and serves those who waited" accepted $stranger
none_refused "of whom none was refused"
systemctl kill -s STOP lsrd.service
ok "lsrd hung: the verb gets 454" sh -c "ip netns exec out \
	python3 /root/in-front.py verb $peer $here 25 | grep '^454 '"
systemctl kill -s CONT lsrd.service
systemctl stop lsrd.service
ok "lsrd stopped: the verb gets 454, mail is served" sh -c "
	ip netns exec out python3 /root/in-front.py verb $peer $here 25 | grep '^454 ' &&
	ip netns exec out python3 /root/in-front.py mail $peer $here 25 | grep '^250 '"
systemctl start lsrd.service
ok "handing strangers over: the manual's commands" as_manual handing
ok "a stranger is served" soon accepted $stranger
ok "by Postfix alone" soon handed
ok "a peer has the keyword" offered $peer
back >&2

# --- for listed peers
ok "for listed peers: the manual's commands" as_manual listed
ok "a peer sees the keyword, on port 25" soon offered $peer
ok "a stranger is Postfix's own" plain $stranger
ok "and not let in at port 2500" not from $stranger ehlo 2500
knocking $peer
kill -9 "$(front_pid)"
sleep 2
none_refused "killed: no peer is refused"
ok "the rule is there again" soon offered $peer
systemctl stop lsrd-front.service
ok "stopped: the rule goes" not redirected
ok "and peers reach Postfix" plain $peer
systemctl start lsrd-front.service
ok "started: they reach the front" soon offered $peer
mkdir -p /run/systemd/system/lsrd-front.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/false\n' \
	>/run/systemd/system/lsrd-front.service.d/broken.conf
systemctl daemon-reload
kill -9 "$(front_pid)"
soon not redirected
knocking $peer
sleep 4
none_refused "it cannot start: peers reach Postfix"
rm -r /run/systemd/system/lsrd-front.service.d
systemctl daemon-reload
back >&2

# --- apart
ok "apart: the manual's commands" as_manual apart
ok "a peer gets the verb at port 2526" soon offered $peer 2526
