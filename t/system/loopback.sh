# loopback.sh - real daemons on loopback, at 127.x.y.N of this process's own
# x.y: their keys and configurations. To be sourced in place of tap.sh; what a
# test wants besides (times, peers) it writes behind the head.

. "$(dirname "$0")/../tap.sh"
bin=$top_builddir
lsrd=$bin/lsrd
lsrctl=$bin/lsrctl
net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
me=$(id -un)

head_of() { # server group last-octet
	cat <<EOC
organization = "example.org"
mta = none
routing-group = "$2"
server = "$1"
peer-listen = { "$net.$3:6910" }
smtp = { "$net.$3:2525" }
lab = yes
user = "$me"
key = "$W/$1/keys/server.key"
certificate = "$W/$1/keys/server.pem"
mark-key = "$W/$1/keys/mark.key"
authority = "$W/ca/authority.pem"
state-directory = "$W/$1"
table-directory = "$W/$1/tables"
control-socket = "$W/$1/control"
report-socket = "$W/$1/report"
publisher = "$bin/lsrd-publish"
address-space "$2.example.org" { deliver = here }
EOC
}

link_to() { # server group last-octet
	cat <<EOC
peer "$1" { address = "$net.$3:6910" }
connector "to-$2" { routing-group = "$2"
	bridgehead "$1" { smtp = "$net.$3:2525" } cost = 10 }
EOC
}

# Another certificate, and the rest where it is missing.
issue() { # server group folder [option...]
	server=$1 group=$2 folder=$3
	shift 3
	"$lsrctl" keys issue "$server" --directory "$W/ca" --output "$folder" \
		--user "$me" --group "$group" --space "$group.example.org" \
		--relay "$group.example.org" "$@" >/dev/null
}

ask() { # server verb...
	server=$1
	shift
	timeout 60 "$lsrctl" --socket "$W/$server/control" "$@"
}

# One with another as its only neighbour; what else its file says comes last.
conf() { # server group last-octet other other's-octet other's-group [line...]
	file=$W/$1/lsrd.conf
	mkdir -p "$W/$1/tables"
	issue "$1" "$2" "$W/$1/keys" || exit 1
	{
		head_of "$1" "$2" "$3" && link_to "$4" "$6" "$5"
		shift 6
		printf '%s\n' "$@"
	} >"$file"
}

begin() { # server
	"$lsrd" -f -c "$W/$1/lsrd.conf" >>"$W/$1/log" 2>&1 &
	echo $! >"$W/$1/pid"
}

end() { # server signal
	kill "-$2" "$(cat "$W/$1/pid")"
	wait "$(cat "$W/$1/pid")" 2>/dev/null
	rm "$W/$1/pid"
}
