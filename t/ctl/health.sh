#!/bin/sh
# health.sh - what `lsrctl check` finds in a daemon's answers: each state that
# is ill is a finding, and what is well, or younger than a minute, is none.

. "$(dirname "$0")/../tap.sh"
need python3
dir=$W

python3 "$top_srcdir/t/ctl/daemon.py" "$dir" &
pid=$!
pids=$pid
until [ -e "$dir/ready" ]; do kill -0 $pid || exit 99; sleep 0.05; done
cat >"$dir/lsrd.conf" <<END
organization = "example.org"
mta = none
routing-group = "london"
server = "mx1.example.org"
smtp = { "192.0.2.1:25" }
state-directory = "$dir"
table-directory = "$dir"
control-socket = "$dir/control"
END

well='"server":"mx1","routes":3,"sessions":1,"full":1,"uptime_s":100'
status() {
	printf '{%s,%s}\n' "$well" "$1" >"$dir/status"
}
calm() {
	status '"state":"up","holds":0,"away":[],"reports":{"evidence":{"ok":1}}'
	printf '{"peer":"mx2","state":"full","since_s":900,"certificate_until":%s}\n' \
		$(($(date +%s) + 8000000)) >"$dir/peers"
	: >"$dir/links"
	printf '{"origin":"mx2","issued":%s}\n' "$(date +%s)" >"$dir/db"
}
# finds TEXT: check says so; what the configuration lacks here is beside it.
check() {
	"$top_builddir/lsrctl" -c "$dir/lsrd.conf" check >"$dir/out" 2>/dev/null
}
finds() {
	check
	grep -q -e "$1" "$dir/out" || { sed 's/^/# /' "$dir/out"; return 1; }
}
nothing() {
	check
	! grep -E '^(warning|critical|unknown)' "$dir/out" |
		grep -v -e "lsrd.conf:" | sed 's/^/# /' | grep .
}

said() {
	"$top_builddir/lsrctl" --socket "$dir/control" links |
		grep -q 'busy at 2023-11-14T22:13:20Z: 421 4.3.2 closing'
}

why() {
	"$top_builddir/lsrctl" --socket "$dir/control" links >"$dir/out" &&
		grep -q 'WAITING  *LAST ERROR' "$dir/out" &&
		grep -q 'down .* name-unknown' "$dir/out"
}

# A daemon of before knows of no part of its database, and is asked for the whole.
older() {
	calm
	for what in of=mx3.example.org type=identity,revocation brief=yes; do
		echo '{"ok":false,"reason":"bad-format"}' >"$dir/db_$what"
	done
	printf '{"origin":"%s","type":"identity","id":"","epoch":7,"counter":1,"purge":false,"issued":1,"body":{"not_after":1900000000,"routing_group":"%s"}}\n' \
		mx2.example.org paris mx3.example.org rome >"$dir/db"
	calmly="$top_builddir/lsrctl --socket $dir/control"
	$calmly db mx3.example.org >"$dir/out" && grep -q rome "$dir/out" &&
		not grep -q paris "$dir/out" &&
		is "$($calmly keys list --json | grep -c '"routing_group":"rome"')" 1 &&
		is "$($calmly db | grep -c ' 7[.]1 ')" 2 || return
	rm "$dir"/db_*
}

# enforce STATUS TEXT [--force]: its word for neighbours, before it is given.
enforce() {
	want=$1 text=$2
	shift 2
	"$top_builddir/lsrctl" --socket "$dir/control" keys enforce-connectors \
		--directory "$dir/authority" "$@" >"$dir/out" 2>&1
	[ $? = "$want" ] && grep -q -e "$text" "$dir/out" ||
		{ sed 's/^/# /' "$dir/out"; return 1; }
}

plan 69
calm
ok "all is well" nothing
ok "figures for a monitoring system" finds '^lsrd .*: [0-9]* found | found=[0-9]* holds=0 away=0 sessions=1 full=1 routes=3$'
status '"state":"up","holds":2,"away":[{"server":"mx3"}],"troubles":[{"word":"odd","level":"critical","text":"no a|b","remedy":"mend it"}],"reports":{"evidence":{}}'
"$top_builddir/lsrctl" -c "$dir/lsrd.conf" check --nagios >"$dir/out" 2>&1
ok "one line of it, its status" is "$? $(wc -l <"$dir/out")" "2 1"
ok "the worst first, and no bar but that of the figures" grep -qE \
	'^lsrd critical: [0-9]+ found: .*; no a/b; .*2 patterns are on hold; mx3 is away \| found=[0-9]+ holds=2 away=1 sessions=1 full=1 routes=3$' "$dir/out"
