#!/bin/sh
# prompt.sh - lsrctl without a verb on a terminal, and what Tab writes there, in
# bash and in zsh: typed on a terminal (t/ctl/type.py), answered by the files of
# t/ctl/daemon.py.

. "$(dirname "$0")/../tap.sh"
need python3
ctl=$top_builddir/lsrctl
TERM=vt100 LC_ALL=C.UTF-8 HOME=$W LSRCTL_HISTORY=$W/history
export TERM LC_ALL HOME LSRCTL_HISTORY

python3 "$top_srcdir/t/ctl/daemon.py" "$W" &
pids=$!
soon [ -e "$W/ready" ] || exit 99
rm "$W/ready"
printf '{"state":"up","away":[]}\n' >"$W/status"
printf '{"ok":true,"changed":true}\n' >"$W/drain"
cp "$W/drain" "$W/override"
printf '{"connector":"paris-tokyo","bridgehead":"b","state":"up"}\n' >"$W/links"
cp "$W/drain" "$W/unpin"
cp "$W/drain" "$W/ready"
printf '{"format":"lsrd-topology/1","servers":[{"name":"mx1.paris.example.org"},{"name":"mx1.london.example.org"},{"name":"x;rm -rf"}],"connectors":[{"name":"paris-london"},{"name":"paris-tokyo"}],"address_spaces":[{"pattern":"paris.example.org"},{"pattern":"paris.example.org"},{"pattern":"*"}]}\n' >"$W/export"

typed() { # STEP...
	python3 "$top_srcdir/t/ctl/type.py" "$ctl" --socket "$W/control" -- "$@"
}

ldd "$ctl" | grep -q libedit || skip "built without libedit"
# libedit keeps two strings that nobody points to; none of ours are wide
echo leak:wcsdup >"$W/leaks"
export LSAN_OPTIONS="suppressions=$W/leaks:print_suppressions=0"
ok "commands, and quit" typed '<lsrctl> ' '>status\r' '<state +.*up.*lsrctl> ' \
	'>quit\r' '$0'
ok "the end of what is typed" typed '<lsrctl> ' '>\x04' '$0'
ok "the status is that of the last command" typed '<lsrctl> ' '>statsu\r' \
	'<did you mean status.*lsrctl> ' '>quit\r' '$2'
ok "help, and ?" typed '<lsrctl> ' '>?\r' '<usage: lsrctl.*lsrctl> ' '>help pin\r' \
	'<PATTERN SERVER.*lsrctl> ' '>exit\r' '$0'
ok "words are quoted as in a shell" typed '<lsrctl> ' \
	">unpin 'a b' \"c\"\\r" '<c is one word too many.*lsrctl> ' \
	">unpin 'a\\r" '<quote is not closed.*lsrctl> ' '>quit\r' '$2'
ok "Ctrl-C ends the command" typed '<lsrctl> ' \
	">top --every 1 --folder $W\\r" '<1 links.*1 links' '>\x03' '<lsrctl> ' '>status\r' \
	'<state.*lsrctl> ' '>quit\r' '$0'
ok "Ctrl-C gives up a line" typed '<lsrctl> ' '>drain' '<drain' '>\x03' '<lsrctl> ' \
	'>status\r' '<state.*lsrctl> ' '>quit\r' '$0'
ok "also one that was typed at once, and what comes behind stays" typed '<lsrctl> ' \
	'>drain\x03help pin\r' '<drain.*lsrctl> .*PATTERN SERVER.*lsrctl> ' '>quit\r' '$0'
ok "Tab: a verb" typed '<lsrctl> ' '>statu\t\r' '<state.*lsrctl> ' '>quit\r' '$0'
ok "Tab: several" typed '<lsrctl> ' '>re\t' '<ready.*reload' '>\x15quit\r' '$0'
ok "Tab: an option, and a server of the daemon's" typed '<lsrctl> ' \
	'>explain a@b --fr\tmx1.l\t\r' '<no server|servers|routing_group.*lsrctl> ' '>quit\r' '$2'
ok "Tab: a connector" typed '<lsrctl> ' '>ready par\tt\t\r' \
	'<drain is over.*lsrctl> ' '>quit\r' '$0'
asked() { # WORDS: the daemon was, by what Tab wrote
	grep -q "$1" "$W/asked"
}
ok "which is what the daemon is asked" asked 'paris-tokyo'
ok "Tab: a pattern" typed '<lsrctl> ' '>unpin par\t' \
	'>\r' '<pin is over' '>quit\r' '$0'
