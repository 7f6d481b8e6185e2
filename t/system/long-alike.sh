#!/bin/sh
# long-alike.sh - frames, most of them spoilt, read by the C and by a second
# decoder that was written from lsrd-protocol(7): both take and refuse the same.
#
#     long-alike.sh [FRAMES [SEED]]     a minute a million

top_builddir=${top_builddir:-$(dirname "$0")/../../build/check}
. "$(dirname "$0")/../tap.sh"
need python3

exec python3 "$top_srcdir/t/peer/alike.py" "$top_builddir/t/peer/decoded" \
	"${1:-20000}" "${2:-1}"
