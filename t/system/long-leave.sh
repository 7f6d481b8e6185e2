#!/bin/sh
# long-leave.sh - `lsrctl drain --wait` with a backlog in Postfix's queue, and
# `lsrctl leave`: what it says is typed, until it has nothing to say, on a mail
# server with a systemd and a Postfix, while it sends mail. Only for `t/check
# --long`: some minutes.

boot_limit=1500
. "$(dirname "$0")/hosts.sh"

hosts_up ca mx1 mx2 mx3
hosts_first_network
ok "lsrd-tasks(7): Add a server" typed lsrd-tasks.7 "Add a server"

# --- a backlog ---------------------------------------------------------------------

# One message a second, and lsrd reads the queue every five.
backlog() {
	on mx3 'postconf -e lsrd_destination_rate_delay=1s &&
		sed -i "1i congestion-interval = 5s" /etc/lsrd/lsrd.conf &&
		lsrctl reload && systemctl reload postfix &&
		for n in $(seq 30); do
			printf "Subject: backlog %s\n\n" $n |
				sendmail -f root@tokyo.example.org root@paris.example.org
		done'
	soon on mx3 '[ "$(postqueue -j | wc -l)" -gt 20 ]'
}
drain_waits() {
	waits_from=$(tap_seconds)
	on mx3 'lsrctl drain --for 1h --wait; echo status $?; postqueue -j | wc -l' >"$W/waited" 2>&1
	cat "$W/waited"
	grep -q '^status 0$' "$W/waited" && [ $(($(tap_seconds) - waits_from)) -gt 10 ]
}
# As many as wait, fewer each time.
progress_falls() {
	sed -n 's/.* \([0-9]*\) recipients wait.*/\1/p' "$W/waited" >"$W/numbers"
	[ -s "$W/numbers" ] && sort -rnu "$W/numbers" | cmp - "$W/numbers"
}
ok "30 messages wait in the queue of mx3" backlog
ok "drain --wait takes as long as they do" drain_waits
ok "progress is shown" progress_falls
ok "and when it returns, none waits" is "$(tail -n 1 "$W/waited")" 0
ok "they have arrived" soon on mx2 '[ "$(grep -c "^Subject: backlog" /var/mail/root)" = 30 ]'
on mx3 'postconf -X lsrd_destination_rate_delay; systemctl reload postfix; lsrctl ready' \
	>"$W/readied" 2>&1

# --- the way out -----------------------------------------------------------------------

tables() { on mx3 'ls /var/lib/lsrd/postfix/*.lmdb' >/dev/null 2>&1; }
names() { on mx3 'postconf -n | grep -q /var/lib/lsrd'; }
leaves() { # STATUS TEXT: it ends so, and says that
	on mx3 'lsrctl leave' >"$W/leaves" 2>&1
	leaves_status=$?
	cat "$W/leaves"
	[ $leaves_status = "$1" ] && grep -qE "$2" "$W/leaves"
}
# What is to be typed, as the last line has it.
type_it() {
	on mx3 "$(sed -n '$s/.*type: \(.*\); then: lsrctl leave$/\1/p' "$W/leaves")"
}

# Where its mail goes afterwards, once its tables are gone.
ok "mx3 has a way without lsrd" on mx3 'postconf -e "relayhost = [192.0.2.10]" &&
	systemctl reload postfix'
ok "it alone delivers a domain, and stays" leaves 1 'tokyo.example.org: this server alone'
ok "drained is it not" not on mx3 'lsrctl overrides | grep -q drain'
ok "lsrd-tasks(7): Move a domain to another server" \
	typed lsrd-tasks.7 "Move a domain to another server"
flow leaving mx3
ok "a dry run says all steps" on mx3 'lsrctl leave --dry-run | grep -q "^others"; ! lsrctl overrides | grep -q drain'
ok "it drains, waits, and names what Postfix is to be told" leaves 1 '^mta +to do'
ok "others see it" soon on mx1 'lsrctl peers | grep -q "drains since"'
ok "that is typed" type_it
ok "Postfix does without" not names
ok "the tables are there yet" tables
ok "then lsrd is to be stopped" leaves 1 '^daemon +to do'
ok "that is typed, too" type_it
ok "and the tables are still there" tables
ok "then they go" leaves 0 '^tables +done'
ok "and so they have" not tables
ok "with what lsrd kept" on mx3 'ls -R /var/lib/lsrd; ! find /var/lib/lsrd -type f | grep .'
ok "its keys and its configuration stay" on mx3 'ls /etc/lsrd/lsrd.conf /etc/lsrd/keys/server.key'
ok "once more it says the same" leaves 0 '^others +to do'
sleep 2
flowed leaving

# What the last line asks for, on the others.
forgets() {
	for other in mx1 mx2; do
		on $other 'sed -i "/^peer \"mx3/d; /^connector \"[a-z]*-tokyo\"/,/^}/d" /etc/lsrd/lsrd.conf &&
			lsrctl reload' || return
	done
	soon on mx1 'lsrctl forget mx3.example.org | grep -q forget-1.txt' || return
	on mx1 'lsrctl forget mx3.example.org' >"$W/forget"
	on ca "cd authority && $(sed -n '/lsrctl forget/,/key/p' "$W/forget" | tr -d '\\\n') \
		--directory . --output forget.txt && ssh root@mx1.example.org 'lsrctl inject -' <forget.txt"
}
ok "mx1 forgets it" forgets
ok "nothing of it is known" soon on mx2 'lsrctl db mx3.example.org --json | grep -v "\"type\":\"forget\"" >/root/left; [ ! -s /root/left ]'
ok "its domain goes to who has it now" on mx2 'lsrctl explain somebody@tokyo.example.org | grep -q mx1'
all_told
