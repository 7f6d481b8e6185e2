#!/bin/sh
# long-tasks.sh - lsrd-tasks(7) and lsrd-troubleshooting(7), typed from beginning to end
# on three mail servers with a systemd and a Postfix each, and on a machine that has
# the authority's key alone; README's first network comes first. Only for `t/check
# --long`: some minutes.

boot_limit=3000
. "$(dirname "$0")/hosts.sh"

hosts_up ca mx1 mx2 mx3

# --- README's first network

# first_conf HOST N: README's file of it, which is block N.
first_conf() {
	block "$2" | on "$1" 'cat >/etc/lsrd/lsrd.conf'
	block 5 | sed "s/192.0.2.10/192.0.2.$(host_number "$1")/" |
		on "$1" 'mkdir -p /etc/systemd/system/lsrd.socket.d &&
			cat >/etc/systemd/system/lsrd.socket.d/override.conf && systemctl daemon-reload'
	on "$1" 'lsrd -t'
}

arrived() { on "$1" "grep -q '$2' /var/mail/root"; }

ok "README 1: the authority and two keys" on ca "$(block 1)"
ok "README 1: brought to their hosts" on ca "cd authority; $(block 2)"
ok "README 2: mx1 is configured" first_conf mx1 3
ok "README 2: and mx2" first_conf mx2 4
ok "README 3: Postfix of mx1" on mx1 "$(block 6)"
ok "README 3: and of mx2" on mx2 "$(block 6 | sed 's/london/paris/')"
ok "README 4: they start on mx1" on mx1 "$(block 7)"
ok "README 4: and on mx2" on mx2 "$(block 7)"
ok "README 5: mx1 knows the way" soon on mx1 'lsrctl routes | grep -A1 paris.example.org | grep mx2'
on mx1 "$(block 8)" >"$W/looked" 2>&1
ok "README 5: the message arrives" soon arrived mx2 hello
ok "README 5: nothing to say on mx1" soon on mx1 'lsrctl check'
ok "README 5: nor on mx2" soon on mx2 'lsrctl check'

# --- lsrd-tasks(7)

task() {
	ok "lsrd-tasks(7): $1" typed lsrd-tasks.7 "$1"
}

task "Add a server"

# --- lsrd-troubleshooting(7): a fault is made, and what the page says of it typed

# trouble TITLE HOST TEXT: that shell makes it.
trouble() {
	on "$2" "$3" >"$W/made" 2>&1
	ok "lsrd-troubleshooting(7): $1" typed lsrd-troubleshooting.7 "$1"
}

hosts_cut mx3
on mx1 'sleep 6; echo x | sendmail -f root@london.example.org root@tokyo.example.org'
trouble "mailq says: no path to a domain" mx1 true
hosts_mend mx3
ok "the line is back, and it has arrived" soon arrived mx3 'Return-Path: <root@london.example.org>'
trouble "A sender is told: 451 Temporary lookup failure" mx3 \
	'systemctl stop lsrd; rm /var/lib/lsrd/postfix/transport.lmdb'
trouble "lsrctl says: the daemon does not answer" mx3 \
	'echo "no-such-option = 1" >>/etc/lsrd/lsrd.conf; systemctl restart lsrd'
trouble "A reload is refused, or nothing changes" mx3 \
	'sed -i "0,/cost = 10/s//cots = 10/" /etc/lsrd/lsrd.conf'
trouble "status says: configuration-kept" mx3 \
	'sed -i "0,/cost = 10/s//cost = 11/" /etc/lsrd/lsrd.conf; lsrctl reload; lsrctl undo'
trouble "status says: mta-asks" mx3 'postconf -X transport_maps; systemctl reload postfix'
trouble "status says: mta-state" mx3 'systemctl stop postfix'
trouble "check says: no session" mx3 'systemctl stop lsrd.socket lsrd.service'
trouble "check says: this server is drained" mx3 'lsrctl drain --reason forgotten'
trouble "check says: lsrd-milter does not run" mx3 'systemctl stop lsrd-milter'
trouble "A key that others can read is refused" mx3 'chmod 644 /etc/lsrd/keys/server.key'
ok "lsrd-troubleshooting(7) has nothing else to type" none "$(untyped lsrd-troubleshooting.7)"

# --- the other tasks, in an order of which each may be typed as it stands

# flow NAME: a message every 200 ms from mx1 to mx2, until flowed.
flow() {
	on mx1 "rm -f /root/over; n=0; while [ ! -e /root/over ]; do n=\$((n + 1))
		printf 'Subject: $1 %s\n\n' \$n | sendmail -f root@london.example.org root@paris.example.org
		sleep 0.2; done; echo \$n >/root/sent.new; mv /root/sent.new /root/sent" &
	flow_pid=$!
}

flowed() {
	on mx1 ': >/root/over'
	wait "$flow_pid"
	flow_sent=$(on mx1 'cat /root/sent')
	ok "$1: all $flow_sent messages of meanwhile arrive, once each" soon flow_is "$1" "$flow_sent"
}

flow_is() {
	is "$(on mx2 "grep '^Subject: $1 ' /var/mail/root | sort | uniq -c | awk '{ n[\$1]++ } END { for (i in n) print i, n[i] }'")" "1 $2"
}

task "Change a cost for a while"
task "Change a cost for good"
task "Ask what would be"
flow maintenance
task "Do something to a server"
task "Do something to a line"
task "Upgrade"
flowed maintenance
task "Renew a certificate"
flow keys
task "Rotate a server's key"
flowed keys
task "Make a key that never leaves its server"
task "See when certificates end"
task "Rotate a mark key"
task "Revoke a key"
task "Keep a copy, and take it back"
flow old
task "Take back an old copy of a whole server"
on ca 'rm authority/authority.key'
task "The authority's key is lost"
flowed old
flow address
task "Give a server another address"
flowed address
task "Move a domain to another server"
also_called mx4 mx3
flow name
task "Give a server another name"
task "Take a server away"
flowed name

ok "lsrd-tasks(7) has nothing else to type" none "$(untyped lsrd-tasks.7)"
all_told
