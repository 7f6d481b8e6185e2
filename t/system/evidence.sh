# evidence.sh - site.sh's Exim, and what it tells of its next hops, by the object
# it loads or by its log; and its deferred mail, tried again. To be sourced.
#
#   evidence_world KIND   heavy: by events; light: by lsrd-maillog
#   told TEXT             a report of this text has come; untold: none has
#   unprivileged ...      as lsrd runs beside Exim: no root, no new privileges,
#                         the group of Exim's spool alone
#   asks PATTERN MS       a queue reader's retry for the pattern, for so long;
#                         asked TEXT: its log has that
#
# Each mail server that is not `ok` is one case: what it says is its mode.

# shellcheck source=t/system/site.sh
. "$(dirname "$0")/site.sh"
[ -x "$build/lsrd-maillog" ] || skip "no lsrd-maillog here"
need setpriv

cases="2501/banner=421_busy:failed 2502/banner=554_no:refused
	2503/ehlo=451_later:failed 2504/ehlo=550_no:refused
	2505/mail=451_later:replies 2506/rcpt=450_later:replies
	2507/content=452_later:replies"
for case in $cases; do
	hops="$hops 198.51.100.5/${case%:*}"
done
hops="$hops 198.51.100.9/25/rcpt=550_relay_not_permitted"

# Reports, a line each: where lsrd would listen, with the group of Exim's spool.
evidence_listen() {
	ip netns exec "$mta" python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chown(sys.argv[1], 0, os.stat(sys.argv[2]).st_gid)
os.chmod(sys.argv[1], 0o660)
while True:
    print(s.recv(512).decode(), flush=True)' \
		"$root/run/lsrd/report-exim" "$root/var/spool/exim4" \
		>>"$work/told" 2>&1 8>&- 9<&- &
	listen_pid=$!
	pids="$pids $listen_pid"
	soon test -S "$root/run/lsrd/report-exim"
}

evidence_world() {
	site_main="log_selector = +outgoing_port"
	[ "$1" = light ] ||
		site_main="$site_main
.include_if_exists /usr/share/lsrd/exim/events"
	exim_world "$1" plain
	mkdir -p "$root/run/lsrd" "$root/usr/lib/lsrd"
	cp "$build/t/system/lsrd-exim.so" "$root/usr/lib/lsrd/"
	: >"$work/told"
	evidence_listen
	[ "$1" = light ] || return 0
	setpriv --reuid nobody --regid nogroup --groups \
		"$(stat -c %g "$root/var/spool/exim4"),$(stat -c %g "$root/var/log/exim4")" \
		"$build/lsrd-maillog" -m exim -F "$root/var/log/exim4/mainlog" \
		-r "$root/run/lsrd/report-exim" 2>"$work/maillog" 8>&- 9<&- &
	world_pids="$world_pids $!"
	sleep 1 # it begins at the end of the log
}

told() {
	soon grep -qx "$1" "$work/told" || ! cat "$work/told"
}

untold() {
	! grep -q "$1" "$work/told"
}

asks() {
	printf 'queue %s\nretry %s\npause %s\n' "$root/var/spool/exim4" "$1" "$2" \
		>"$work/asks"
	unprivileged "$build/t/system/publish_drive" /bin/false "$work/none" lab exim \
		<"$work/asks" 2>"$work/retry.log" &
	pids="$pids $!"
}

# In the process that it was called in: for one of its own.
unprivileged() {
	exec ip netns exec "$mta" setpriv --reuid nobody --regid nogroup \
		--groups "$(stat -c %g "$root/var/spool/exim4")" \
		--no-new-privs "$@" 8>&- 9<&-
}

asked() {
	soon grep -q "$1" "$work/retry.log" || ! cat "$work/retry.log"
}

# queued N DOMAIN: so many messages, each to a user of its own, by SMTP.
queued() {
	ip netns exec "$mta" python3 -c '
import smtplib, sys
s = smtplib.SMTP("127.0.0.1", 25, timeout=60)
for i in range(int(sys.argv[1])):
    s.sendmail("joe@here.example.org", ["u%d@%s" % (i, sys.argv[2])],
               "Subject: x\r\n\r\nhello\r\n")
s.quit()' "$1" "$2" 8>&- 9<&-
}

# deferred N DOMAIN: so many were tried, in vain.
deferred() {
	[ "$(grep -o "== u[0-9]*@$2 " "$root/var/log/exim4/mainlog" | sort -u |
		wc -l)" -ge "$1" ]
}

# moved N HOP DOMAIN: so many are there.
moved() {
	[ "$(grep -c "^$2 u[0-9]*@$3" "$work/took")" -ge "$1" ]
}
