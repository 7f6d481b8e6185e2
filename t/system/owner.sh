#!/bin/sh
# owner.sh - lsrd started by root for another user: what root makes and whose
# it is, and that no link of that user's leads root anywhere.

. "$(dirname "$0")/../tap.sh"
bin=$top_builddir
user=nobody
pid=''

clean_up() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
}

failed() {
	tail -n 20 "$W/log"
}

# once more, in a system of accounts of its own: groups as a host has them
if [ -z "${OWNER_APART:-}" ]; then
	[ "$(id -u)" = 0 ] || skip "not root"
	id "$user" >/dev/null 2>&1 || skip "no user $user"
	unshare -m true 2>/dev/null || skip "no namespaces here"
	OWNER_APART=yes unshare -m sh "$0"
	exit
fi
chmod 755 "$W"
{
	grep -v '^lsrd-mark:' /etc/group
	echo "lsrd-mark:x:60691:$user"
} >"$W/group"
mount --bind "$W/group" /etc/group || skip "nothing can be mounted here"

# of FILE: whose it is and its mode, as `user:group mode`.
of() {
	stat -c '%U:%G %a' "$1"
}

check() {
	"$bin/lsrd" -t -c "$W/lsrd.conf"
}

begin() {
	"$bin/lsrd" -f -c "$W/lsrd.conf" >>"$W/log" 2>&1 &
	pid=$!
	soon "$bin/lsrctl" --socket "$W/run/control" status
}

end() {
	kill -TERM "$pid" && wait "$pid"
	rc=$?
	pid=''
	return $rc
}

runs_as() {
	is "$(stat -c %U "/proc/$pid")" "$user"
}

"$bin/lsrctl" keys authority --directory "$W/ca" --organization example.org >/dev/null &&
	"$bin/lsrctl" keys issue mx1.example.org --directory "$W/ca" \
		--output "$W/keys" --user "$user" --group london \
		--space london.example.org --relay london.example.org >/dev/null || exit 1
# where that user reaches it: a checkout may be in root's home
install -m 755 "$bin/lsrd-publish" "$W/"
cat >"$W/lsrd.conf" <<END
organization = "example.org"
routing-group = "london"
server = "mx1.example.org"
peer-listen = { "127.0.0.1:0" }
smtp = { "127.6.9.1:2525" }
lab = yes
user = "$user"
key = "$W/keys/server.key"
certificate = "$W/keys/server.pem"
mark-key = "$W/keys/mark.key"
authority = "$W/ca/authority.pem"
state-directory = "$W/state"
table-directory = "$W/state/postfix"
control-socket = "$W/run/control"
publisher = "$W/lsrd-publish"
address-space "london.example.org" { deliver = here }
END
sed -i "s/127.0.0.1:0/127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1)).1:6910/" "$W/lsrd.conf"

plan 15
ok "a good configuration passes" check
chown root "$W/keys/server.key"
ok "a key that its user cannot read is told" says 78 \
	"chown $user: $W/keys/server.key" check
chown $user "$W/keys/server.key"
chmod 640 "$W/keys/mark.key" && chown root:root "$W/keys/mark.key"
ok "and a mark key" says 78 "chown $user:lsrd-mark $W/keys/mark.key" check
chown $user:lsrd-mark "$W/keys/mark.key"
ok "it starts" begin
ok "as its user" runs_as
ok "the state folder is his" is "$(of "$W/state")" "$user:$(id -gn $user) 755"
ok "so is the tables'" is "$(of "$W/state/postfix")" "$user:$(id -gn $user) 755"
ok "the milter's is for its group alone" is "$(of "$W/state/milter")" "$user:lsrd-mark 2750"
ok "and so is its table" soon test -s "$W/state/milter/table"
ok "with its group" is "$(of "$W/state/milter/table")" "$user:lsrd-mark 640"
ok "it stops" end
# whatever started first: a folder that is there with the wrong group
chown "$user:$(id -gn $user)" "$W/state/milter" && chmod 700 "$W/state/milter"
begin
ok "a folder that is wrong is put right" is "$(of "$W/state/milter")" "$user:lsrd-mark 2750"
end
echo secret >"$W/secret" && chmod 600 "$W/secret"
rm -r "$W/state/milter" && ln -s "$W/secret" "$W/state/milter"
chown -h $user "$W/state/milter"
ok "it starts with a link in the place of a folder" begin
ok "what that leads to stays root's" is "$(of "$W/secret")" "root:root 600"
ok "and it stops" end
