#!/bin/sh
# grant.sh - a hoster's life: a list of thousands in a file, granted by the
# authority, told to another server, changed, spoilt and taken back; of two real
# daemons. Each command is as lsrctl(1), A LONG LIST OF PATTERNS, has it.

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../system/files.sh"
need python3
ctl=$top_builddir/lsrctl
port=28698
many=3000

failed() {
	tail -n 12 "$W/1/log" "$W/2/log" 2>/dev/null
}

# --- what is signed ------------------------------------------------------------------

names() { # FROM TO
	awk -v from="$1" -v to="$2" 'BEGIN {
		for (i = from; i <= to; i++)
			printf "customer%05d.example OK\n", i * 7 }'
}
grant() {
	"$ctl" grant mx1.example.org --directory "$W/a" "$@"
}
certified() { # NUMBER GROUP
	"$ctl" keys issue "mx$1.example.org" --group "$2" --space .wild.example \
		--relay .wild.example --directory "$W/a" --output "$W/$1" &&
		"$ctl" keys mark --directory "$W/$1" && mkdir "$W/$1/state" "$W/$1/table"
} >/dev/null
ok "an authority" went $? "$("$ctl" keys authority --organization example.org \
	--directory "$W/a" 2>&1)"
ok "the hoster's certificate" certified 1 london
ok "another's" certified 2 paris
names 1 $many >"$W/domains"
cat >>"$W/domains" <<'END'
# what no pattern is, and what stands there twice, is passed over
a..b
customer00007.example
under.wild.example
END
ok "a file that is not there" says 2 "none: error: cannot be read" grant "$W/none"
mkfifo "$W/fifo"
ok "nobody is waited for" says 2 "fifo: error: is no regular file" grant "$W/fifo"
awk 'BEGIN { for (i = 0; i < 500000; i++) printf "c%06d.example\n", i; print "a..b" }' \
	>"$W/long"
ok "more than may be listed" says 2 "long: error: more patterns than a server may" \
	grant "$W/long"
ok "is not read to its end" not grep -q "a..b" "$W/out"
rm "$W/long"
ok "neither a file nor --none" says 2 "or say --none" grant
ok "no server" says 2 "no name of a server" "$ctl" grant nowhere --none \
	--directory "$W/a"
ok "what would be granted" says 0 "3001 patterns, 3001 new, 0 taken back" \
	grant "$W/domains" --diff
ok "line by line" is "$(grep -c '^+ ' "$W/out")" 3001
ok "what is no pattern is named with its line" says 0 \
	'domains:3002: warning: "a..b": no user@domain' grant "$W/domains" --diff
ok "what stands there twice, too" says 0 \
	'domains:3003: warning: "customer00007.example": stands here twice' \
	grant "$W/domains" --diff
ok "it is granted" says 0 "lsrctl inject" grant "$W/domains" --output "$W/first"
parts=$(grep -vc '^#' "$W/first")
ok "in a few parts" test "$parts" -ge 5 -a "$parts" -le 40
ok "and once more: nothing is signed" says 0 '"new":0,"gone":0,.*"signed":0' \
	grant "$W/domains" --output "$W/again" --json
ok "the same octets" cmp "$W/first" "$W/again"
ln -s "$W/first" "$W/stdout"
ok "what is no file of its own is not replaced" says 2 "is there, and is no file" \
	grant "$W/domains" --output "$W/stdout"

# --- it is told ----------------------------------------------------------------------

