# lab.sh - what the tests of a whole lab share. To be sourced by lab-*.sh,
# which speak TAP; LAB names this test's own lab, so several can run.

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
lab=$top/t/lab
LSRD_BUILD=${top_builddir:-$top/build/check}
LAB=test-${0##*/lab-}
LAB=${LAB%.sh}-$$
export LSRD_BUILD LAB
# a sanitizer's finding ends the process; leaks would be told at its end
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=0

n=0 plan=0 up='' loads=''

cleanup() {
	for pid in $loads; do kill "$pid" 2>/dev/null; done
	[ -z "$up" ] || "$lab" down >/dev/null 2>&1
	up=''
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# plan N: how many results will come.
plan() {
	plan=$1
	echo "1..$plan"
}

# skip_unless_able: skips the whole test where namespaces are refused.
skip_unless_able() {
	why=$("$lab" able) && return 0
	echo "1..0 # SKIP $why"
	exit 0
}

# ok WHAT COMMAND...: a result; the command's output is shown if it fails.
ok() {
	what=$1
	shift
	n=$((n + 1))
	if said=$("$@" 2>&1); then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		[ -z "$said" ] || printf '%s\n' "$said" | tail -n 20 | sed 's/^/# /'
		return 1
	fi
}

# is GOT WANTED: for ok.
is() {
	[ "$1" = "$2" ] || {
		echo "got:    $1"
		echo "wanted: $2"
		return 1
	}
}

# lab_up DOCUMENT OPTION...: makes and starts the lab; gives up if it fails.
lab_up() {
	up=yes
	"$lab" up "$@" >"/tmp/$LAB.up" 2>&1 || {
		sed 's/^/# /' "/tmp/$LAB.up"
		rm -f "/tmp/$LAB.up"
		echo "Bail out! the lab does not start"
		exit 1
	}
	rm -f "/tmp/$LAB.up"
}

# load NODE COUNT RATE TO...: sends in the background; wait_load waits.
load() {
	node=$1 count=$2 rate=$3
	shift 3
	"$lab" send "$node" "$@" -n "$count" -r "$rate" &
	loads="$loads $!"
}

wait_load() {
	for pid in $loads; do wait "$pid"; done
	loads=''
}

# goes NODE PATTERN REGEX SECONDS: until Postfix there does that.
goes() {
	"$lab" route "$1" "$2" --until "$3" -t "$4"
}

# path FROM TO: sends one message; says the servers it went through.
path() {
	"$lab" path "$1" "$2"
}

# all_arrived SECONDS: there was mail, every message came once, none is lost
# or bounced.
all_arrived() {
	"$lab" report --wait "$1" >"/tmp/$LAB.report"
	status=$?
	cat "/tmp/$LAB.report"
	grep -q ' waiting 0 ' "/tmp/$LAB.report" || status=1
	! grep -q '^sent 0 ' "/tmp/$LAB.report" || status=1
	rm -f "/tmp/$LAB.report"
	return $status
}

# pid_of NODE: lsrd's process id there.
pid_of() {
	"$lab" status | awk -v node="$1" '$1 == node { print $4 }'
}

# mended NODE...: lsrd and Postfix run there.
mended() {
	for node in "$@"; do
		"$lab" status | awk -v node="$node" \
			'$1 == node { exit !($4 + 0 && $5 + 0) }' || return 1
	done
}
