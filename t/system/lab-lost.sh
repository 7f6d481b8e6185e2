#!/bin/sh
# lab-lost.sh - a server loses its state folder, tables and all, while lsrd is
# down: mail waits, and is tried again as soon as the tables are back.

. "$(dirname "$0")/lab.sh"
skip_unless_able

# deferred NODE: a message waits there.
deferred() {
	"$lab" run "$1" postqueue -p | grep -q "$2"
}

delivered() {
	! deferred "$1" "$2" && "$lab" run "$1" grep -q "to=<$2>.*status=sent" /var/log/mail.log
}

# Postfix by itself would try again after minutes. A process that found no
# table goes on without it until it has been idle for max_idle: 100 s, but here.
patient() {
	"$lab" run "$1" postconf -e minimal_backoff_time=1000s \
		maximal_backoff_time=4000s queue_run_delay=1000s max_idle=5s
	"$lab" run "$1" postfix reload
}

plan 6
lab_up "$top/t/labtool/two-sites.json"
ok "every server learns every route" full
ok "Postfix is patient there" patient west1
"$lab" kill west1 lsrd
# a process of Postfix that has a table open goes on with it
"$lab" run west1 sh -c 'rm -rf /var/lib/lsrd/* && postfix reload' 2>/dev/null
"$lab" run west1 sh -c 'echo hello | sendmail -f root u@east1.example'
ok "without tables mail waits" soon deferred west1 u@east1.example
"$lab" start west1 lsrd
ok "they are made anew" goes west1 east1.example '^lsrd:'
ok "and what waited is tried at once" soon delivered west1 u@east1.example
ok "no server has died" mended west1 west2 east1