server() { # NUMBER GROUP PEER GROUP
	cat >"$W/$1/lsrd.conf" <<-END
		$(head_in "$W/$1" "$1" "$2" $port 28033)
		peer mx$3.example.org { address = "$net.$3:$port" }
		connector c$1$3 { routing-group = $4 cost = 20
		  bridgehead mx$3.example.org { } }
		include-dir = "$W/$1/conf.d"
	END
	mkdir -p "$W/$1/conf.d"
	start "$1"
}
start() {
	"$top_builddir/lsrd" -f -c "$W/$1/lsrd.conf" 2>>"$W/$1/log" &
	pids="$pids $!"
	daemon=$!
}
at() { # NUMBER VERB...
	at_number=$1
	shift
	"$ctl" --socket "$W/$at_number/control" -c "$W/$at_number/lsrd.conf" "$@"
}
route() { # NUMBER PATTERN TEXT
	at "$1" routes --json | grep "\"pattern\":\"$2\"" | grep -q "$3"
}
# No mail service is behind either, so all that is not here waits; what nobody
# claims any more has an end besides.
knows() { # NUMBER COUNT: patterns of customers that are claimed
	[ "$(at "$1" routes --json | grep '"pattern":"customer' |
		grep -vc '"leaves"')" = "$2" ]
}
claimed() { # NUMBER PATTERN
	at "$1" routes --json | grep "\"pattern\":\"$2\"" | not grep -q '"leaves"'
}
full() {
	at 1 peers --json | grep -q '"state":"full"'
}
echo "address-space-file = \"$W/domains\"" >"$W/list.conf"
server 1 london 2 paris
hoster=$daemon
server 2 paris 1 london
ok "they agree" soon full
cp "$W/list.conf" "$W/1/conf.d/"
ok "a list that is not granted yet" at 1 reload
ok "what the certificate covers counts" soon route 2 under.wild.example .
ok "what nothing allows is told" soon grep -q \
	"list-denied: pattern=customer00007.example, refused=$many" "$W/1/log"
ok "and is no route" knows 2 0
ok "the grant, handed to any server" says 0 "$parts of $parts parts are new" \
	at 2 inject "$W/first"
once_more() {
	says 0 "nothing changed" at 2 inject - <"$W/first"
}
ok "once more changes nothing" once_more
ok "the hoster takes them" soon knows 1 $many
ok "the others know them" soon knows 2 $many
ok "nothing is missing any more" soon grep -q "list-denied: refused=0" "$W/1/log"
ok "it is told by few advertisements" test \
	"$(at 2 db --json | grep -c '"type":"list"')" -le "$parts"
ok "and explain says where it comes from" says 0 '"listed":true' at 1 explain \
	x@customer00007.example --json
ok "to a person, too" says 0 "chosen, of an address-space-file" at 1 explain \
	x@customer00007.example

# --- one changes ----------------------------------------------------------------------

(names 2 $many && echo new.example && echo under.wild.example) >"$W/domains"
ok "one comes, one goes: a part or two is signed" says 0 \
	'"new":1,"gone":1,.*"signed":[1-4]\}' grant "$W/domains" --json \
	--socket "$W/1/control" -c "$W/1/lsrd.conf"
ok "the file is read again" at 1 reload
ok "who knows the new one" soon claimed 2 new.example
ok "the old one is held" soon route 2 customer00007.example '"leaves"'
ok "all others stand" soon knows 2 $((many - 1))
ok "an older grant is refused" says 1 "a later grant is known there" \
	at 2 inject "$W/first"

# --- what is wrong with the file ---------------------------------------------------------

: >"$W/empty"
mv "$W/domains" "$W/kept"
ok "a file that has gone" says 1 "domains.*error: cannot be read" at 1 reload
cp "$W/empty" "$W/domains"
ok "an empty one" says 1 "has no pattern" at 1 reload
rm "$W/domains"
mkfifo "$W/domains"
ok "one that would have us wait" says 1 "domains.*error: is no regular file" at 1 reload
rm "$W/domains"
ok "changes nothing" knows 1 $((many - 1))
cp "$W/kept" "$W/domains"
ok "a file that is as it was" says 0 "nothing changed" at 1 reload
echo 'confirm-above = 10%' >>"$W/1/conf.d/list.conf"
ok "a bound for what may move" at 1 reload
head -n 100 "$W/kept" >"$W/domains"
ok "a file that has lost most waits" says 1 "too many routes would move" at 1 reload
ok "and nothing moves before" knows 2 $((many - 1))
kill "$hoster"
wait "$hoster"
server 1 london 2 paris
hoster=$daemon
ok "with a start" soon full
ok "what was in force is so again" knows 1 $((many - 1))
ok "and nobody hears of anything else" knows 2 $((many - 1))
cp "$W/kept" "$W/domains"
ok "the whole one again" at 1 reload
echo two.wild.example >>"$W/domains"
ok "who compares texts hears what has none" says 0 \
	"of address-space-file lsrctl reload --dry-run tells" at 1 config diff
