#!/bin/sh
# readme.sh - "A first network in ten minutes", typed as README says, on two
# hosts with a systemd and a Postfix each, and a wire between them.

. "$(dirname "$0")/container.sh"

# block N: the Nth indented block of that section.
block() {
	awk -v want="$1" '
		/^A first network/ { on = 1 }
		/^Looking around/ { on = 0 }
		!on { next }
		/^    / { if (!inside) n++; inside = 1; if (n == want) print substr($0, 5); next }
		/^$/ { held = 1; next }
		{ inside = 0 }' "$top/README"
}

# what both hosts' scripts share
cat >"$work/waits.sh" <<-'END'
	. /root/tap.sh
	patience=240 # for the other one's whole boot, too
	knows() { lsrctl routes | grep -A1 "$1" | grep -q "$2"; }
	answers() { soon lsrctl status; }
END
mkdir "$work/shared"
cat >"$work/mx1.sh" <<-END
	ssh() { # as mx1 reaches itself, and mx2 by the folder they share
	    case \$1 in
	    *mx1*) sh -c "\$2" ;;
	    *)
		cat >/shared/mx2.tar
		printf '%s\n' "\$2" >/shared/mx2.sh.new && mv /shared/mx2.sh.new /shared/mx2.sh
		;;
	    esac
	}
	$(block 1)
	$(block 2)
	cat >/etc/lsrd/lsrd.conf <<'CONF'
	$(block 3)
	CONF
	mkdir -p /etc/systemd/system/lsrd.socket.d
	cat >/etc/systemd/system/lsrd.socket.d/override.conf <<'CONF'
	$(block 5)
	CONF
	systemctl daemon-reload
	lsrd -t || exit 1
	$(block 6)
	$(block 7)
	answers
	: >/shared/mx1.ready
	soon [ -e /shared/mx2.ready ]
	soon knows paris.example.org mx2
	$(block 8)
	lsrctl routes >/shared/mx1.routes
	soon lsrctl check && : >/shared/mx1.checked
	soon [ -e /shared/mx2.done ]
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 60
END
cat >"$work/mx2.sh" <<-END
	soon [ -e /shared/mx2.sh ]
	sh /shared/mx2.sh </shared/mx2.tar
	cat >/etc/lsrd/lsrd.conf <<'CONF'
	$(block 4)
	CONF
	mkdir -p /etc/systemd/system/lsrd.socket.d
	cat >/etc/systemd/system/lsrd.socket.d/override.conf <<'CONF'
	$(block 5 | sed 's/192.0.2.10/192.0.2.20/')
	CONF
	systemctl daemon-reload
	lsrd -t || exit 1
	$(block 6 | sed 's/london/paris/')
	$(block 7)
	answers
	: >/shared/mx2.ready
	soon grep -q hello /var/mail/root
	cp /var/mail/root /shared/mail
	soon knows london.example.org mx1
	lsrctl routes >/shared/mx2.routes
	soon lsrctl check && : >/shared/mx2.checked
	: >/shared/mx2.done
	journalctl -u 'lsrd*' -u 'postfix*' --no-pager -o cat | tail -n 60
END
for host in mx1 mx2; do
	{
		cat "$work/waits.sh"
		echo 'exec 2>&1; set -x'
		sed 's/^	//' "$work/$host.sh"
	} >"$work/$host.in"
	root_make "$host" "$work/$host.in"
	mkdir "$work/$host/shared"
	cat >>"$work/$host/etc/hosts" <<-'END'
		127.0.0.1 localhost
		192.0.2.10 mx1.example.org mx1
		192.0.2.20 mx2.example.org mx2
	END
	echo "$host.example.org" >"$work/$host/etc/hostname"
	sed -i "s/^myhostname.*/myhostname = $host.example.org/" "$work/$host/etc/postfix/main.cf"
done

# two networks and a wire, held by two sleeping processes
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
boot "$work/mx2" --network-namespace-path=/proc/$net2/ns/net --bind="$work/shared:/shared" &
other=$!
boot "$work/mx1" --network-namespace-path=/proc/$net1/ns/net --bind="$work/shared:/shared"
status=$?
wait "$other"
if [ ! -s "$work/mx1/root/result" ]; then
	skip "no container here ($status): $(tail -n 1 "$work/mx1.boot" | tr -d '\r')"
fi

failed() {
	for host in mx1 mx2; do
		sed "s/^/$host: /" "$work/$host/root/result"
	done
}

# knows HOST PATTERN OTHER: its routes of then lead there
knows() {
	grep -A1 "$2" "$work/shared/$1.routes" | grep -q "$3"
}

plan 5
ok "mx1 knows the way to paris.example.org" knows mx1 paris.example.org mx2
ok "mx2 knows the way to london.example.org" knows mx2 london.example.org mx1
ok "the message has arrived at mx2" grep -q hello "$work/shared/mail"
ok "lsrctl check has nothing to say on mx1" [ -e "$work/shared/mx1.checked" ]
ok "lsrctl check has nothing to say on mx2" [ -e "$work/shared/mx2.checked" ]
