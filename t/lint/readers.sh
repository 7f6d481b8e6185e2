#!/bin/sh
# readers.sh - each source that reads what another program wrote stands in
# t/fuzz/readers, with its fuzz target or the reason why it has none; each target
# is there, and stands in t/fuzz/decoders with what it is for.

. "${top_srcdir:-.}/t/lint/lint.sh"

calls='recv|recvfrom|recvmsg|read|pread|fread|fgets|getline|getdelim|evbuffer_remove|mmap'
calls="$calls|json_load[a-z_]*|d2i_[A-Za-z0-9_]*|PEM_read_[A-Za-z0-9_]*|cdb_init|mdb_env_open"
calls="$calls|smfi_getpriv|cfg_parse[a-z_]*"

reading() {
	(cd "$top_srcdir" && grep -rlE "(^|[^a-z_A-Z0-9])($calls)\\(" src plugins --include='*.c')
}

# rows FILE: without comments.
rows() {
	grep -v '^#' "$top_srcdir/t/fuzz/$1"
}

forgotten() {
	reading | sort | while read -r file; do
		rows readers | grep -q "^$file " || echo "$file reads, and is not in t/fuzz/readers"
	done
	rows readers | while read -r file target why; do
		[ -e "$top_srcdir/$file" ] || echo "$file: there is no such file"
		[ "$target$why" != - ] || echo "$file: neither a target nor a reason"
		[ "$target" = - ] || rows decoders | grep -q "^$target " ||
			echo "$target is not in t/fuzz/decoders"
	done
}

unlisted() {
	for file in "$top_srcdir"/t/fuzz/fuzz_*.c; do
		target=$(basename "$file" .c)
		rows decoders | grep -q "^${target#fuzz_} " || echo "$target is not in t/fuzz/decoders"
	done
	rows decoders | while read -r target files; do
		for file in t/fuzz/fuzz_$target.c $files; do
			[ -e "$top_srcdir/$file" ] || echo "$target: there is no $file"
		done
	done
}

plan 2
ok "who reads has a target, or a reason" none "$(forgotten 2>&1)"
ok "each target says what it is for" none "$(unlisted 2>&1)"
