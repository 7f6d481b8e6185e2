#!/bin/sh
# lab-asked.sh - a server whose MTA does not ask our tables gives no transit:
# when configuration management puts an old main.cf back (of an Exim: a template
# without our router), and when lsrd was started before the MTA was told of it.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 26
lab_up "$top/t/labtool/triangle.json"

# state NODE WANTED: what lsrd says there.
state() {
	is "$("$lab" run "$1" lsrctl status --json | sed 's/.*"state":"\([a-z]*\)".*/\1/')" "$2"
}

# old_conf NODE: as it was before us, and the MTA knows.
old_conf() {
	case $(mta_of "$1") in
	exim)
		"$lab" run "$1" sh -c 'mv /etc/exim4/conf.d/router/050_lsrd /root/ &&
			update-exim4.conf'
		;;
	*)
		"$lab" run "$1" sh -c 'cp -p /etc/postfix/main.cf /root/main.cf &&
			sed "/^# Lines for Postfix/,\$d" /root/main.cf >/etc/postfix/main.cf &&
			postfix reload'
		;;
	esac
}

new_conf() {
	case $(mta_of "$1") in
	exim)
		"$lab" run "$1" sh -c 'mv /root/050_lsrd /etc/exim4/conf.d/router/ &&
			update-exim4.conf'
		;;
	*)
		"$lab" run "$1" sh -c 'cp -p /root/main.cf /etc/postfix/main.cf &&
			postfix reload'
		;;
	esac
}

# One part less: of Postfix a service, of Exim whom it relays for.
one_less() {
	case $(mta_of "$1") in
	exim)
		"$lab" run "$1" sh -c 'cd /etc/exim4 && cp -p update-exim4.conf.conf /root/ &&
			sed -i "s/^dc_relay_domains=.*/dc_relay_domains=/" update-exim4.conf.conf &&
			update-exim4.conf'
		;;
	*)
		"$lab" run "$1" sh -c 'cp -p /etc/postfix/master.cf /root/master.cf &&
			postconf -MX lsrd-hold/unix'
		;;
	esac
}

one_more() {
	case $(mta_of "$1") in
	exim)
		"$lab" run "$1" sh -c 'cp -p /root/update-exim4.conf.conf /etc/exim4/ &&
			update-exim4.conf'
		;;
	*)
		"$lab" run "$1" sh -c 'cp -p /root/master.cf /etc/postfix/master.cf &&
			postfix reload'
		;;
	esac
}

# asks NODE yes|no: whether the MTA there names our table.
asks() {
	case $(mta_of "$1") in
	exim) count=$("$lab" run "$1" exim4 -bP routers | grep -c lsrd/exim/transport) ;;
	*) count=$("$lab" run "$1" postconf -h transport_maps | grep -c lsrd) ;;
	esac
	case $2 in
	yes) [ "$count" -gt 0 ] ;;
	no) [ "$count" = 0 ] ;;
	esac
}

# lacks NODE: what lsrd finds missing there, as its log has it.
lacks() {
	case $(mta_of "$1") in
	exim) echo 'missing="a router with transport.cdb' ;;
	*) echo 'missing="\{0,1\}transport_maps relay_domains' ;;
	esac
}

# logged NODE REGEX
logged() {
	"$lab" run "$1" grep -q "$2" /var/log/lsrd.log
}

ok "every server learns every route" full
ok "all of them are up" state paris up
ok "Tokyo is reached by way of Paris" goes london tokyo.example '^lsrd:paris, tokyo$'
load london 1500 25 u@tokyo.example u@paris.example
old_conf paris >/dev/null 2>&1
ok "an old configuration is back in Paris" asks paris no
before=$(tap_seconds)
ok "Paris says starting" soon state paris starting
ok "after two readings, of ten seconds each" [ $(($(tap_seconds) - before)) -le 50 ]
ok "and why" soon logged paris "mta-asks: from=yes, to=no, $(lacks paris)"
ok "London goes around it" goes london tokyo.example '^lsrd:tokyo$'
ok "Tokyo goes around it" goes tokyo london.example '^lsrd:london$'
ok "the mail of Paris goes to Paris" goes london paris.example '^lsrd:paris'
ok "and arrives" way london u@paris.example "london > paris"
ok "that of Tokyo goes straight there" way london u@tokyo.example "london > tokyo"

# What cannot be told changes nothing: half a file, then one that is not there.
"$lab" run tokyo sh -c 'cp -p /etc/postfix/main.cf /root/main.cf &&
	head -c 900 /root/main.cf >/etc/postfix/main.cf'
sleep 22 # for what must not come: two readings, and some
ok "half a main.cf in Tokyo tells nothing" state tokyo up
"$lab" run tokyo mv /etc/postfix/main.cf /etc/postfix/away.cf
sleep 22
ok "neither does none" state tokyo up
ok "but a line says that it is not read" soon logged tokyo 'mta-unread: '
# smtpd that were born of the half refuse mail until they are told.
"$lab" run tokyo sh -c 'cp -p /root/main.cf /etc/postfix/main.cf &&
	postfix reload' >/dev/null 2>&1

new_conf paris >/dev/null 2>&1
ok "our lines are back in Paris" asks paris yes
ok "Paris is up" soon state paris up
ok "Tokyo is reached by way of Paris again" goes london tokyo.example '^lsrd:paris, tokyo$'

# One part less is as bad.
one_less paris >/dev/null 2>&1
ok "without a part of it Paris is starting" soon state paris starting
one_more paris >/dev/null 2>&1
ok "with it it is up" soon state paris up

# Before the kill: what is held in Paris then waits for an lsrd there.
wait_load
ok "every message arrived once" all_arrived

# A first start beside an MTA that knows nothing: no transit from the
# first second on, not even where there is no other way.
"$lab" kill paris lsrd
old_conf paris >/dev/null 2>&1
"$lab" run paris sh -c 'rm -f /var/lib/lsrd/state* /var/lib/lsrd/journal* /var/lib/lsrd/epoch* /var/lib/lsrd/postfix/* /var/lib/lsrd/exim/*'
"$lab" start paris lsrd
ok "Paris has never been asked: starting" soon state paris starting
ok "London goes around it" goes london tokyo.example '^lsrd:tokyo$'
new_conf paris >/dev/null 2>&1
ok "told at last, it is up" soon state paris up
ok "every route is as in the beginning" goes london tokyo.example '^lsrd:paris, tokyo$'
