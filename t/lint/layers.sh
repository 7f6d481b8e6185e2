#!/bin/sh
# layers.sh - a folder includes from the folders of its row, nothing else.
#
# The table is the house's picture (HACKING, "Layers"). A row that names a
# file adds to what its folder may. "-" stands for none.

. "${top_srcdir:-.}/t/lint/lint.sh"

table='
# where               from src                        of other libraries
src/base              base                            -
src/core/lsa          base,core/lsa                   -
src/core/wire         base,core/lsa,core/wire         -
src/core/paths        base,core/lsa,core/paths        -
src/core/view         base,core/lsa,core/paths,core/view -
src/core/trace        base,core/lsa,core/wire,core/paths,core/view,core/trace -
src/core/node         base,core                       -
src/idn               base,idn                        idn2.h
src/cfg               base,core,cfg,idn               confuse.h
src/cfg/judge.c       sys                             -
src/cfg/patterns.c    sys                             -
src/sys               base,sys                        -
src/sys/say.h         -                               syslog.h
src/sys/journald.h    -                               stdatomic.h
src/sys/journald.c    -                               syslog.h
src/crypt             base,core,crypt,sys             openssl/
src/crypt/ed25519.c   -                               sodium.h
src/verb              base,core                       -
src/io                base,core,cfg,crypt,io,sys      event2/
src/io/ahead.c        -                               pthread.h,sched.h
src/io/tls.c          -                               openssl/ssl.h,openssl/err.h,openssl/x509.h
src/io/srv.c          -                               ares.h
src/io/srv_pick.c     -                               ares.h
src/io/resolv.c       -                               ares.h
src/io/publish.c      publish                         -
src/io/sink.c         -                               syslog.h
src/io/verb_io.c      verb                            -
src/daemon            base,core,cfg,crypt,io,daemon,sys event2/
src/publish           base,core,publish,sys           -
src/ctl               base,core,cfg,crypt,idn,ctl,sys,plugins/exim jansson.h
src/ctl/prompt.c      -                               histedit.h
src/ctl/import/directory.c -                          ldap.h
src/ctl/import/handshake.c -                          ldap.h
src/ctl/import/ldif_file.c -                          lber.h,ldif.h
src/ctl/events.c      io                              -
src/ctl/history_read.c io                             -
src/ctl/ports_peers.c io                              -
src/front             base,core,sys,verb              event2/
src/page/core         base,core,ctl,page/core         -
src/maillog           base,core,sys,plugins/exim,plugins/log,plugins/postfix -
src/map               base,map,sys                    event2/,jansson.h
src/map/site.c       io                              -
src/metrics           base,core,metrics,sys           event2/,jansson.h
src/probe             base,core,probe,sys             -
src/message           base,core,crypt,idn,message     -
src/milter            base,core,crypt,message,sys     libmilter/,pthread.h,stdatomic.h,syslog.h
src/exim              base,core,crypt,message,sys,plugins/exim setjmp.h
plugins               base,core                       -
plugins/exports.c     plugins/exim,plugins/postfix    -
plugins/mtas.c        plugins/postfix,plugins/exim    -
plugins/probes.c      plugins/probe                   -
plugins/queues.c      plugins/exim,plugins/postfix    -
plugins/log           idn                             -
plugins/postfix       idn,sys,plugins/log,plugins/table         lmdb.h
plugins/exim          idn,sys,plugins/log,plugins/probe,plugins/table         cdb.h
'

# What C11 itself offers and does no I/O by itself; stdio.h for snprintf,
# and purity.sh sees to it that nothing else of it is called.
pure='inttypes|limits|stdarg|stdbool|stddef|stdint|stdio|stdlib|string'

# What comes with the system: free to every folder but base and core.
system="$pure|assert|ctype|dirent|errno|fcntl|getopt|grp|ifaddrs|langinfo|locale|netdb|poll|\
malloc|pwd|signal|spawn|stdalign|strings|sysexits|termios|time|unistd|wchar|\
arpa/inet|netinet/in|netinet/tcp|linux/[a-z_]+|sys/[a-z_]+"

# Every include with its place, as `file:line:#include ...`.
includes() {
	# shellcheck disable=SC2046
	(cd "$top_srcdir" && grep -Hn '^#[ 	]*include' $(sources src plugins))
}

