#!/bin/sh
# long-transports.sh - London has transports of its own for what Paris is to get: a
# pipe to a gateway for fax, and LMTP to another one, which is probed as such. Where
# a gateway is gone mail waits, or takes the other way; none of it bounces. The line
# of the pipe is probed by a command, too, and its mail tells while nobody runs that.

. "$(dirname "$0")/lab.sh"
skip_unless_able
plan 27

# what the table of either mail server has of the pipe
by_fax='^(fax:|by fax .*)paris'

# london COMMAND...: there.
london() {
	"$lab" run london "$@"
}

# The gateway: a job for each recipient, whole or not at all; while the line is
# busy it takes none.
gateway() {
	london sh -c 'mkdir -m 1777 /var/tmp/fax
		cat >/etc/fax-gateway && chmod 755 /etc/fax-gateway' <<'END'
#!/bin/sh
dir=/var/tmp/fax
[ ! -e "$dir/busy" ] || { echo "the line is busy"; exit 75; }
job=$(mktemp "$dir/.job.XXXXXX") || exit 75
{ printf 'from: %s\nto: %s\n\n' "$1" "$2" && cat; } >"$job" || exit 75
mv "$job" "$dir/job${job##*/.job}" || exit 75
END
}

# LMTP at London's own address; says what it took.
local_gateway() {
	london sh -c 'cat >/etc/lmtp.py; setsid python3 /etc/lmtp.py >/var/tmp/lmtp.out 2>&1 \
		</dev/null & echo $! >/run/lmtp.pid' <<'END'
import socketserver

class Gateway(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        to = []
        self.say("220 gw LMTP")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"LHLO":
                self.say("250 gw")
            elif word in (b"EHLO", b"HELO"):
                self.say("502 this is LMTP")
            elif word == b"RCPT":
                to.append(line)
                self.say("250 ok")
            elif word == b"DATA":
                self.say("354 go")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                for one in to:
                    print("took", one.decode().strip(), flush=True)
                    self.say("250 ok")
                to = []
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

Server(("10.77.1.1", 2424), Gateway).serve_forever()
END
}

services() {
	if [ "$mta" = exim ]; then
		london sh -c 'printf "#!/bin/sh\nexec /etc/fax-gateway \"\$SENDER\" \"\$RECIPIENT\"\n" \
				>/etc/fax-exim && chmod 755 /etc/fax-exim
			cat >>/etc/exim4/lsrd/transports && update-exim4.conf' <<'END' \
			>"$W/services" 2>&1

fax:
  driver = pipe
  command = /etc/fax-exim
  user = nobody
  return_fail_output
  temp_errors = *
  timeout_defer
  freeze_signal

gateway:
  driver = smtp
  protocol = lmtp
  hosts = 10.77.1.1
  port = 2424
  hosts_override
  allow_localhost
  hosts_randomize = false
  connect_timeout = 5s
  event_action = LSRD_EVENT
END
		return
	fi
	london sh -c 'cat >>/etc/postfix/master.cf && postfix reload' <<'END' >"$W/services" 2>&1
fax       unix  -       n       n       -       1       pipe
    -o syslog_name=postfix/$service_name
    -o soft_bounce=yes
    flags=q user=nobody argv=/etc/fax-gateway ${sender} ${recipient}
gateway   unix  -       -       y       -       -       lmtp
    -o syslog_name=postfix/$service_name
    -o lmtp_header_checks=
    -o lmtp_delivery_status_filter=regexp:/etc/postfix/route-refused.regexp
END
}

# by LINES: that is what London's connector to Paris has.
by() {
	london sed -i -e '/^    transport = /d' -e '/^    probe = /d' \
		-e "/^connector \"london-paris\"/a\\    $1" /etc/lsrd/lsrd.conf
	london lsrctl reload >"$W/reload" 2>&1 || {
		cat "$W/reload"
		return 1
	}
}

# link KEY: of London's link to Paris.
link() {
	london lsrctl links --json | sed -n \
		"s/^{\"connector\":\"london-paris\".*\"$1\":\"*\([a-z0-9-]*\).*/\1/p"
}

jobs() {
	london sh -c 'cat /var/tmp/fax/job* 2>/dev/null | grep -c "^to: u@paris.example"'
}

has_jobs() {
	is "$(jobs)" "$1"
}

# Exim's line has the status of the command alone.
waits() {
	"$lab" queue london | grep -q "$1"
}

took() {
	london grep -q "took RCPT TO:<$1>" /var/tmp/lmtp.out
}

link_is() {
	is "$(link "$1")" "$2"
}

delivered() {
	[ "$(link delivered)" -ge "$1" ]
}

lab_up "$top/t/labtool/triangle.json"
mta=$(mta_of london)
gateway
local_gateway
services
ok "every server learns every route" "$lab" full
log=/var/log/mail.log
[ "$mta" != exim ] || log='/var/log/exim4/mainlog -m exim'
london sh -c 'setsid lsrd-maillog -u _lsrd -T fax -T gateway -F '"$log"' \
	>/var/log/lsrd-maillog.log 2>&1 </dev/null &'

# --- a pipe

ok "a pipe for what Paris gets" by 'transport = "fax" probe = none'
ok "its routes name it" goes london paris.example "$by_fax"
ok "those behind Paris, too" goes london tokyo.example "$by_fax"
ok "lsrctl shows it" sh -c "'$lab' run london lsrctl routes | grep 'paris.example.* by fax'"
"$lab" send london u@paris.example -n 3
ok "the gateway has its jobs" soon has_jobs 3
ok "and that is evidence" soon delivered 3
london touch /var/tmp/fax/busy
"$lab" send london u@paris.example -n 1
ok "a gateway that is busy: mail waits, and says why" soon waits "the line is busy\|returned 75"
london rm /var/tmp/fax/busy
ok "it goes once it is not" emptied london
ok "as a job" soon has_jobs 4

# --- the same, probed by a command

# As a service manager: a process for each connection, which has it.
helper() {
	london sh -c 'install -d /etc/lsrd/probes /run/lsrd-probe
		printf "#!/bin/sh\n[ ! -e /var/tmp/fax/off ]\n" >/etc/lsrd/probes/modem
		chmod 755 /etc/lsrd/probes/modem
		cat >/etc/helper.py; rm -f /run/lsrd-probe/ask
		setsid python3 /etc/helper.py >/var/tmp/helper.out 2>&1 </dev/null &
		echo $! >/run/helper.pid' <<'END'
import os, socket, subprocess
s = socket.socket(socket.AF_UNIX)
s.bind("/run/lsrd-probe/ask")
os.chmod("/run/lsrd-probe/ask", 0o666)
s.listen(16)
running = []
while True:
    link = s.accept()[0]
    running = [p for p in running if p.poll() is None]
    running.append(subprocess.Popen(["lsrd-probe", "-u", "_lsrd"], stdin=link, stdout=link))
    link.close()
END
}
# told STATE REASON: of the command, in London's log.
told() {
	london grep -q "probe-command: .*command=modem.*state=$1.*reason=$2" /var/log/lsrd.log
}

ok "a probe that is a command" by 'transport = "fax" probe = "command modem"'
ok "nobody runs it: that is told" soon told silent no-helper
ok "and takes nothing down" link_is state up
"$lab" send london u@paris.example -n 2
ok "its mail tells" soon has_jobs 6
helper
ok "somebody runs it" soon told answers no-helper
london touch /var/tmp/fax/off
ok "it says that the line is down: mail goes the other way" \
	goes london paris.example '^lsrd:tokyo'
ok "and the link says why" link_is reason command
london rm /var/tmp/fax/off
ok "it comes back with the line" goes london paris.example "$by_fax"
london sh -c 'kill "$(cat /run/helper.pid)"'
ok "who ran it ends: mail goes on as before" sh -c \
	"sleep 20; '$lab' route london paris.example | grep -q 'fax.*paris'"
ok "told once each time" is "$(london grep -c 'probe-command: .*state=silent' /var/log/lsrd.log)" 2

# --- LMTP, probed as LMTP

# behind a transport's name Exim takes no host that is this one
hop=":[10.77.1.1]:2424"
[ "$mta" != exim ] || hop=
ok "LMTP in its place" by "transport = \"gateway$hop\" probe = \"lmtp 10.77.1.1:2424\""
ok "its routes name it" goes london paris.example \
	'^(gateway:\[10.77.1.1\]:2424|by gateway .*paris)'
"$lab" send london v@paris.example -n 1
ok "the gateway takes mail" soon took v@paris.example
ok "the link is up by LHLO" link_is state up
london sh -c 'kill "$(cat /run/lmtp.pid)"'
ok "the gateway is gone: mail goes the other way" \
	goes london paris.example '^lsrd:tokyo'
ok "and the link says why" link_is reason refused
ok "nothing has bounced" not london grep -q -e 'status=bounced' -e ' [*][*] ' "${log%% *}"