ok "which is what the daemon is asked, too" asked 'paris.example.org'

is_private() {
	is "$(stat -c %a "$W/history")" 600 && grep -q status "$W/history"
}
ok "the history is nobody else's" is_private
ok "and it is there the next time" typed '<lsrctl> ' '>\x10\x10\r' \
	'<(pin is over|state).*lsrctl> ' '>quit\r' '$0'
no_terminal() {
	says 2 'usage: lsrctl' "$ctl" </dev/null
}
ok "without a terminal it is a mistake" no_terminal

# --- shells ------------------------------------------------------------------

completed() {
	"$ctl" complete -- --socket "$W/control" "$@"
}
none_of_it() { # nothing, and soon, where there is no daemon
	is "$("$ctl" complete -- --socket "$W/none" routes --from m 2>&1)" ''
}
late() { # who accepts and says nothing
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
open(sys.argv[1] + ".ready", "w").close()
time.sleep(600)' "$W/late" &
	pids="$pids $!"
	soon [ -e "$W/late.ready" ] &&
		is "$(timeout 60 "$ctl" complete -- --socket "$W/late" drain p 2>&1; echo $?)" 0
}
ok "complete: a value behind its option" says 0 '^--cost=paris-london=$' \
	completed routes --cost=paris-l
ok "complete: a verb of two words" says 0 '^dump$' completed config d
ok "complete: a pattern once" is "$(completed explain paris)" paris.example.org
ok "complete: no name that a shell obeys" not says 0 'rm' completed db ''
ok "complete: a file behind others, a folder" is \
	"$(completed keys list one.pem '')$(completed keys mark --directory '')" ':files:files'
own_connectors() {
	printf '{"server":"mx1","state":"up"}\n' >"$W/status" &&
		python3 -c 'import json
print(json.dumps({"connectors": [{"name": "own-away", "server": "mx1"}, {"name": "other-here", "server": "mx2"}]}))' \
			>"$W/export" &&
		is "$(completed drain '')" own-away &&
		is "$(completed simulate --cut '' | tr '\n' ' ')" 'own-away other-here '
}
ok "complete: quiet without a daemon" none_of_it
ok "complete: quiet where none answers" late
cp "$W/export" "$W/export.kept" && cp "$W/status" "$W/status.kept"
ok "complete: what may be drained here" own_connectors
mv "$W/export.kept" "$W/export" && mv "$W/status.kept" "$W/status"

mkdir "$W/bin" && ln -s "$ctl" "$W/bin/lsrctl"
PATH=$W/bin:$PATH
shell_typed() { # SHELL... -- STEP...
	python3 "$top_srcdir/t/ctl/type.py" "$@"
}
bash_typed() {
	shell_typed bash --norc --noprofile -i -- ">PS1=rea''dy% \\r" '<ready%' \
		">. $top_srcdir/conf/completion/lsrctl\\r" '<ready%' "$@"
}
if command -v bash >/dev/null; then
	ok "bash: a verb" bash_typed '>lsrctl statu\t--help\r' '<usage: lsrctl status' 
	ok "bash: a server" bash_typed \
		">lsrctl --socket $W/control db mx1.l\\t" '<mx1.london.example.org '
	ok "bash: a connector, and its cost" bash_typed \
		">lsrctl --socket $W/control simulate --cost paris-t\\t" '<paris-tokyo='
	ok "bash: a document" bash_typed ">cd $W; >routes.json\\r" '<ready%' \
		'>lsrctl --topology rou\t' '<routes.json'
else
	skip_case "bash" "no bash"
fi
zsh_typed() {
	shell_typed zsh -f -i -- ">PS1=rea''dy%%\\r" '<ready%' \
		">fpath=($top_srcdir/conf/completion \$fpath); autoload -U compinit; compinit -u -d $W/dump\\r" \
		'<ready%' "$@"
}
if command -v zsh >/dev/null; then
	ok "zsh: a verb" zsh_typed '>lsrctl statu\t--help\r' '<usage: lsrctl status'
	ok "zsh: a server" zsh_typed \
		">lsrctl --socket $W/control db mx1.l\\t" '<mx1.london.example.org'
else
	skip_case "zsh: a verb" "no zsh"
	skip_case "zsh: a server" "no zsh"
fi
all_told