# The table goes by the environment: -v cannot carry lines.
judge() {
	table=$table pure="^($pure)[.]h\$" system="^($system)[.]h\$" awk '
	BEGIN {
		n = split(ENVIRON["table"], line, "\n")
		for (i = 1; i <= n; i++) {
			if (split(line[i], f, " ") != 3)
				continue
			ours[f[1]] = f[2]
			foreign[f[1]] = f[3]
		}
	}
	function listed(list, name,   part, i, n) {
		n = split(list, part, ",")
		for (i = 1; i <= n; i++)
			if (part[i] == name || (part[i] ~ /\/$/ &&
			    index(name, part[i]) == 1))
				return 1
		return 0
	}
	# Whether a row on the way down to the file lists the name.
	function allowed(rows, file, name,   step, i, n, at) {
		n = split(file, step, "/")
		for (i = 1; i <= n; i++) {
			at = at (i > 1 ? "/" : "") step[i]
			if (at in rows && listed(rows[at], name))
				return 1
		}
		return 0
	}
	# Whether a row lists the folder, or one that it lies in.
	function within(rows, file, folder) {
		for (; folder != ""; folder = above(folder))
			if (allowed(rows, file, folder))
				return 1
		return 0
	}
	function above(folder) {
		return sub(/\/[^\/]*$/, "", folder) ? folder : ""
	}
	function has_row(file,   at) {
		for (at = above(file); at != ""; at = above(at))
			if (at in ours)
				return 1
		return 0
	}
	function folder_of(path) {
		sub(/\/[^\/]*$/, "", path)
		return path
	}
	function library_ok(file, name) {
		if (file ~ /^src\/(base|core)\//)
			return name ~ ENVIRON["pure"]
		return name ~ ENVIRON["system"] || allowed(foreign, file, name)
	}
	function own_ok(file, name) {
		if (name == "plugins/plugin.h")
			return file ~ /^(plugins|src\/(io|publish|daemon))\//
		return folder_of(name) == folder_of(file) ||
		    "src/" folder_of(name) == folder_of(file) ||
		    within(ours, file, folder_of(name))
	}
	{
		place = $0; sub(/:#.*/, "", place)
		file = place; sub(/:.*/, "", file)
		what = $0; sub(/^[^#]*#[ \t]*include[ \t]*/, "", what)
		name = substr(what, 2); sub(/[>"].*/, "", name)
		if (!has_row(file))
			print place ": this folder has no row in the table"
		else if (what ~ /^"/ && !own_ok(file, name))
			print place ": may not include " name
		else if (what ~ /^</ && !library_ok(file, name))
			print place ": may not include <" name ">"
	}'
}

# A header stands on its own; its source proves it by including it first.
not_first() {
	for c in $(sources src plugins | grep '\.c$'); do
		[ -f "$top_srcdir/${c%c}h" ] || continue
		own=${c#src/}
		own=${own%c}h
		first=$(sed -n 's/^#include ["<]\(.*\)[">].*/\1/p' \
			"$top_srcdir/$c" | head -n 1)
		[ "$first" = "$own" ] ||
			echo "$c: does not include $own first"
	done
}

# The engine's files stand in a picture (node.h): an include leads to a line
# below, so no two files call each other. Its state and its door are for all.
not_down() {
	node=src/core/node
	# shellcheck disable=SC2046
	(cd "$top_srcdir" && awk '
	FILENAME ~ /node[.]h$/ && !done && /^ [*]     [a-z]/ {
		names = substr($0, 8); sub(/   *[^ ].*/, "", names)
		n = split(names, name, /, */)
		for (i = 1; i <= n; i++)
			floor[name[i]] = FNR
	}
	FILENAME ~ /node[.]h$/ { done = done || /[*]\/$/; next }
	FNR == 1 {
		self = FILENAME; sub(/.*\//, "", self); sub(/[.].$/, "", self)
		if (!(self in floor))
			print FILENAME ": is not in the picture of node.h"
	}
	/^#include "core\/node\// {
		to = $2; sub(/.*\//, "", to); sub(/[.]h"$/, "", to)
		if (to != self && to != "node" && to != "engine" &&
		    floor[to] <= floor[self])
			print FILENAME ":" FNR ": " to " is not below " self
	}' $node/node.h $(sources $node | grep -v 'node/node[.]h$'))
}

plan 3
ok "a folder includes what the table allows" none "$({ includes | judge; } 2>&1)"
ok "a source includes its own header first" none "$(not_first 2>&1)"
ok "an include of the engine leads down" none "$(not_down 2>&1)"
