# tap.sh - what every test in shell says and does alike: to be sourced before
# all else by a script in a folder of t/. It speaks TAP.
#
#   plan N                  so many results will come; or at the end
#   all_told                as many as came; fails if one did
#   skip WHY                ends the whole test: it cannot run here
#   need TOOL...            skips it if one is missing
#   skip_case WHAT WHY      a result that cannot be had here
#   ok WHAT COMMAND...      a result: the command decides. What it said is
#                           shown where it fails
#
# and for ok to decide by:
#
#   is GOT WANTED           the same text
#   like GOT PATTERN        as `case` has it
#   none COMPLAINTS         no text at all
#   went STATUS SAID        what was done already has gone well
#   not COMMAND...
#   says STATUS REGEX COMMAND...    ends so, and says that; it is in $W/out
#   soon COMMAND...         succeeds within $patience seconds
#   within SECONDS COMMAND...
#
# What takes too long for every day a test tries only where it is called with the
# word `whole`, as long-whole.sh does:
#
#   at_length               so it was called
#
# $W is a folder of this test's own. At the end, whatever ended it, $pids are
# ended and $W goes, but for KEEP=yes. A test may define two of its own after
# this:
#
#   clean_up                what else it undoes, between these two
#   failed                  what else it shows where a result is not ok

top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd) || exit 1
top_builddir=$(cd "${top_builddir:-.}" && pwd) || exit 1
unset COLUMNS NO_COLOR
W=$(mktemp -d "/tmp/lsrd-$(basename "$0" .sh).XXXXXX") || exit 1
pids=''
tap_n=0 tap_bad=0 tap_word=${1-}
# What must come about comes in seconds, but the machine may be busy with
# something else, or stand still for a while.
patience=120

clean_up() { :; }
failed() { :; }

tap_end() {
	trap - EXIT
	for tap_pid in $pids; do kill "$tap_pid" 2>/dev/null; done
	for tap_pid in $pids; do wait "$tap_pid" 2>/dev/null; done
	clean_up
	[ -z "${KEEP:-}" ] || return
	# a publisher ends a moment after its daemon, and may write until then
	tap_tries=50
	until rm -rf "$W" 2>/dev/null || [ $tap_tries = 0 ]; do
		tap_tries=$((tap_tries - 1))
		sleep 0.1
	done
}
trap tap_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

plan() {
	echo "1..$1"
}

all_told() {
	plan $tap_n
	[ $tap_bad = 0 ]
}

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

need() {
	for tap_tool in "$@"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tap_tool" >/dev/null ||
			skip "needs $tap_tool"
	done
}

skip_case() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# The command runs in this very shell: it may set variables.
ok() {
	tap_n=$((tap_n + 1))
	tap_what=$1
	shift
	if "$@" >"$W/tap.said" 2>&1; then
		echo "ok $tap_n - $tap_what"
	else
		{
			tail -n 60 "$W/tap.said"
			failed
		} 2>&1 | sed 's/^\(# \)*/# /'
		echo "not ok $tap_n - $tap_what"
		tap_bad=1
		return 1
	fi
}

is() {
	[ "$1" = "$2" ] || {
		echo "got:    $1"
		echo "wanted: $2"
		return 1
	}
}

like() {
	# shellcheck disable=SC2254
	case $1 in
	$2) ;;
	*) ! echo "got:    $1" || ! echo "wanted: $2" ;;
	esac
}

none() {
	[ -z "$1" ] || ! printf '%s\n' "$1"
}

went() {
	[ "$1" = 0 ] || ! printf '%s\n' "$2"
}

not() {
	! "$@"
}

at_length() {
	[ "$tap_word" = whole ]
}

says() {
	tap_status=$1 tap_text=$2
	shift 2
	"$@" >"$W/out" 2>&1
	tap_got=$?
	cat "$W/out"
	is "exit $tap_got" "exit $tap_status" && grep -qE -e "$tap_text" "$W/out"
}

# By the clock that nobody sets.
tap_seconds() {
	read -r tap_up tap_idle </proc/uptime
	echo "${tap_up%.*}"
}

within() {
	tap_until=$(($(tap_seconds) + $1)) tap_pause=1
	shift
	while :; do
		# who was kept waiting himself asks once more
		tap_late=$(($(tap_seconds) > tap_until))
		! "$@" >"$W/tap.tried" 2>&1 || return 0
		[ $tap_late = 0 ] || ! cat "$W/tap.tried" || return 1
		# who asks all the time takes the processor from whom he waits for
		sleep "0.$tap_pause"
		tap_pause=$((tap_pause + (tap_pause < 5)))
	done
}

soon() {
	within $patience "$@"
}
