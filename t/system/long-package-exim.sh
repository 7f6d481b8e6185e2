#!/bin/sh
# long-package-exim.sh - the Debian packages with Debian's Exim: "A first network" of
# lsrd-exim(7) by the package lsrd-exim, a purge that is refused while Exim includes
# its files, and the purge of all of it. Packages are built, or those of
# LSRD_PACKAGES, a folder.

top=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "${LSRD_PACKAGES:-}" ]; then
	LSRD_PACKAGES=$(mktemp -d) || exit 1
	trap 'rm -rf "$LSRD_PACKAGES"' EXIT
	"$top/t/package" "$LSRD_PACKAGES" >"$LSRD_PACKAGES/said" 2>&1 || {
		sed 's/^/# /' "$LSRD_PACKAGES/said"
		echo "Bail out! no packages"
		exit 1
	}
fi
export LSRD_PACKAGES
sh "$top/t/system/exim-systemd.sh"
