# setup.sh - what t/demo, t/check and t/lab need of the machine. To be
# sourced; it changes nothing until a function is called.

# To build, to run the servers of a lab, and to test all of it.
setup_build="gcc libc6-dev make autoconf automake pkgconf libevent-dev
	libssl-dev libsodium-dev libconfuse-dev libedit-dev libjansson-dev libldap-dev liblmdb-dev libcdb-dev
	libidn2-dev libc-ares-dev libmilter-dev check"
setup_run="postfix postfix-lmdb iproute2 nftables util-linux python3"
setup_test="curl zsh miltertest mandoc clang clang-format shellcheck procps systemd-container debootstrap
	python3-cryptography python3-jsonschema python3-dkim python3-nacl fail2ban sasl2-bin
	libsasl2-modules graphviz python3-networkx spin apparmor strace prometheus slapd
	krb5-kdc krb5-admin-server krb5-user libsasl2-modules-gssapi-mit"

setup_say() {
	printf '%s\n' "$*"
}

setup_die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# setup_missing PACKAGE...: those that are not installed.
setup_missing() {
	for setup_p in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$setup_p" 2>/dev/null) in
		installed) ;;
		*) printf '%s ' "$setup_p" ;;
		esac
	done
}

# setup_policy on: no service starts while we install; off: as it was.
setup_policy() {
	setup_file=/usr/sbin/policy-rc.d
	case $1 in
	on)
		[ ! -e "$setup_file" ] || return 0
		printf '#!/bin/sh\nexit 101\n' >"$setup_file"
		chmod 755 "$setup_file"
		setup_policy_ours=yes
		;;
	off)
		[ -z "${setup_policy_ours:-}" ] || rm -f "$setup_file"
		setup_policy_ours=
		;;
	esac
}

# setup_packages PACKAGE...: installs what is missing, if there is apt.
setup_packages() {
	if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
		setup_say "no apt here; these Debian packages (or their like) are needed:" "$@"
		return 0
	fi
	setup_list=$(setup_missing "$@")
	[ -n "$setup_list" ] || return 0
	[ "$(id -u)" = 0 ] || setup_die "not root, and not installed: $setup_list"
	setup_say "installing $setup_list"
	setup_log=$(mktemp) || return 1
	setup_policy on
	setup_rc=0
	setup_apt $setup_list >"$setup_log" 2>&1 ||
		{ apt-get update >>"$setup_log" 2>&1 && setup_apt $setup_list >>"$setup_log" 2>&1; } ||
		setup_rc=1
	setup_policy off
	[ "$setup_rc" = 0 ] || tail -n 15 "$setup_log" >&2
	rm -f "$setup_log"
	return "$setup_rc"
}

setup_apt() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io "$@" </dev/null
}

# setup_exim DIR: Debian's Exim, unpacked in DIR and not installed, with what
# libraries this machine lacks: it and Postfix cannot both be installed. Nothing
# is asked of the network once it is there.
setup_exim() {
	[ ! -x "$1/usr/sbin/exim4" ] || return 0
	command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || {
		setup_say "no apt here: unpack Debian's exim4-base, exim4-config and exim4-daemon-heavy in $1" >&2
		return 1
	}
	mkdir -p "${1%/*}" && setup_new=$(mktemp -d "$1.XXXXXX") || return 1
	chmod 755 "$setup_new"
	setup_rc=0
	if setup_exim_unpack "$setup_new" >"$setup_new/log" 2>&1 ||
		{ apt-get update && setup_exim_unpack "$setup_new"; } >"$setup_new/log" 2>&1; then
		mv -T "$setup_new/root" "$1" 2>/dev/null || [ -x "$1/usr/sbin/exim4" ] || setup_rc=1
	else
		setup_say "Exim's packages could not be downloaded:" >&2
		grep -E '^(E|W|dpkg)' "$setup_new/log" | tail -n 5 >&2
		setup_rc=1
	fi
	rm -rf "$setup_new"
	return "$setup_rc"
}

# The libraries are those that apt would install beside Exim.
setup_exim_unpack() {
	mkdir -p "$1/debs/partial" "$1/root" &&
		apt-get -o Dir::Cache::archives="$1/debs" -o APT::Sandbox::User=root install -y \
			--no-install-recommends --download-only exim4-daemon-heavy </dev/null &&
		(cd "$1/debs" && apt-get -o APT::Sandbox::User=root download \
			exim4-base exim4-config exim4-daemon-heavy) || return 1
	for setup_deb in "$1"/debs/*.deb; do
		dpkg-deb -x "$setup_deb" "$1/root" || return 1
	done
	[ -x "$1/root/usr/sbin/exim4" ]
}

# setup_tree TOP DIR OPTION...: builds TOP in DIR, saying little.
setup_tree() {
	setup_top=$1 setup_dir=$2
	shift 2
	mkdir -p "$setup_dir" || return 1
	setup_log=$setup_dir/setup.log
	if [ ! -x "$setup_top/configure" ] || [ "$setup_top/configure.ac" -nt "$setup_top/configure" ] ||
		[ "$setup_top/Makefile.am" -nt "$setup_top/Makefile.in" ]; then
		(cd "$setup_top" && autoreconf -fi) >"$setup_log" 2>&1 || {
			tail -n 20 "$setup_log" >&2
			return 1
		}
	fi
	setup_args="--prefix=/usr/local --sysconfdir=/etc --localstatedir=/var $*"
	if [ ! -e "$setup_dir/config.status" ] ||
		[ "$(cat "$setup_dir/setup.args" 2>/dev/null)" != "$setup_args" ]; then
		(cd "$setup_dir" && "$setup_top/configure" -q $setup_args) >"$setup_log" 2>&1 || {
			tail -n 20 "$setup_log" >&2
			return 1
		}
		printf '%s\n' "$setup_args" >"$setup_dir/setup.args"
	fi
	make -s -C "$setup_dir" -j"$(nproc 2>/dev/null || echo 2)" >"$setup_log" 2>&1 || {
		tail -n 30 "$setup_log" >&2
		return 1
	}
}
