#!/bin/sh
# daemon.sh - two real daemons on loopback: check, start, peer, reload, kill,
# restart, stop.

. "$(dirname "$0")/loopback.sh"
A=mx1.london.example.org
B=mx1.paris.example.org

clean_up() {
	for s in $A $B; do
		[ ! -f "$W/$s/pid" ] || kill -9 "$(cat "$W/$s/pid")"
	done 2>/dev/null
}

failed() {
	for s in $A $B; do
		sed "s/^/$s: /" "$W/$s/log" | tail -n 15
	done
}

is_full() {
	ask "$1" status --json 2>/dev/null | grep -q '"full":1'
}

is_not_full() {
	ask "$1" status --json 2>/dev/null | grep -q '"full":0'
}

logged() {
	grep -q -e "$2" "$W/$1/log"
}

epoch() {
	ask "$1" status --json | sed 's/.*"epoch":\([0-9]*\).*/\1/'
}

check_good() {
	out=$("$lsrd" -t -c "$W/$A/lsrd.conf" 2>&1) && [ -z "$out" ]
}

check_bad() { # two errors, both told; nothing touched
	"$lsrd" -t -c "$W/bad.conf" >"$W/out" 2>&1
	[ $? = 78 ] && grep -q "bad.conf:[0-9]*: error: " "$W/out" &&
		[ "$(grep -c 'error: ' "$W/out")" -ge 2 ] &&
		[ ! -e "$W/nowhere" ]
}

start_bad() {
	"$lsrd" -f -c "$W/bad.conf" >/dev/null 2>&1
	[ $? = 78 ]
}

dump_is_stable() {
	"$lsrd" -T -c "$W/$A/lsrd.conf" >"$W/once.conf" &&
		"$lsrd" -T -c "$W/once.conf" | cmp -s - "$W/once.conf"
}

second_instance() {
	"$lsrd" -f -c "$W/second.conf" >"$W/out" 2>&1
	[ $? = 69 ] && grep -q 'start-failed: control-socket=' "$W/out" &&
		soon is_full $A
}

reload_bad() { # refused with its complaints; what runs goes on
	cp "$W/$A/lsrd.conf" "$W/keep.conf"
	echo 'cost = many' >>"$W/$A/lsrd.conf"
	kill -HUP "$(cat "$W/$A/pid")"
	soon logged $A 'reload: file=.*, result=refused' &&
		logged $A '<3>config: .*lsrd.conf:[0-9]*: error: ' &&
		cp "$W/keep.conf" "$W/$A/lsrd.conf" && soon is_full $A
}

reload_restart_only() {
	sed "s/^routing-group = \"london\"/routing-group = \"oslo\"/" \
		"$W/keep.conf" >"$W/$A/lsrd.conf"
	ask $A reload >"$W/out" 2>&1
	rc=$?
	cp "$W/keep.conf" "$W/$A/lsrd.conf"
	[ $rc != 0 ] && soon is_full $A
}

reload_good() { # a new space is known to the other side
	issue_more &&
		echo 'address-space "more.example.org" { deliver = here }' \
			>>"$W/$A/lsrd.conf" &&
		ask $A reload >/dev/null &&
		soon knows $B more.example.org && soon is_full $A
}

issue_more() {
	issue $A london "$W/$A/keys" --space more.example.org \
		--relay more.example.org --force
}

knows() {
	ask "$1" routes --json 2>/dev/null | grep -q "\"pattern\":\"$2\""
}

killed() { # with -9: the other sees it, and it comes back as itself
	kill -9 "$(cat "$W/$A/pid")"
	wait "$(cat "$W/$A/pid")" 2>/dev/null
	soon is_not_full $B && old=1 && begin $A &&
		soon is_full $A && [ "$(epoch $A)" -gt $old ]
}

broken_state() {
	stop $A
	echo nonsense >"$W/$A/journal"
	begin $A
	soon is_full $A && [ -f "$W/$A/journal.bad" ] &&
		logged $A 'state-refused: file=.*/journal, reason='
}

foreign_state() { # another server's: verified, and written anew
	stop $A && stop $B
	cp "$W/$B/journal" "$W/$A/journal"
	begin $A
	soon logged $A 'state-doubted: file=.*/journal, parts=[1-9]' &&
		logged $A 'restored: lsas=[1-9]' && begin $B && soon is_full $A
}

stop() {
	kill -TERM "$(cat "$W/$1/pid")"
	wait "$(cat "$W/$1/pid")"
	rc=$?
	rm "$W/$1/pid"
	return $rc
}

stops() {
	stop $A && [ ! -e "$W/$A/control" ] && logged $A '<5>stop: ' &&
		soon is_not_full $B
}

