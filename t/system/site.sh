# site.sh - one Exim of a site, with lsrd's routers, and mail servers
# around it: for the tests of conf/exim. To be sourced.
#
#   exim_world KIND FORM   heavy or light; plain, split or unsplit
#   drive LINE...          to publish_drive: $tables is what it writes
#   ex ARGUMENT...         Exim itself, on its host
#   way ADDRESS            what Exim would do with it: ROUTER TRANSPORT HOST:PORT...
#                          or its reason to wait
#   rcpt FROM ADDRESS...   what it says to a client at the address FROM, a line each
#   send ADDRESS...        a message to each, from joe of this host; tried at once
#   logged PATTERN         a line of the main log has it
#   took HOP ADDRESS       a mail server got it
#   world_end              ends what runs, and makes room for another
#
# Exim is mx1.london.example.org at 192.0.2.1 and 2001:db8:1::1, delivers for
# here.example.org, and would send the rest to 198.51.100.99, its smarthost.
# $hops are the others; a client is one of them.

# shellcheck source=t/system/exim.sh
. "${top_srcdir:-$(dirname "$0")/../..}/t/system/exim.sh"
[ -x "$build/t/system/publish_drive" ] || skip "no publish_drive here"
need ip python3

P=example.org
mta=lsrdm$$ hop=lsrdn$$
hops="198.51.100.5/25/ok 198.51.100.6/25/ok 198.51.100.7/587/ok
	198.51.100.99/25/ok 2001:db8:2::6/25/ok 198.51.100.5/2525/ok"

# Where the mail servers are, and a line to them.
world_net() {
	ip netns add "$mta" && ip netns add "$hop" || return 1
	ip -n "$mta" link set lo up
	ip -n "$hop" link set lo up
	ip -n "$mta" link add v0 type veth peer name v0 netns "$hop" || return 1
	ip -n "$mta" link set v0 up
	ip -n "$hop" link set v0 up
	ip -n "$mta" addr add 192.0.2.1/32 dev v0
	ip -n "$mta" addr add 2001:db8:1::1/128 dev v0 nodad
	ip -n "$mta" route add 198.51.100.0/24 dev v0
	ip -n "$mta" route add 2001:db8:2::/64 dev v0
	for a in 5 6 7 8 9 20 99; do
		ip -n "$hop" addr add 198.51.100.$a/32 dev v0
	done
	ip -n "$hop" addr add 2001:db8:2::6/128 dev v0 nodad
	ip -n "$hop" route add 192.0.2.1 dev v0
	ip -n "$hop" route add 2001:db8:1::1 dev v0
}

# The site's own words, which stand in both of Debian's forms and in the plain
# one; $site_main may have more.
world_main() {
	echo "primary_hostname = mx1.london.$P"
	printf '%s\n' "${site_main:-}" ".include_if_exists /usr/share/lsrd/exim/main"
}

world_plain() {
	{
		echo "exim_path = /usr/sbin/exim4"
		world_main
		cat <<-END
			spool_directory = /var/spool/exim4
			log_file_path = /var/log/exim4/%slog
			exim_user = Debian-exim
			keep_environment =
			domainlist local_domains = @ : here.$P
			domainlist relay_to_domains = +lsrd_domains
			hostlist relay_from_hosts = 127.0.0.1 : +lsrd_servers
			acl_smtp_rcpt = acl_check_rcpt
			tls_advertise_hosts =
			begin acl
			.include_if_exists /usr/share/lsrd/exim/acl
			acl_check_rcpt:
			  accept hosts = :
			  accept hosts = +relay_from_hosts
			  require message = relay not permitted
			    domains = +local_domains : +relay_to_domains
			  require verify = recipient
			  accept
			begin routers
			.include_if_exists /usr/share/lsrd/exim/routers
			.include_if_exists /usr/share/lsrd/exim/default
			smarthost:
			  driver = manualroute
			  domains = ! +local_domains
			  transport = remote_smtp
			  route_list = * 198.51.100.99 byname
			  no_more
			local_user:
			  driver = accept
			  check_local_user
			  transport = local_delivery
			begin transports
			.include_if_exists /usr/share/lsrd/exim/transports
			remote_smtp:
			  driver = smtp
			named:
			  driver = smtp
			  hosts = 198.51.100.7
			  port = 587
			local_delivery:
			  driver = appendfile
			  file = /var/mail/\$local_part_data
			  group = mail
			  mode = 0660
			begin retry
			.include_if_exists /usr/share/lsrd/exim/retry
			* * F,2h,15m; G,16h,1h,1.5; F,4d,6h
		END
	} >"$root/etc/exim4/exim4.conf"
}

# What both of Debian's forms need.
world_debian() {
	for line in "dc_eximconfig_configtype='smarthost'" \
		"dc_smarthost='198.51.100.99'" \
		"dc_other_hostnames='mx1.london.$P:here.$P'" \
		"dc_local_interfaces=''" "dc_use_split_config='$1'" \
		"dc_relay_domains='+lsrd_domains'" "dc_relay_nets='+lsrd_servers'"; do
		sed -i "s/^${line%%=*}=.*/$line/" "$root/etc/exim4/update-exim4.conf.conf"
	done
	echo "mx1.london.$P" >"$root/etc/mailname"
}

world_named() {
	printf '%s\n' "named:" "  driver = smtp" "  hosts = 198.51.100.7" "  port = 587"
}

