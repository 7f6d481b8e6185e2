#!/bin/sh
# keys.sh - lsrctl makes an authority and servers' keys, and refuses what it
# must not make. openssl, where there is one, agrees about the certificates.

. "$(dirname "$0")/../tap.sh"
ctl=$top_builddir/lsrctl
dir=$W

mode() {
	[ "$(stat -c %a "$2")" = "$1" ]
}

issue() {
	"$ctl" keys issue --directory "$dir/a" "$@"
}

# rule PATTERN [--off]: type 7, no origin, `connectors`, and its one TLV.
rule() {
	"$ctl" keys enforce-connectors --directory "$dir/a" --dry-run $2 \
		>"$dir/rule" && grep -q '^01070000' "$dir/rule" &&
		grep -q '00000a636f6e6e6563746f7273' "$dir/rule" &&
		grep -q "$1" "$dir/rule"
}

# The organization stays, and so does what it has certified.
authority_renewed() {
	cp "$dir/a/authority.pem" "$dir/before.pem" &&
		says 0 "for the same key" "$ctl" keys authority --renew \
			--directory "$dir/a" --days 9000 &&
		! cmp -s "$dir/a/authority.pem" "$dir/before.pem" &&
		cmp "$dir/a/authority.pem.old" "$dir/before.pem" &&
		says 0 'by the authority  yes' "$ctl" keys show \
			"$dir/7/server.pem" --directory "$dir/a"
}

with_openssl() {
	command -v openssl >/dev/null || return 0
	openssl verify -CAfile "$dir/a/authority.pem" "$dir/1/server.pem" &&
		openssl x509 -in "$dir/1/server.pem" -noout -ext subjectAltName |
		grep -q 'DNS:mx1.example.org, URI:lsrd:group:london, URI:lsrd:space:example.org, URI:lsrd:space:\*, URI:lsrd:relay:example.org$'
}

same_after_refusal() {
	cp "$dir/1/server.key" "$dir/before"
	says 2 "exists; --force replaces it" issue mx1.example.org --group london \
		--output "$dir/1" && cmp "$dir/before" "$dir/1/server.key"
}

# What was replaced stays beside it.
another_after_force() {
	issue mx1.example.org --group london --output "$dir/1" --force &&
		! cmp "$dir/before" "$dir/1/server.key" &&
		cmp "$dir/before" "$dir/1/server.key.old"
}

