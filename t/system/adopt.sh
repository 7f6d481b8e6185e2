# adopt.sh - what the tests share in which a Postfix that was there before is
# given lsrd's lines by README's commands alone, and left again. To be sourced
# by adopt-*.sh; a shape is a function of that name.
#
# west1 is that site. What it does not know goes to its smart host, which is
# east1: `out.example` is delivered there.

. "$(dirname "$0")/lab.sh"

patience=40
OUT=u@out.example
# what its strangers are asked about: who is here, who is not, what is not ours
ASKED="u@west1.example nobody@west1.example x@elsewhere.example"

at() {
	"$lab" run west1 sh -c "$1"
}

# site PARAMETER=VALUE...: to west1's main.cf, as that site wrote it.
site() {
	"$lab" run west1 postconf -e "$@"
}

# --- the shapes ---------------------------------------------------------------

# several domains, all of virtual mailboxes, with aliases; every user is known
virtual() {
	site "mydestination = localhost" \
		"virtual_mailbox_domains = west1.example, shop.example" \
		"virtual_mailbox_maps = inline:{ u@west1.example=all/, sender@west1.example=all/, u@shop.example=all/ }" \
		"virtual_alias_domains = old.example" \
		"virtual_alias_maps = inline:{ info@west1.example=u@west1.example, u@old.example=u@shop.example }"
	here="u@west1.example info@west1.example u@shop.example u@old.example"
}

# --- adopted, and left ----------------------------------------------------------

# What the lab had put in is taken out: west1 is a site without lsrd.
plain() {
	here=u@west1.example
	"$lab" kill west1 lsrd
	"$lab" kill west1 milter
	at 'cd /etc/postfix && rm -f /etc/lsrd/postfix.before
		[ -e /root/lab.cf ] || {
			sed -i "/^# Lines for Postfix/,\$d" main.cf master.cf
			cp main.cf /root/lab.cf; cp master.cf /root/lab-master.cf; }
		cp /root/lab.cf main.cf; cp /root/lab-master.cf master.cf'
	site "relayhost = [east1.peer.example]" "smtp_host_lookup = native" \
		"local_recipient_maps = inline:{ u@west1.example=x, sender@west1.example=x }"
}

# east1 takes the mail of `out.example`.
smart_host() {
	"$lab" run east1 sh -c 'postconf -e "mydestination = east1.example, out.example" &&
		postfix reload' >/dev/null 2>&1
}

# main.cf but for comments and the folding of lines, and master.cf as it is read
settings() {
	at 'sed "/^#/d; /^[[:space:]]*$/d" /etc/postfix/main.cf |
		awk "/^[ \t]/ { line = line \$0; next } line { print line } { line = \$0 } END { print line }" |
		sed "s/[[:space:]]\{1,\}/ /g"
		postconf -M; postconf -P'
}

commands() {
	at "lsrctl check $1 | sed -n 's/^ *\\(postconf .*\\)/\\1/p'"
}

# README's third step, until there is nothing left of it; then its fourth.
adopt() {
	for i in 1 2 3 4 5; do
		commands "" >"/tmp/$LAB.commands"
		[ -s "/tmp/$LAB.commands" ] || break
		at "$(cat "/tmp/$LAB.commands")
			postfix reload"
	done
	[ ! -s "/tmp/$LAB.commands" ] || {
		echo "after $i times there is still:"
		cat "/tmp/$LAB.commands"
		return 1
	}
	"$lab" start west1 lsrd && "$lab" start west1 milter
}

checked() {
	"$lab" run west1 lsrctl check
}

leave() {
	commands --undo >"/tmp/$LAB.commands"
	[ -s "/tmp/$LAB.commands" ] || return 1
	at "$(cat "/tmp/$LAB.commands")
		postfix reload"
	"$lab" kill west1 lsrd && "$lab" kill west1 milter
}

as_before() {
	settings >"/tmp/$LAB.after"
	diff "/tmp/$LAB.before" "/tmp/$LAB.after"
}

answers() {
	"$lab" rcpt west1 $ASKED | sed 's/^\([0-9]*\) .* /\1 /'
}

# mail SECONDS: both ways, from outside and within, in the background.
mail() {
	count=$(($1 * 4))
	for line in "east1 u@west1.example" "west2 u@west1.example" \
		"west1 u@east1.example $OUT $here"; do
		"$lab" send $line -n "$count" -r 4 &
		loads="$loads $!"
		offered=$((offered + count))
	done
}

arrived() {
	for node in west1 west2 east1; do
		"$lab" run "$node" postqueue -f
	done
	all_arrived
}

# shape NAME: nine results.
shape() {
	plain
	"$1"
	at 'postfix reload' >/dev/null 2>&1
	settings >"/tmp/$LAB.before"
	answers >"/tmp/$LAB.answers"
	mail 1 && wait_load
	ok "$1: mail before" arrived
	mail 8
	ok "$1: README's commands come to an end" adopt
	ok "$1: every server knows every route" full
	ok "$1: check finds nothing" soon checked
	ok "$1: strangers are answered as before" is "$(answers)" "$(cat "/tmp/$LAB.answers")"
	wait_load
	mail 1 && wait_load
	ok "$1: mail while it is adopted, and after" arrived
	mail 4
	ok "$1: it is left" leave
	ok "$1: all is as it was" as_before
	wait_load
	mail 1 && wait_load
	ok "$1: nothing lost, nothing bounced" arrived
}
