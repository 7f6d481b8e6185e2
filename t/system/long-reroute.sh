#!/bin/sh
# long-reroute.sh - from the packages to mail that goes another way, on bare Debian
# hosts with a systemd and a Postfix each, by what README and lsrd-tasks(7) have one
# type and nothing else: README's first network, a third server, and the direct way is
# cut. It says how long that took. Packages are built, or those of LSRD_PACKAGES, a
# folder. Only for `t/check --long`: some minutes.

. "$(dirname "$0")/hosts.sh"
packages_here

root_install() {
	mkdir -p "$work/$1/root/debs"
	cp "$work"/debs/*.deb "$work/$1/root/debs/"
}

# installs HOST PACKAGE...: as README has it, but for where they lie.
installs() {
	installs_on=$1
	shift
	ok "README: packages of $installs_on" on "$installs_on" \
		"cd debs && apt-get install -y $(printf './%s_0.1.0_*.deb ' "$@")"
}

# told WHAT: a line of how long it took from the packages.
told() {
	told_seconds=$(($(tap_seconds) - begun))
	echo "# $told_seconds s from the packages: $1"
}

# ways SUBJECT: of each such message at mx2 the number, and who brought it there, who
# brought it to that one, and so on.
ways() {
	on mx2 'cat /var/mail/root' | awk -v of="$1" '
		/^From / { way = "" }
		/^Received: from / { way = way " " $3 }
		$1 == "Subject:" && $2 == of { print $3 way }'
}

# What apt would do on such a host, with all of them, by the lists of this machine.
harmless() {
	apt-get -s -o Dir::State::status="$seed/var/lib/dpkg/status" install \
		"$work"/debs/*.deb "$work"/debs/exim/*.deb >"$W/apt" || return
	grep '^Inst lsrd-exim' "$W/apt" && ! grep '^Remv' "$W/apt"
}

by_mx3() { ways around | grep ' mx3.example.org mx1.example.org$'; }
came() { ways mended | grep "^$1 "; }
# One more, until one does: for 30 s Postfix's qmgr asks nobody where to send what is
# for the recipient that it asked for last.
direct() {
	sent=$((${sent:-0} + 1))
	on mx1 "printf 'Subject: mended $sent\\n\\n' | sendmail -f root@london.example.org root@paris.example.org"
	soon came $sent && ways mended | grep -x "$sent mx1.example.org"
}
leads() { on mx1 'lsrctl explain somebody@paris.example.org' | grep "^next hops  *$1"; }

ok "packages of ours, even all, take no mail server away" harmless
hosts_up ca mx1 mx2 mx3
begun=$(tap_seconds)
installs ca lsrctl
for host in mx1 mx2; do installs $host lsrctl lsrd lsrd-milter; done
hosts_first_network
told "a message that lsrd's tables steer, and lsrctl check has nothing to say"
installs mx3 lsrctl lsrd lsrd-milter
ok "lsrd-tasks(7): Add a server" typed lsrd-tasks.7 "Add a server"
ok "the way to paris is the direct one" soon leads mx2.example.org
told "three servers"

ok "no packet passes between mx1 and mx2" hosts_part mx1 mx2
cut=$(tap_seconds)
flow around
ok "a message arrives by mx3" soon by_mx3
told "a rerouted message, $(($(tap_seconds) - cut)) s after the cut: $(by_mx3 | head -n 1)"
ok "and lsrctl explain says so" soon leads mx3.example.org
ok "none came direct" none "$(ways around | grep -v ' mx3.example.org ')"
ok "the line is mended" hosts_rejoin mx1 mx2
ok "and is the way again" soon leads mx2.example.org
flowed around
ok "which a message takes" soon direct
all_told
