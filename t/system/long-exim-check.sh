#!/bin/sh
# long-exim-check.sh - what can be wrong with Exim beside lsrd, one after the
# other: `lsrctl check` names it with its remedy, and a remedy that is a line,
# put in as it stands, mends it. In each form of a configuration, and with both of
# Debian's Exims.

. "$(dirname "$0")/exim-faults.sh"
plan 87

# From nothing of ours: what is proposed, and then what follows from that.
healed_from_nothing() {
	faults_begin "$1" "$2" || exit 1
	check
	heal
	check
	healed "$1, $2: nothing of ours"
	good_is_this
}

# --- the tables -----------------------------------------------------------------

healed_from_nothing heavy unsplit
tables=$R/var/lib/lsrd/exim
conf=$R/etc/exim4/update-exim4.conf.conf

fault "a table that is empty" "default.cdb: is no table" \
	"systemctl restart lsrd" truncate -s 0 "$tables/default.cdb"
fault "a table that is cut" "transport.cdb: is broken" \
	"systemctl restart lsrd" truncate -s 2100 "$tables/transport.cdb"
fault "a table that is closed" "default.cdb: Debian-exim cannot read it" \
	"chmod o+rx its folders" chmod 600 "$tables/default.cdb"
closed_folder() {
	chown 0:0 "$R/var/lib/lsrd" && chmod 700 "$R/var/lib/lsrd"
}
fault "a folder that is closed" "Debian-exim cannot read it" \
	"chmod o+rx its folders" closed_folder

# --- lines ------------------------------------------------------------------------

fault "no routers" "no router asks /var/lib/lsrd/exim/transport.cdb" \
	"below \"begin routers\"" without routers
healed "no routers"
fault "none for strangers" "no router asks the table of *" \
	"above \"dnslookup_relay_to_domains:\"" without default
healed "none for strangers"
fault "no retry rules" "no retry rule of ours" "below \"begin retry\"" \
	without retry
healed "no retry rules"
fault "domains that are not relayed" "no access list lets in the domains" \
	"dc_relay_domains='x.example ; +lsrd_domains'" \
	sed -i "s/^dc_relay_domains=.*/dc_relay_domains='x.example'/" "$conf"
healed "domains that are not relayed"
fault "servers that may not relay" "own servers are not let through" \
	"dc_relay_nets='192.0.2.0/24 ; +lsrd_servers'" \
	sed -i "s/^dc_relay_nets=.*/dc_relay_nets='192.0.2.0\/24'/" "$conf"
healed "servers that may not relay"
fault "no access lists" "no access list lsrd_" "below \"begin acl\"" without acl
healed "no access lists"
fault "a short life" "mail waits for 3600 s alone" "LSRD_LIFETIME = 345600" \
	sed -i "1iLSRD_LIFETIME = 3600" "$L"
fault "a low limit of hops" "received_headers_max is 30" \
	"received_headers_max = 100" sed -i '/^received_headers_max/d' "$S/marks.main"
healed "a low limit of hops"
fault "hosts in any order" "tries next hops in any order" "hosts_randomize" \
	sed -i 's/hosts_randomize = false/hosts_randomize/' "$S/transports"
fault "a long wait" "waits 5m for a next hop" "connect_timeout = 5s" \
	sed -i 's/connect_timeout = 5s/connect_timeout = 5m/' "$S/transports"
fault "nothing to ask by" "takes no ETRN from lsrd" "acl_smtp_etrn = lsrd_etrn" \
	sed -i '/^acl_smtp_etrn/d' "$S/main"
healed "nothing to ask by"
own_list() {
	sed -i '/^acl_not_smtp/d' "$S/main" "$S/marks.main"
	add "$L" "acl_not_smtp = acl_check_mail"
}
fault "an access list of the site's" "acl_not_smtp is acl_check_mail" \
	"deny acl = lsrd_refused" own_list
fault "no access list at all" "acl_not_smtp is empty" "acl_not_smtp = " \
	sed -i '/^acl_not_smtp/d' "$S/main" "$S/marks.main"
behind_front() {
	add "$R/etc/lsrd/lsrd.conf" 'front-socket = "/run/lsrd/front"'
}
fault "no PROXY behind lsrd-front" "hosts_proxy is not" "hosts_proxy = " \
	behind_front

# --- what tells lsrd of deliveries ------------------------------------------------

fault "no events" "Exim does not tell lsrd of deliveries" "exim/events" \
	without events
healed "no events"
own_events() {
	without events
	add "$L" "event_action = \${if eq{\$event_name}{tcp:connect}{}}"
}
fault "events of the site's own" "event_action is \${if eq" \
	"LSRD_EVENT at the head of that value" own_events
fault "a transport without events" "only those to a second next hop" \
	"event_action = LSRD_EVENT" sed -i 's/^  event_action.*//' "$S/transports"

# --- marks ---------------------------------------------------------------------------

fault "no marks" "nothing calls lsrd's object" "exim/marks.main" \
	without marks.main