ok "one more" says 0 "is in force" at 1 reload
ok "is known" soon claimed 2 two.wild.example
ok "and may be taken back" says 0 . at 1 undo
ok "which is known as well" soon route 2 two.wild.example '"leaves"'
cp "$W/kept" "$W/domains"
ok "as the file has it" at 1 reload

# --- its server is forgotten ---------------------------------------------------------

kill "$hoster"
wait "$hoster"
away() {
	at 2 status --json | grep -q '"away":.*mx1.example.org'
}
of_it() { # TYPE: how many of these the other has of it, and no purge
	at 2 db mx1.example.org --json | grep "\"type\":\"$1\"" | grep -vc '"purge":true'
}
forgets() { # STATUS REGEX
	says "$1" "$2" at 2 forget mx1.example.org --directory "$W/a"
}
ok "it is away" soon away
ok "and forgotten" forgets 0 .
ok "of its list nothing is left" is "$(of_it list)" 0
ok "no claim, either" soon knows 2 0
ok "its grant stays" test "$(of_it grant)" -ge 5
ok "once more changes nothing" forgets 0 "nothing changed"
mkdir "$W/new"
"$ctl" keys issue mx1.example.org --group london --space .wild.example \
	--relay .wild.example --directory "$W/a" --output "$W/new" --force >/dev/null
cp "$W"/new/server.* "$W/1/"
start 1
ok "and counts for the next key of that name" soon knows 2 $((many - 1))

# --- it is taken back ----------------------------------------------------------------------

# Who grants at the same time waits for who has begun: a process that waits for the
# lock stands behind an arrow.
waiter() {
	grep -q -- "-> OFDLCK .*:$(stat -c %i "$W/a/grants/.lock") " /proc/locks
}
mkfifo "$W/begun" "$W/over"
python3 - "$W" <<'END' &
import fcntl, sys
lock = open(sys.argv[1] + "/a/grants/.lock", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open(sys.argv[1] + "/begun", "w").close()
open(sys.argv[1] + "/over").read()
END
pids="$pids $!"
: <"$W/begun"
{
	grant "$W/domains" --output "$W/waited" >/dev/null
	echo $? >"$W/status"
} &
pids="$pids $!"
ok "who grants meanwhile waits" soon waiter
ok "and has signed nothing" test ! -e "$W/waited"
ok "what would be granted is told" grant "$W/domains" --diff
: >"$W/over"
ok "until it is his turn" soon test -s "$W/status"
ok "then it goes well" is "$(cat "$W/status")" 0
ok "and is whole" cmp "$W/waited" "$W/a/grants/mx1.example.org"
ok "nothing is granted any more" says 0 '"patterns":0,"new":0,"gone":3001' \
	grant --none --json --socket "$W/1/control" -c "$W/1/lsrd.conf"
ok "in one answer" is "$(wc -l <"$W/out")" 1
ok "no claim is left" soon knows 2 0
ok "but what the certificate covers" claimed 2 under.wild.example
denied_again() {
	[ "$(grep -c "list-denied: .*refused=$many\$" "$W/1/log")" = 2 ]
}
ok "and the hoster is told of it" soon denied_again
all_told