ok "neither remedies nor notes" not grep -q -e 'mend it' -e 'needs root' "$dir/out"
ok "not with --json" says 2 "nagios prints no JSON" "$top_builddir/lsrctl" -c "$dir/lsrd.conf" --json check --nagios
status '"state":"drain","drain_reason":"new disks","drain_until":1800000000,"away":[],"reports":{"evidence":{}}'
ok "drained, why and until when" finds 'this server is drained.*until 2027-01-15.*: new disks'
# troubled LEVEL WORD: a trouble of the daemon's own words.
troubled() {
	status '"state":"starting","troubles":[{"word":"'$2'","level":"'$1'","text":"no transit: of '$2'","remedy":"look at '$2'"}],"away":[],"reports":{"evidence":{}}'
}
troubled warning mta-asks
ok "what the daemon says is wrong" finds '^warning .*no transit: of mta-asks'
ok "and what to do" finds '^  *look at mta-asks'
troubled critical own-shortage
ok "what is critical" finds '^critical .*no transit: of own-shortage'
status '"state":"up","confirm_moves":7,"away":[],"reports":{"evidence":{}}'
ok "a reload that is held" finds 'a reload is held.*7 routes'
status '"state":"up","holds":2,"away":[],"reports":{"evidence":{}}'
ok "holds" finds '2 patterns are on hold'
status '"state":"up","leaving":1,"leaves":1800000000,"away":[],"reports":{"evidence":{}}'
ok "a key that leaves the tables" finds '1 patterns that nobody claims leave.*2027-01-15'
# held SECONDS: the oldest message that is held has so many left.
held() {
	status '"state":"up","away":[],"reports":{"evidence":{}},"oldest_held":{"pattern":"a.example","message":"4XyZ","came":1700000000,"gives_up":'$(($(date +%s) + $1))'}'
}
held 90000
ok "mail that is held for more than a day yet" nothing
held 80000
ok "held mail that Postfix gives up within a day" finds '^warning .*mail for a.example has waited .*since 2023-11-14.*message 4XyZ: .*bounces it at '
ok "the ways out" finds 'lsrctl explain a.example .*postsuper -h 4XyZ .*maximal_queue_lifetime'
held 18000
ok "within hours" finds '^critical .*mail for a.example'
# dated SECONDS: so long is the certificate good that lsrd uses; its file is
# closed to a member of the reading group.
dated() {
	status '"state":"up","away":[],"reports":{"evidence":{}},"certificate_until":'$(($(date +%s) + $1))
}
dated 2595600
ok "an own certificate that is good for 30 days" nothing
dated 9000
ok "one that ends today" finds '^warning .*certificate that lsrd uses expires in 0 days'
dated -1
ok "one that is over" finds '^critical .*certificate that lsrd uses has expired'
status '"state":"up","away":[{"server":"mx3"}],"reports":{"evidence":{}}'
ok "a server that is away" finds 'mx3 is away'
status '"state":"up","away":[],"reports":{}'
ok "no lsrd-maillog: a note" finds '^note .*lsrd-maillog'
cp "$(command -v sleep)" "$dir/lsrd-maillog"
"$dir/lsrd-maillog" 600 &
pids="$pids $!"
ok "where it runs, where to look" finds 'it runs: journalctl -u lsrd-maillog'
status '"state":"up","away":[],"reports":{},"uptime_s":86400'
ok "none for a day: a warning" finds '^warning .*lsrd-maillog has told of no delivery for a day'
status '"state":"up","away":[],"reports":{"evidence":{"reports":3,"age_s":86400}},"uptime_s":900000'
ok "nor since it stopped" finds '^warning .*lsrd-maillog has told of no delivery for a day'
status '"state":"up","away":[],"reports":{"evidence":{"reports":3,"age_s":86399}},"uptime_s":900000'
ok "a quiet day" nothing
status '"state":"up","away":[],"reports":{"milter":{"accepted":4,"unmarked":12,"unready":9}}'
ok "lsrd-milter has lost its table or key" finds '9 messages.*without a mark'
status '"state":"up","away":[],"reports":{"milter":{"accepted":4,"unmarked":12}}'
ok "and has both again" nothing
calm
printf '{"use":"connector","connector":"c%s","state":"up"}\n' 1 2 >"$dir/links"
echo '{"ok":true,"changed":false}' >"$dir/ready"
for connector in c1 c2; do
	ok "of two connectors $connector" says 0 "nothing changed" "$top_builddir/lsrctl" --socket "$dir/control" ready $connector