healed "no marks"
fault "no limits" "connectors' limits are not kept" "exim/marks.routers" \
	without marks.routers
healed "no limits"
fault "no marks here" "lsrd_marks_local" "exim/marks.acl" without marks.acl
healed "no marks here"
fault "marks that leave" "the transport remote_smtp lets marks out" \
	"headers_remove = LSR-Trace" \
	sed -i '/^REMOTE_SMTP_TRANSPORTS/d' "$S/marks.main"
healed "marks that leave"
object=$R/usr/lib/lsrd/lsrd-exim.so
fault "an object that is gone" "Exim cannot load /usr/lib/lsrd/lsrd-exim.so" \
	"install lsrd's object" rm "$object"
no_object() {
	rm "$object" && echo none >"$object"
}
fault "an object that is none" "Exim cannot load /usr/lib/lsrd/lsrd-exim.so" \
	"install lsrd's object" no_object
with_group() {
	chroot "$R" groupadd lsrd-mark
}
fault "keys that Exim may not read" "is not in the group lsrd-mark" \
	"adduser Debian-exim lsrd-mark" with_group
exim_up -bdf -q5m
chroot "$R" usermod -aG lsrd-mark Debian-exim
check
ok "a daemon that began before" said "began before Debian-exim was in the group" \
	"systemctl restart exim4"
exim_down
chroot "$R" groupdel lsrd-mark

# --- what it would do -------------------------------------------------------------------

own_router() {
	sed -i "s!^begin routers!&\\nsite_own:\\n  driver = manualroute\\n  \
domains = paris.example.org\\n  transport = remote_smtp\\n  \
route_list = * 203.0.113.1\\n!" "$T"
}
fault "a pattern that another router takes" "by the router site_own" \
	"a router that stands before ours" own_router
fault "mail to this host" "root@" "dc_other_hostnames" \
	add "$L" "MAIN_LOCAL_DOMAINS = own.example.org"

# --- what it would say ------------------------------------------------------------------

# It relays for our servers by its lists, and something before them is against it.
in_the_list() {
	sed -i "s!^acl_check_rcpt:!&\n  $1!" "$T"
}
fault "own servers that are let in nowhere" \
	"mx2.paris.example.org (192.0.2.9): Exim would not take its mail" \
	"exim -bh 192.0.2.9" add "$L" "host_reject_connection = 192.0.2.0/24"
fault "a name that it does not like" "Exim would not take its mail: 550" \
	"exim -bh 192.0.2.9" add "$L" \
	"acl_smtp_helo = \${if match{\$sender_helo_name}{paris}{deny}{accept}}"
fault "a list of the site's before ours" "its mail for paris.example.org: 550" \
	"exim -bh 192.0.2.9" in_the_list "deny domains = paris.example.org"
fault "one that puts them off" "Exim would not take its mail for" "exim -bh" \
	in_the_list "defer hosts = 192.0.2.9"
no_bounces() {
	add "$L" "MAIN_ACL_CHECK_MAIL = acl_no_bounces"
	sed -i "s!^begin acl!&\nacl_no_bounces:\n  deny senders = :\n  accept\n!" "$T"
}
fault "no bounces from own servers" "Exim would not take its mail: 550" \
	"exim -bh" no_bounces
closed_etrn() {
	sed -i "s!^lsrd_etrn:!&\n  deny hosts = 127.0.0.1\n!" "$S/acl"
}
fault "no ETRN from this host" "Exim would not take lsrd's ETRN: 458" \
	"exim -bh 127.0.0.1" closed_etrn

# --- options that stop mail ---------------------------------------------------------------

fault "domains that are held" "hold_domains is paris.example.org : x.example" \
	"out of hold_domains" \
	add "$L" "hold_domains = paris.example.org : x.example"
fault "domains that wait" "mail for .sub.example.org waits" \
	"out of queue_domains" add "$L" "queue_domains = *.sub.example.org"
fault "and by SMTP" "queue_smtp_domains is *: mail for" \
	"out of queue_smtp_domains" add "$L" "queue_smtp_domains = *"
good
add "$L" "hold_domains = x.example : !*.example.org"
made
check
ok "other domains are the site's business" clean "$RUNS"
fault "a queue for everything" "queue_only is set" "take queue_only" \
	add "$L" "queue_only"
fault "frozen mail that ends early" "timeout_frozen_after is 1d" \
	"timeout_frozen_after = 7d" \
	sed -i '/timeout_frozen_after/s/=.*/= 1d/' "$T"
fault "bounces that are not read to their end" "message_body_visible is 500" \
	"message_body_visible = 20000" \
	sed -i '/^message_body_visible/d' "$S/main" "$S/marks.main"
in_ours() {
	echo "  $1" >>"$S/transports"
}
fault "hosts of the transport's own" "has hosts_override" \
	"take hosts_override" in_ours "hosts_override
  hosts = 203.0.113.1"
fault "hosts behind ours" "has fallback_hosts" "take fallback_hosts" \
	in_ours "fallback_hosts = 203.0.113.1"
