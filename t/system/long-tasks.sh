#!/bin/sh
# long-tasks.sh - lsrd-tasks(7), typed from beginning to end
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

ok "lsrd-tasks(7) has nothing else to type" none "$(untyped lsrd-tasks.7)"
all_told
