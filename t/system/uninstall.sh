#!/bin/sh
# uninstall.sh - make install puts there what debian/*.install shares out to the
# packages; make uninstall takes it away, and nothing at all while a mail server's
# configuration names some of it.

. "$(dirname "$0")/../tap.sh"
to=$W/root

made() {
	make -s -C "$top_builddir" "$1" DESTDIR="$to" >"$W/out" 2>&1
}

failed() {
	tail -n 15 "$W/out"
}

# What is there, and whose it is
list() {
	(cd "$to" && find . ! -type d | sort)
}

# not_packed: what a package is to have, wherever, and is not there
not_packed() {
	cat "$top_srcdir"/debian/*.install | while read -r what; do
		case $what in
		*lsrd-milter*) [ -x "$top_builddir/lsrd-milter" ] || continue ;;
		*lsrd-exim*) [ -e "$top_builddir/lsrd-exim.so" ] || continue ;;
		esac
		what=${what#usr/}
		what=${what#etc/}
		what=${what#\*/}
		[ -n "$(find "$to" -path "*/$(echo "$what" | sed 's|^apparmor.d/|apparmor/|')")" ] ||
			echo "debian: $what"
	done
}

mtadir=$(sed -n 's/^mtadir = //p' "$top_builddir/Makefile")
prefix=$(sed -n 's/^prefix = //p' "$top_builddir/Makefile")
share=$prefix/share/lsrd
case $mtadir in
*'$'*) ;;
*) share=$mtadir ;;
esac

# an administrator's own files, of which none is ours
mkdir -p "$to/etc/lsrd/keys" "$to/var/lib/lsrd/postfix" "$to/etc/postfix"
: >"$to/etc/lsrd/lsrd.conf"
: >"$to/var/lib/lsrd/postfix/transport.lmdb"
list >"$W/before"

plan 8
ok "make install" made install
ok "it puts something there" [ "$(list | wc -l)" -gt 40 ]
ok "what Debian's packages take is there" none "$(not_packed)"
list >"$W/installed"
printf '%s\n' "# $share/route-refused.regexp" 'lsrd unix - - - - - smtp' \
	"  -o smtp_delivery_status_filter=regexp:$share/route-refused.regexp" >"$to/etc/postfix/master.cf"
ok "refused while master.cf names a file of it" not made uninstall
ok "and it says which line" grep -q "master.cf:3:.*$share/route-refused.regexp" "$W/out"
rm "$to/etc/postfix/master.cf"
list >"$W/now"
ok "nothing was taken away" cmp "$W/installed" "$W/now"
ok "make uninstall" made uninstall
list >"$W/after"
ok "nothing is left, and what is the administrator's stays" cmp "$W/before" "$W/after"
