#!/bin/sh
# exim-marks.sh - marks and limits in a real Exim, by lsrd-exim.so and the lines
# of conf/exim, with lsrd-milter as the next hop. The cases are in
# exim_marks.py; `exim-marks.sh 10000 7` judges so many generated messages of
# that seed by SMTP as well, and costs a second for 50. With CASE=generated in the
# environment these alone.

. "$(dirname "$0")/exim.sh"
grep -q 'define HAVE_CDB 1' "$build/config.h" || skip "built without tinycdb"
[ -x "$build/lsrd-milter" ] || skip "built without the milter"
python3 -c 'import cryptography' 2>/dev/null || skip "needs python3-cryptography"
ns=lsrdm$$
X=$work/exim

# What an administrator does, by the heads of the files in conf/exim.
configure() {
	mkdir -p "$X/usr/share/lsrd" "$X/usr/lib/lsrd" "$X/var/lib/lsrd/milter" \
		"$X/var/lib/lsrd/exim" "$X/etc/lsrd/keys"
	cp -r "$top/conf/exim" "$X/usr/share/lsrd/exim"
	cp "$build/t/system/lsrd-exim.so" "$X/usr/lib/lsrd/"
	for line in "dc_eximconfig_configtype='internet'" \
		"dc_other_hostnames='mx1.london.example.org:london.example.org'" \
		"dc_relay_domains='+lsrd_domains'" \
		"dc_local_interfaces='192.0.2.1 ; 127.0.0.1'"; do
		sed -i "s/^${line%%=*}=.*/$line/" "$X/etc/exim4/update-exim4.conf.conf"
	done
	share=/usr/share/lsrd/exim
	{
		echo "MAIN_HARDCODE_PRIMARY_HOSTNAME = mx1.london.example.org"
		echo "queue_only"
		echo "message_size_limit = 5M"
		echo "smtp_accept_max_per_connection = 0"
		echo "MAIN_SMTPUTF8_ADVERTISE_HOSTS = *"
		echo ".include_if_exists $share/marks.main"
		echo ".include_if_exists $share/main"
	} >"$X/etc/exim4/exim4.conf.localmacros"
	for part in acl:marks.acl acl:acl routers:routers routers:marks.routers \
		transports:transports retry:retry; do
		sed -i "/^begin ${part%:*}\$/a .include_if_exists $share/${part#*:}" \
			"$X/etc/exim4/exim4.conf.template"
	done
	P=example.org
	printf '%s\n' "remote oslo.$P relay 198.51.100.5@25" \
		"remote paris.$P relay 198.51.100.5@25" \
		"remote rome.$P relay 198.51.100.5@25" \
		"way out.$P relay remote_smtp:[198.51.100.8]:25" go |
		timeout 100 "$build/t/system/publish_drive" "$build/lsrd-publish" \
			"$X/var/lib/lsrd" lab exim
	chroot "$X" sh -e -c 'groupadd -r lsrd-mark
		usermod -a -G lsrd-mark Debian-exim; update-exim4.conf'
}

# Each server of the organization, and a client, has an address of its own.
network() {
	ip netns add "$ns" && ip -n "$ns" link set lo up || return 1
	for a in 192.0.2.1 198.51.100.5 198.51.100.6 198.51.100.7 198.51.100.8 198.51.100.9; do
		ip -n "$ns" addr add $a/32 dev lo
	done
}

clean_up() {
	ip netns del "$ns" 2>/dev/null
}

exim_root heavy
exim_copy "$X" || skip "no copy of $exim"
network || skip "no network namespaces here"
configure >"$work/log" 2>&1 || {
	sed 's/^/# /' "$work/log"
	echo "Bail out! Exim takes no configuration"
	exit 1
}
export W X top_builddir
PYTHONDONTWRITEBYTECODE=1 ip netns exec "$ns" \
	python3 "$top/t/system/exim_marks.py" "$@"
