#!/bin/sh
# front.sh - lsrd-front before a real Postfix: what strangers, listed peers
# and hostile clients get, and what they get when a part of it is away.

. "${top_srcdir:-.}/t/system/front-setup.sh"

why=$(fs_need)
[ -z "$why" ] || skip "$why"
fs_begin
fs_python "$top_srcdir/t/system/front.py" "$@"
