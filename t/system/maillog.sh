#!/bin/sh
# maillog.sh - lsrd-maillog by itself: a pipe, a file that is turned over and
# cut short, a line without end, and nobody who listens.

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
reader=${top_builddir:-.}/lsrd-maillog
W=$(mktemp -d /tmp/lsrd-maillog.XXXXXX) || exit 1
n=0 reader_pid='' hear_pid=''
chmod 755 "$W"

cleanup() {
	for pid in $reader_pid $hear_pid; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$W"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

ok() {
	what=$1
	shift
	n=$((n + 1))
	if "$@" >"$W/said" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' "$W/said" "$W/heard" | tail -n 20
	fi
}

# until_true COMMAND...: for 20 s at most.
until_true() {
	i=0
	until "$@"; do
		i=$((i + 1))
		[ $i -lt 200 ] || return 1
		sleep 0.1
	done
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
	until_true test -S "$W/report"
}

sent() {
	echo "Nov 21 17:22:56 mx postfix/lsrd/smtp[7]: $1: to=<a@b.example>," \
		"relay=192.0.2.$2[192.0.2.$2]:25, delay=1, dsn=2.0.0, status=sent (250 ok)"
}

heard() {
	until_true grep -q "^evidence hop=192.0.2.$1:25 ok=$2\$" "$W/heard"
}

follow() {
	"$reader" -u nobody -F "$W/log" -r "$W/report" 2>"$W/err" &
	reader_pid=$!
}

# A line at a time until it is heard: the reader begins at the end.
first_line() {
	until_true sh -c "
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

echo 1..10
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
