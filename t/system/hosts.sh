# hosts.sh - hosts with a systemd and a Postfix each, on one Ethernet: a bridge in
# a network namespace of the test's own. To be sourced in place of container.sh.
#
#   hosts_up HOST...      makes and boots HOST.example.org of each: mx1 at
#                         192.0.2.10, mx2 at .20 and so on; `ca` at .99 is a
#                         machine with lsrctl alone, no mail server. Skips the
#                         test where there are no containers
#   on HOST TEXT          a shell there, as root; its status
#   hosts_cut HOST        its cable is out; hosts_mend HOST: in again
#   hosts_part A B        no packet passes between those two; hosts_rejoin A B: again
#   hosts_root HOST       its file system, seen from here
#   hosts_first_network   README's, on ca, mx1 and mx2, typed as it stands there
#   flow NAME [HOST]      a message every 200 ms from there (mx1) to root of paris,
#                         until `flowed NAME`: each arrives at mx2, once
#
# Each host reaches each by `ssh root@HOST.example.org COMMAND`, as pages have it:
# a program of this test's, which has no key and no cipher, on port 22.

. "$(dirname "$0")/container.sh"
boot_limit=${boot_limit:-840}
hosts='' boots='' aliases=''

hosts_root() {
	echo "$work/$1"
}

host_number() {
	case $1 in
	ca) echo 99 ;;
	*) echo "${1#mx}0" ;;
	esac
}

# The names of all, on each.
host_names() {
	echo '127.0.0.1 localhost'
	for host_n in mx1 mx2 mx3 mx4 ca; do
		echo "192.0.2.$(host_number $host_n) $host_n.example.org $host_n"
	done
}

# What others have as ssh(1): a request is a line in base64, the rest is the
# standard input; behind the answer stands the status.
host_ssh() {
	cat >"$1/usr/local/bin/ssh" <<-'END'
		#!/usr/bin/python3
		import base64, os, socket, sys, threading
		where, words = sys.argv[1].split("@")[-1], " ".join(sys.argv[2:])
		line = socket.create_connection((where, 22), timeout=60)
		line.settimeout(None)
		line.sendall(base64.b64encode(words.encode()) + b"\n")
		def say():
		    while part := os.read(0, 65536):
		        line.sendall(part)
		    line.shutdown(socket.SHUT_WR)
		threading.Thread(target=say, daemon=True).start()
		answer = b""
		while part := line.recv(65536):
		    answer += part
		text, _, status = answer.rpartition(b"\0")
		os.write(1, text)
		os._exit(int(status))
	END
	cat >"$1/root/remote" <<-'END'
		export LC_ALL=C.UTF-8 HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
		read -r line
		cd
		sh -c "$(echo "$line" | base64 -d)" 2>&1
		printf '\0%s' $?
	END
	chmod 755 "$1/usr/local/bin/ssh"
	cat >"$1/etc/systemd/system/remote.socket" <<-'END'
		[Socket]
		ListenStream=22
		Accept=yes
		[Install]
		WantedBy=sockets.target
	END
	cat >"$1/etc/systemd/system/remote@.service" <<-'END'
		[Service]
		ExecStart=/bin/sh /root/remote
		StandardInput=socket
		StandardOutput=socket
	END
	mkdir -p "$1/etc/systemd/system/sockets.target.wants"
	ln -s ../remote.socket "$1/etc/systemd/system/sockets.target.wants/"
}

host_make() {
	cp -a --reflink=auto "$seed" "$work/$1"
	[ -d "$work/installed" ] || root_install installed
	cp -a "$work/installed/." "$work/$1/"
	echo "$1.example.org" >"$work/$1/etc/hostname"
	host_names >"$work/$1/etc/hosts"
	: >"$work/$1/etc/resolv.conf"
	sed -i "s/^myhostname.*/myhostname = $1.example.org/" "$work/$1/etc/postfix/main.cf"
	host_ssh "$work/$1"
	mkdir -p "$work/$1/etc/systemd/system.conf.d"
	printf '[Manager]\nDefaultEnvironment=ASAN_OPTIONS=%s\n' \
		abort_on_error=1:detect_leaks=0:malloc_context_size=8:quarantine_size_mb=64 >"$work/$1/etc/systemd/system.conf.d/lsrd.conf"
	[ "$1" != ca ] || {
		rm -f "$work/$1"/usr/local/lib/sysusers.d/lsrd* "$work/$1"/usr/local/lib/tmpfiles.d/lsrd*
		rm -f "$work/$1/etc/systemd/system/multi-user.target.wants/postfix.service"
	}
}

# A network namespace, held by a sleeping process: $host_net is its number.
host_netns() {
	unshare --net sleep "$boot_limit" &
	host_net=$!
	pids="$pids $host_net"
	until [ "$(readlink /proc/$host_net/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.05
	done
}

in_switch() {
	nsenter --net --target "$switch" "$@"
}

hosts_switch() {
	host_netns
	switch=$host_net
	in_switch ip link add lan type bridge && in_switch ip link set lan up ||
		skip "no network namespaces here"
}

host_boot() {
	host_netns
	in_switch ip link add "$1" type veth peer name host0 netns "$host_net"
	in_switch ip link set "$1" master lan up
	# as Debian's sysctl.d has it, which a container may not set
	nsenter --net --target "$host_net" sysctl -q -w net.ipv4.conf.all.promote_secondaries=1
	printf '%s\n' "link set lo up" "link set host0 up" \
		"addr add 192.0.2.$(host_number "$1")/24 dev host0" |
		nsenter --net --target "$host_net" ip -batch -
	boot "$work/$1" --network-namespace-path="/proc/$host_net/ns/net" &
	boots="$boots $!"
}

# The first process of its container, as this machine numbers it.
host_init() {
	host_nspawn=$(pgrep -xf "systemd-nspawn -q -D $work/$1 .*") &&
		pgrep -P "$host_nspawn"
}

on() {
	host_leader=$(host_init "$1") || return 125
	nsenter --target "$host_leader" --mount --uts --ipc --net --pid --cgroup --root \
		env -i LC_ALL=C.UTF-8 HOME=/root TERM=dumb COLUMNS=132 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		sh -c "cd; $2"
}

host_is_up() {
	case $(on "$1" 'systemctl is-system-running') in
	running | degraded) ;;
	*) return 1 ;;
	esac
}

