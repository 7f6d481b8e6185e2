#!/bin/sh
# long-upgrade.sh - an upgrade under load: two hosts run the version of commit
# d6206b0, set up by its own README, from packages made of it; then those of this
# tree are installed, host by host, while mail flows. Nothing is lost, and the
# sessions are back soon. Packages of this tree are built, or those of
# LSRD_PACKAGES; those of before, or LSRD_PACKAGES_BEFORE, folders.

. "$(dirname "$0")/container.sh"
. "$top/t/system/pair.sh"
before=d6206b0
git() { command git -c safe.directory="$top" -C "$top" "$@"; }
git cat-file -e $before:README 2>/dev/null || skip "this clone has no commit $before"

# block N: the Nth indented block of that section of the README of before.
block() {
	git show $before:README | awk -v want="$1" '
		/^A first network/ { on = 1 }
		/^Looking around/ { on = 0 }
		!on { next }
		/^    / { if (!inside) n++; inside = 1; if (n == want) print substr($0, 5); next }
		/^$/ { next }
		{ inside = 0 }'
}

give_up() {
	sed 's/^/# /' "$W/said" | tail -n 30
	echo "Bail out! $1"
	exit 1
}

# old_part NAME FILE...: a package of the version before, of these files; what is
# left at the end is lsrd's
old_part() {
	name=$1
	shift
	mkdir -p "$work/old.$name/DEBIAN"
	cat >"$work/old.$name/DEBIAN/control" <<-END
		Package: $name
		Version: 0.1.0~before
		Architecture: $(dpkg --print-architecture)
		Maintainer: nobody <nobody@example.org>
		Description: $name as of $before
	END
	for file in "$@"; do
		mkdir -p "$work/old.$name/$(dirname "$file")"
		mv "$work/before.root/$file" "$work/old.$name/$file" || return 1
	done
	dpkg-deb -b --root-owner-group "$work/old.$name" "$work/before/" >/dev/null
}

build_before() {
	mkdir "$work/before.src" "$work/before" &&
		git archive $before | tar -C "$work/before.src" -xf - &&
		(cd "$work/before.src" && autoreconf -fi && ./configure -q --prefix=/usr \
			--sysconfdir=/etc --localstatedir=/var \
			--with-systemdsystemunitdir=/lib/systemd/system &&
			make -s -j2 && make -s install DESTDIR="$work/before.root")
}

pack_before() {
	old_part lsrctl usr/bin usr/share/bash-completion usr/share/man/man1 &&
		old_part lsrd-front usr/sbin/lsrd-front lib/systemd/system/lsrd-front.service \
			lib/systemd/system/lsrd-front.socket \
			lib/systemd/system/lsrd-front-redirect.service usr/share/man/man8/lsrd-front.8 &&
		old_part lsrd-milter usr/sbin/lsrd-milter lib/systemd/system/lsrd-milter.service \
			usr/share/man/man8/lsrd-milter.8 &&
		old_part lsrd lib usr
}

if [ -n "${LSRD_PACKAGES:-}" ]; then
	cp -r "$LSRD_PACKAGES" "$work/debs"
else
	"$top/t/package" "$work/debs" >"$W/said" 2>&1 || give_up "no packages"
fi
rm -f "$work"/debs/*dbgsym* "$work"/debs/lsrd-exim*
if [ -n "${LSRD_BEFORE_ROOT:-}" ]; then
	mkdir "$work/before" && cp -r "$LSRD_BEFORE_ROOT" "$work/before.root"
else
	build_before >"$W/said" 2>&1 || give_up "$before cannot be built"
fi
pack_before >"$W/said" 2>&1 || give_up "$before cannot be packed"

root_install() {
	mkdir -p "$work/$1/root/debs" "$work/$1/root/before"
	cp "$work"/debs/*.deb "$work/$1/root/debs/"
	cp "$work"/before/*.deb "$work/$1/root/before/"
}

# begins CONF ADDRESS GROUP: what both do at first
begins() {
	cat <<-END
		dpkg -i /root/before/*.deb >/root/dpkg 2>&1 || cat /root/dpkg
		systemd-sysusers
		systemd-tmpfiles --create
		cat >/etc/lsrd/lsrd.conf <<'CONF'
		$(block "$1")
		CONF
		mkdir -p /etc/systemd/system/lsrd.socket.d
		cat >/etc/systemd/system/lsrd.socket.d/override.conf <<'CONF'
		$(block 4 | sed "s/192.0.2.10/$2/")
		CONF
		systemctl daemon-reload
	END
}

starts() {
	cat <<-END
		$(block 5)
		$(block 6 | sed "s/london/$1/")
		answers
		full() { lsrctl peers | grep -qiw full; }
		# upgrade: how long after the packages the session is back, in milliseconds
		upgrade() {
		    dpkg -i /root/debs/*.deb >/root/dpkg 2>&1 || cat /root/dpkg
		    begun=\$(date +%s%N)
		    soon full
		    echo \$(((\$(date +%s%N) - begun) / 1000000)) >/shared/\$1.back
		    { lsrd --version; dpkg-query -W -f '\${Version}\n' lsrd; } >/shared/\$1.version
		}
		meet ready
	END
}

pair_host mx1 <<-END
	$(begins 2 192.0.2.10)
	$(block 1)
	chown _lsrd /etc/lsrd/keys/*
	tar -C mx2 -cf /shared/mx2.tar.new . && mv /shared/mx2.tar.new /shared/mx2.tar
	$(starts london)
	soon full
	soon knows paris.example.org mx2
	n=0
	while [ ! -e /shared/both ]; do
	    n=\$((n + 1))
	    echo "Subject: load \$n" | sendmail -f joe@london.example.org root@paris.example.org
	    [ \$n != 40 ] || (upgrade mx1; : >/shared/mx1.done) &
	    sleep 0.1
	done
	echo \$n >/shared/sent.new
	mv /shared/sent.new /shared/sent
	wait
	soon [ -e /shared/arrived ]
	soon knows paris.example.org mx2 && : >/shared/mx1.knows
	meet over
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 80
END
pair_host mx2 <<-END
	$(begins 3 192.0.2.20)
	soon [ -e /shared/mx2.tar ]
	tar -C /etc/lsrd/keys -xf /shared/mx2.tar
	chown _lsrd /etc/lsrd/keys/*
	$(starts paris)
	soon [ -e /shared/mx1.done ]
	upgrade mx2
	sleep 5
	: >/shared/both
	soon [ -e /shared/sent ]
	all_there() { [ "\$(grep -c '^Subject: load' /var/mail/root)" -ge "\$(cat /shared/sent)" ]; }
	soon all_there
	grep '^Subject: load' /var/mail/root | sort | uniq -c | awk '{ n[\$1]++ } END { for (i in n) print i, n[i] }' >/shared/arrived.new
	mv /shared/arrived.new /shared/arrived
	meet over
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 80
END
pair_boot

# back HOST: within five seconds
back() {
	[ "$(cat "$S/$1.back")" -le 5000 ]
}

S=$work/shared
plan 6
ok "all $(cat "$S/sent" 2>/dev/null) messages of then have arrived, once each" is \
	"$(cat "$S/arrived")" "1 $(cat "$S/sent")"
for host in mx1 mx2; do
	ok "$host has the version of this tree" grep -q '^0.1.0$' "$S/$host.version"
	ok "$host: the session is back, $(cat "$S/$host.back" 2>/dev/null) ms after the packages" back $host
done
ok "and the routes are there" [ -e "$S/mx1.knows" ]
