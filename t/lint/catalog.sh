#!/bin/sh
# catalog.sh - the journal's catalogue can be made of the manual pages, has every
# word with a number of its own, and systemd can read it.

. "${top_srcdir:-.}/t/lint/lint.sh"

# A word without a number or without an entry is named.
made() {
	sh "$top_srcdir/t/catalog" "$top_srcdir" >"$W/catalog" && [ -s "$W/catalog" ]
}

numbers() {
	sed -n 's/.*, "\([^"]*\)" },$/\1/p' "$top_srcdir/src/sys/event_id.c"
}

# Each is 32 hexadecimal digits, and that of one word.
numbers_wrong() {
	numbers | grep -v '^[0-9a-f]\{32\}$'
	numbers | sort | uniq -d
	[ "$(numbers | wc -l)" -gt 100 ] || echo "there are more"
}

plan 3
ok "each word has an entry, and each entry a number" none "$(made 2>&1)"
ok "every word has a number of its own" none "$(numbers_wrong 2>&1)"
if command -v journalctl >/dev/null 2>&1; then
	reads() {
		root=$W/root && mkdir -p "$root/usr/lib/systemd/catalog" "$root/var/lib/systemd/catalog" &&
			cp "$W/catalog" "$root/usr/lib/systemd/catalog/lsrd.catalog" &&
			journalctl --root="$root" --update-catalog &&
			[ "$(journalctl --root="$root" --list-catalog | wc -l)" = "$(numbers | wc -l)" ]
	}
	ok "journalctl reads all of it" reads
else
	skip_case "journalctl reads all of it" "no journalctl"
fi