world_split() {
	d=$root/etc/exim4/conf.d
	world_debian true
	world_main >"$d/main/000_localmacros"
	for part in acl/50:acl router/050:routers router/190:default \
		transport/50:transports retry/20:retry; do
		echo ".include_if_exists /usr/share/lsrd/exim/${part#*:}" \
			>"$d/${part%:*}_lsrd"
	done
	world_named >"$d/transport/60_site"
	chroot "$root" update-exim4.conf
}

world_unsplit() {
	t=$root/etc/exim4/exim4.conf.template
	i=".include_if_exists /usr/share/lsrd/exim"
	world_debian false
	world_main >"$root/etc/exim4/exim4.conf.localmacros"
	world_named >"$work/named"
	sed -i -e "/^begin acl/a $i/acl" -e "/^begin routers/a $i/routers" \
		-e "0,/^### router\/200_exim4-config_primary/s,,$i/default\n&," \
		-e "/^begin transports/a $i/transports" -e "/^begin transports/r $work/named" \
		-e "/^begin retry/a $i/retry" "$t"
	chroot "$root" update-exim4.conf
}

world_drive() {
	mkfifo "$work/to" "$work/from"
	"$build/t/system/publish_drive" "$build/lsrd-publish" \
		"$root/var/lib/lsrd" lab exim <"$work/to" >"$work/from" \
		2>"$work/publish.log" &
	world_pids="$world_pids $!"
	exec 8>"$work/to" 9<"$work/from"
}

exim_world() {
	root=$work/exim tables=$work/exim/var/lib/lsrd/exim world_pids=''
	exim_root "$1"
	exim_copy "$root" || skip "no copy of $exim"
	mkdir -p "$tables" "$root/usr/share/lsrd/exim"
	for file in "$top"/conf/exim/*; do
		cp "$file" "$root/usr/share/lsrd/exim/"
	done
	: >"$tables/servers"
	echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
	printf '%s\n' "127.0.0.1 localhost" "192.0.2.1 mx1.london.$P" >"$root/etc/hosts"
	"world_$2" || skip "Exim takes no configuration of the form $2"
	: >"$root/var/log/exim4/mainlog"
	chroot "$root" chown Debian-exim:adm /var/log/exim4/mainlog
	world_net || skip "no network namespaces here"
	world_drive
	world_hops
}

# The mail servers, in modes of their own where $hops was changed.
world_hops() {
	: >"$work/took"
	ip netns exec "$hop" python3 "$top/t/system/exim-hop.py" "$work/took" $hops \
		>"$work/hops" 2>&1 8>&- 9<&- &
	hops_pid=$!
	pids="$pids $hops_pid"
	soon grep -q ready "$work/hops"
}

world_daemon() {
	ip netns exec "$mta" chroot "$root" exim4 -bdf "$@" >"$work/daemon.log" 2>&1 8>&- 9<&- &
	world_pids="$world_pids $!"
}

world_end() {
	exec 8>&- 9<&-
	for pid in $world_pids $pids; do kill "$pid" 2>/dev/null; done
	for pid in $world_pids $pids; do wait "$pid" 2>/dev/null; done
	pids=''
	ip netns del "$mta" 2>/dev/null
	ip netns del "$hop" 2>/dev/null
	rm -rf "$root" "$work/to" "$work/from"
}

clean_up() {
	world_end
	rm -rf "$work"
}

failed() {
	echo "--- main log"
	tail -n 40 "$root/var/log/exim4/mainlog" 2>/dev/null
	tail -n 5 "$root/var/log/exim4/paniclog" 2>/dev/null
}

drive() {
	printf '%s\n' "$@" go >&8
	read -r answer <&9 || answer="the drive has died"
	echo "$answer"
}

ex() {
	ip netns exec "$mta" chroot "$root" exim4 "$@" 8>&- 9<&-
}

way() {
	ex -bt "$1" 2>&1 | awk '
		/cannot be resolved/ { sub(/.*at this time: /, ""); print; exit }
		/undeliverable/ { print; exit }
		/router = / { gsub(/,/, ""); way = $3 " " $6 }
		/ host / {
			at = $0
			gsub(/.*\[|\].*/, "", at)
			port = /port=/ ? $0 : ""
			sub(/.*port=/, ":", port)
			way = way " " at port
		}
		END { if (way != "") print way }'
}

rcpt() {
	from=$1
	shift
	ip netns exec "$hop" python3 -c '
import smtplib, sys
s = smtplib.SMTP("192.0.2.1", 25, source_address=(sys.argv[1], 0), timeout=60)
s.ehlo("client.example")
for to in sys.argv[2:]:
    s.rset()
    s.mail("a@elsewhere.example")
    code, text = s.rcpt(to)
    print(code, text.decode().replace("\n", " "))
s.quit()' "$from" "$@" 2>&1 8>&- 9<&-
}

send() {
	for to in "$@"; do
		printf 'Subject: %s\n\nhello\n' "$to" |
			ex -odi -f "joe@here.$P" "$to"
	done
}

logged() {
	grep -qE -e "$1" "$root/var/log/exim4/mainlog" ||
		! tail -n 20 "$root/var/log/exim4/mainlog"
}

took() {
	grep -qE "^$1 (.* )?$2( |\$)" "$work/took" || ! tail "$work/took"
}

# How many bounces Exim made, and what waits.
bounces() {
	grep -c ' <= <> ' "$root/var/log/exim4/mainlog"
}

waiting() {
	ex -bpc
}
