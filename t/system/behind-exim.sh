#!/bin/sh
# behind-exim.sh - Debian's Exim behind lsrd-front by the lines of conf/exim:
# whom do its logs, Received lines, access lists and rate limits take a client
# for? And does a session say through lsrd-front what it says without?

. "$(dirname "$0")/exim.sh"
. "$top/t/system/behind.sh"
[ -x "$build/lsrd-front" ] || skip "no lsrd-front here"

clean_up() {
	behind_end
}

behind_begin
behind_python "$top/t/system/behind.py" exim
