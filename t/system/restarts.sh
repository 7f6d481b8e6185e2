#!/bin/sh
# restarts.sh - what real daemons know after a restart of what became of a
# claim (three.sh). An hour passes by a clock that is ahead from a start on.
# The table of all combinations is t/sim/restarts; --all takes the longer ones
# of these, too.

# A small disk is mounted where nobody else sees it.
if [ -z "${RESTARTS_APART:-}" ] && unshare -m true 2>/dev/null; then
	RESTARTS_APART=yes exec unshare -m sh "$0" "$@"
fi

. "$(dirname "$0")/three.sh"

# --- the table that was published last, whatever was saved

newest_wins() { # signal: within the seconds in which nothing was saved
	fresh && new_pattern || return 1
	before=$(generation)
	end $L "$1"
	kill -STOP "$(cat "$W/$P/pid")"
	begin $L
	soon running || return 1
	# Its first table is out: after ten seconds, as nobody is there.
	soon after_start && is_remote new.example.org &&
		is_remote tokyo.example.org && [ "$(generation)" -ge "$before" ]
	well=$?
	kill -CONT "$(cat "$W/$P/pid")"
	return $well
}

running() {
	ask $L status --json >/dev/null 2>&1
}

after_start() {
	ask $L status --json 2>/dev/null | grep -q '"state":"up"'
}

# --- forgotten while it was down

missed_forget() { # [prepare]: its hour, then nothing, by the clock
	fresh || return 1
	end $L TERM
	[ -z "$1" ] || "$1"
	end $T KILL
	forgets $T || return 1
	begin $L
	soon is_held tokyo.example.org 'held until' &&
		leaves_in tokyo.example.org 3600
}

same_end() { # a restart neither prolongs nor shortens it
	was=$(leaves tokyo.example.org)
	end $L KILL
	begin $L
	soon after_start && is_held tokyo.example.org 'held until' &&
		[ "$(leaves tokyo.example.org)" = "$was" ]
}

ends() { # the hour is over; the queue is read, and nothing waits
	end $L TERM
	begin $L 3700
	soon is_gone tokyo.example.org && logged 'key-leaves: pattern=tokyo.example.org, until=.*, state=given-up' &&
		soon logged 'key-leaves: pattern=tokyo.example.org, until=.*, state=gone'
}

logged() {
	grep -q -e "$1" "$W/$L/log"
}

lose_state() {
	rm -f "$W/$L/journal" "$W/$L/epoch"
}

lose_copy() {
	rm -f "$W/$L/tables/routes" "$W/$L/tables/routes.before"
}

# --- revoked while it was down

missed_revocation() {
	fresh || return 1
	end $L TERM
	end $T KILL
	ask $P keys revoke "$W/$T/keys/server.pem" --directory "$W/ca" \
		>"$W/out" 2>&1 || return 1
	begin $L
	soon is_held tokyo.example.org revoked && [ -z "$(leaves tokyo.example.org)" ]
}

held_a_day() {
	end $L TERM
	begin $L 90000
	soon after_start && is_held tokyo.example.org revoked
}

forgotten_then() { # by what the held route still knows of it
	forgets $T && soon is_held tokyo.example.org 'held until'
}

# --- our own, taken out of the file while it was down

own_is_here() { # seconds ahead
	fresh || return 1
	end $L TERM
	sed -i '/^address-space "london/d' "$W/$L/lsrd.conf"
	begin $L "$1"
	soon after_start &&
		route_says $L london.example.org '"here":true' &&
		route_says $L london.example.org '"leaves":' &&
		case $(reads london.example.org transport) in
		lsrd-hold*) false ;;
		esac
}

own_goes() {
	end $L TERM
	begin $L "$1"
	soon own_gone
}

own_gone() {
	after_start && ! route_of $L london.example.org >/dev/null &&
		is_gone london.example.org
}

# --- power cuts: each file as it is at some moment, the last group torn

