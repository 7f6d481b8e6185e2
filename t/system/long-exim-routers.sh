#!/bin/sh
# long-exim-routers.sh - conf/exim with both of Debian's Exims and in all three
# forms of a configuration; tables that cannot be read, with messages that are
# counted; how long what waits may wait; what refusals make no bounce.

# shellcheck source=t/system/site.sh
. "$(dirname "$0")/site.sh"
top_builddir=$build
export top_builddir
hop4=198.51.100

for kind in heavy light; do
	for form in plain split unsplit; do
		ok "$kind, $form" says 0 "^1\.\.[1-9]" \
			sh "$top/t/system/exim-routers.sh" $kind $form
	done
done

# post N TO: N messages from a stranger to u1@TO..., the replies a line each.
post() {
	ip netns exec "$hop" python3 -c '
import smtplib, sys
for n in range(int(sys.argv[1])):
    try:
        s = smtplib.SMTP("192.0.2.1", 25, source_address=("198.51.100.99", 0), timeout=60)
        s.sendmail("a@elsewhere.example", [sys.argv[2] % n], "Subject: s\n\nhello\n")
        print(250)
        s.quit()
    except smtplib.SMTPRecipientsRefused as e:
        print(*[code for code, text in e.recipients.values()])
    except smtplib.SMTPServerDisconnected:
        print(421)
    except smtplib.SMTPResponseException as e:
        print(e.smtp_code)
    except OSError:
        print(421)' "$@" 2>&1 8>&- 9<&-
}

# As send, but tried when the queue is run.
queue() {
	for n in $(seq 0 $(($1 - 1))); do
		to=$(printf "$2" "$n")
		printf 'Subject: %s\n\nhello\n' "$to" | ex "-od${3:-i}" -f "joe@here.$P" "$to"
	done
}

emptied() {
	ex -qff
	is "$(waiting)" 0
}

# How many messages the mail servers got whose recipients have this mark.
taken() {
	grep -c " $1[0-9]*@" "$work/took"
}

is_moved() {
	is "$(taken move)" 200
}

mended() {
	rm -rf "$tables"
	cp -a "$work/good" "$tables"
}

pointers() {
	python3 -c '
import sys
with open(sys.argv[1], "r+b") as f:
    data = bytearray(f.read())
    for t in range(256):
        at, n = (int.from_bytes(data[t * 8 + k:t * 8 + k + 4], "little") for k in (0, 4))
        for slot in range(at, at + n * 8, 8):
            data[slot + 4:slot + 8] = (0x7ffffff0).to_bytes(4, "little")
    f.seek(0)
    f.write(data)' "$1"
}

another() {
	python3 -c '
import sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    f.seek(0)
    f.write(data.replace(b"route ", b"rout2 "))' "$1"
}

# broken WHAT COMMAND...: 10 messages of strangers, 10 of this host's users to
# one of ours, and 10 to the rest of the world, while the tables are like that;
# and what becomes of them when they are good again.
case_n=0
broken() {
	what=$1
	shift
	case_n=$((case_n + 1))
	before=$(bounces)
	(cd "$tables" && "$@")
	mark=c$case_n
	said=$(post 10 "${mark}s%d@paris.$P" | sort | uniq -c | tr -s ' \n' ' ')
	queue 10 "${mark}u%d@paris.$P"
	queue 10 "${mark}w%d@elsewhere.example"
	early=$(($(taken "${mark}u") + $(taken "${mark}w")))
	mended
	soon emptied
	let_in=$(echo "$said" | sed -n "s/.*[^0-9]\([0-9][0-9]*\) 250.*/\1/p")
	echo "# $what: strangers:$said, at once: $early of 20"
	ok "$kind: $what: no refusal for good" not like "$said" "* 5??*"
	ok "$kind: $what: all arrive that were accepted, once" is \
		"$(taken "${mark}s") $(taken "${mark}u") $(taken "${mark}w")" "${let_in:-0} 10 10"
	ok "$kind: $what: no bounce" is "$(bounces)" "$before"
}

lifetimes() {
	drive "remote gone.$P relay $hop4.8@25" "remote far.$P relay 2001:db8:2::9@25" \
		"hold hold.$P relay no path" "hold one@single.$P relay no path" \
		"remote * no $hop4.8@26" >/dev/null
	set -- gone.$P far.$P hold.$P elsewhere.example
	for to in "$@"; do queue 1 "old%d@$to"; done
	queue 1 "one@single.$P%.0s"
	since=$(tap_seconds)
	while [ $(($(tap_seconds) - since)) -lt 18 ]; do
		ex -q
		sleep 2
	done
	is "$(bounces)" 0 || return 1
	for to in "$@"; do queue 1 "young%d@$to"; done
	soon old_are_out "$@"
}

