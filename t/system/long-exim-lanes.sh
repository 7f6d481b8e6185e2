#!/bin/sh
# long-exim-lanes.sh - what the labs of Postfix servers prove, with an Exim among
# them, on either side of a fault where that differs. At last 200 messages that
# an Exim holds, or a Postfix, and how soon they leave.
#
#     long-exim-lanes.sh [lab-NAME... | moves]      these alone

. "$(dirname "$0")/lab.sh"
skip_unless_able
grep -q 'define HAVE_CDB 1' "$top_builddir/config.h" || skip "built without tinycdb"

# A test, and the servers of its lab that have an Exim.
lanes="
lab-cut london2 paris1 tokyo1
lab-kill london2 paris1 tokyo1
lab-kill london1 paris2
lab-death hub1 east2
lab-death west1 east1
lab-loop london2 paris1 tokyo1
lab-loop london1 tokyo1
lab-25 london2 paris1 tokyo1
lab-25 london1 paris2
lab-ipv6 london2 paris1 tokyo1
lab-places london1 paris1 tokyo1
lab-691 london2 paris1 tokyo1
lab-asked paris
lab-many centre1 north1 west1
lab-limits west
lab-lost west1
lab-limits middle east
lab-evidence london tokyo
lab-congest london
lab-refuse london
lab-refuse paris tokyo
lab-relay london2 paris1 tokyo1
long-certificate london
long-transports london
lab-storm london2 paris1 tokyo1
"

# lane TEST SERVER...: all of it holds there.
lane() {
	script=$(dirname "$0")/$1.sh
	shift
	LSRD_LAB_EXIM="$*" sh "$script" >"$W/lane" 2>&1
	status=$?
	cat "$W/lane"
	[ $status = 0 ] && whole
}

# whole: as many results as were planned, each of them ok.
whole() {
	awk '/^1\.\.[0-9]+$/ { plan = substr($0, 4) } /^ok / { good++ } /^not ok/ { bad++ }
		END { exit !(plan > 0 && good + 0 == plan && !bad) }' "$W/lane"
}

# moves SERVER...: with an Exim there, 200 messages that London holds for want of
# a way leave within 40 s of having one. For two recipients: of one Postfix
# remembers for 30 s that he is held.
moves() {
	[ -z "$up" ] || "$lab" down >/dev/null
	rm -f "$W/moves"
	lab_up "$top/t/labtool/triangle.json" ${1:+--exim "$@"}
	full || return
	"$lab" cut london tokyo
	"$lab" cut paris tokyo
	goes london tokyo.example '^lsrd-hold:' || return
	"$lab" send london u@tokyo.example v@tokyo.example -n 200
	soon held 200 || return
	"$lab" heal london tokyo
	goes london tokyo.example '^lsrd:tokyo' || return
	begun=$(date +%s)
	within 40 there 200 || return
	echo "# 200 messages left within $(($(date +%s) - begun)) s" >"$W/moves"
	offered=200
	all_arrived
}

# held N, there N: so many messages wait in London; lie in Tokyo. By their files:
# a listing of t/lab reads each message of a Postfix, a minute for these.
held() {
	spool='/var/spool/postfix/deferred /var/spool/exim4/input'
	is "$("$lab" run london find $spool -type f ! -name '*-[DJ]' 2>/dev/null | wc -l)" "$1"
}

there() {
	is "$("$lab" run tokyo ls /var/mail/lab/all/new | wc -l)" "$1"
}

# chosen: the lanes that the command line names; all, where it names none.
chosen() {
	echo "$lanes" | grep . | while read -r test servers; do
		case " ${*:-$test} " in
		*" $test "*) echo "$test $servers" ;;
		esac
	done
}

chosen "$@" >"$W/lanes"
moves=2
case " ${*:-moves} " in
*" moves "*) ;;
*) moves=0 ;;
esac
plan $(($(wc -l <"$W/lanes") + moves))
while read -r words; do
	# shellcheck disable=SC2086
	ok "$words" lane $words </dev/null
done <"$W/lanes"
[ $moves = 0 ] && exit
ok "200 messages on hold" moves london tokyo
cat "$W/moves"
ok "200 messages on hold, Postfix alone" moves
cat "$W/moves"
