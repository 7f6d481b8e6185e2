#!/bin/sh
# long-full.sh - a disk that is full to the last octet beneath a Postfix and a
# milter at work: mail goes on, links are steered around, no table is ever half
# or empty; what is short is said; with room again all of it goes on by itself.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 17
size=${FULL_SIZE:-12m}

london() {
	"$lab" run london1 "$@"
}

# All that lsrd, its publisher and the milter keep. Postfix's queue is elsewhere.
small_disk() {
	parts="milter postfix lsrd"
	for part in $parts; do
		"$lab" kill london1 "$part" || return 1
	done
	london sh -c "cp -a /var/lib/lsrd /tmp/kept &&
		mount -t tmpfs -o size=$size none /var/lib/lsrd &&
		cp -a /tmp/kept/. /var/lib/lsrd && rm -rf /tmp/kept" || return 1
	for part in $parts; do
		"$lab" start london1 "$part" || return 1
	done
	full && soon milter_ready
}

milter_ready() {
	london grep -q 'ready: generation=' /var/log/lsrd-milter.log
}

fill() {
	london sh -c 'cd /var/lib/lsrd
		dd if=/dev/zero of=fill bs=64k 2>/dev/null
		dd if=/dev/zero of=fill2 bs=1 2>/dev/null
		echo x >no-room 2>/dev/null; [ ! -s no-room ]'
}

# What its Postfix reads: the lab looks beneath that disk. The address of paris2.
reads() { # pattern table
	london postmap -q "$1" "lmdb:/var/lib/lsrd/postfix/$2"
}

by_paris2() { # pattern
	is "$(reads "$1" transport)" "lsrd:[$paris2]:25" &&
		is "$(reads "$1" domains)" relay
}

address() {
	"$lab" status | awk -v node="$1" '$1 == node { print $3 }'
}

# The same ten times a second, and each time it is no route.
watch_tables() {
	london sh -c 'while [ ! -e /tmp/enough ]; do
			for table in transport domains; do
				is=$(postmap -q tokyo.example lmdb:/var/lib/lsrd/postfix/$table 2>&1)
				case $is in
				lsrd:\[10.77.2.[12]\]:25 | relay) ;;
				lsrd:\[10.77.2.[12]\]:25,\ \[10.77.2.[12]\]:25) ;;
				*) echo "$table: $is" ;;
				esac
			done
			echo asked >>/tmp/asked
			sleep 0.1
		done >/tmp/not-routes' &
	loads="$loads $!"
}

log_has() {
	london grep -q -e "$1" /var/log/lsrd.log
}

# A domain that nobody knew of before: there is room for some.
new_domain() {
	"$lab" run tokyo1 sh -c 'echo "address-space \"x.new.example\" { deliver = here }" \
		>>/etc/lsrd/lsrd.conf; lsrctl reload' >/dev/null &&
		soon by_paris2 x.new.example
}

# The milter's table is replaced, so it is what it was, whole, and its milter
# takes mail.
milter_kept() {
	soon log_has 'milter-table: .*No space left' &&
		is "$(london md5sum /var/lib/lsrd/milter/table)" "$1" &&
		[ -n "$(london pgrep -x lsrd-milter)" ]
}

room() {
	soon known && soon log_has 'publish-copy: \|publish-failed: ' &&
		[ -z "$(london postmap -q x.new.example lmdb:/var/lib/lsrd/postfix/transport)" ]
}

# The newest generation that the milter has read.
milter_generation() {
	london sed -n 's/.*ready: generation=\([0-9]*\).*/\1/p' /var/log/lsrd-milter.log |
		tail -n 1
}

milter_newer() {
	[ "$(milter_generation)" -gt "$1" ]
}

room() {
	london sh -c 'cd /var/lib/lsrd && rm -f fill fill2 no-room'
}

written_since() { # file
	[ -n "$(london find "/var/lib/lsrd/$1" -newer /tmp/room)" ]
}

uptime_of() {
	london lsrctl status --json | sed 's/.*"uptime_s":\([0-9]*\).*/\1/'
}

same_lsrd() { # since it had run for so long
	[ "$(uptime_of)" -gt "$1" ]
}

no_half() {
	london touch /tmp/enough
	[ "$(london sh -c 'wc -l </tmp/asked')" -ge 20 ] &&
		is "$(london cat /tmp/not-routes)" ''
}

sed 's|"address_spaces": \[|&{"pattern": ".new.example", "server": "tokyo1.lab.example"},|' \
	"$top/t/labtool/three-groups.json" >"$W/json"
lab_up "$W/json"
ok "every server learns every route" full
ok "all that London keeps is on a small disk" small_disk
paris2=$(address paris2)
ran=$(($(uptime_of) + 5))
troubles() { # WORD...: status names these
	london lsrctl status --json >"$W/status"
	for word in "$@"; do
		grep -q "\"troubles\":\[.*\"word\":\"$word\".*(no space left" "$W/status" || return
	done
}
table=$(london md5sum /var/lib/lsrd/milter/table)
watch_tables
load london1 400 10 u@tokyo.example u@paris.example
ok "the disk is full to the last octet" fill
"$lab" kill paris1 -9
ok "London leaves paris1 out" soon by_paris2 tokyo.example
ok "mail goes by paris2" way london1 u@tokyo.example "london1 > paris2 > tokyo1"
ok "that nothing could be saved is said" soon log_has 'save-failed: .*No space left'
ok "nor the milter's table, which is whole" milter_kept "$table"
ok "status names both" soon troubles save-failed milter-table
ok "a new domain has the room that is kept" new_domain
ok "mail goes on" way london1 u@tokyo.example "london1 > paris2 > tokyo1"
london touch /tmp/room
room
ok "with room again all is saved" soon written_since state
ok "and the milter has the newer table" soon written_since milter/table
"$lab" start paris1
ok "paris1 is used again" soon not by_paris2 tokyo.example
ok "no table was ever half, or empty" no_half
wait_load
ok "every message arrived once" all_arrived
ok "lsrd went on all the time" same_lsrd "$ran"
