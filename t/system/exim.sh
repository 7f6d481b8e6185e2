# exim.sh - Debian's Exims, without touching this machine's mail server. To be
# sourced.
#
# Exim and Postfix cannot both be installed, so each Exim is in a root of its
# own, made once from container.sh's Debian and kept beside it.
#
#   exim_root KIND      heavy or light: $exim is that root, for all tests: to
#                       be read, and bound or copied from, never changed; where
#                       there can be none the test is skipped
#   exim_copy DIR       a root that the test may change, made of $exim in half a
#                       second: below /usr a file is put in place of another,
#                       never written to, as all roots share it; DIR is best
#                       below $work

. "${top_srcdir:-$(dirname "$0")/../..}/t/system/container.sh"

exim_root() {
	exim=$seed-exim-$1
	[ -d "$exim" ] || alone exim_make "$1" >"$work/exim.log" 2>&1 ||
		skip "no Exim: $(tail -n 1 "$work/exim.log")"
}

exim_copy() {
	mkdir "$1" && chmod 755 "$1" "$work" || return 1
	for exim_part in "$exim"/*; do
		if [ "${exim_part##*/}" != usr ]; then
			cp -a "$exim_part" "$1/"
		else
			cp -al "$exim_part" "$1/" 2>/dev/null || cp -a "$exim_part" "$1/"
		fi || return 1
	done
}

exim_make() {
	[ ! -d "$exim" ] || return 0
	cp -a "$seed" "$work/$1" && exim_packages "$work/$1/debs" "$1" || return 1
	printf '#!/bin/sh\nexit 101\n' >"$work/$1/usr/sbin/policy-rc.d"
	chmod 755 "$work/$1/usr/sbin/policy-rc.d"
	DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$work/$1" sh -e -c '
		dpkg --force-unsafe-io --purge postfix-lmdb postfix
		dpkg --force-unsafe-io -i /debs/*.deb
		rm -r /debs
		useradd -m joe' && keep "$work/$1" "$exim"
}

# The packages that the Debian lacks, without touching this machine's.
exim_packages() {
	mkdir -p "$1/partial"
	exim_fetch "$@" || { apt-get update && exim_fetch "$@"; }
}

exim_fetch() {
	apt-get -o Dir::State::status="$seed/var/lib/dpkg/status" \
		-o Dir::Cache::archives="$1" install -y --no-install-recommends \
		--download-only "exim4-daemon-$2"
}
