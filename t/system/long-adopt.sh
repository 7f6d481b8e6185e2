#!/bin/sh
# long-adopt.sh - sites that were there before, one after another: each is
# adopted by README's commands, and left by check --undo.

. "$(dirname "$0")/adopt.sh"
skip_unless_able
shapes=${*:-mailboxes filter piped milters screened smarthost relayed soft options \
	instances utf8}
plan $(for name in $shapes; do
	case $name in
	senders | milters | smarthost | utf8) seq 10 ;;
	*) seq 9 ;;
	esac
done | wc -l)
for name in $shapes; do
	lab_up "$top/t/labtool/two-sites.json"
	full >/dev/null
	smart_host
	offered=0
	shape "$name"
	"$lab" down >/dev/null 2>&1
	up=''
done
