#!/bin/sh
# long-package.sh - the Debian packages on two hosts with a systemd and a
# Postfix each: installed, README's first network typed, upgraded under load,
# removed while mail flows, purged. Only for `t/check --long`: some
# minutes.

. "$(dirname "$0")/container.sh"
. "$top/t/system/pair.sh"

# What README says of an installation is the packages' work here.
root_install() {
	mkdir -p "$work/$1/root/debs"
	cp "$work"/debs/*.deb "$work/$1/root/debs/"
}

# installs: what must hold when the packages have come, and nothing else was done
installs() {
	cat <<-'END'
		md5sum /etc/postfix/* /etc/postfix/*/* 2>/dev/null >/root/before
		systemctl list-units --state=active --plain --no-legend 'postfix*' | wc -l >>/root/before
		begun=$(date +%s)
		dpkg -i /root/debs/lsrctl_* /root/debs/lsrd_* /root/debs/lsrd-milter_* \
		    /root/debs/lsrd-front_* /root/debs/lsrd-map_* >/root/dpkg 2>&1 || cat /root/dpkg
		md5sum /etc/postfix/* /etc/postfix/*/* 2>/dev/null >/root/after
		systemctl list-units --state=active --plain --no-legend 'postfix*' | wc -l >>/root/after
		cmp /root/before /root/after && : >/shared/$(uname -n).harmless
		{
		    systemctl list-units --all --plain --no-legend 'lsrd*'
		    systemctl list-unit-files --state=enabled --plain --no-legend 'lsrd*'
		} | grep -v '^lsrd-test' >/shared/$(uname -n).units
		grep -A3 'lsrd is installed' /root/dpkg >/shared/$(uname -n).next
	END
}

# back: a function of both hosts, how long it took until the session was there
# again, in milliseconds
back() {
	cat <<-'END'
		back() {
		    begun_back=$(date +%s%N)
		    soon sh -c 'lsrctl peers | grep -qiw full'
		    echo $((($(date +%s%N) - begun_back) / 1000000)) >/shared/$1.back
		}
	END
}

conf() {
	cat <<-END
		cat >/etc/lsrd/lsrd.conf <<'CONF'
		$(block "$1")
		CONF
		mkdir -p /etc/systemd/system/lsrd.socket.d
		cat >/etc/systemd/system/lsrd.socket.d/override.conf <<'CONF'
		$(block 5 | sed "s/192.0.2.10/$2/")
		CONF
		systemctl daemon-reload
		lsrd -t || exit 1
	END
}

packages_here
# the version that comes after: the same, by another number
mkdir "$work/next"
for deb in "$work"/debs/lsr*.deb; do
	rm -rf "$work/raw"
	dpkg-deb -R "$deb" "$work/raw"
	sed -i -e 's/^Version: .*/Version: 0.1.0+next/' -e 's/(= 0[^)]*)/(= 0.1.0+next)/' \
		"$work/raw/DEBIAN/control"
	dpkg-deb -b --root-owner-group "$work/raw" "$work/next/" >/dev/null
done