torn_copy() {
	fresh && new_pattern || return 1
	end $L KILL
	# Behind its groups stand zeros.
	size=$(LC_ALL=C sed '$s/\x00*$//' "$W/$L/tables/routes" | wc -c)
	cp -R "$W/$L" "$W/kept"
	kill -STOP "$(cat "$W/$P/pid")"
	well=0
	for cut in 1 17 200; do
		rm -rf "${W:?}/$L"
		cp -R "$W/kept" "$W/$L"
		truncate -s $((size - cut)) "$W/$L/tables/routes"
		begin $L
		soon after_start && is_remote tokyo.example.org || well=1
		end $L KILL
	done
	kill -CONT "$(cat "$W/$P/pid")"
	begin $L
	rm -rf "$W/kept"
	[ $well = 0 ] && soon is_remote new.example.org
}

# --- a disk without any room, for files to grow or to be made

small_disk() { # all of London's on a small one
	end $L TERM
	cp -R "$W/$L" "$W/kept" && mount -t tmpfs -o size=4m none "$W/$L" &&
		cp -R "$W/kept/." "$W/$L" || return 1
	mv "$W/$L/log" "$W/log" && ln -s ../log "$W/$L/log"
	rm -rf "$W/kept"
	begin $L
	soon after_start && soon full_with $P && is_remote tokyo.example.org
}

fill() {
	dd if=/dev/zero of="$W/$L/fill" bs=64k 2>/dev/null
	dd if=/dev/zero of="$W/$L/fill2" bs=1 2>/dev/null
	! echo x >"$W/$L/no-room" 2>/dev/null || [ ! -s "$W/$L/no-room" ]
}

no_room() {
	fresh && small_disk && soon saved && fill || return 1
	echo 'address-space "new.example.org" { deliver = here }' \
		>>"$W/$T/lsrd.conf"
	ask $T reload >/dev/null
	soon logged 'save-failed' && is_remote tokyo.example.org || return 1
	sed -i '/^address-space "tokyo/d' "$W/$T/lsrd.conf"
	ask $T reload >/dev/null
	soon is_held tokyo.example.org 'held until'
}

saved() {
	[ -s "$W/$L/journal" ] && [ -s "$W/$L/tables/routes" ]
}

started_there() { # nothing goes back, nothing vanishes
	before=$(generation)
	new=$(reads new.example.org transport)
	end $L KILL
	begin $L
	soon full_with $P && soon is_held tokyo.example.org 'held until' &&
		[ "$(generation)" -ge "$before" ] &&
		{ [ -z "$new" ] || { [ -n "$(reads new.example.org transport)" ] &&
			soon is_remote new.example.org; }; }
}

full_with() {
	ask $L peers --json 2>/dev/null | grep "\"$1\"" | grep -q '"state":"full"'
}

room_again() {
	rm -f "$W/$L/fill" "$W/$L/fill2" "$W/$L/no-room"
	soon saved && soon is_remote new.example.org
	well=$?
	end $L TERM
	[ $well = 0 ] && grep -q new.example.org "$W/$L/tables/routes"
}

no_leak() { # the sanitizers say nothing
	! grep -l -e 'Sanitizer' -e 'runtime error' "$W"/*/log
}

if [ "$all" = --all ]; then
	plan 20
else
	plan 12
fi
three
ok "killed as soon as a key is published: it is known" newest_wins KILL
ok "who missed a forget holds the ghost for an hour" missed_forget ''
ok "a restart changes no end" same_end
ok "then the key is gone, and the log has its name" ends
ok "who missed a revocation holds it, without an end" missed_revocation
ok "a forget ends that, by what the held route knows" forgotten_then
ok "what was our own is here, not held" own_is_here 0
ok "and goes after its hour" own_goes 3700
if [ "$all" = --all ]; then
	ok "stopped as soon as a key is published: it is known" newest_wins TERM
	ok "a forget that was missed, and the state lost" missed_forget lose_state
	ok "then it is gone, too" ends
	ok "a forget that was missed, and the copy lost" missed_forget lose_copy
	ok "a restart changes no end there" same_end
	ok "a revoked one is held a day later" eval 'missed_revocation && held_a_day'
	ok "our own is here, a day later" own_is_here 86400
	ok "a copy that is torn anywhere loses no older key" torn_copy
fi
if [ -n "${RESTARTS_APART:-}" ]; then
	ok "no room on the disk: what is published is steered on" no_room
	ok "a start there: nothing goes back, no key vanishes" started_there
	ok "room again: what waited is published, and kept" room_again
else
	for what in "no room on the disk" "a start there" "room again"; do
		skip_case "$what" "nothing can be mounted"
	done
fi
ok "no leak" no_leak
