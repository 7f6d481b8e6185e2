#!/bin/sh
# units.sh - no unit of ours has more of this host than it needs: what
# systemd-analyze security counts, at most 1.5 of 10, and 2.0 for the one that
# changes the packet filter; each limits its memory and its tasks, and logs as
# mail does.

. "${top_srcdir:-.}/t/lint/lint.sh"

units=$(cd "$top_srcdir" && ls conf/systemd/*.service conf/systemd/*.service.in)
mkdir "$W/units"
for unit in $units; do
	name=${unit##*/}
	sed -e 's|@sbindir@|/usr/sbin|g; s|@bindir@|/usr/bin|g' "$top_srcdir/$unit" \
		>"$W/units/${name%.in}"
done

exposed() {
	for unit in "$W"/units/*; do
		most=15
		case $unit in *-redirect.service) most=20 ;; esac
		systemd-analyze security --offline=yes --no-pager --threshold="$most" "$unit" \
			>"$W/out" 2>&1 || grep exposure "$W/out"
	done
}

lacking() {
	for unit in "$W"/units/*; do
		for line in MemoryMax TasksMax LimitCORE SyslogFacility=mail; do
			grep -q "^$line" "$unit" || echo "${unit##*/} has no $line"
		done
	done
}

plan 3
ok "each has its limits" none "$(lacking)"
if systemd-analyze --help 2>/dev/null | grep -q -e --offline; then
	ok "each has little of the host" none "$(exposed)"
else
	skip_case "each has little of the host" "no systemd-analyze that reads files"
fi

parser=$(PATH=$PATH:/usr/sbin:/sbin command -v apparmor_parser)
unparsed() {
	for profile in "$top_srcdir"/conf/apparmor/*; do
		"$parser" -Q -K --skip-kernel-load "$profile" >"$W/out" 2>&1 || cat "$W/out"
	done
}
if [ -n "$parser" ]; then
	ok "AppArmor can read the profiles" none "$(unparsed)"
else
	skip_case "AppArmor can read the profiles" "no apparmor_parser"
fi