# Whatever is wrong with what is asked for: every file stays as it was.
kept_after() {
	(cd "$dir/1" && cksum ./*) >"$dir/sums"
	says 2 "$1" issue mx1.example.org --group london --output "$dir/1" --force \
		$2 && (cd "$dir/1" && cksum ./*) | cmp - "$dir/sums"
}

too_many() {
	for i in $(seq 1200); do echo "--space a$i.example.org"; done
}

# The key stays, and so does what may be claimed; only the dates are others.
renewed() {
	"$ctl" keys show "$dir/1/server.pem" | grep -v '^valid' >"$dir/claims"
	cp "$dir/1/server.key" "$dir/before"
	cp "$dir/1/server.pem" "$dir/before.pem"
	"$ctl" keys issue --renew "$dir/1/server.pem" --directory "$dir/a" --days 90 &&
		"$ctl" keys show "$dir/1/server.pem" | grep -v '^valid' |
		cmp - "$dir/claims" && cmp "$dir/before" "$dir/1/server.key" &&
		cmp "$dir/before.pem" "$dir/1/server.pem.old" &&
		! cmp "$dir/before.pem" "$dir/1/server.pem" >/dev/null
}

# A folder that somebody else owns: he puts links in the place of the names as
# fast as he can, and what they lead to stays root's.
links_lose() {
	[ "$(id -u)" = 0 ] || return 0
	mkdir -m 777 "$dir/theirs" && : >"$dir/victim" && chmod 711 "$dir"
	python3 - "$dir" <<-'END' &
		import os, sys, time
		os.chdir(sys.argv[1] + "/theirs"); os.setuid(65534)
		end = time.time() + 20
		while time.time() < end and not os.path.exists("../over"):
		    for name in ("server.key", "server.pem", "mark.key"):
		        try:
		            os.unlink(name); os.symlink("../victim", name)
		        except OSError:
		            pass
	END
	for i in 1 2 3 4 5 6 7 8 9 10; do
		issue mx7.example.org --group london --output "$dir/theirs" --force \
			--user nobody
	done
	: >"$dir/over"
	wait $!
	[ "$(stat -c %u "$dir/victim")" = 0 ] && [ ! -s "$dir/victim" ]
}

# request DIR [WISHES]: the keys stay in DIR, and only the request is handed on.
request() {
	where=$1
	shift
	"$ctl" keys request mx3.example.org --directory "$dir/$where" "$@"
}

# granted: what the command line says, for the key that never left $dir/3, and
# what else was asked for is told.
granted() {
	says 0 'asked for, not given: relay c.org' issue mx3.example.org \
		--group london --space b.org --request "$dir/3/server.csr" \
		--output "$dir/3out" &&
		[ "$(ls "$dir/3out" | tr '\n' ' ')" = "authority.pem server.pem " ] &&
		cp "$dir/3out/server.pem" "$dir/3" &&
		"$ctl" keys show --json "$dir/3/server.pem" >"$dir/3shown" &&
		grep -q '"spaces":\["b.org"\],"relays":\[\]' "$dir/3shown" &&
		grep -qF "\"key\":\"$(key_of "$dir/3/server.key")\"" "$dir/3shown"
}

# The digest of a private key's public half, by openssl.
key_of() {
	openssl pkey -in "$1" -pubout -outform DER | tail -c 32 | sha256sum |
		cut -d' ' -f1
}

# The key stays as it is, and the certificate says what is asked for.
again_the_same() {
	cp "$dir/3/server.key" "$dir/before" &&
		says 0 'as it was: it stays here' "$ctl" keys request \
			--directory "$dir/3" && cmp "$dir/before" "$dir/3/server.key" &&
		grep -q "'b.org'" "$W/out" && ! grep -q "'c.org'" "$W/out"
}

# forged: the request with another's signature, or of another's key.
forged() {
	python3 - "$dir" <<-'END' || return
		import base64, sys
		lines = open(sys.argv[1] + "/3/server.csr").read().split("\n")
		der = bytearray(base64.b64decode("".join(lines[1:-2])))
		der[-1] ^= 1
		open(sys.argv[1] + "/forged.csr", "w").write("\n".join([lines[0],
		    base64.b64encode(der).decode(), lines[-2], ""]))
	END
	says 2 'has not shown that he has it' issue mx3.example.org \
		--group london --request "$dir/forged.csr" --output "$dir/4"
}

# By hand, without a word of claims.
openssl_asks() {
	command -v openssl >/dev/null || { echo server.pem; return; }
	openssl req -new -key "$dir/3/server.key" -subj /CN=whatever \
		-out "$dir/bare.csr" &&
		issue mx3.example.org --group london --space b.org --request \
			"$dir/bare.csr" --output "$dir/4"
}

# A request for a relay that no space of it covers, by the tool that would not
# make one: by openssl.
relay_for_all() {
	command -v openssl >/dev/null || return 0
	openssl req -new -key "$dir/3/server.key" -subj /CN=x -addext \
		'subjectAltName=DNS:mx3.example.org,URI:lsrd:group:l,URI:lsrd:space:*,URI:lsrd:relay:*' \
		-out "$dir/all.csr" &&
		says 2 "would relay for anybody" issue --as-requested --request \
			"$dir/all.csr" --output "$dir/4"
}

digest() {
	"$ctl" keys show "$dir/1/server.pem" | awk '$1 == "key" { print $2 }'
}

# A revocation: version 1, type 6, no flags; the authority's digest stands in
# it twice, as organization and as signer.
revocation() {
	"$ctl" keys revoke "$1" --directory "$dir/a" --dry-run >"$dir/lsa" &&
		grep -qE '^01060000[0-9a-f]{64}000040[0-9a-f]+$' "$dir/lsa" &&
		org=$(cut -c9-72 "$dir/lsa") &&
		[ "$(grep -o "$org" "$dir/lsa" | wc -l)" = 2 ]
}

# Its body: the end of validity, one TLV of 8 octets; or nothing.
ends() {
	"$ctl" keys revoke "$1" --directory "$dir/a" --dry-run >"$dir/lsa" &&
		grep -qE "$2[0-9a-f]{128}\$" "$dir/lsa"
}

# Rolled: what was is the previous one, and the new one another.
rolled() {
	cp "$dir/1/mark.key" "$dir/before" &&
		"$ctl" keys mark --directory "$dir/1" >"$dir/said" &&
		grep -q "previous-mark-key = \"$dir/1/mark-previous.key\"" \
			"$dir/said" &&
		cmp "$dir/before" "$dir/1/mark-previous.key" &&
		! cmp "$dir/before" "$dir/1/mark.key" >/dev/null
}
# aged: the mark key has been in use for five days; and once more, then.
aged() {
	cp "$dir/1/mark-previous.key" "$dir/before-that" &&
		touch -d '5 days ago' "$dir/1/mark.key" && rolled &&
		cmp "$dir/before-that" "$dir/1/mark-previous.key.old"
}
# unmoved STATUS TEXT COMMAND...: says so, and the keys are as they were.
unmoved() {
	cat "$dir/1/mark.key" "$dir/1/mark-previous.key" >"$dir/both"
	says "$@" && cat "$dir/1/mark.key" "$dir/1/mark-previous.key" |
		cmp - "$dir/both"
}

# To a file, so that it is an order and no trial.
revoked_stays() {
	"$ctl" keys revoke "$dir/7/server.pem" --directory "$dir/a" --output \
		"$dir/order" >/dev/null &&
		says 2 'of mx7.example.org was revoked at 20' "$ctl" keys issue \
			--renew "$dir/7/server.pem" --directory "$dir/a" &&
		grep -q "^$("$ctl" keys show "$dir/7/server.pem" |
			awk '$1 == "key" { print $2 }') mx7.example.org 20" \
			"$dir/a/revoked"
}
listed() {
	"$ctl" keys authority --organization example.org --directory "$dir/old" \
		--days 89 >/dev/null
	issue mx9.example.org --group london --days 60 --output "$dir/9" >/dev/null
	"$ctl" keys list --json "$dir/8/server.pem" "$dir/9/server.pem" \
		"$dir/a/authority.pem" >"$dir/listed" &&
		sed 's/.*"days":\([0-9]*\).*/\1/' "$dir/listed" | sort -nc &&
		[ "$(wc -l <"$dir/listed")" = 3 ]
}

forget() {
	"$ctl" forget MX9.example.org --key "$(digest)" --epoch 7 \
		--directory "$dir/a" --output "$dir/order" &&
		grep -qE '^01050000[0-9a-f]+$' "$dir/order"
}

plan 80
ok "an organization is asked for" says 2 "--organization NAME is missing" \
	"$ctl" keys authority --directory "$dir/a"
ok "and is a domain name" says 2 "not a domain name" \
	"$ctl" keys authority --organization "a b" --directory "$dir/a"
ok "no authority, no certificate" says 2 "lsrctl keys authority" \
	issue mx1.example.org --group london
ok "an authority" says 0 "keys issue" \
	"$ctl" keys authority --organization Example.org --dir "$dir/new/a"
mv "$dir/new/a" "$dir/a"
ok "its key is 0600" mode 600 "$dir/a/authority.key"
ok "its certificate is 0644" mode 644 "$dir/a/authority.pem"
ok "it is made once" says 0 "nothing changed" \
	"$ctl" keys authority --organization example.org --directory "$dir/a"
ok "and not in another's place" says 2 "exists; --force" \
	"$ctl" keys authority --organization example.com --directory "$dir/a"
ok "a server" says 0 "lsrd -t" issue --server MX1.example.org \
	--group London --space example.org --space '*' --relay example.org \
	--output "$dir/1"
ok "its key is 0600" mode 600 "$dir/1/server.key"
ok "its mark key is 0640" mode 640 "$dir/1/mark.key"
ok "the mark key is rolled" rolled
ok "typed twice: not, while marks of the one before are underway" \
	unmoved 0 'younger than five days.*wait until 20.*Z, or --force' \
	"$ctl" keys mark --directory "$dir/1"
ok "later it is" aged
ok "it is 0640" mode 640 "$dir/1/mark.key"
ok "by force, and in JSON" says 0 '"previous_mark_key":' \
	"$ctl" keys mark --json --force --directory "$dir/1"
ok "none, none rolled" says 2 "mark.key" "$ctl" keys mark --directory "$dir/a"
ok "the authority's certificate is with it" \
	cmp "$dir/a/authority.pem" "$dir/1/authority.pem"
ok "openssl agrees" with_openssl
ok "its name is shown" says 0 "mx1.example.org" \
	"$ctl" keys show "$dir/1/server.pem"
ok "and that it is the authority's" says 0 '"trusted":true' \
	"$ctl" keys show --json "$dir/1/server.pem"
"$ctl" keys authority --organization example.org --directory "$dir/b" >/dev/null
ok "not another's" says 1 '"trusted":false' \
	"$ctl" keys show --json "$dir/1/server.pem" --directory "$dir/b"
ok "nothing is overwritten" same_after_refusal
ok "but by force" another_after_force
ok "force and wrong days: all stays" kept_after "--days 0" "--days 0"
ok "force and too much for a certificate: all stays" kept_after "too many spaces" \
	"$(too_many)"
ok "force and an owner that is not: all stays" kept_after "no such account" \
	"--user no-such-user"
ok "links in its folder lead nowhere" links_lose
ok "how the files get their owner is said" says 0 "chown _lsrd:lsrd-mark mark.key" \
	issue mx8.example.org --group london --output "$dir/8"
ok "another certificate for the same key" renewed
ok "not of another authority's" says 2 "not signed by" \
	"$ctl" keys issue --renew "$dir/1/server.pem" --directory "$dir/b"
ok "nor with other claims" says 2 "leave --space out" \
	"$ctl" keys issue --renew "$dir/1/server.pem" --directory "$dir/a" --space b.org
ok "a request, and the key stays" says 0 "it stays here" request 3 \
	--group london --space b.org --space c.org --relay c.org
ok "its key is 0600" mode 600 "$dir/3/server.key"
ok "its mark key is 0640" mode 640 "$dir/3/mark.key"
if command -v openssl >/dev/null; then
	ok "the authority gives what it says, not what is asked for" granted
else
	skip_case "the authority gives what it says" "no openssl"
fi
ok "a server asks for what its certificate says, with the same key" again_the_same
ok "one that openssl made is good as well" says 0 "server.pem" openssl_asks
ok "not for another server" says 2 "a request of mx3.example.org, not of" \
	issue mx4.example.org --group london --request "$dir/3/server.csr" \
	--output "$dir/4"
ok "nor without the key" forged
ok "nor what is none" says 2 "no request of" issue mx4.example.org --group \
	london --request "$dir/1/server.pem" --output "$dir/4"
request 5 --group paris --space d.org --connector london >/dev/null
ok "as it is asked for" says 0 '"server":"mx3.example.org"' issue --json \
	--as-requested --request "$dir/5/server.csr" --output "$dir/5"
ok "it is" says 0 '"spaces":\["d.org"\],"relays":\[\],"connectors":\["london"\]' \
	"$ctl" keys show --json "$dir/5/server.pem" --directory "$dir/a"
ok "asked for and given: not both" says 2 "leave --space out" issue \
	--as-requested --request "$dir/5/server.csr" --space e.org
ok "what is asked for is held to the same" relay_for_all
ok "as it is asked for, and nothing asks" says 2 "there is no --request" \
	issue --as-requested
ok "a request names its server" says 2 "SERVER is missing" "$ctl" keys request \
	--directory "$dir/6"
ok "a claim to carry mail" says 0 "server.pem" issue mx7.example.org \
	--group london --connector paris --connector berlin --output "$dir/7"
ok "is shown" says 0 '"connectors":\["paris","berlin"\]' \
	"$ctl" keys show --json "$dir/7/server.pem"
ok "a claim to a group out of form" says 2 "--connector a/b" \
	issue m.example.org --group london --connector a/b
ok "a renewal may have other ones" says 0 "for the same key" "$ctl" keys issue \
	--renew "$dir/7/server.pem" --directory "$dir/a" --connector '*'
ok "and has them in place of its own" says 0 '"connectors":\["\*"\]' \
	"$ctl" keys show --json "$dir/7/server.pem"
ok "the authority's word on connectors" rule 000000050001000101
ok "and back" rule 000000050001000100 --off
ok "another certificate for the authority's key" authority_renewed
ok "no server" says 2 "SERVER is missing" issue --group london
ok "no group" says 2 "--group GROUP is missing" issue mx2.example.org
ok "a name of one label" says 2 "host name" issue mx2 --group london
ok "a group out of form" says 2 "--group a/b" issue m.example.org --group a/b
ok "a space out of form" says 2 "--space a..b" \
	issue m.example.org --group london --space a..b
ok "a relay for everything" says 2 "relay for anybody" issue m.example.org \
	--group london --space '*' --relay '*'
ok "a relay that no space covers" says 2 "no --space covers it" \
	issue m.example.org --group london --relay example.org
ok "days out of range" says 2 "--days 0" issue m.example.org --group london \
	--output "$dir/2" --days 0
chmod 644 "$dir/a/authority.key"
ok "an authority's key that others may read" says 2 "chmod 600" \
	issue m.example.org --group london --output "$dir/3"
chmod 600 "$dir/a/authority.key"
cp "$dir/b/authority.pem" "$dir/b/saved.pem"
cp "$dir/a/authority.pem" "$dir/b/authority.pem"
ok "key and certificate of two authorities" says 2 "does not belong to" \
	"$ctl" keys issue m.example.org --group london --directory "$dir/b"
ok "a certificate is revoked" revocation "$dir/1/server.pem"
ok "or a key by its digest" revocation "$(digest)"
ok "a certificate tells until when" ends "$dir/1/server.pem" \
	'0000001f0001000800000000[0-9a-f]{8}0002000f6d78312e6578616d706c652e6f7267'
ok "a digest does not" ends "$(digest)" 00000000
ok "not what is neither" says 2 "neither a certificate's file nor" \
	"$ctl" keys revoke nothing --directory "$dir/a" --dry-run
ok "what was revoked is not renewed" revoked_stays
ok "one of an authority is shown" says 0 'authority of +example.org' \
	"$ctl" keys show "$dir/a/authority.pem"
ok "with its end" says 0 '"authority":true,.*"not_after":"20' \
	"$ctl" keys show --json "$dir/a/authority.pem"
ok "files in the order of their ends" listed
ok "what is soon over is no success" says 1 '8[89] !' \
	"$ctl" keys list "$dir/1/server.pem" "$dir/old/authority.pem"
ok "a list of what is none" says 2 'no certificate' "$ctl" keys list "$dir/order"
ok "a server is forgotten" forget
ok "with key and epoch together" says 2 "go together" \
	"$ctl" forget mx9.example.org --epoch 7
ok "no daemon" says 3 "no daemon answers at $dir/none" \
	"$ctl" --socket "$dir/none" status
ok "and none to send it to" says 3 "no daemon answers" "$ctl" keys revoke \
	"$(digest)" --directory "$dir/a" --socket "$dir/none"