done
calm
echo '{"peer":"mx2","state":"down","since_s":90,"reason":"closed","silent":true}' >"$dir/peers"
ok "a peer without a session, excused" finds 'mx2: no session for 90 s: closed; its mail service answers'
echo '{"peer":"mx2","state":"down","since_s":9,"reason":"closed"}' >"$dir/peers"
ok "not before a minute" nothing
echo '{"peer":"mx2","state":"down","since_s":90,"reason":"timeout"}' >"$dir/peers"
ok "a port that is filtered" finds 'does a filter .* drop TCP 691'
echo '{"peer":"mx2","state":"down","since_s":90,"reason":"expired"}' >"$dir/peers"
ok "a clock that is years off" finds 'mx2: .*expired (a certificate or a clock)'
echo '{"peer":"mx2","state":"full","since_s":90,"begun":false}' >"$dir/peers"
ok "one that cannot begin" finds 'mx2: it has started, and says nothing for 90 s'
echo '{"peer":"mx2","state":"full","since_s":9,"begun":false}' >"$dir/peers"
ok "one that begins" nothing
echo '{"peer":"mx2","state":"full","since_s":90,"begun":true,"certificate_until":1000000000}' >"$dir/peers"
ok "a peer's certificate that is over" finds 'mx2: its certificate has expired'
printf '{"peer":"mx2","state":"full","certificate_until":%s}\n' $(($(date +%s) + 864100)) >"$dir/peers"
ok "and one that will be" finds 'mx2: its certificate expires in 10 days'
calm
echo '{"connector":"a-b","bridgehead":"mx2","use":"connector","smtp":"192.0.2.2:25","state":"down","since_s":71}' >"$dir/links"
ok "a connector that is down" finds 'connector a-b: mx2 at 192.0.2.2:25 is down for 71 s'
echo '{"server":"mx2","use":"member","smtp":"192.0.2.2:25","state":"down","reason":"name-unknown"}' >"$dir/links"
ok "a link says why it is down" why
echo '{"server":"mx2","use":"member","smtp":"192.0.2.2:25","state":"up","last_error":{"what":"busy","said":"421 4.3.2 closing","at":1700000000}}' >"$dir/links"
ok "and what was wrong last, with its words" said
echo '{"server":"mx1","use":"self","smtp":"192.0.2.1:25","state":"down","since_s":90}' >"$dir/links"
ok "the own mail service is a trouble of status alone" nothing
calm
printf '{"origin":"mx2","issued":%s}\n' $(($(date +%s) + 94608000)) >"$dir/db"
ok "news from the future" finds 'a clock is wrong: 1 .* mx2'
ok "a daemon of before tells all of its database" older
rm "$dir/status"
ok "no answer" finds 'the daemon does not answer'
mv "$dir/control" "$dir/moved"
ok "no socket: why, in the finding" finds '^critical *the daemon does not answer: no daemon answers at .*control (No such file'
said_once() {
	"$top_builddir/lsrctl" -c "$dir/lsrd.conf" check 2>&1 >"$dir/out" |
		sed 's/^/# /' | grep . && return 1
	[ "$(grep -c 'no daemon answers' "$dir/out")" = 1 ]
}
ok "and nowhere else" said_once
mv "$dir/moved" "$dir/control"
"$top_builddir/lsrctl" keys authority --organization example.org \
	--directory "$dir/authority" >/dev/null || exit 99
: >"$dir/transit"
echo '{"ok":true}' >"$dir/inject"
{
	echo '{"peer":"mx2","state":"full","version":2}'
	echo '{"peer":"mx3","state":"full","version":1}'
	echo '{"peer":"mx4","state":"down","version":0}'
} >"$dir/peers"
ok "a neighbour that is too old for enforced connectors" \
	enforce 2 'lsrctl: mx3 would not understand, .*--force$'
ok "but by force" enforce 0 'taken' --force
sed -i '/mx3/d' "$dir/peers"
ok "and of whom nothing is known" enforce 0 '1 neighbours understand it; the versions of .* not known'