hosts_up() {
	hosts_switch
	for host_up in "$@"; do
		host_make "$host_up"
		host_boot "$host_up"
		hosts="$hosts $host_up"
	done
	for host_up in "$@"; do
		within 90 host_is_up "$host_up" ||
			skip "no container here: $(tail -n 1 "$work/$host_up.boot" | tr -d '\r')"
	done
}

hosts_cut() {
	in_switch ip link set "$1" down
}

hosts_mend() {
	in_switch ip link set "$1" up
}

# host_deaf A B: A does not hear B.
host_deaf() {
	on "$1" "nft 'table inet cut { chain in { type filter hook input priority 0;
		ip saddr 192.0.2.$(host_number "$2") drop; }; }'"
}

hosts_part() {
	host_deaf "$1" "$2" && host_deaf "$2" "$1"
}

hosts_rejoin() {
	on "$1" 'nft delete table inet cut' && on "$2" 'nft delete table inet cut'
}

clean_up() {
	for host_down in $hosts; do
		host_nspawn=$(pgrep -xf "systemd-nspawn -q -D $work/$host_down .*") &&
			kill "$host_nspawn"
	done
	for host_down in $boots; do wait "$host_down"; done
	[ -z "$work" ] || rm -rf "$work"
}

# typed PAGE SECTION: what that page has there is typed on these hosts, by typed.py.
typed() {
	for typed_host in $hosts; do
		echo "$typed_host $(host_init "$typed_host")"
	done >"$work/hosts"
	for typed_host in $aliases; do
		echo "${typed_host%:*} $(host_init "${typed_host#*:}")"
	done >>"$work/hosts"
	printf '%s\n' "$2" >>"$work/typed.$1"
	python3 "$top/t/system/typed.py" "$work/hosts" "$top/man/$1" "$2"
}

# also_called NEW HOST: pages have another name for that host.
also_called() {
	aliases="$aliases $1:$2"
}

# untyped PAGE: sections of it that typed was not asked for.
untyped() {
	python3 "$top/t/system/typed.py" --list "$top/man/$1" | grep -vxFf "$work/typed.$1"
}

# hosts_first_conf HOST N: README's file of it, which is block N.
hosts_first_conf() {
	block "$2" | on "$1" 'cat >/etc/lsrd/lsrd.conf'
	block 5 | sed "s/192.0.2.10/192.0.2.$(host_number "$1")/" |
		on "$1" 'mkdir -p /etc/systemd/system/lsrd.socket.d &&
			cat >/etc/systemd/system/lsrd.socket.d/override.conf && systemctl daemon-reload'
	on "$1" 'lsrd -t'
}

arrived() { on "$1" "grep -q '$2' /var/mail/root"; }

hosts_first_network() {
	ok "README 1: the authority and two keys" on ca "$(block 1)"
	ok "README 1: brought to their hosts" on ca "cd authority; $(block 2)"
	ok "README 2: mx1 is configured" hosts_first_conf mx1 3
	ok "README 2: and mx2" hosts_first_conf mx2 4
	ok "README 3: Postfix of mx1" on mx1 "$(block 6)"
	ok "README 3: and of mx2" on mx2 "$(block 6 | sed 's/london/paris/')"
	ok "README 4: they start on mx1" on mx1 "$(block 7)"
	ok "README 4: and on mx2" on mx2 "$(block 7)"
	ok "README 5: mx1 knows the way" soon on mx1 'lsrctl routes | grep -A1 paris.example.org | grep mx2'
	on mx1 "$(block 8)" >"$W/looked" 2>&1
	ok "README 5: the message arrives" soon arrived mx2 hello
	ok "README 5: nothing to say on mx1" soon on mx1 'lsrctl check'
	ok "README 5: nor on mx2" soon on mx2 'lsrctl check'
}

flow() {
	flow_host=${2:-mx1}
	on "$flow_host" "rm -f /root/over; n=0; while [ ! -e /root/over ]; do n=\$((n + 1))
		printf 'Subject: $1 %s\n\n' \$n | sendmail -f root@london.example.org root@paris.example.org
		sleep 0.2; done; echo \$n >/root/sent.new; mv /root/sent.new /root/sent" &
	flow_pid=$!
}

flowed() {
	on "$flow_host" ': >/root/over'
	wait "$flow_pid"
	flow_sent=$(on "$flow_host" 'cat /root/sent')
	ok "$1: all $flow_sent messages of meanwhile arrive, once each" soon flow_is "$1" "$flow_sent"
}

flow_is() {
	is "$(on mx2 "grep '^Subject: $1 ' /var/mail/root | sort | uniq -c | awk '{ n[\$1]++ } END { for (i in n) print i, n[i] }'")" "1 $2"
}