fault "a size that bounces here" "has message_size_limit" \
	"take message_size_limit" in_ours "message_size_limit = 10K"
fault "one next hop alone" "tries 1 next hops" "take hosts_max_try" \
	in_ours "hosts_max_try = 1"
# transports of connectors
by() { # LINE...: of lsrd_fax, or no such transport
	cat >>"$R/etc/lsrd/lsrd.conf" <<-'END'
		connector "fax" {
			routing-group = "paris"
			transport = "lsrd_fax"
			bridgehead "mx2.paris.example.org" { }
		}
	END
	[ $# = 0 ] || printf '\nlsrd_fax:\n' >>"$S/transports"
	for line in "$@"; do in_ours "$line"; done
}
fault "a transport of a connector that is not there" "there is no transport lsrd_fax" \
	"TRANSPORTS of lsrd-exim(7)" by
pipe="driver = pipe
  command = /bin/false
  user = nobody"
fault "a pipe that bounces what fails" "bounces what its command fails at" \
	"temp_errors = *" by "$pipe" timeout_defer freeze_signal
fault "and what hangs" "bounces what its command hangs at" "timeout_defer" \
	by "$pipe" "temp_errors = *" freeze_signal
fault "one that loses it" "loses what its command fails at" "no ignore_status" \
	by "$pipe" "temp_errors = *" timeout_defer freeze_signal ignore_status
fault "one with an address in its command" "bounces that as tainted" "SENDER" \
	by "driver = pipe
  command = /bin/false \"\$local_part@\$domain_data\"
  user = nobody" "temp_errors = *" timeout_defer freeze_signal
by_well() {
	by "$pipe" "temp_errors = *" timeout_defer freeze_signal
}
good
by_well
made
check
ok "a pipe as it should be" not grep -F "lsrd_fax" "$W/found"
smtp="driver = smtp
  hosts_randomize = false
  connect_timeout = 30s"
fault "one that tells nothing" "tells lsrd nothing of its deliveries" \
	"event_action = LSRD_EVENT" by "$smtp"
fault "one without marks" "takes the marks off" "headers_remove without" \
	by "$smtp" "event_action = LSRD_EVENT" "headers_remove = LSR-Trace"
demanding() {
	in_ours "hosts_require_tls = *"
	by "$smtp" "event_action = LSRD_EVENT"
}
fault "one that demands less" "does not demand what lsrd's own does" \
	"hosts_require_tls = *" demanding
good
by "$smtp" "event_action = LSRD_EVENT"
made
check
ok "one as it should be" not grep -F "lsrd_fax" "$W/found"
rule_before() {
	sed -i "s!^begin retry!&\n* * F,2h,15m!" "$T"
}
fault "a rule before ours" "a retry rule for all (* * F,2h,15m) stands" \
	"directly below" rule_before

# --- what it has read, and who runs it ----------------------------------------------------

spoilt() {
	made
	sed -i "1i no_such = 1" "$R/var/lib/exim4/config.autogenerated"
	check
	made
}
good
spoilt
ok "a configuration that it cannot read" said "Exim cannot read" \
	'main option "no_such" unknown'
good
made
exim_up -bdf
check
ok "nothing runs its queue" said "nothing runs Exim's queue" QUEUEINTERVAL
exim_down
exim_up -bdf -q5m
touch -d '+1 hour' "$R/var/lib/exim4/config.autogenerated"
check
ok "a daemon of before" said "is newer than Exim's daemon" \
	"systemctl restart exim4"
exim_down
made
chroot "$R" useradd -r _lsrd
sed -i 's/^user = .*/user = _lsrd/' "$R/etc/lsrd/lsrd.conf"
check
ok "who is to read the queue may not" said \
	"lsrd is not in the group Debian-exim" "adduser _lsrd Debian-exim"
cp "$R/bin/sleep" "$R/root/lsrd"
chroot "$R" setpriv --clear-groups /root/lsrd 600 &
pids="$pids $!"
chroot "$R" usermod -aG Debian-exim _lsrd
has_to_begin_anew() {
	check && said "lsrd is not in the group Debian-exim" \
		"systemctl restart lsrd" >/dev/null && ! said adduser x >/dev/null
}
ok "and one that began before he might" soon has_to_begin_anew
mv "$R/usr/sbin/exim4" "$R/usr/sbin/exim4.away"
check
ok "no Exim" said "exim -bV tells nothing" "mta = none"

# --- other forms, the other Exim -------------------------------------------------------------

healed_from_nothing heavy split
ok "heavy, split: taken out" taken_out
healed_from_nothing heavy plain
ok "heavy, plain: taken out" taken_out
healed_from_nothing light unsplit
ok "what light lacks is a note" said "loads no objects" "note"
fault "an object that it cannot load" "loads no objects, and its configuration" \
	"exim4-daemon-heavy" sed -i -e "/^received_headers_max/d" -e "1i.include /usr/share/lsrd/exim/marks.main" "$L"
fault "no PROXY to be had" "does not speak the PROXY" "exim4-daemon-heavy" \
	behind_front
