#!/bin/sh
# long-tasks.sh - lsrd-tasks(7) and lsrd-troubleshooting(7), typed from beginning to end
# on three mail servers with a systemd and a Postfix each, and on a machine that has
# the authority's key alone; README's first network comes first. Only for `t/check
# --long`: some minutes.

boot_limit=3000
. "$(dirname "$0")/hosts.sh"

hosts_up ca mx1 mx2 mx3

hosts_first_network

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
task "Host many domains"
also_called mx4 mx3
flow name
task "Give a server another name"
task "Take a server away"
flowed name

ok "lsrd-tasks(7) has nothing else to type" none "$(untyped lsrd-tasks.7)"
all_told
