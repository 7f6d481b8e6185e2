# in-systemd.sh - what systemd.sh runs inside its container, as the last unit
# of the boot. It speaks TAP.

. /root/tap.sh
PATH=/usr/local/sbin:/usr/local/bin:$PATH
conf=/etc/lsrd/lsrd.conf

active() {
	[ "$(systemctl is-active "$1")" = active ]
}

main_pid() {
	systemctl show -p MainPID --value lsrd.service
}

answers() {
	lsrctl status --json | grep -q '"server"'
}

another_pid() {
	active lsrd.service && [ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && answers
}

# a start is over, with what it came to
ended() {
	[ "$(systemctl show -p ExecMainStatus --value lsrd.service)" != 0 ]
}

clean_up() {
	journalctl -u "lsrd*" --no-pager -o short-monotonic | tail -n 60 >&2
}
plan 51

# an organization of two, of which this is the one
keys=/etc/lsrd/keys
mkdir -p /root/authority "$keys"
lsrctl keys authority --directory /root/authority --organization sys.example >&2
lsrctl keys issue one.sys.example --directory /root/authority --output /root/one \
	--group only --space one.example --relay one.example >&2
cp /root/one/* "$keys/"
ip link set lo up
ip addr add 192.0.2.1/32 dev lo
cat >"$conf" <<-END
	organization = "sys.example"
	mta = none
	routing-group = "only"
	server = "one.sys.example"
	peer-listen = { "192.0.2.1:691" }
	smtp = { "192.0.2.1:25" }
	peer "two.sys.example" { address = { "192.0.2.2:691" } }
	address-space "one.example" { deliver = here }
END
mkdir -p /etc/systemd/system/lsrd.socket.d
printf '[Socket]\nListenStream=\nListenStream=192.0.2.1:691\n' \
	>/etc/systemd/system/lsrd.socket.d/address.conf
systemctl daemon-reload
systemd-sysusers >&2
systemd-tmpfiles --create >&2
ok "the user _lsrd is there" id _lsrd
chown -R _lsrd "$keys"
chgrp lsrd-mark "$keys/mark.key"

ok "the units are in order" systemd-analyze --man=no verify lsrd.service lsrd.socket lsrd-tables.service
ok "lsrd.socket starts" systemctl start lsrd.socket
ok "lsrd.service starts" systemctl start lsrd.service
active lsrd.service || {
	journalctl -u 'lsrd*' --no-pager -o cat | tail -n 40 | sed 's/^/# /'
	exit 1
}
ok "it is active" soon active lsrd.service
ok "it answers lsrctl" soon answers
ok "port 691 is open" soon sh -c 'ss -Hltn "sport = 691" | grep -q 691'
pid=$(main_pid)
ok "it runs as _lsrd" is "$(ps -o user= -p "$pid")" _lsrd
ok "it has no capability" is "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" 0000000000000000
ok "it may not gain privileges" is "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1

# exposed UNIT...: those that have more of this host than 1.5 of 10, or 2.0 where
# the packet filter is changed
exposed() {
	for unit in "$@"; do
		most=15
		[ "$unit" != lsrd-front-redirect.service ] || most=20
		systemd-analyze security --no-pager --threshold=$most "$unit" >/root/exposed ||
			grep -a exposure /root/exposed
	done
}
units=$(systemctl list-unit-files --plain --no-legend 'lsrd*.service' | awk '$1 !~ /test/ { print $1 }')
# shellcheck disable=SC2086
ok "systemd-analyze security: 1.5 at most, of $(echo $units | wc -w) units" none "$(exposed $units)"

# the journal: fields, the word's number, what journalctl -x says
ok "the catalogue is taken" journalctl --update-catalog
says_start() {
	journalctl -q --no-pager -o json LSRD_EVENT=start | tail -n 1 >/root/start
	for field in '"LSRD_SERVER":"one.sys.example"' '"LSRD_ROUTING_GROUP":"only"' \
		'"SYSLOG_FACILITY":"2"' '"SYSLOG_IDENTIFIER":"lsrd"' '"PRIORITY":"5"' \
		'"_SYSTEMD_UNIT":"lsrd.service"' '"MESSAGE":"start: server=one.sys.example'; do
		grep -q -F -e "$field" /root/start || return 1
	done
}
ok "a line is in the journal with its parts" soon says_start
ok "journalctl -x explains it" sh -c "journalctl -q --no-pager -x LSRD_EVENT=start |
	grep -A12 'Subject: lsrd: start (nobody must act)' | grep -q 'The daemon has begun'"

ok "the tables are published" soon postmap -q one.example lmdb:/var/lib/lsrd/postfix/domains
ok "lsrd-tables.service finds them whole" systemctl restart lsrd-tables.service

sed -i 's/^address-space .*/&\naddress-space "postmaster@one.example" { deliver = here  relay = no }/' "$conf"
ok "a good configuration: reload says yes" systemctl reload lsrd.service
ok "and it is the same process" is "$(main_pid)" "$pid"
cp "$conf" /root/good.conf
echo 'no-such-option = 1' >>"$conf"
ok "a broken configuration: reload says no" not systemctl reload lsrd.service
ok "the daemon runs on, the same process" is "$(main_pid) $(systemctl is-active lsrd.service)" \
	"$pid active"
ok "and answers" soon answers
cp /root/good.conf "$conf"

{
	echo 'confirm-above = 0%'
	sed 's/^\(address-space "one.example"\).*/\1 { deliver = "smtp:[192.0.2.9]:25" }/' /root/good.conf
} >"$conf"
ok "a change that waits for confirm: reload says no" not systemctl reload lsrd.service
cp /root/good.conf "$conf"
systemctl reload lsrd.service

# what only a person can mend is tried once, and then starts at once
systemctl stop lsrd.service
echo 'no-such-option = 1' >>"$conf"
systemctl start lsrd.service
soon ended
sleep 3 # it would be started again after one
ok "a broken configuration: one start" is \
	"$(systemctl show -p NRestarts -p ExecMainStatus --value lsrd.service | sort -n | tr '\n' ' ')" "0 78 "
cp /root/good.conf "$conf"
ok "mended, it starts at the first try" systemctl start lsrd.service
mv /etc/systemd/system/lsrd.socket.d /root/
systemctl daemon-reload
systemctl stop lsrd.socket lsrd.service
systemctl start lsrd.service
ok "an address that needs root: the line to write" soon sh -c 'journalctl -u lsrd --no-pager -o cat | grep -q ListenStream=192.0.2.1:691'
mv /root/lsrd.socket.d /etc/systemd/system/
systemctl daemon-reload
ok "once it is written, all is well by itself" soon answers
killed_often() {
	for time in 1 2 3 4 5 6 7; do
		pid=$(main_pid)
		[ "$pid" != 0 ] && kill -9 "$pid" || return 1
		soon another_pid "$pid" || return 1
	done
}
ok "killed seven times in a row it comes back" killed_often

# the state folder is lost, and the unit makes it again
systemctl stop lsrd.service
rm -rf /var/lib/lsrd
systemctl start lsrd.service
soon answers
ok "a milter's folder that was lost is for its group again" is \
	"$(stat -c '%U:%G %a' /var/lib/lsrd/milter)" "_lsrd:lsrd-mark 750"
ok "and so is its table" soon sh -c '[ "$(stat -c "%U:%G %a" /var/lib/lsrd/milter/table)" = "_lsrd:lsrd-mark 640" ]'

pid=$(main_pid)
[ "$pid" = 0 ] || kill -9 "$pid"
ok "kill -9: systemd starts it again" soon another_pid "$pid"
pid=$(main_pid)
systemctl restart lsrd.service
ok "systemctl restart: another process" soon another_pid "$pid"

ok "a hung one is replaced within ten seconds: its unit says so" is \
	"$(systemctl show -p WatchdogUSec -p RestartUSec -p WatchdogSignal \
	    --value lsrd.service | sort | tr '\n' ' ')" "1s 8s 9 "
# the watchdog, with less patience than usual; more than a busy machine takes
mkdir -p /run/systemd/system/lsrd.service.d
printf '[Service]\nWatchdogSec=5\n' >/run/systemd/system/lsrd.service.d/test.conf
systemctl daemon-reload
systemctl restart lsrd.service
sleep 11 # more than twice its patience
pid=$(main_pid)
ok "the watchdog is fed" active lsrd.service
kill -STOP "$pid"
ok "a hung process is ended and started again" soon another_pid "$pid"

# --- lsrd-milter
socket=/var/spool/postfix/lsrd/milter

milter_pid() {
	systemctl show -p MainPID --value lsrd-milter.service
}

milter_says() {
	journalctl -u lsrd-milter --no-pager -o cat | grep -q "$1"
}

another_milter() {
	active lsrd-milter.service && [ "$(milter_pid)" != "$1" ] && [ "$(milter_pid)" != 0 ] &&
		[ -S "$socket" ]
}

ok "lsrd-milter's unit is in order" systemd-analyze --man=no verify lsrd-milter.service
ok "lsrd-milter.service starts" systemctl start lsrd-milter.service
ok "it reads lsrd's table and the key" soon milter_says "ready: generation="
pid=$(milter_pid)
milter_is() {
	is "$(ps -o user:20= -p "$pid") $(stat -c '%U %G %a' $socket)" "$1"
}
ok "it runs as _lsrd-milter, and Postfix may come" soon milter_is \
	"_lsrd-milter _lsrd-milter postfix 660"
ok "it logs into the journal with its parts, too" soon sh -c \
	"journalctl -q -o json --no-pager -t lsrd-milter LSRD_EVENT=ready | grep -q '\"LSRD_GENERATION\"'"
ok "systemctl reload: the same process" sh -c "systemctl reload lsrd-milter && \
	[ \$(systemctl show -p MainPID --value lsrd-milter) = $pid ]"
kill -STOP "$pid"
ok "a milter that hangs is replaced" soon another_milter "$pid"
ok "within ten seconds: its unit says so" is \
	"$(systemctl show -p WatchdogUSec -p RestartUSec -p WatchdogSignal \
	    --value lsrd-milter.service | sort | tr '\n' ' ')" "100ms 5s 9 "
ok "it stops" systemctl stop lsrd-milter.service

# --- lsrd-maillog, by the journal
# logs USER TEXT: by syslog(3), under the tag of Postfix's smtp client.
logs() {
	setpriv --reuid="$1" --clear-groups \
		logger --id -t postfix/lsrd/smtp "$2"
}

# evidence WORD: so many were reported.
evidence() {
	lsrctl status --json |
		sed -n "s/.*\"evidence\":{[^}]*\"$1\":\([0-9]*\).*/\1/p"
}

reported() {
	logs postfix 'connect to 192.0.2.2[192.0.2.2]:25: Connection refused'
	sleep 1
	[ "$(evidence failed)" -gt 0 ]
}

# The journal keeps the order: when Postfix's line is there theirs were.
not_reported() {
	before=$(evidence failed)
	for user in nobody daemon root; do
		logs $user "4F0: to=<u@b.example>, relay=x[192.0.2.2]:25, \
delay=1, dsn=2.0.0, status=sent (250 ok)"
	done
	reported && [ "$(evidence failed)" -gt "$before" ] &&
		[ "$(evidence ok)" = 0 ]
}

ok "lsrd-maillog's unit is in order" systemd-analyze --man=no verify lsrd-maillog.service
# the first delivery is told of, whatever else Postfix has said before
logger_of() { setpriv --reuid="$1" --clear-groups logger --id -t postfix/other said; }
logger_of postfix
ok "lsrd-maillog.service starts" systemctl start lsrd-maillog.service
reads() { pgrep -x journalctl; }
ok "it reads the journal" soon reads
logger_of postfix
ok "what Postfix logs is reported to lsrd" soon reported
ok "what others log under its name is not" soon not_reported
ok "it stops" systemctl stop lsrd-maillog.service

ok "systemctl stop: it ends" systemctl stop lsrd.service
ok "the tables stay" postmap -q one.example lmdb:/var/lib/lsrd/postfix/domains
