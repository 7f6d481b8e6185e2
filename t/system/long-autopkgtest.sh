#!/bin/sh
# long-autopkgtest.sh - debian/tests, as autopkgtest runs them: our packages on a
# Debian with a real systemd of its own, a fresh one for each test. Packages are
# built, or those of LSRD_PACKAGES, a folder.

. "$(dirname "$0")/container.sh"
packages_here

root_install() {
	mkdir "$work/$1/root/debs"
	cp "$work"/debs/*.deb "$work/$1/root/debs/"
	cp -R "$top/debian/tests" "$work/$1/root/"
}

failed() {
	tail -n 30 "$work/$name/root/said"
}

tests=$(sed -n 's/^Tests: //p' "$top/debian/tests/control")
plan "$(echo "$tests" | wc -l)"
for name in $tests; do
	cat >"$work/$name.in" <<-END
		ip link set lo up
		dpkg -i /root/debs/*.deb >/root/said 2>&1
		sh /root/tests/$name >>/root/said 2>&1
		echo \$? >/root/status
		echo over
	END
	root_make "$name" "$work/$name.in"
	boot "$work/$name" --private-network
	[ -s "$work/$name/root/result" ] || skip "no container here: $(tail -n 1 "$work/$name.boot" | tr -d '\r')"
	ok "$name" is "$(cat "$work/$name/root/status")" 0
done
