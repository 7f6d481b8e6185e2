#!/bin/sh
# edges.sh - the rows that test_crypto judges are what the rule says, and the
# second program of the protocol (t/peer) judges them alike.

. "$(dirname "$0")/../tap.sh"

edges() {
	/usr/bin/python3 -B "$top_srcdir/t/peer/edges.py" "$@"
}

/usr/bin/python3 -c 'import cryptography' 2>/dev/null || skip "no python3-cryptography"

plan 2
edges >"$W/rows" 2>&1
ok "the rows are those of the rule" cmp "$W/rows" "$top_srcdir/t/crypt/edges.rows"
ok "t/peer accepts and refuses the same" none "$(edges --check 2>&1)"
