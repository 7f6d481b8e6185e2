# container.sh - a Debian with a real systemd, in a container. To be sourced.
#
# The root is made once by debootstrap, from the mirror this machine itself
# uses, and kept in $LSRD_CACHE (/var/cache/lsrd-check) for the next run. Of
# tests that run side by side one makes it, and the others wait for it.

top_builddir=${top_builddir:-$(dirname "$0")/../../build/check}
. "$(dirname "$0")/../tap.sh"
top=$top_srcdir
build=$top_builddir
cache=${LSRD_CACHE:-/var/cache/lsrd-check}
packages="systemd,systemd-sysv,dbus,iproute2,nftables,procps,python3-minimal,openssl\
,libevent-2.1-7,libevent-core-2.1-7,libevent-openssl-2.1-7,libssl3,libsodium23,libconfuse2\
,libjansson4,libldap-2.5-0,liblmdb0,libcdb1,libc-ares2,libedit2,libmilter1.0.1,postfix,postfix-lmdb,libasan8,libubsan1,ucf"

seed=$cache/bookworm-$(printf '%s' "$packages" | cksum | cut -d' ' -f1)

[ "$(id -u)" = 0 ] || skip "not root"
need systemd-nspawn debootstrap unshare

# What this machine calls its Debian mirror.
mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources 2>/dev/null | awk '
		/^URIs:/ { uri = $2 }
		/^Suites:/ { for (i = 2; i <= NF; i++) if ($i == "bookworm") { print uri; exit } }
		$1 == "deb" { for (i = 2; i < NF; i++)
			if ($i ~ /^https?:/ && $(i + 1) == "bookworm") { print $i; exit } }'
}

# keep NEW ROOT: a root for the next run, too; another run may have made it.
keep() {
	mv -T "$1" "$2" 2>/dev/null || [ -d "$2" ]
}

# alone COMMAND...: while no other test does what it does alone.
alone() {
	(flock 8 && "$@" 8>&-) 8>"$cache/lock"
}

seed_make() {
	[ ! -d "$seed" ] || return 0
	uri=$(mirror)
	[ -n "$uri" ] || return 1
	eval "$(apt-config shell http_proxy Acquire::http::Proxy 2>/dev/null)"
	[ -z "${http_proxy:-}" ] || export http_proxy
	DEBIAN_FRONTEND=noninteractive debootstrap --variant=minbase --include="$packages" \
		bookworm "$work/seed" "$uri" >"$cache/debootstrap.log" 2>&1 || return 1
	rm -rf "$work"/seed/var/cache/apt/archives/*.deb "$work"/seed/var/lib/apt/lists/*
	keep "$work/seed" "$seed"
}

# boot ROOT [OPTION...]: a container until it powers itself off, $boot_limit seconds
# at most.
# Where /sys has no cgroups (a plain chroot) they are mounted for it alone. It has
# one of its own: in that of another container its units would be this one's.
boot() {
	boot_group=lsrd-test-$$-${1##*/}
	with_cgroups '
		mkdir "$cgroups/$1" && echo $$ >"$cgroups/$1/cgroup.procs" || exit 9
		limit=$2 root=$3
		shift 3
		exec timeout -k 10 "$limit" systemd-nspawn -q -D "$root" --boot --register=no \
			--keep-unit --link-journal=no "$@"' "$boot_group" "${boot_limit:-840}" "$@" \
		</dev/null >"$1.boot" 2>&1
	boot_status=$?
	with_cgroups 'find "$cgroups/$1" -depth -type d -exec rmdir {} +' \
		"$boot_group" 2>/dev/null
	return "$boot_status"
}

with_cgroups() {
	with_do=$1
	shift
	unshare --mount --propagation private sh -c '
		cgroups=/sys/fs/cgroup
		case $(stat -f -c %T $cgroups) in
		cgroup2fs) ;;
		*) mount -t cgroup2 cgroup $cgroups ;;
		esac || exit 9'"
		$with_do" sh "$@"
}

# block N: the Nth indented block of README's first network.
block() {
	awk -v want="$1" '
		/^A first network/ { on = 1 }
		/^Looking around/ { on = 0 }
		!on { next }
		/^    / { if (!inside) n++; inside = 1; if (n == want) print substr($0, 5); next }
		/^$/ { held = 1; next }
		{ inside = 0 }' "$top/README"
}

# root_install NAME: lsrd in that root; a test may have a way of its own.
root_install() {
	make -s -C "$build" install DESTDIR="$work/$1" >"$work/install" 2>&1 || {
		sed 's/^/# /' "$work/install"
		echo "Bail out! make install failed"
		exit 1
	}
}

# root_make NAME SCRIPT: a root with this build installed, and SCRIPT to be run
# as the last unit of its boot; it writes /root/result and /root/complaints.
root_make() {
	cp -a "$seed" "$work/$1"
	root_install "$1"
	echo "$1" >"$work/$1/etc/hostname"
	# a sanitizer that looks for leaks at the end cannot, in a sandbox
	mkdir -p "$work/$1/etc/systemd/system.conf.d"
	printf '[Manager]\nDefaultEnvironment=ASAN_OPTIONS=%s\n' \
		abort_on_error=1:detect_leaks=0:malloc_context_size=8:quarantine_size_mb=64 >"$work/$1/etc/systemd/system.conf.d/lsrd.conf"
	cp "$2" "$work/$1/root/in-container.sh"
	cp "$top/t/tap.sh" "$work/$1/root/"
	cat >"$work/$1/etc/systemd/system/lsrd-test.service" <<-END
		[Unit]
		Description=the test of lsrd
		After=multi-user.target
		[Service]
		Type=oneshot
		TimeoutStartSec=820
		Environment=LC_ALL=C.UTF-8 HOME=/root
		ExecStart=/bin/sh /root/in-container.sh
		StandardOutput=file:/root/result
		StandardError=file:/root/complaints
		ExecStopPost=/bin/systemctl --no-block poweroff
		[Install]
		WantedBy=multi-user.target
	END
	mkdir -p "$work/$1/etc/systemd/system/multi-user.target.wants"
	ln -s ../lsrd-test.service "$work/$1/etc/systemd/system/multi-user.target.wants/"
}

work=''
clean_up() {
	[ -z "$work" ] || rm -rf "$work"
}

mkdir -p "$cache" && work=$(mktemp -d "$cache/run.XXXXXX") || skip "cannot write to $cache"
[ -d "$seed" ] || alone seed_make || skip "no Debian root: $(tail -n 1 "$cache/debootstrap.log")"

# packages_here: in $work/debs those built of what is committed, or those of
# LSRD_PACKAGES, a folder; what is for Exim alone is in $work/debs/exim.
packages_here() {
	if [ -n "${LSRD_PACKAGES:-}" ]; then
		cp -r "$LSRD_PACKAGES" "$work/debs"
	else
		"$top/t/package" "$work/debs" >"$W/package" 2>&1 || {
			sed 's/^/# /' "$W/package"
			echo "Bail out! no packages"
			exit 1
		}
	fi
	rm -f "$work"/debs/*dbgsym*
	mkdir "$work/debs/exim" && mv "$work"/debs/lsrd-exim_* "$work/debs/exim/"
}
