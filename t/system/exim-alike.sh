#!/bin/sh
# exim-alike.sh - lsrd-milter and lsrd-exim.so, which Exim loads, judge
# generated messages alike. The messages are in exim_alike.py; so many, from
# that seed:
#
#     exim-alike.sh 10000 7

. "${top_srcdir:-.}/t/tap.sh"

[ "$(id -u)" = 0 ] || skip "not root"
[ -x "$top_builddir/lsrd-milter" ] || skip "built without the milter"
python3 -c 'import cryptography' 2>/dev/null || skip "needs python3-cryptography"
for name in london paris rome oslo stranger; do
	"$top_builddir/t/system/milter_table" new "$W/$name.key" || exit 1
done
: >"$W/milter.log"
chmod 755 "$W"
chown -R nobody "$W"
export W top_builddir
PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/t/system/exim_alike.py" "${1:-1000}" "${2:-1}"
