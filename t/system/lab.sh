# lab.sh - what the tests of a whole lab share. To be sourced by lab-*.sh,
# which speak TAP; LAB names this test's own lab, so several can run.

top_builddir=${top_builddir:-$(dirname "$0")/../../build/check}
. "$(dirname "$0")/../tap.sh"
top=$top_srcdir
lab=$top/t/lab
LSRD_BUILD=$top_builddir
LAB=$(basename "$0" .sh)
LAB=test-${LAB#lab-}-$$
# Four labs with sanitizers share two processors: there a daemon may well stand
# still for longer than the dead time of an idle machine.
LSRD_LAB_CONF='keep-alive = 1s
dead-time = 3s'
export LSRD_BUILD LAB LSRD_LAB_CONF
# A sanitizer's finding ends the process; leaks would be told at its end. How many
# frames a block has: as in make check (Makefile.am).
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=0:malloc_context_size=8:quarantine_size_mb=64

up='' loads='' offered=0 watcher=''

clean_up() {
	for pid in $loads $watcher; do kill "$pid" 2>/dev/null; done
	[ -z "$up" ] || "$lab" down >/dev/null 2>&1
	up=''
}

# skip_unless_able: skips the whole test where namespaces are refused.
skip_unless_able() {
	why=$("$lab" able) || skip "$why"
}

# lab_up DOCUMENT OPTION...: makes and starts the lab; gives up if it fails.
lab_up() {
	up=yes
	"$lab" up "$@" >"$W/up" 2>&1 || {
		sed 's/^/# /' "$W/up"
		echo "Bail out! the lab does not start"
		exit 1
	}
}

# full: until every server knows every route, and all is well.
full() {
	"$lab" full -t $((patience * 2)) || {
		"$lab" status
		return 1
	}
}

# load NODE COUNT RATE TO...: sends in the background, and comes back once
# mail flows, with a result; wait_load waits for its end.
load() {
	node=$1 count=$2 rate=$3
	shift 3
	taken_before=$(taken)
	"$lab" send "$node" "$@" -n "$count" -r "$rate" &
	loads="$loads $!"
	offered=$((offered + count))
	ok "mail flows" soon flows $((taken_before + rate / 2))
}

# taken: how many messages the lab has taken so far.
taken() {
	cat "$("$lab" dir)/sent" 2>/dev/null | wc -l
}

flows() {
	[ "$(taken)" -gt "$1" ]
}

wait_load() {
	for pid in $loads; do wait "$pid"; done
	loads=''
}

# goes NODE PATTERN REGEX: until its table there says that.
goes() {
	"$lab" route "$1" "$2" --until "$3" -t $patience
}

# path FROM TO: sends one message; says the servers it went through.
path() {
	"$lab" path "$1" "$2"
}

# way FROM TO WANTED: that is its path; the numbers of Paris do not matter
# where WANTED has none.
way() {
	said=$(path "$1" "$2")
	case $3 in
	*paris[12]*) ;;
	*) said=$(echo "$said" | sed 's/paris[12]/paris/g') ;;
	esac
	is "$said" "$3"
}

# From here on each route that becomes a hold is told to none_held.
watch_holds() {
	"$lab" holds -t 3600 >"$W/holds" 2>&1 &
	watcher=$!
	soon grep -q watching "$W/holds"
}

# none_held: since watch_holds no route was a hold, not for a moment.
none_held() {
	kill -0 "$watcher" && ! grep -v '^watching$' "$W/holds"
}

end_watch() {
	kill "$watcher"
	wait "$watcher"
	watcher=''
}

# emptied NODE...: their queues are, each tried until it is. Once is not enough:
# a message that was being tried just then is not tried anew, and for 30 s
# Postfix's qmgr may ask nobody where to send what is for the recipient that it
# asked for last.
emptied() {
	for node in "$@"; do
		soon tried_away "$node" || return
	done
}

tried_away() {
	"$lab" flush "$1"
	is "$("$lab" queue "$1")" ''
}

# all_arrived: every message offered was taken and came once; none is lost,
# none was bounced.
all_arrived() {
	"$lab" report --wait $((patience * 2)) >"$W/report"
	status=$?
	cat "$W/report"
	grep -q ' waiting 0 ' "$W/report" || status=1
	[ "$(sed -n 's/^sent \([0-9]*\) .*/\1/p' "$W/report")" -ge "$offered" ] || {
		echo "$offered were offered by the load alone"
		status=1
	}
	[ $status -eq 0 ] || stuck
	return $status
}

# stuck: where mail still waits, what the queue and the log of that server say.
stuck() {
	for node in $(sed -n 's/^  waits at \([^:]*\):.*/\1/p' "$W/report" | sort -u); do
		"$lab" queue "$node" | head -n 3
		"$lab" log "$node" | grep -E 'warning|fatal|throttl|panic' | tail -n 5
		"$lab" log "$node" | tail -n 5
		"$lab" run "$node" ss -tnH
	done
}

# mta_of NODE: postfix or exim.
mta_of() {
	"$lab" status | awk -v node="$1" '$1 == node { print $7 }'
}

# sessions NODE: how many are full there.
sessions() {
	"$lab" run "$1" lsrctl status --json | sed 's/.*"full": *\([0-9]*\).*/\1/'
}

# has_sessions NODE N
has_sessions() {
	is "$(sessions "$1")" "$2"
}

# is_back NODE...: lsrd there has published since it was started.
is_back() {
	for node in "$@"; do
		"$lab" run "$node" lsrctl status --json | grep -q '"state":"up"' || return 1
	done
}

# pid_of NODE: lsrd's process id there.
pid_of() {
	"$lab" status | awk -v node="$1" '$1 == node { print $4 }'
}

# mended NODE...: lsrd and the mail server run there.
mended() {
	for node in "$@"; do
		"$lab" status | awk -v node="$node" \
			'$1 == node { exit !($4 + 0 && $5 + 0) }' || return 1
	done
}
