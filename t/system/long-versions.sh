#!/bin/sh
# long-versions.sh - six servers in a ring, three of the release before and three
# of this version: they are upgraded one by one, and taken back one by one, and
# meanwhile no table of any has a hold, and sessions are back soon.
#
# The release before is built of the history in build/old, once; where there is no
# history, or it cannot be built, the test is skipped.

. "$(dirname "$0")/loopback.sh"
need git python3
before=d6206b0
old=$top_srcdir/build/old
servers='1 2 3 4 5 6'

clean_up() {
	for n in $servers; do
		[ ! -f "$W/$(name "$n")/pid" ] || kill -9 "$(cat "$W/$(name "$n")/pid")"
	done 2>/dev/null
}

failed() {
	cat "$W/holds"
	for n in $servers; do tail -n 4 "$W/$(name "$n")/log"; done
}

name() {
	echo "mx1.g$1.example.org"
}

old_build() {
	[ ! -x "$old/lsrctl" ] || return 0
	mkdir -p "$old"
	git -C "$top_srcdir" archive "$before" 2>/dev/null | tar x -C "$old" 2>/dev/null || return
	(cd "$old" && autoreconf -fi && ./configure -q && make -s lsrd lsrd-publish lsrctl) \
		>"$W/old.log" 2>&1
}

ring() { # n: the two beside it
	echo "$(($1 % 6 + 1)) $((($1 + 4) % 6 + 1))"
}

# What the release before does not know is left out of its file.
runs() { # n old|new
	server=$(name "$1")
	{
		head_of "$server" "g$1" $(($1 + 1))
		for k in $(ring "$1"); do link_to "$(name "$k")" "g$k" $((k + 1)); done
	} >"$W/$server/lsrd.conf"
	program=$lsrd
	if [ "$2" = old ]; then
		program=$old/lsrd
		sed -i -e '/^mta = /d' -e "s|$bin/lsrd-publish|$old/lsrd-publish|" "$W/$server/lsrd.conf"
	fi
	"$program" -f -c "$W/$server/lsrd.conf" >>"$W/$server/log" 2>&1 &
	echo $! >"$W/$server/pid"
}

knows_all() { # n: a way to each of the other five, and here
	ask "$(name "$1")" routes --json >"$W/routes.$1" || return
	is "$(grep -c '"next_hops"\|"here":true' "$W/routes.$1")" 6
}

all_know() {
	for n in $servers; do knows_all "$n" || return; done
}

all_full() { # n: with both beside it, seen from all three
	for k in $1 $(ring "$1"); do
		is "$(ask "$(name "$k")" status --json | sed 's/.*"full":\([0-9]*\).*/\1/')" 2 || return
	done
}

# From now on each hold that a table has is told; who is being started answers
# nothing, and his own table stays where it is.
watch_holds() {
	while :; do
		for n in $servers; do
			ask "$(name "$n")" routes --json 2>/dev/null | grep unreachable |
				sed "s/^/$(date +%T) g$n: /"
		done
		echo looked >>"$W/looks"
		sleep 0.2
	done >"$W/holds"
}

was_watched() {
	[ "$(wc -l <"$W/looks")" -ge 20 ]
}

turn() { # n old|new: it ends in order, and is the other version
	end "$(name "$1")" 15
	began=$(date +%s%N)
	runs "$1" "$2"
	soon all_full "$1" && soon knows_all "$1" || return
	echo "# g$1 is $2: sessions full and routes known in $((($(date +%s%N) - began) / 1000000)) ms"
}

says_program() { # n WANTED: what g5's database has of it
	is "$(ask "$(name 5)" db "$(name "$1")" --json | grep -o '"program":"[^"]*"' | tail -n 1)" "$2"
}

old_build || skip "the release before cannot be built: $(tail -n 1 "$W/old.log" 2>/dev/null)"
"$lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null || exit 1
: >"$W/holds"
for n in $servers; do
	mkdir -p "$W/$(name "$n")/tables"
	issue "$(name "$n")" "g$n" "$W/$(name "$n")/keys" || exit 1
	python3 "$top_srcdir/t/system/mail_service.py" "$net.$((n + 1))" 2525 2>/dev/null &
	pids="$pids $!"
done
for n in 1 2 3; do runs "$n" old; done
for n in 4 5 6; do runs "$n" new; done
ok "three of the release before and three of this have all routes" soon all_know
this=$("$lsrctl" --version | sed -n '1s/.* //p')
ok "who runs this version says so" soon says_program 4 "\"program\":\"$this\""
ok "who runs the one before does not" says_program 2 ''
watch_holds &
pids="$pids $!"
for n in 1 2 3; do ok "g$n is upgraded" turn "$n" new; sed -n 's/^#/&/p' "$W/tap.said"; done
ok "and says so" soon says_program 2 "\"program\":\"$this\""
for n in 3 2 1; do ok "g$n is taken back" turn "$n" old; sed -n 's/^#/&/p' "$W/tap.said"; done
for n in 4 5 6; do ok "g$n is the one before, too" turn "$n" old; sed -n 's/^#/&/p' "$W/tap.said"; done
ok "all of the release before have all routes" soon all_know
ok "all tables were looked at meanwhile" was_watched
ok "no table had a hold at any time" none "$(cat "$W/holds")"
all_told
