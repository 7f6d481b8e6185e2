#!/bin/sh
# mta.sh - which MTA a configuration means that does not say one, and
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

way() {
	conf "mta = $1
address-space a.example { deliver = \"$2\" }" | grep error:
}

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
if ! grep -q 'define HAVE_CDB 1' "$top_builddir/config.h"; then
	ok "a build without tinycdb says so" like "$(conf 'mta = exim')" \
		'*conf:5: error: mta: this lsrd was built without*'
	plan 7
	exit 0
fi
ok "Exim's tables have a folder of their own" \
	like "$(conf 'mta = exim')" '*"/var/lib/lsrd/exim"*'
ok "a folder that is said stays" \
	like "$(conf 'mta = exim  table-directory = "/srv/tables"')" \
	'*table-directory = "/srv/tables"*'
ok "two MTAs need two folders" like \
	"$(conf 'mta = both  table-directory = "/srv/exim"')" \
	'*conf:5: error: mta = both: the tables of both would be in /srv/exim;*'
ok "a way that Exim can have" is "$(way exim 'gw_smtp:[gw.example.net]:587')" ""
ok "a transport that knows its host" is "$(way exim 'my_lmtp:')" ""
ok "a way of Postfix, for Postfix" is \
	"$(way postfix 'lmtp:unix:private/lmtp')" ""
ok "and not for Exim: file, line, remedy" like \
	"$(way exim 'lmtp:unix:private/lmtp')" \
	'*conf:6: error: deliver = "lmtp:unix:private/lmtp": Exim needs *; write *'
ok "nor with both" like "$(way both 'uucp:site')" '*conf:6: error: deliver*'
ok "a name that no transport of Exim has" like \
	"$(way exim 'lsrd-again:[gw.example.net]')" \
	'*conf:6: error: deliver*can be called lsrd-again; name it *'
plan 15
