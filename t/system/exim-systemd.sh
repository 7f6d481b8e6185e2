#!/bin/sh
# exim-systemd.sh - "A first network" of lsrd-exim(7), typed as the page has it,
# on two hosts with a systemd each, one with Debian's Exim and one with its
# Postfix. With LSRD_PACKAGES, a folder of our packages, they are what is installed,
# and removed again (long-package-exim.sh).

. "$(dirname "$0")/exim.sh"
. "$top/t/system/pair.sh"
exim_root heavy

# root_packages NAME: what an administrator does with dpkg -i, before the boot
root_packages() {
	mkdir "$work/$1/root/debs" && cp "$LSRD_PACKAGES"/lsr*.deb "$work/$1/root/debs/" || return
	rm -f "$work/$1"/root/debs/*dbgsym*
	[ -e "$work/$1/etc/exim4" ] || rm -f "$work/$1"/root/debs/lsrd-exim_*
	DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$work/$1" sh -c \
		'dpkg --force-unsafe-io -i /root/debs/*.deb' >"$work/$1.dpkg" 2>&1 || {
		sed 's/^/# /' "$work/$1.dpkg"
		echo "Bail out! the packages cannot be installed"
		exit 1
	}
}

# purges: a package that Exim's configuration names stays, and says why
too_early() {
	cat <<-'END'
		dpkg -P lsrd-exim >/shared/mx1.refused 2>&1 && : >/shared/mx1.purged-too-early
		exim4 -bt root@paris.example.org >/shared/mx1.asked-after
	END
}

purges() {
	cat <<-'END'
		dpkg -P lsrd-exim && dpkg -P lsrd-milter lsrd-front lsrd-map lsrd lsrctl && : >/shared/mx1.purged
		ls -d /etc/lsrd /var/lib/lsrd /usr/share/lsrd >/shared/mx1.still 2>/dev/null
		echo more | sendmail joe@london.example.org
		soon grep -q more /var/mail/joe && : >/shared/mx1.still-delivers
	END
}

# block N [SECTION]: the Nth display of that section, in the page as it is
# installed.
block() {
	awk -v want="$1" -v section=".Sh ${2:-A FIRST NETWORK}" '
		/^\.Sh / { on = $0 == section; n = 0 }
		on && /^\.Bd/ { n++; inside = n == want; next }
		/^\.Ed/ { inside = 0 }
		inside { gsub(/\\e/, "\\"); print }' "$work/lsrd-exim.7"
}

mx1() {
	block 1
	block 2
	pair_conf 3 192.0.2.10
	block 6
	block 8
	cat <<-'END'
		answers
		meet ready
		soon knows paris.example.org mx2
	END
	block 10
	cat <<-'END'
		lsrctl routes >/shared/mx1.routes
		exim4 -bt root@paris.example.org >/shared/mx1.asked
		soon grep hello /var/mail/joe
		cp /var/mail/joe /shared/mail1
		soon lsrctl check >/dev/null && : >/shared/mx1.checked
		lsrctl check
		meet checked
	END
	[ -z "${LSRD_PACKAGES:-}" ] || too_early
	block 1 LEAVING
	cat <<-'END'
		exim4 -bP config | grep -i lsrd >/shared/mx1.left
		exim4 -bt root@paris.example.org | grep -i lsrd >>/shared/mx1.left
		echo bye | sendmail joe@london.example.org
		soon grep -q bye /var/mail/joe && : >/shared/mx1.delivers
	END
	[ -z "${LSRD_PACKAGES:-}" ] || purges
	cat <<-'END'
		tail -n 60 /var/log/exim4/mainlog
		journalctl -u 'lsrd*' -u 'exim*' --no-pager -o cat | tail -n 60
	END
}

mx2() {
	pair_keys
	pair_conf 4 192.0.2.20
	block 7
	block 9
	cat <<-'END'
		answers
		meet ready
		soon grep -q hello /var/mail/root
		cp /var/mail/root /shared/mail2
		soon knows london.example.org mx1
		lsrctl routes >/shared/mx2.routes
		echo hello | sendmail joe@london.example.org
		soon lsrctl check && : >/shared/mx2.checked
		meet checked
		journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 60
	END
}

[ -z "${LSRD_PACKAGES:-}" ] || root_install() { root_packages "$@"; }
(seed=$exim && pair_host mx1 </dev/null) && pair_host mx2 </dev/null || exit 1
if [ -n "${LSRD_PACKAGES:-}" ]; then
	gzip -dc "$work/mx1/usr/share/man/man7/lsrd-exim.7.gz" >"$work/lsrd-exim.7"
else
	cp "$work"/mx1/usr/*/share/man/man7/lsrd-exim.7 "$work/lsrd-exim.7"
	# Exim has no sanitizers, which an object with them wants to come first
	cp "$build/t/system/lsrd-exim.so" "$work"/mx1/usr/*/lib/lsrd/
fi
mx1 >>"$work/mx1/root/in-container.sh"
mx2 >>"$work/mx2/root/in-container.sh"
pair_boot

plan "$([ -z "${LSRD_PACKAGES:-}" ] && echo 10 || echo 15)"
ok "mx1 knows the way to paris.example.org" pair_knows mx1 paris.example.org mx2
ok "Exim on it takes that way" grep -F '[192.0.2.20]' "$work/shared/mx1.asked"
ok "mx2 knows the way to london.example.org" pair_knows mx2 london.example.org mx1
ok "the message has arrived at mx2" grep -q hello "$work/shared/mail2"
ok "one the other way has arrived at mx1" grep -q hello "$work/shared/mail1"
ok "lsrctl check has nothing to say on mx2" [ -e "$work/shared/mx2.checked" ]
ok "nor on mx1" [ -e "$work/shared/mx1.checked" ]
ok "after leaving there is nothing of ours in Exim" eval \
	'[ -e "$work/shared/mx1.left" ] && [ ! -s "$work/shared/mx1.left" ]'
ok "and mail is delivered" [ -e "$work/shared/mx1.delivers" ]
ok "lsrd may read the queue" none \
	"$(grep -E 'queue-unread|retry-failed' "$work/mx1/root/result")"
[ -n "${LSRD_PACKAGES:-}" ] || exit 0

S=$work/shared
ok "a purge of lsrd-exim is refused while Exim includes it" [ ! -e "$S/mx1.purged-too-early" ]
ok "and says which lines" grep -q '/etc/exim4.*:[0-9]*:.*/etc/lsrd/mta/exim' "$S/mx1.refused"
ok "and Exim goes by them" grep -qF '[192.0.2.20]' "$S/mx1.asked-after"
ok "after leaving all packages are purged, and nothing is left" eval \
	'[ -e "$S/mx1.purged" ] && [ ! -s "$S/mx1.still" ]'
ok "and mail is delivered" [ -e "$S/mx1.still-delivers" ]
