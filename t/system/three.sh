# three.sh - three real daemons on loopback, London - Paris - Tokyo, a mail
# service that says yes and an empty queue in Python, tables read with postmap;
# clocks that are ahead. To be sourced in place of loopback.sh; `three` begins.

. "$(dirname "$0")/loopback.sh"
L=mx1.london.example.org
P=mx1.paris.example.org
T=mx1.tokyo.example.org
PATH=$PATH:/usr/sbin:/sbin
all=${1:-}

clean_up() {
	for pid in "$W"/*/pid "$W/mail.pid"; do
		[ ! -f "$pid" ] || kill -9 "$(cat "$pid")"
	done 2>/dev/null
	umount "$W/$L" 2>/dev/null
}

need postmap python3 cc

failed() {
	for s in $L $P; do
		sed "s/^/$s: /" "$W/$s/log" | tail -n 12
	done
}

# A clock that is ahead: the seconds stand in LSRD_AHEAD.
cat >"$W/ahead.c" <<'EOC'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int
clock_gettime(clockid_t clock, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	const char *ahead = getenv("LSRD_AHEAD");
	int rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(clock, t);
	if (clock == CLOCK_REALTIME && ahead != NULL)
		t->tv_sec += atol(ahead);
	return rc;
}
time_t
time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}
EOC
cc -shared -fPIC -o "$W/ahead.so" "$W/ahead.c" -ldl || exit 1

# Every mail service, and the queue of London's MTA: nothing is in it.
cat >"$W/mail.py" <<'EOP'
import os, socket, sys, threading
net, queue = sys.argv[1], sys.argv[2]
def talk(c):
    try:
        c.sendall(b"220 mail ESMTP\r\n")
        for line in c.makefile("rb"):
            if line.upper().startswith(b"QUIT"):
                c.sendall(b"221 bye\r\n")
                break
            c.sendall(b"250 yes\r\n")
    except OSError:
        pass
    c.close()
def serve(s, each):
    while True:
        c, _ = s.accept()
        threading.Thread(target=each, args=(c,), daemon=True).start()
for last in "1", "2", "3":
    s = socket.create_server((net + "." + last, 2525), backlog=64)
    threading.Thread(target=serve, args=(s, talk), daemon=True).start()
os.makedirs(queue + "/public")
q = socket.socket(socket.AF_UNIX)
q.bind(queue + "/public/showq")
q.listen(8)
open(queue + "/ready", "w").close()
serve(q, lambda c: (c.sendall(b"\0"), c.close()))
EOP

conf_of() { # server group last-octet
	head_of "$1" "$2" "$3"
	cat <<EOC
postfix-directory = "$W/$1/postfix"
keep-alive = 200ms
dead-time = 1s
probe-interval = 300ms
congestion-interval = 1s
EOC
}

# The three as they were at first; their files of before are gone.
fresh() {
	for s in $L $P $T; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")" 2>/dev/null
		rm -rf "${W:?}/$s"
		mkdir -p "$W/$s/tables" "$W/$s/postfix"
		printf 'queue_directory = %s\n' "$W/queue" >"$W/$s/postfix/main.cf"
		cp -R "$W/keys/$s" "$W/$s/keys"
	done
	{ conf_of $L london 1 && link_to $P paris 2; } >"$W/$L/lsrd.conf"
	{ conf_of $P paris 2 && link_to $L london 1 && link_to $T tokyo 3; } \
		>"$W/$P/lsrd.conf"
	{ conf_of $T tokyo 3 && link_to $P paris 2; } >"$W/$T/lsrd.conf"
	for s in $L $P $T; do
		begin "$s"
	done
	soon is_remote tokyo.example.org
}

keys() { # server group: and for what Tokyo claims later
	issue "$1" "$2" "$W/keys/$1" --space new.example.org \
		--relay new.example.org --space .new.example.org
}

# In place of loopback.sh's.
begin() { # server [seconds ahead]
	rm -f "$W/$1/control"
	LSRD_AHEAD=${2:-0} LD_PRELOAD=$W/ahead.so \
		ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-} \
		"$bin/lsrd" -f -c "$W/$1/lsrd.conf" >>"$W/$1/log" 2>&1 &
	echo $! >"$W/$1/pid"
}

# What London's Postfix would read.
reads() { # pattern table
	postmap -q "$1" "lmdb:$W/$L/tables/$2" 2>/dev/null
}

is_remote() {
	[ "$(reads "$1" transport)" = "lsrd:[$net.2]:2525" ] &&
		[ "$(reads "$1" domains)" = relay ]
}

is_held() { # pattern word
	case $(reads "$1" transport) in
	lsrd-hold:*"$2"*) [ "$(reads "$1" domains)" = relay ] ;;
	*) false ;;
	esac
}

is_gone() {
	[ -z "$(reads "$1" transport)" ] && [ -z "$(reads "$1" domains)" ]
}

# The line of this pattern in a server's answer.
route_of() { # server pattern
	ask "$1" routes --json 2>/dev/null | grep "\"pattern\":\"$2\""
}

route_says() { # server pattern text
	route_of "$1" "$2" | grep -q "$3"
}

leaves() {
	route_of $L "$1" | sed -n 's/.*"leaves":\([0-9]*\).*/\1/p'
}

generation() {
	ask $L status --json | sed 's/.*"generation":\([0-9]*\).*/\1/'
}

# The hour ends so many seconds after this server first knew, less ten for a
# machine that is busy.
leaves_in() { # pattern seconds
	left=$(($(leaves "$1") - $(date +%s)))
	[ $left -le "$2" ] && [ $left -ge $(($2 - 120)) ]
}

forgets() { # server: at Paris
	# Its mail service answers still, so it is not away.
	ask $P forget "$1" --force --directory "$W/ca" >"$W/out" 2>&1
}

# A new pattern at Tokyo, until London's table has it.
new_pattern() {
	echo 'address-space "new.example.org" { deliver = here }' \
		>>"$W/$T/lsrd.conf"
	ask $T reload >/dev/null && soon is_remote new.example.org
}

three() {
	python3 "$W/mail.py" "$net" "$W/queue" 2>"$W/mail.log" &
	echo $! >"$W/mail.pid"
	"$lsrctl" keys authority --directory "$W/ca" --organization example.org \
		>/dev/null || exit 1
	mkdir "$W/keys"
	keys $L london && keys $P paris && keys $T tokyo || exit 1
	soon test -e "$W/queue/ready"
}
