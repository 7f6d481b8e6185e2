#!/bin/sh
# long-disk.sh - lsrd of a server starts on a disk that takes nothing (it is full, or
# read-only after an error) while mail flows through it: its neighbours know that it
# can say nothing. What it knew goes on by it until something changes that it cannot
# follow; then mail goes around it. With a disk again it is as any other.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 15
state=/var/lib/lsrd

# on NODE COMMAND: a line for its shell.
on() {
	"$lab" run "$1" sh -c "$2"
}

small_disk() {
	"$lab" kill paris lsrd
	on paris "cp -a $state /root/kept &&
		mount -t tmpfs -o mode=755,size=6m none $state &&
		cp -a /root/kept/. $state && chown --reference=/root/kept $state"
	"$lab" start paris lsrd
	soon is_back paris
}

# What can be written now and then is room enough for lsrd to start: what others
# give back as they end.
disk_is() {
	on paris "mount -o remount,$1 $state" 2>/dev/null
}

saved() {
	on paris "[ -s $state/journal ]"
}

paris_is() {
	on london "lsrctl peers --json" | grep '"paris.lab.example"' | grep -q "\"begun\":$1"
}

# For longer than a start takes.
says_nothing() {
	paris_is false && sleep 2 && paris_is false
}

shows() {
	on london "lsrctl peers" | tee "$W/peers" | grep -q 'paris.*says nothing'
}

why() {
	on paris "lsrctl check; true" | grep -q 'epoch cannot be saved.*read-only'
}

lab_up "$top/t/labtool/triangle.json"
ok "every server learns every route" full
ok "mail goes through Paris" way london u@tokyo.example "london > paris > tokyo"
ok "all that Paris keeps is on a small disk" small_disk
ok "and is saved there" soon saved
ok "mail goes through it again" goes london tokyo.example '^lsrd:paris'
load london 400 20 u@tokyo.example u@paris.example
"$lab" kill paris lsrd
ok "the disk takes nothing more when it starts again" soon disk_is ro
"$lab" start paris lsrd
ok "Paris has started, and London knows that it says nothing" soon says_nothing
ok "so the table of its peers shows" soon shows
ok "at Paris lsrctl check says why" soon why
ok "mail goes on by it" goes london tokyo.example '^lsrd:paris'
on tokyo "sed -i 's/cost = 2\$/cost = 3/' /etc/lsrd/lsrd.conf && lsrctl reload" >/dev/null
ok "once something has changed it goes around" goes london tokyo.example '^lsrd:tokyo'
disk_is rw
ok "with a disk again it is as any other, without a start" soon paris_is true
ok "and mail goes through it" goes london tokyo.example '^lsrd:paris'
wait_load
ok "every message arrived once" all_arrived
