#!/bin/sh
# lab-lost.sh - a server loses its state folder, tables and all, while lsrd is
# down: mail waits, and is tried again as soon as the tables are back.

. "$(dirname "$0")/lab.sh"
skip_unless_able

# waits: the message does, in west1.
waits() {
	"$lab" queue west1 | grep .
}

delivered() {
	! waits && "$lab" run east1 grep -rqx hello /var/mail/lab/all/new
}

# Postfix by itself would try again after minutes, Exim after half an hour. A
# process of Postfix that found no table goes on without it until it has been
# idle for max_idle: 100 s, but here.
patient() {
	[ "$(mta_of west1)" = postfix ] || return 0
	"$lab" run west1 postconf -e minimal_backoff_time=1000s \
		maximal_backoff_time=4000s queue_run_delay=1000s max_idle=5s
	"$lab" run west1 postfix reload
}

# A process of Postfix that has a table open goes on with it.
lose() {
	"$lab" run west1 sh -c 'rm -rf /var/lib/lsrd/*'
	[ "$(mta_of west1)" != postfix ] || "$lab" run west1 postfix reload 2>/dev/null
}

plan 6
lab_up "$top/t/labtool/two-sites.json"
ok "every server learns every route" full
ok "its mail server is patient" patient
"$lab" kill west1 lsrd
lose
"$lab" run west1 sh -c 'echo hello | sendmail -f root u@east1.example'
ok "without tables mail waits" soon waits
"$lab" start west1 lsrd
ok "they are made anew" goes west1 east1.example '^lsrd:'
ok "and what waited is tried at once" soon delivered
ok "no server has died" mended west1 west2 east1
