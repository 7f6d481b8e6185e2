#!/bin/sh
# lab-many.sh - one message to many: 50 recipients by 5 next hops, one of which
# fails meanwhile; then every program of every server is ended and
# started again, one server after another, under load (M24).

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 11
lab_up "$top/t/labtool/star.json"

messages=15
sites="north south east west far"
tell='
import smtplib, sys, time
count, sites = int(sys.argv[1]), sys.argv[2:]
to = ["u%d@%s.example" % (n, site) for n in range(10) for site in sites]
with smtplib.SMTP("127.0.0.1", 25, timeout=60) as smtp:
    for n in range(count):
        refused = smtp.sendmail("sender@centre.example", to,
            "Subject: many\r\nX-Many: %d\r\n\r\n%s\r\n" % (n, "x\r\n" * 20000))
        assert not refused, refused
        time.sleep(0.2)
'
count='
import collections, glob, re, sys
seen = collections.Counter()
for path in glob.glob(sys.argv[1] + "/*/root/var/mail/lab/all/new/*"):
    head = open(path, "rb").read(8192)
    number = re.search(rb"(?m)^X-Many: (\d+)", head)
    to = re.search(rb"(?m)^X-Original-To: (\S+)", head)
    if number and to:
        seen[number.group(1), to.group(1)] += 1
print(len(seen), sum(times - 1 for times in seen.values()))
'

# came: how many recipients have which message, and how often once more.
came() {
	python3 -c "$count" "$("$lab" dir)"
}

some_came() {
	[ "$(came | cut -d ' ' -f 1)" -gt 100 ]
}

all_came() {
	is "$(came | cut -d ' ' -f 1)" $((messages * 50))
}

# What was sent again because the answer to its end was lost with the
# connection (RFC 1047) is the MTA's own, which says so in its log: each time
# for the ten recipients of one delivery at most.
unsure='message may be sent more than once'
unsure="$unsure|(timeout after|closed connection in response to) (pipelined )?"
unsure="$unsure(end of data|sending data block|BDAT)"
none_twice() {
	lost=$(cat "$("$lab" dir)"/*/root/var/log/mail.log \
		"$("$lab" dir)"/*/root/var/log/exim4/mainlog 2>/dev/null | grep -Ec "$unsure")
	twice=$(came | cut -d ' ' -f 2)
	echo "$twice once more, $lost answers lost"
	[ "$twice" -le $((lost * 10)) ]
}

ok "every server learns every route" full
"$lab" run centre1 python3 -c "$tell" $messages $sites &
loads=$!
ok "50 recipients each, by 5 next hops: mail flows" soon some_came
"$lab" cut centre north
ok "the way to one breaks: there is another" goes centre1 north.example east
wait "$loads"
ok "all messages were taken" is $? 0
loads=''
ok "each recipient has each message" soon all_came
ok "and has it once" none_twice
"$lab" heal centre north
ok "mended" goes centre1 north.example '^lsrd:north1'

load centre1 360 15 u@north.example u@south.example u@far.example
for node in centre1 $(printf '%s1 ' $sites); do
	"$lab" kill $node lsrd
	"$lab" kill $node milter
	"$lab" start $node
	soon is_back $node >"$W/back" || cat "$W/back"
done
ok "all programs ended and started again, server after server" full
wait_load
ok "every message arrived once" all_arrived
ok "all servers run" mended centre1 $(printf '%s1 ' $sites)
