#!/bin/sh
# maillog.sh - lsrd-maillog by itself: a pipe, a file that is turned over and
# cut short, a line without end, and nobody who listens.

. "$(dirname "$0")/../tap.sh"
reader=$top_builddir/lsrd-maillog
reader_pid='' hear_pid=''
chmod 755 "$W"

clean_up() {
	for pid in $reader_pid $hear_pid; do kill "$pid" 2>/dev/null; done
	wait
}

failed() {
	tail -n 20 "$W/heard"
}

# What lsrd would hear, a line each.
cat >"$W/hear.py" <<'END'
import os, socket, sys
hear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
hear.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print(hear.recv(512).decode(), flush=True)
END

hear() {
	rm -f "$W/report"
	python3 "$W/hear.py" "$W/report" >>"$W/heard" &
	hear_pid=$!
	soon test -S "$W/report"
}

sent() {
	echo "Nov 21 17:22:56 mx postfix/lsrd/smtp[7]: $1: to=<a@b.example>," \
		"relay=192.0.2.$2[192.0.2.$2]:25, delay=1, dsn=2.0.0, status=sent (250 ok)"
}

heard() {
	soon grep -q "^evidence hop=192.0.2.$1:25 ok=$2\$" "$W/heard"
}

follow() {
	"$reader" -u nobody -F "$W/log" -r "$W/report" 2>"$W/err" &
	reader_pid=$!
}

# A line at a time until it is heard: the reader begins at the end.
first_line() {
	soon sh -c "
		echo '$(sent A 1)' >>'$W/log'
		sleep 0.3
		grep -q '^evidence hop=192.0.2.1:25 ok=' '$W/heard'"
}

turned_over() {
	mv "$W/log" "$W/log.1"
	sent B 2 >"$W/log.new"
	chmod 644 "$W/log.new"
	mv "$W/log.new" "$W/log"
	heard 2 1
}

cut_short() {
	sent D 4 >"$W/log" # shorter than what was read: opened anew
	heard 4 1
}

long_line() {
	awk 'BEGIN { for (i = 0; i < 3000; i++) printf "endless "; print "" }' \
		>>"$W/log"
	sent E 5 >>"$W/log"
	heard 5 1
}

nobody_listens() {
	kill "$hear_pid" && wait "$hear_pid"
	rm -f "$W/report"
	sent F 6 >>"$W/log"
	sleep 2
	kill -0 "$reader_pid" || return 1
	hear
	sent G 7 >>"$W/log"
	heard 7 1
}

# Who may lower it is who the reader has become.
reader_limit() {
	as=''
	[ "$(id -u)" != 0 ] ||
		as="setpriv --reuid nobody --regid $(id -g nobody) --clear-groups"
	$as prlimit --pid "$reader_pid" --nofile="$1:"
}

# The log is turned over while there is no descriptor for the new one: that is
# said once and costs nothing, and it is read when there is one.
no_descriptor() {
	reader_limit 4
	mv "$W/log" "$W/log.2"
	sent I 10 >"$W/log.new"
	chmod 644 "$W/log.new"
	mv "$W/log.new" "$W/log"
	soon grep -q 'log: Too many open files; waiting' "$W/err" || return
	before=$(sed 's/.*) //' "/proc/$reader_pid/stat" | awk '{ print $12 + $13 }')
	sleep 2
	after=$(sed 's/.*) //' "/proc/$reader_pid/stat" | awk '{ print $12 + $13 }')
	[ $((after - before)) -le 20 ] || return
	[ "$(wc -l <"$W/err")" = 1 ] || return
	reader_limit 1000
	heard 10 1 && soon grep -q 'log: is read' "$W/err"
}

stops() {
	kill "$reader_pid"
	wait "$reader_pid"
	status=$?
	reader_pid=''
	return $status
}

pipe() {
	sent H 8 | "$reader" -u nobody -r "$W/report" && heard 8 1
}

refused() {
	"$reader" -u nobody-of-that-name </dev/null
	[ $? = 67 ] || [ "$(id -u)" != 0 ]
}

# Exim's log of today: it is read once it is there, from its beginning.
exim_today() {
	"$reader" -m exim -u nobody -F "$W/main-%D" -r "$W/report" 2>"$W/err" &
	reader_pid=$!
	soon grep -q "main-%D: .*waiting" "$W/err" || return
	echo "2026-11-29 02:54:17 1xXV3R-0005VO-0C H=mx [192.0.2.11]:25" \
		"Connection refused" >"$W/new"
	chmod 644 "$W/new"
	mv "$W/new" "$W/main-$(date +%Y%m%d)"
	soon grep -q "^evidence hop=192.0.2.11:25 failed=1" "$W/heard"
}

plan 13
hear
sent X 9 >"$W/log"
chmod 644 "$W/log"
follow
ok "a line that is added is reported" first_line
ok "what was there before is not" sh -c "! grep -q 192.0.2.9 '$W/heard'"
ok "the log is turned over" turned_over
sent C 3 >>"$W/log"
ok "the new one grows" heard 3 1
ok "the log is cut short" cut_short
ok "a line without end is passed over" long_line
ok "lsrd is away, and comes back" nobody_listens
if command -v prlimit >/dev/null && command -v setpriv >/dev/null; then
	ok "no descriptor for the next log" no_descriptor
else
	skip_case "no descriptor for the next log" "no prlimit or setpriv"
fi
ok "SIGTERM ends it" stops
ok "a pipe, to its end" pipe
ok "an unknown user is refused" refused
ok "an Exim log with the date in its name" exim_today
ok "it ends as well" stops