# --- what explain makes of an answer ---------------------------------------------

explains() { # ANSWER EXTENDED-REGEX: how many lines of it
	echo "$1" >"$dir/explain"
	"$top_builddir/lsrctl" -c "$dir/lsrd.conf" explain u@a.example >"$dir/out"
	grep -cE "$2" "$dir/out"
}
mail='"address":"u@a.example","from":"mx1","pattern":"a.example","leaves":1700000000'
ok "a domain of its own that leaves: when" [ "$(explains \
	"{$mail,\"result\":\"here\",\"server\":\"mx1\"}" \
	'^because +not claimed any more, leaves at 2023-11-14T22:13:20Z$')" = 1 ]
ok "a hold says it itself, once" [ "$(explains \
	"{$mail,\"result\":\"hold\",\"reason\":\"no path: its last claim was withdrawn\"}" \
	'^because .*(no path: its last|not claimed)')" = 1 ]

# --- the way out
calm
cp "$dir/lsrd.conf" "$dir/plain.conf"
cat >>"$dir/lsrd.conf" <<END
probe-socket = "$dir/ask"
connector "fax" {
	routing-group = "paris"
	probe = "command modem"
	bridgehead "gw1.example.org" { smtp = { "192.0.2.8:25" } }
	bridgehead "gw2.example.org" { smtp = { "192.0.2.9:25" } }
}
END
calm
ok "a command of a probe that is not there" finds \
	'^critical .*"fax": the command .*/probes/modem is not there'
ok "and nobody who would run it" finds '^critical .*/ask is not there'
mkdir -m 755 "$dir/probes"
printf '#!/bin/sh\n' >"$dir/probes/modem"
chmod 775 "$dir/probes/modem"
ok "one that others may change" finds '"fax": the command .*modem may be changed by others'
ok "once a connector" is "$(grep -c 'command .*modem' "$dir/out")" 1
cp "$dir/lsrd.conf" "$dir/named.conf"
sed -i '/gw[12]/d; s/.*probe = "command.*/& bridgehead = any/' "$dir/lsrd.conf"
ok "of whoever is there, too" finds '"fax": the command .*modem may be changed by others'
mv "$dir/named.conf" "$dir/lsrd.conf"
chmod 755 "$dir/probes/modem"
chmod 777 "$dir"
ok "one whose folder others may replace" finds 'modem may be changed by others'
chmod 755 "$dir"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/ask"
ok "as it should be, and asked" nothing
mv "$dir/plain.conf" "$dir/lsrd.conf"
mkdir "$dir/tables"
sed "s|^table-directory.*|table-directory = \"$dir/tables\"|" "$dir/lsrd.conf" >"$dir/leave.conf"
: >"$dir/tables/transport.lmdb"
for name in epoch epochs history.1 journal.new published; do : >"$dir/$name"; done
echo '{"ok":true,"changed":true}' >"$dir/drain"
# claimed SERVER...: each claims a.example.
claimed() {
	for server in "$@"; do
		echo '{"origin":"'"$server"'","type":"space","id":"a.example","purge":false}'
	done >"$dir/db"
}
leave() {
	"$top_builddir/lsrctl" -c "$dir/leave.conf" leave "$@"
}
claimed mx1.example.org
ok "leave: what this server alone delivers stops it" says 1 '^claims +to do +a.example: this server alone' leave
ok "before it drains" not grep -q drain "$W/out"
ok "in a dry run all steps are told" says 1 '^tables +to do' leave --dry-run
claimed mx1.example.org mx2.example.org
ok "it drains, waits, and has the daemon stopped" says 1 '^daemon +to do +type: systemctl disable --now lsrd.service' leave
ok "each step in a line" is "$(awk '{ print $1, $2 }' "$W/out" | tr '\n' ' ')" \
	"claims done drain done queue done mta done daemon to "
ok "and as JSON" says 1 '"step":"daemon","done":false' leave --json
ok "the tables are there as long as it runs" [ -e "$dir/tables/transport.lmdb" ]
kill $pid
wait $pid 2>/dev/null
ok "stopped, they go, and the others are named" says 0 '^others .*lsrctl forget mx1.example.org' leave
ok "the last table is gone" [ ! -e "$dir/tables/transport.lmdb" ]
ok "and what lsrd kept, but nothing of others" is \
	"$(cd "$dir" && echo epoch* history* journal* peer* publish*)" "epochs history* journal* peers publish*"
