#!/bin/sh
# long-import.sh - lsrctl import as it is used: 50 sites in a real slapd (import-
# directory.sh, whole), and a real lsrd that takes what a directory says as
# lsrd-import.service has it do: at once, after a confirm, or not at all.

. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/files.sh"
ctl=$top_builddir/lsrctl
cd "$W" || exit 99
sh "$top_srcdir/t/ctl/import-directory.sh" whole >whole 2>&1
directory() {
	cat whole
	grep -q '^ok' whole && ! grep -q '^not ok' whole
}
if grep -q '^1\.\.0' whole; then
	skip_case "50 sites in a slapd" "$(head -n 1 whole)"
else
	ok "50 sites in a slapd" directory
fi

# --- a daemon -----------------------------------------------------------------------

mkdir state table parts
"$ctl" keys authority --organization example.org --directory "$W/a" >/dev/null
"$ctl" keys issue mx1.london.example.org --group london --space '*' \
	--space london.example.org --relay london.example.org --space partner.example \
	--relay partner.example --space new.example --relay new.example \
	--directory "$W/a" --output "$W" >/dev/null
cat >lsrd.conf <<END
organization = example.org
server = mx1.london.example.org
routing-group = london
mta = none
lab = yes
user = root
retry-mail = no
smtp = { "$net.1:28031" }
include-dir = "$W/parts"
$(files_in "$W")
END
cp "$top_srcdir/t/ctl/import/organization.ldif" own.ldif
"$top_builddir/lsrd" -f -c lsrd.conf 2>log &
pids="$pids $!"
failed() {
	cat out err 2>/dev/null
	tail -n 5 log
}
asked() {
	"$ctl" --socket "$W/control" -c lsrd.conf "$@"
}
import() {
	asked import ldap own.ldif --part --strict --write parts --force --reload \
		--no-dns --server mx1.london.example.org "$@" >out 2>err
}
up() {
	asked status --json 2>/dev/null | grep -q '"state":"up"'
}
has() { # PATTERN
	asked config dump | grep -q "address-space \"$1\""
}
kept() {
	cmp -s before parts/mx1.london.example.org.conf
}
keep() {
	cp parts/mx1.london.example.org.conf before
}
ok 'lsrd is up' soon up
ok 'a directory is imported' import
ok 'and in force' has partner.example
keep
ok 'again: nothing' import
ok 'which is said' grep -q unchanged out
cp own.ldif all.ldif
sed 's/partner\.example/new.example/' all.ldif >own.ldif
ok 'something else' import
ok 'is shown' grep -q '^+address-space "new.example"' out
ok 'and in force' has new.example
keep
head -c 900 all.ldif >own.ldif
ok 'half of it' not import
ok 'changes nothing' kept
: >own.ldif
ok 'an empty one' not import
ok 'changes nothing' kept
sed 's/^lsrdCost: 20/lsrdCost: 0/' all.ldif >own.ldif
ok 'one with what cannot be' not import
ok 'changes nothing' kept
cp all.ldif own.ldif
echo 'pear x { }' >>lsrd.conf
ok 'a reload that is refused' not import
ok 'changes nothing' kept
ok 'and says why' grep -q 'taken back' err
sed -i '/^pear/d' lsrd.conf
echo 'confirm-above = 0%' >>lsrd.conf
ok 'few routes may move' asked reload
ok 'too many would' not import
ok 'it waits' grep -q 'lsrctl confirm' err
ok 'nothing is in force' not has partner.example
ok 'the file waits with it' not kept
ok 'a confirm' asked confirm
ok 'and it is in force' has partner.example
all_told
