#!/bin/sh
# adopt-virtual.sh - a site of virtual mailboxes, several domains and aliases:
# adopted by README's commands, left by check --undo.

. "$(dirname "$0")/adopt.sh"
skip_unless_able
plan 9
lab_up "$top/t/labtool/two-sites.json"
full >/dev/null
smart_host
shape virtual