pair_host mx1 <<-END
	$(installs)
	$(back)
	$(block 1)
	$(block 2)
	$(conf 3 192.0.2.10)
	$(block 6)
	$(block 7)
	answers
	meet ready
	soon knows paris.example.org mx2
	$(block 8)
	soon [ -e /shared/hello ]
	echo \$((\$(date +%s) - begun)) >/shared/seconds

	systemctl start lsrd-map.service lsrd-import.timer

	# mail, a message every 50 ms, while both are upgraded and downgraded
	n=0
	while [ ! -e /shared/mx2.example.org.downgraded ]; do
	    n=\$((n + 1))
	    echo "Subject: load \$n" | sendmail -f joe@london.example.org root@paris.example.org
	    [ \$n != 40 ] || {
		pid=\$(systemctl show -p MainPID --value lsrd.service)
		dpkg -i /root/next/*.deb >/root/dpkg 2>&1 || cat /root/dpkg
		[ "\$pid" != "\$(systemctl show -p MainPID --value lsrd.service)" ] && : >/shared/anew
		lsrd --version >/shared/mx1.version
		dpkg-query -W lsrd >>/shared/mx1.version
		back mx1.upgraded
		systemctl is-active lsrd-map.service lsrd-import.timer >/shared/went-on
		: >/shared/mx1.example.org.upgraded
	    }
	    sleep 0.05
	done
	echo \$n >/shared/sent
	soon [ -e /shared/arrived ]
	soon lsrctl check && : >/shared/mx1.checked

	# removed: mail goes on as it was
	ls -d /var/lib/lsrd-map >/shared/past
	dpkg -r lsrd-milter lsrd-front lsrd-map lsrd >/root/dpkg 2>&1 || cat /root/dpkg
	systemctl is-active lsrd.service lsrd-map.service lsrd-import.timer >/shared/removed
	pgrep -x lsrd >>/shared/removed
	postfix check && systemctl restart postfix
	echo "Subject: removed" | sendmail -f joe@london.example.org root@paris.example.org
	soon [ -e /shared/after-removal ]
	# purged: not while main.cf names the tables
	dpkg -P lsrd >/shared/refused 2>&1 && : >/shared/purged-too-early
	ls /var/lib/lsrd/postfix/transport.lmdb /etc/lsrd/mta/route-refused.regexp >/shared/kept
	lsrctl check --undo | sed -n 's/^ *\(postconf .*\)/\1/p' >/root/undo
	sh /root/undo
	systemctl reload postfix
	dpkg -P lsrd-map lsrd >/root/dpkg 2>&1 && : >/shared/purged || cat /root/dpkg
	ls -d /etc/lsrd /var/lib/lsrd /var/lib/lsrd-map >/shared/left 2>/dev/null
	: >/shared/mx1.example.org.over
	meet over
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 60
END
pair_host mx2 <<-END
	$(installs)
	$(back)
	soon [ -e /shared/mx2.sh ]
	sh /shared/mx2.sh </shared/mx2.tar
	$(conf 4 192.0.2.20)
	$(block 6 | sed 's/london/paris/')
	$(block 7)
	answers
	meet ready
	soon grep -q hello /var/mail/root && : >/shared/hello
	soon [ -e /shared/mx1.example.org.upgraded ]
	dpkg -i /root/next/*.deb >/root/dpkg 2>&1 || cat /root/dpkg
	back mx2.upgraded
	dpkg -i /root/debs/*.deb >/root/dpkg 2>&1 || cat /root/dpkg
	back mx2.downgraded
	: >/shared/mx2.example.org.downgraded
	soon [ -e /shared/sent ]
	all_there() { [ "\$(grep -c '^Subject: load' /var/mail/root)" -ge "\$(cat /shared/sent)" ]; }
	soon all_there
	grep '^Subject: load' /var/mail/root | sort | uniq -c | awk '{ n[\$1]++ } END { for (i in n) print i, n[i] }' >/shared/arrived.new
	mv /shared/arrived.new /shared/arrived
	soon grep -q '^Subject: removed' /var/mail/root && : >/shared/after-removal
	soon [ -e /shared/mx1.example.org.over ]
	meet over
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 60
END
for host in mx1 mx2; do
	mkdir "$work/$host/root/next"
	cp "$work"/next/*.deb "$work/$host/root/next/"
done
pair_boot

S=$work/shared
ok "nothing of Postfix's was changed by an installation" ls "$S/mx1.example.org.harmless" "$S/mx2.example.org.harmless"
ok "nothing of ours ran or was to" none "$(cat "$S/mx1.example.org.units" "$S/mx2.example.org.units")"
ok "the way on was said, in three lines" is "$(grep -c '^  lsr\|^  editor' "$S/mx1.example.org.next")" 3
ok "the first network, by README: $(cat "$S/seconds" 2>/dev/null) s from the packages to a message" [ -s "$S/seconds" ]
ok "an upgrade starts lsrd anew" [ -e "$S/anew" ]
ok "of the version that came" grep -q '+next' "$S/mx1.version"
ok "the map and the import's timer go on" is "$(tr '\n' ' ' <"$S/went-on")" "active active "
for back in mx1.upgraded mx2.upgraded mx2.downgraded; do
	ok "$back: the session is back, $(cat "$S/$back.back" 2>/dev/null) ms after the packages" [ -s "$S/$back.back" ]
done
ok "all $(cat "$S/sent") messages of then have arrived, once each" is "$(cat "$S/arrived")" "1 $(cat "$S/sent")"
ok "lsrctl check has nothing to say" [ -e "$S/mx1.checked" ]
ok "all is stopped when it is removed" is "$(tr '\n' ' ' <"$S/removed")" "inactive inactive inactive "
ok "the map had kept what was" [ -s "$S/past" ]
ok "Postfix goes on by its last routes" [ -e "$S/after-removal" ]
ok "a purge is refused while main.cf names the tables" [ ! -e "$S/purged-too-early" ]
ok "and says which lines" grep -q 'main.cf:[0-9]*:.*/var/lib/lsrd/postfix' "$S/refused"
ok "they are there" is "$(wc -l <"$S/kept")" 2
ok "after lsrctl check --undo it is done" [ -e "$S/purged" ]
ok "nothing is left" none "$(cat "$S/left")"
all_told
