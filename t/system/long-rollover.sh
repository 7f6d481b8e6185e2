#!/bin/sh
# long-rollover.sh - an organization of 20 servers goes from one authority to
# another, step by step as lsrctl(1) has it, and no session ends meanwhile.

. "$(dirname "$0")/loopback.sh"

n=${LSRD_ROLLOVER:-20}
all=$(seq 1 "$n")

# A ring, each with the one across it as well.
server() { # number
	next=$(($1 % n + 1)) across=$((($1 + n / 2 - 1) % n + 1))
	conf "mx$1.example.org" "g$1" "$1" \
		"mx$next.example.org" "$next" "g$next" \
		"peer \"mx$across.example.org\" { address = \"$net.$across:6910\" }" \
		'keep-alive = 2s' 'dead-time = 20s' 'digest-interval = 10s'
	before=$((($1 + n - 2) % n + 1))
	echo "peer \"mx$before.example.org\" { address = \"$net.$before:6910\" }" \
		>>"$W/mx$1.example.org/lsrd.conf"
}

each() { # command, that is given each server's name
	for i in $all; do "$@" "mx$i.example.org" || return; done
}

full() { # server
	[ "$(ask "$1" peers --json | grep -c '"state":"full"')" = 3 ]
}
digests() {
	for i in $all; do
		ask "mx$i.example.org" status --json |
			sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/'
	done | sort -u | wc -l
}
agree() {
	each full && [ "$(digests)" = 1 ] &&
		[ "$(ask mx1.example.org db --json | grep -c '"type":"server"')" = "$n" ]
}

reload() {
	ask "$1" reload >"$W/said" 2>&1 || { cat "$W/said"; return 1; }
}
# line SERVER OPTION VALUE: in place of the one that is there; no value: out.
line() {
	sed -i "/^$2 = /d" "$W/$1/lsrd.conf"
	[ -z "$3" ] || sed -i "1i $2 = \"$3\"" "$W/$1/lsrd.conf"
}

trust_both() {
	line "$1" second-authority "$W/next/authority.pem" && reload "$1"
}
# At the server, then at the authority, then at the server again.
certify() {
	"$lsrctl" keys request --directory "$W/$1/keys" --user "$me" >"$W/said" &&
		"$lsrctl" keys issue --as-requested --directory "$W/next" \
			--request "$W/$1/keys/server.csr" --output "$W/$1/keys" \
			--user "$me" --force >"$W/said" && reload "$1"
}
swap() {
	line "$1" authority "$W/next/authority.pem"
	line "$1" second-authority "$W/ca/authority.pem"
	reload "$1"
}
forget_old() {
	line "$1" second-authority "" && reload "$1"
}

id_of() {
	"$lsrctl" keys show --json "$W/$1/authority.pem" |
		sed 's/.*"identity":"\([0-9a-f]*\)".*/\1/'
}
# said_by DIRECTORY: all that anybody knows is said below this authority alone.
said_by() {
	for i in $all; do
		ask "mx$i.example.org" db --json
	done >"$W/all" && ! grep -v "\"organization\":\"$(id_of "$1")\"" "$W/all"
}
listed_by() {
	[ "$(ask mx1.example.org keys list --json | grep '"server"' |
		grep -c "\"organization\":\"$(id_of "$1")\"")" = "$n" ]
}

# No session that was full has ended, and no server was out of any database.
kept() {
	! grep -h 'nbr-state:.*from=full' "$W"/mx*/log
}

# stranger: certified by the old authority, he comes in no more.
stranger() {
	issue "mx$((n + 1)).example.org" g99 "$W/old" || return
	cp "$W/old/server.pem" "$W/mx1.example.org/keys/old.pem"
	says 1 'old.pem.*: not signed by the organization' \
		refused_with "$W/mx1.example.org/keys/old.pem"
}
refused_with() {
	line mx1.example.org certificate "$1"
	ask mx1.example.org reload
	status=$?
	line mx1.example.org certificate "$W/mx1.example.org/keys/server.pem"
	return $status
}
# jump: to an authority that was not trusted before.
jump() {
	line mx1.example.org authority "$W/next/authority.pem"
	says 1 'another authority|not signed by' ask mx1.example.org reload
	status=$?
	line mx1.example.org authority "$W/ca/authority.pem"
	return $status
}
again() {
	end mx1.example.org TERM
	begin mx1.example.org
	soon agree
}

clean_up() {
	for i in $all; do
		[ ! -e "$W/mx$i.example.org/pid" ] ||
			kill -KILL "$(cat "$W/mx$i.example.org/pid")" 2>/dev/null
	done
	wait
}
failed() {
	tail -n 3 "$W/said"
}

plan 12
"$lsrctl" keys authority --organization example.org --directory "$W/ca" \
	>/dev/null || exit 99
"$lsrctl" keys authority --organization example.org --directory "$W/next" \
	>/dev/null || exit 99
for i in $all; do server "$i"; done
each begin
ok "$n servers agree" soon agree
ok "not at once to another authority" jump
ok "both are trusted by all" each trust_both
ok "each has a certificate of the new one, for the same key" each certify
ok "they agree" soon agree
ok "the new one is the organization" each swap
ok "all is said below it" soon said_by next
ok "the list of certificates shows it" listed_by next
ok "the old one is trusted by nobody" each forget_old
ok "they agree, and no session has ended" eval 'soon agree && kept'
ok "what the old one certified comes in no more" stranger
ok "a restart knows all of it" again
