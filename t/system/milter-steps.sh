#!/bin/sh
# milter-steps.sh - lsrd-milter by itself: every callback (milter.lua), and
# what it does when its table changes, is missing or broken, and at signals.

. "$(dirname "$0")/../tap.sh"
milter=$top_builddir/lsrd-milter
table=$top_builddir/t/system/milter_table
need miltertest
[ -x "$milter" ] || skip "built without the milter"
PID=

clean_up() {
	[ -z "$PID" ] || kill -9 $PID 2>/dev/null
}

failed() {
	cat "$W/log"
}

user=$(id -un)
[ "$user" != root ] || user=nobody

said() {
	grep -q -- "$1" "$W/log"
}

# table GENERATION: the one all sessions see from now on
table() {
	"$table" "$W/table" 1 "$1" key mx1.a.example "$W/a.key" \
		key mx2.b.example "$W/b.key" \
		route b.example mx2.b.example 198.51.100.5:25
}

start() {
	: >"$W/log"
	"$milter" -f -p "${1:-unix:$W/sock}" -T "$W/table" -k "$W/a.key" \
		-r "$W/report" -l debug -u "$user" 2>"$W/log" &
	PID=$!
	soon said started
}

# ends by itself, with status 0
ends() {
	status=1
	soon gone && wait "$PID" && status=0
	PID=
	return $status
}

gone() {
	! kill -0 "$PID" 2>/dev/null
}

# one message, and once more with its own mark on it: the second's fate
again() {
	cat >"$W/again.lua" <<-EOF
	conn = mt.connect("${2:-unix:$W/sock}", 600, 0.1)
	function say(fields)
		mt.mailfrom(conn, "<s@a.example>")
		mt.rcptto(conn, "<u@b.example>")
		for _, f in ipairs(fields) do mt.header(conn, f[1], f[2]) end
		mt.eom(conn)
		return mt.getreply(conn) == SMFIR_REPLYCODE
	end
	id = { "Message-ID", "<again@a.example>" }
	mt.negotiate(conn, 6, 0x1fffff, 0x1ff)
	say({ id })
	word = mt.getheader(conn, "LSR-Trace", 0)
	if word == nil then
		print("unmarked")
	else
		mt.abort(conn)
		$1
		print(say({ { "LSR-Trace", word }, id }) and "refused" or "passed")
	end
	mt.disconnect(conn)
	EOF
	timeout 120 miltertest -s "$W/again.lua" 2>&1
}

"$table" new "$W/a.key" "$W/b.key" || exit 1
[ "$user" != nobody ] || chown nobody "$W" "$W/a.key" "$W/b.key"

ok "without table and key it starts" start
ok "and says why there are no marks" said "unready: file=$W/table, why=No such"
ok "and what is missing, with -t" \
	sh -c "! '$milter' -t -T '$W/table' -k '$W/a.key' 2>/dev/null"
ok "mail is accepted unchanged" is "$(again)" unmarked

table 7
ok "a table that comes is taken" soon said "ready: generation=7"
ok "-t is content" "$milter" -t -T "$W/table" -k "$W/a.key" 2>/dev/null
ok "a message that comes back is refused" is "$(again)" refused
ok "not by a newer table" is "$(again "os.execute('$table $W/table 1 8 \
	key mx1.a.example $W/a.key route b.example mx2.b.example 198.51.100.5:25')
	os.execute('until grep -q generation=8 $W/log; do sleep 0.05; done')")" passed

printf 'torn' >"$W/table.new" && mv "$W/table.new" "$W/table"
ok "a broken table is not taken" soon said "kept: file=$W/table"
ok "and the one before goes on" is "$(again)" refused
rm "$W/table"
kill -HUP $PID
ok "SIGHUP has the files read again" soon said "kept:.*No such file"
ok "a table that is gone is no end" is "$(again)" refused

kill -USR1 $PID
ok "SIGUSR1 says what was counted" soon said \
	"counters: milter accepted=5 refused=3 unmarked=1 dropped="
# The kernel gives a signal to another thread when the first has one at hand;
# a second, for the end that must not come.
for signal in 1 15; do
	python3 -c "import ctypes, os
for task in os.listdir('/proc/$PID/task'):
    if int(task) != $PID:
        ctypes.CDLL(None).tgkill($PID, int(task), $signal)"
done
ok "libmilter's own threads take no signal" is "$(sleep 1; again)" refused
kill -TERM $PID
ok "SIGTERM ends it at once" ends
ok "and its socket is gone" [ ! -e "$W/sock" ]

port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
table 9
ok "it listens on TCP, as Postfix writes it" start "inet:127.0.0.1:$port"
ok "and is the same there" is "$(again "" "inet:$port@127.0.0.1")" refused
kill -TERM $PID
ok "SIGTERM ends that, too" ends

start
kill -9 $PID
wait "$PID" 2>/dev/null
ok "after SIGKILL the old socket is no hindrance" start

timeout 300 miltertest -D "socket=unix:$W/sock" -s "$top_srcdir/t/system/milter.lua" \
	>"$W/lua" 2>&1
while read -r verdict what; do
	case $verdict in
	ok) ok "$what" true ;;
	not) ok "$what" false ;;
	esac
done <<EOF
$(sed -n 's/^ok [0-9]* - /ok /p; s/^not ok [0-9]* - /not /p' "$W/lua")
EOF
ok "the script of callbacks came to its end" grep -q '^1\.\.[0-9]' "$W/lua"
ok "two misrouted verbs were said" is "$(grep -c 'misrouted: X-LSA-2' "$W/log")" 2
kill -TERM $PID
ok "it ends" ends
all_told
