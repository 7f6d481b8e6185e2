#!/bin/sh
# milter.sh - lsrd-milter beside a real Postfix: marks that come and go, mail
# that was signed, loops, strangers, sendmail(1), and a milter that is killed
# or stopped in the middle of a message. The cases are in milter.py.

# shellcheck source=t/system/postfix.sh
. "${top_srcdir:-.}/t/system/postfix.sh"

# Debian's own, which finds Debian's modules
python=/usr/bin/python3
[ -x "$python" ] || python=python3

why=$(pf_need)
[ -n "$why" ] || [ -x "$top_builddir/lsrd-milter" ] ||
	why="built without the milter"
[ -n "$why" ] || "$python" -c 'import dkim, nacl' 2>/dev/null ||
	why="needs python3-dkim"
[ -z "$why" ] || skip "$why"

pf_begin
P=example.org
drive "remote paris.$P relay 198.51.100.5@25" \
	"remote xn--mnchen-3ya.$P relay 198.51.100.5@25" \
	"remote tokyo.$P relay 198.51.100.5@25" \
	"way out.$P relay smtp:[198.51.100.6]:25" >/dev/null
mkdir "$W/spool/lsrd" "$W/milter"
chown nobody:postfix "$W/spool/lsrd" && chmod 2750 "$W/spool/lsrd"
"$top_builddir/t/system/milter_table" new "$W/milter/london.key" \
	"$W/milter/paris.key" || exit 1
chown -R nobody "$W/milter"
pf_start || exit 1
soon [ -S "$W/spool/private/rewrite" ]

SANITIZED=$(! grep -q __asan_init "$top_builddir/lsrd-milter" || echo yes)
export W NS top_builddir SANITIZED
PYTHONDONTWRITEBYTECODE=1 in_ns "$python" "$top_srcdir/t/system/${cases:-milter.py}" 8>&- 9<&-
