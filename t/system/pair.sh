# pair.sh - two hosts with a systemd and a mail server each, mx1.example.org
# at 192.0.2.10 and mx2.example.org at 192.0.2.20, a wire between them, and a
# folder /shared of both. To be sourced, after container.sh.
#
#   pair_conf N ADDRESS  what configures lsrd of the host at ADDRESS: the page's
#                      block N, and block 5 for its socket; block N shows one
#   pair_host HOST     its root is made, of $seed; what it is to do it reads
#                      from standard input
#   pair_boot          both, until they power themselves off; skips the test
#                      where there are no containers

mkdir "$work/shared"

# What both hosts' scripts begin with.
pair_head() {
	cat <<-'END'
		. /root/tap.sh
		patience=120 # for the other one's whole boot, too
		knows() { lsrctl routes | grep -A1 "$1" | grep -q "$2"; }
		answers() { soon lsrctl status; }
		# meet WHERE: waits until the other has come there, too; who needs
		# the other's mail server must be done with it by then
		meet() {
		    : >"/shared/$(uname -n).$1"
		    soon [ -e "/shared/mx1.example.org.$1" ] &&
			soon [ -e "/shared/mx2.example.org.$1" ]
		}
		ssh() { # as mx1 reaches itself, and mx2 by the folder they share
		    case $1 in
		    *mx1*) sh -c "$2" ;;
		    *)
			cat >/shared/mx2.tar
			printf '%s\n' "$2" >/shared/mx2.sh.new &&
			    mv /shared/mx2.sh.new /shared/mx2.sh
			;;
		    esac
		}
		exec 2>&1
		set -x
	END
}

pair_conf() {
	echo "cat >/etc/lsrd/lsrd.conf <<'CONF'"
	block "$1"
	echo CONF
	echo 'mkdir -p /etc/systemd/system/lsrd.socket.d'
	echo "cat >/etc/systemd/system/lsrd.socket.d/override.conf <<'CONF'"
	block 5 | sed "s/192.0.2.10/$2/"
	echo CONF
	echo 'systemctl daemon-reload'
	echo 'lsrd -t || exit 1'
}

# What mx2 begins with: its keys come from mx1.
pair_keys() {
	echo 'soon [ -e /shared/mx2.sh ]'
	echo 'sh /shared/mx2.sh </shared/mx2.tar'
}

pair_host() {
	{ pair_head && cat; } >"$work/$1.in"
	root_make "$1" "$work/$1.in"
	mkdir "$work/$1/shared"
	cat >>"$work/$1/etc/hosts" <<-'END'
		127.0.0.1 localhost
		192.0.2.10 mx1.example.org mx1
		192.0.2.20 mx2.example.org mx2
	END
	echo "$1.example.org" >"$work/$1/etc/hostname"
	[ ! -e "$work/$1/etc/postfix" ] ||
		sed -i "s/^myhostname.*/myhostname = $1.example.org/" "$work/$1/etc/postfix/main.cf"
}

# Two networks and a wire, held by two sleeping processes.
pair_wire() {
	unshare --net sleep 1500 &
	net1=$!
	unshare --net sleep 1500 &
	net2=$!
	pids="$net1 $net2"
	for pid in $net1 $net2; do
		until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
	done
	nsenter --net --target $net1 ip link add host0 type veth peer name host0 netns $net2 ||
		skip "no network namespaces here"
	for host in "$net1 10" "$net2 20"; do
		printf '%s\n' "link set lo up" "addr add 192.0.2.${host#* }/24 dev host0" \
			"link set host0 up" | nsenter --net --target "${host% *}" ip -batch -
	done
}

pair_boot() {
	pair_wire
	boot "$work/mx2" --network-namespace-path=/proc/$net2/ns/net --bind="$work/shared:/shared" &
	other=$!
	boot "$work/mx1" --network-namespace-path=/proc/$net1/ns/net --bind="$work/shared:/shared"
	status=$?
	wait "$other"
	[ -s "$work/mx1/root/result" ] ||
		skip "no container here ($status): $(tail -n 1 "$work/mx1.boot" | tr -d '\r')"
}

# What tap.sh shows of a test that failed.
failed() {
	for host in mx1 mx2; do
		sed "s/^/$host: /" "$work/$host/root/result"
	done
}

# pair_knows HOST PATTERN OTHER: HOST's routes of then (/shared/HOST.routes)
# lead there.
pair_knows() {
	grep -A1 "$2" "$work/shared/$1.routes" | grep -q "$3"
}
