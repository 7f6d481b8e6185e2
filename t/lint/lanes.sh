#!/bin/sh
# lanes.sh - each lab of real mail servers also runs with an Exim among them
# (t/system/long-exim-lanes.sh), or stands here with what it has instead.

. "$(dirname "$0")/lint.sh"

apart="
lab-exim            is of both as it stands
lab-join            who is let in, and as whom: no MTA's business
lab-large           no mail: a line that loses large packets
lab-loopback        an Exim needs a network namespace
lab-organization    no mail: twelve lsrds
lab-peer            no mail: a second program of the protocol
lab-probe           what is probed are programs of its own, and Postfix's anvil
lab-restarts        no mail: real daemons
lab-strangers       no mail: port 691
"

labs() {
	for f in "$top_srcdir"/t/system/lab-*.sh; do
		basename "$f" .sh
	done
}

# in_lanes: those with a line in the lane.
in_lanes() {
	sed -n '/^lanes="$/,/^"$/s/^\(lab-[a-z0-9]*\) .*/\1/p' \
		"$top_srcdir/t/system/long-exim-lanes.sh"
}

forgotten() {
	labs | while read -r lab; do
		in_lanes | grep -qx "$lab" || echo "$apart" | grep -q "^$lab " ||
			echo "$lab: no line in long-exim-lanes.sh, and no reason here"
	done
}

gone() {
	{ in_lanes && echo "$apart" | grep -o '^lab-[a-z0-9]*'; } | sort -u | while read -r lab; do
		labs | grep -qx "$lab" || echo "$lab: there is no such lab"
	done
}

plan 2
ok "each lab has an Exim, too, or a reason" none "$(forgotten 2>&1)"
ok "what is named is there" none "$(gone 2>&1)"
