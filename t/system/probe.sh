#!/bin/sh
# probe.sh - lsrd-probe with real commands: up, down, and what is no evidence; what
# a command leaves behind is gone when it is answered, a tree that forks on as well.

. "$(dirname "$0")/../tap.sh"
plan 30
helper=$top_builddir/lsrd-probe
dir=$W/probes
chmod 711 "$W"
mkdir -m 755 "$dir"

# command NAME: the standard input is it.
command_is() {
	{ echo '#!/bin/sh' && cat; } >"$dir/$1" && chmod 755 "$dir/$1"
}

# asks QUESTION [OPTION...]: what is answered, in $W/answer.
asks() {
	question=$1
	shift
	printf "$question" | "$helper" -u nobody -d "$dir" -t 1 "$@" >"$W/answer"
	cat "$W/answer"
}

command_is up <<'END'
exit 0
END
command_is down <<'END'
exit 1
END
command_is sick <<'END'
exit 2
END
command_is killed <<'END'
kill -9 $$
END
command_is named <<'END'
[ "$#" = 1 ] && [ "$1" = mx.example.org ]
END
# Nothing of whoever started lsrd-probe, and nobody who listens.
command_is bare <<'END'
[ -z "${SECRET-}" ] && [ "$(pwd)" = / ] && ! read -r line && [ -c /proc/self/fd/1 ]
END
command_is loud <<'END'
head -c 3000000 /dev/zero
echo up
exit 1
END
command_is hanging <<'END'
sleep 3456
END
command_is inherited <<'END'
sleep 3457 &
exit 0
END
# Its child leaves the process group, and its grandchild that as well.
command_is escaped <<'END'
setsid sh -c 'setsid sh -c "sleep 3458; :" & sleep 3458; :' &
sleep 0.2
exit 0
END
# As many as the test allows, each with more.
command_is bomb <<'END'
ulimit -u "$(($(ps -e -o pid= | wc -l) + 100))"
f() { setsid sleep 3459 & sleep 0.01; f & f; }
f
END
is_gone() { # ARGUMENT
	is "$(left "$1")" 0
}
left() { # ARGUMENT: processes that sleep so long
	pgrep -fc "sleep $1\$"
}

ok "0 is up" is "$(asks 'up mx.example.org\n')" up
ok "1 is down" is "$(asks 'down mx.example.org\n')" down
ok "another status is no evidence" is "$(asks 'sick mx.example.org\n')" "silent command-status"
ok "nor is a signal" is "$(asks 'killed mx.example.org\n')" "silent command-status"
ok "it has the server's name, and nothing else" is "$(asks 'named mx.example.org\n')" up
ok "nothing of its parent" is "$(SECRET=x asks 'bare mx.example.org\n')" up
ok "what it prints goes nowhere" is "$(asks 'loud mx.example.org\n')" down

begun=$(date +%s)
ok "one that hangs is ended" is "$(asks 'hanging mx.example.org\n')" "silent command-timeout"
ok "at its deadline" [ $(($(date +%s) - begun)) -le 4 ]
ok "and is gone" is "$(left 3456)" 0
ok "its answer does not wait for its children" is "$(asks 'inherited mx.example.org\n')" up
ok "nor do they go on" is "$(left 3457)" 0
ok "who leaves the group is found" is "$(asks 'escaped mx.example.org\n')" up
ok "and ended" is "$(left 3458)" 0
ok "a tree that forks on" is "$(asks 'bomb mx.example.org\n')" "silent command-timeout"
ok "leaves nobody" soon is_gone 3459

ok "one that is not there" is "$(asks 'none mx.example.org\n')" "silent command-missing"
chmod 644 "$dir/down"
ok "nor executable" is "$(asks 'down mx.example.org\n')" "silent command-missing"
chmod 775 "$dir/up"
ok "one that others may change is not run" is "$(asks 'up mx.example.org\n')" \
	"silent command-unsafe"
chmod 755 "$dir/up"
ln -s named "$dir/link"
ok "nor is a link" is "$(asks 'link mx.example.org\n')" "silent command-unsafe"
chmod 777 "$dir"
ok "nor one of a folder that others may change" is "$(asks 'up mx.example.org\n')" \
	"silent command-unsafe"
chmod 755 "$dir"
chmod 777 "$W"
ok "nor of one that others may replace" is "$(asks 'named mx.example.org\n')" \
	"silent command-unsafe"
chmod 1777 "$W"
ok "unless each may move but his own" is "$(asks 'named mx.example.org\n')" up
chmod 711 "$W"
none_asked() {
	for question in '../up mx.example.org\n' 'up -h\n' 'up mx.example.org;id\n' 'up\n' \
		'up mx.example.org\nup mx.example.org\n' 'up mx.example.org' '\n' \
		"$(head -c 5000 /dev/zero | tr '\0' x)\n"; do
		is "$(asks "$question")" "silent command-refused" || echo "$question"
	done
}
ok "what is no question is not answered" none "$(none_asked)"
# Nobody waits for the answer any more: the command ends with that.
hung_up() {
	python3 - "$helper" "$dir" <<'END'
import socket, subprocess, sys, time
ours, its = socket.socketpair()
helper = subprocess.Popen([sys.argv[1], "-u", "nobody", "-d", sys.argv[2], "-t", "12"],
                          stdin=its, stdout=its)
its.close()
ours.sendall(b"hanging mx.example.org\n")
time.sleep(0.3)
ours.close()
begun = time.monotonic()
helper.wait()
sys.exit(time.monotonic() - begun > 5)
END
}
ok "who hangs up ends it" hung_up
ok "and its command" is "$(left 3456)" 0
# With nobody who ends what is left of a unit.
killed_itself() {
	python3 - "$helper" "$dir" <<'END'
import socket, subprocess, sys, time
ours, its = socket.socketpair()
helper = subprocess.Popen([sys.argv[1], "-u", "nobody", "-d", sys.argv[2], "-t", "12"],
                          stdin=its, stdout=its)
ours.sendall(b"asleep mx.example.org\n")
time.sleep(0.3)
helper.kill()
helper.wait()
END
}
command_is asleep <<'END'
exec sleep 3460
END
ok "killed itself" killed_itself
ok "it leaves no command" soon is_gone 3460
# Started by one who has blocked the signal of a child's end.
blocked() {
	python3 - "$helper" "$dir" <<'END'
import signal, subprocess, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
begun = time.monotonic()
told = subprocess.run([sys.argv[1], "-u", "nobody", "-d", sys.argv[2], "-t", "5"],
                      input=b"named mx.example.org\n", stdout=subprocess.PIPE).stdout
sys.exit(told != b"up\n" or time.monotonic() - begun > 4)
END
}
ok "whatever is blocked, a command's end is seen" blocked
ok "a deadline beyond lsrd's is refused" says 64 'bad value' "$helper" -t 60
