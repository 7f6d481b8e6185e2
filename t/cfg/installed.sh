#!/bin/sh
# installed.sh - which MTA a configuration means that does not say one, and
# what follows from one that is said.

. "$(dirname "$0")/../tap.sh"
show=$top_builddir/t/cfg/show

# A host with these programs.
host() {
	rm -rf "$W/root"
	for program in "$@"; do
		mkdir -p "$W/root$(dirname "$program")"
		: >"$W/root$program"
		chmod 755 "$W/root$program"
	done
}

found() {
	"$show" -i "$W/root"
}

conf() {
	cat >"$W/conf" <<-EOF
		organization = "example.org"
		routing-group = "london"
		server = "mx1.london.example.org"
		smtp = { "192.0.2.10:25" }
		$1
	EOF
	"$show" "$W/conf"
}

plan 8
host
ok "none: Postfix" is "$(found)" postfix
host /usr/sbin/postconf
ok "Postfix alone" is "$(found)" postfix
host /usr/sbin/exim4
ok "Debian's Exim alone" is "$(found)" exim
host /usr/exim/bin/exim
ok "upstream's Exim alone" is "$(found)" exim
host /usr/sbin/exim4 /usr/sbin/postconf
ok "both: Postfix" is "$(found)" postfix
host /usr/sbin/exim4
chmod 644 "$W/root/usr/sbin/exim4"
ok "what cannot be run is no MTA" is "$(found)" postfix
ok "Exim's tables have a folder of their own" \
	like "$(conf 'mta = exim')" '*"/var/lib/lsrd/exim"*'
ok "a folder that is said stays" \
	like "$(conf 'mta = exim  table-directory = "/srv/tables"')" \
	'*table-directory = "/srv/tables"*'
