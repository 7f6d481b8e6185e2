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

plan 10
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
ok "SIGTERM ends it" stops
ok "a pipe, to its end" pipe
ok "an unknown user is refused" refused
