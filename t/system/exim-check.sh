#!/bin/sh
# exim-check.sh - `lsrctl check` of Debian's Exim: what it proposes makes a
# configuration without us one that routes by our tables, and what is wrong with
# that one is named.

. "$(dirname "$0")/exim-faults.sh"
plan 15
faults_begin heavy unsplit || exit 1

check
ok "nothing of ours: its lists" said "no access list lets in" \
	"update-exim4.conf.conf, in place of \"dc_relay_domains\": dc_relay_domains='+lsrd_domains'"
ok "its routers" said "no router asks /var/lib/lsrd/exim/transport.cdb" \
	"exim4.conf.template, below \"begin routers\": .include_if_exists"
ok "and that of strangers, above the right one" said "table of *" \
	"above \"dnslookup_relay_to_domains:\": .include_if_exists"
healed "all of it"
good_is_this

fault "a router before ours" "the router dnslookup stands before lsrd" \
	"above \"dnslookup:\"" behind "mail4root:"
healed "a router before ours"
fault "a table that is missing" "transport.cdb: No such file" \
	"systemctl start lsrd-tables lsrd" rm "$R/var/lib/lsrd/exim/transport.cdb"
fault "another folder" "tables in another folder than /var/lib/lsrd/exim" \
	"LSRD_TABLES = /var/lib/lsrd/exim" sed -i "1iLSRD_TABLES = /var/lib/x" "$L"
fault "a mistake" "exim4.conf.localmacros is newer than /var/lib" \
	"update-exim4.conf says what" add "$L" "no_such = 1"
fault "a domain that it would send on" "own.example.org is delivered here" \
	"dc_other_hostnames" \
	sed -i "s/^dc_other_hostnames=.*/dc_other_hostnames=''/" \
	"$R/etc/exim4/update-exim4.conf.conf"

fault "what it would say to an own server" \
	"(192.0.2.9): Exim would not take its mail" "exim -bh 192.0.2.9" \
	add "$L" "host_reject_connection = 192.0.2.0/24"
fault "mail that is held" "mail for paris.example.org is never delivered" \
	"out of hold_domains" add "$L" "hold_domains = paris.example.org"
fault "no events" "Exim does not tell lsrd of deliveries" "exim/events" \
	without events

good
ok "its commands take all of it out again, and a second time nothing" taken_out

good
made
exim_up -bdf -q5m
check
ok "with its daemon and a queue runner nothing is wrong" clean
exim_down