in_background() { # the command ends when the start has succeeded
	"$lsrd" -c "$W/$A/lsrd.conf" >"$W/out" 2>&1 || return 1
	ask $A status --json >"$W/out" || return 1
	pid=$(fuser_of "$W/$A/control")
	[ -n "$pid" ] && echo "$pid" >"$W/$A/pid" && soon is_full $A
}

# The daemon with this configuration, by its command line.
fuser_of() {
	for p in /proc/[0-9]*; do
		{ tr '\0' ' ' <"$p/cmdline"; } 2>/dev/null |
			grep -q "^$lsrd -c $W/$A/lsrd.conf" && echo "${p#/proc/}"
	done
}

# An Exim whose queue is elsewhere: so much of it that lsrd asks for.
an_exim() {
	mkdir -p "$W/bin" "$W/spool" && cat >"$W/bin/exim4" <<-END
		#!/bin/sh
		[ "\$2" != config ] || echo "# Exim Configuration (4.96)"
		echo "spool_directory = $W/spool"
	END
	chmod 755 "$W/bin/exim4"
}

# Exim's events come where the group of its queue may say them.
hears_exim() {
	[ -x /usr/sbin/exim4 ] || soon [ -S "$W/$B/report-exim" ]
}

# Of two MTAs: a table for each, and who may relay. Only a restart makes it so.
two_mtas() {
	cp "$W/$B/lsrd.conf" "$W/keep.conf"
	sed 's/^mta = none/mta = both/' "$W/keep.conf" >"$W/$B/lsrd.conf"
	an_exim
	path=$PATH PATH=$W/bin:$PATH
	begin $B
	PATH=$path
	hears_exim &&
	soon grep -aqs london.example.org "$W/$B/exim/transport.cdb" &&
		grep -qx "$net.1" "$W/$B/exim/servers" &&
		soon grep -qx "$net.1 permit" "$W/$B/tables/servers.cidr" &&
		[ "$(grep -c 'publisher-start: .*mta=exim' "$W/$B/log")" = 1 ] &&
		cp "$W/keep.conf" "$W/$B/lsrd.conf" &&
		! ask $B reload >"$W/out" 2>&1 && grep -q mta "$W/out" && stop $B
}

stranger() { # HTTP on the port: closed, told, nothing else
	printf 'GET / HTTP/1.0\r\n\r\n' | timeout 5 bash -c \
		"exec 3<>/dev/tcp/$net.2/6910; cat >&3; cat <&3" >/dev/null 2>&1
	soon logged $B 'peer refused from unknown\[127\.[0-9.]*\]:[0-9]*: reason='
}

no_leak() { # the sanitizers say nothing
	! grep -l -e 'Sanitizer' -e 'runtime error' "$W"/*/log
}

plan 21
"$lsrctl" keys authority --directory "$W/ca" --organization example.org \
	>/dev/null || exit 1
set -- 'keep-alive = 200ms' 'dead-time = 1s' 'probe-interval = 300ms'
conf $A london 1 $B 2 paris "$@"
conf $B paris 2 $A 1 london "$@"
sed -e 's/^smtp = .*/smtp = { "nowhere" }/' \
	-e 's/cost = 10/cost = 0/' \
	-e "s|^state-directory.*|state-directory = \"$W/nowhere\"|" \
	"$W/$A/lsrd.conf" >"$W/bad.conf"
sed -e "s/:6910\" }\$/:6911\" }/" "$W/$A/lsrd.conf" >"$W/second.conf"

ok "a good configuration passes in silence" check_good
ok "every error of a bad one is told, with its line" check_bad
ok "a bad one does not start: 78" start_bad
ok "the normal form is one" dump_is_stable
begin $A
begin $B
ok "two servers reach FULL" soon is_full $A
ok "on both sides" soon is_full $B
ok "each knows the other's address space" soon knows $B london.example.org
ok "the milter's table is written" soon test -s "$W/$B/milter/table"
ok "a second daemon on the socket gives up: 69" second_instance
ok "a stranger is refused with his address" stranger
ok "a bad reload changes nothing" reload_bad
ok "nor does one that needs a restart" reload_restart_only
ok "a good one is in force, with a new certificate" reload_good
ok "killed with -9 it comes back with a greater epoch" killed
ok "a broken state file is put aside" broken_state
ok "of another server's it has what is signed" foreign_state
ok "it stops in order" stops
ok "in the background it is ready when the command ends" in_background
kill "$(cat "$W/$A/pid")" && rm "$W/$A/pid"
ok "the other one stops, too" stop $B
if grep -q 'define HAVE_CDB 1' "$top_builddir/config.h"; then
	ok "of two MTAs each has its tables, after a restart" two_mtas
else
	skip_case "of two MTAs each has its tables" "built without tinycdb"
fi
ok "the sanitizers have nothing to say" no_leak
