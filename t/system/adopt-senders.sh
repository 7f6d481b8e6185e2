#!/bin/sh
# adopt-senders.sh - senders with smart hosts of their own, and policies of TLS:
# adopted by README's commands, left by check --undo.

. "$(dirname "$0")/adopt.sh"
skip_unless_able
plan 10
lab_up "$top/t/labtool/two-sites.json"
full >/dev/null
smart_host
shape senders