# The old ones end in a bounce each, and none of the young.
old_are_out() {
	ex -q
	for to in "$@"; do queue 1 "new%d@$to"; done
	is "$(grep -c '\*\* \(old0\|one\)@.*retry timeout exceeded' "$root/var/log/exim4/mainlog")" 5
}

refusals() {
	ip netns exec "$hop" python3 "$top/t/system/refused-hop.py" $hop4.9 \
		"$top/t/fixtures/replies.refused" "$top/t/fixtures/replies.honest" \
		>"$work/rows" 2>&1 8>&- 9<&- &
	pids="$pids $!"
	soon grep -q '^ready' "$work/rows"
	drive "remote wall.$P relay $hop4.9@25" >/dev/null
	for row in $(grep -v '^ready' "$work/rows"); do
		queue 1 "$row@wall.$P%.0s"
	done
}

# Of the rows that begin so: how many, and for how many there was a bounce.
bounced() {
	ids=$(sed -n "s/.* \([^ ]*\) \*\* $1-[0-9]*@wall.*/\1/p" "$root/var/log/exim4/mainlog" | sort -u)
	n=0
	for id in $ids; do
		! grep -q " <= <> R=$id " "$root/var/log/exim4/mainlog" || n=$((n + 1))
	done
	echo "$(echo "$ids" | grep -c .) $n"
}

rows() {
	grep -c "^$1-" "$work/rows"
}

etrn() {
	ip netns exec "$mta" python3 -c '
import smtplib, sys
s = smtplib.SMTP("127.0.0.1", 25, timeout=60)
s.ehlo()
print(*s.docmd("ETRN", "#" + sys.argv[1]))' "$1" 8>&- 9<&-
}

hops="$hops $hop4.9/26/banner=554_no"
for kind in heavy light; do
	site_main="LSRD_LIFETIME = 40"
	exim_world $kind plain
	ok "$kind: what waits bounces when it is as old as it may be" lifetimes
	ok "$kind: and what came later waits, however long the host has failed" is \
		"$(grep -c '\*\* \(young\|new\)' "$root/var/log/exim4/mainlog")" 0
	world_end

	site_main=''
	exim_world $kind plain
	world_daemon
	drive "remote paris.$P relay $hop4.5@25,$hop4.6@25" "remote * no $hop4.7@587" \
		"here in.$P relay" >/dev/null
	soon rcpt $hop4.99 joe@here.$P
	cp -a "$tables" "$work/good"
	for table in transport default domains; do
		broken "no $table" rm $table.cdb
		broken "$table, to nobody" chmod 0 $table.cdb
		broken "$table, empty" truncate -s 0 $table.cdb
		broken "half of $table" truncate -s 2060 $table.cdb
		broken "$table, a folder" sh -c "rm $table.cdb; mkdir $table.cdb"
		broken "$table, garbage" sh -c "head -c 5000 /dev/urandom >$table.cdb"
		broken "$table, zeros" sh -c \
			"truncate -s 0 $table.cdb; truncate -s 4096 $table.cdb"
		broken "$table, its pointers" pointers $table.cdb
	done
	broken "a value of another version" another transport.cdb
	broken "the folder, to nobody" chmod 0 .
	broken "no folder" sh -c "rm -r ../exim"

	queue 200 "swap%d@paris.$P" q
	ex -qff &
	run=$!
	while kill -0 $run 2>/dev/null; do
		drive "remote paris.$P relay $hop4.6@25,$hop4.5@25" >/dev/null
		drive "remote paris.$P relay $hop4.5@25,$hop4.6@25" >/dev/null
	done
	ok "$kind: 200 messages while the table is swapped" is "$(taken swap) $(waiting)" "200 0"

	drive "remote paris.$P relay $hop4.8@25" >/dev/null
	queue 200 "move%d@paris.$P"
	drive "remote paris.$P relay $hop4.5@25" >/dev/null
	since=$(tap_seconds)
	etrn paris.$P >/dev/null
	ok "$kind: 200 deferred messages move in 40 s" within 40 is_moved
	echo "# $kind: after $(($(tap_seconds) - since)) s"

	drive "remote banner.$P relay $hop4.9@26" >/dev/null
	queue 1 "u%d@banner.$P"
	ok "$kind: a host that will not talk makes no bounce" is "$(bounces)" 0
	refusals
	ok "$kind: refusals of the route: no bounces" is "$(bounced refused)" "$(rows refused) 0"
	ok "$kind: honest ones: each of them" is "$(bounced honest)" "$(rows honest) $(rows honest)"
	world_end
done
all_told
