#include "exim/words.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE "/var/lib/lsrd/milter/table"
#define KEY "/etc/lsrd/keys/mark.key"
#define HOP_LIMIT 100
#define NUMBER_DIGITS 18

enum words_kind { WORDS_TEXT, WORDS_NUMBER, WORDS_COUNT };

static const struct {
	const char *key;
	enum words_kind kind;
	size_t at, room;
} words_keys[] = {
#define TEXT(field)                                                            \
	WORDS_TEXT, offsetof(struct words, field),                             \
	    sizeof(((struct words *)0)->field)
#define NUMBER(field) WORDS_NUMBER, offsetof(struct words, field), 0
#define COUNT(field) WORDS_COUNT, offsetof(struct words, field), 0
	{ "table", TEXT(table) },
	{ "key", TEXT(key) },
	{ "previous", TEXT(previous) },
	{ "memory", TEXT(memory) },
	{ "hops", COUNT(hop_limit) },
	{ "client", TEXT(client) },
	{ "here", TEXT(here) },
	{ "id", TEXT(id) },
	{ "received", COUNT(received) },
	{ "routes", COUNT(routes) },
	{ "size", NUMBER(size) },
	{ "lines", NUMBER(lines) },
	{ "loop", NUMBER(loop) },
	{ "epoch", NUMBER(epoch) },
};

static uint64_t
number(const char *text, size_t n)
{
	char digits[NUMBER_DIGITS + 1];

	if (n == 0 || n > NUMBER_DIGITS)
		return 0;
	memcpy(digits, text, n);
	digits[n] = '\0';
	return strspn(digits, "0123456789") == n ? strtoull(digits, NULL, 10)
	                                         : 0;
}

/* One that is too long is none. */
static void
text_set(char *out, size_t room, const char *text, size_t n)
{
	out[0] = '\0';
	if (n >= room)
		return;
	memcpy(out, text, n);
	out[n] = '\0';
}

static bool
is_key(const char *word, size_t n, const char *key)
{
	return strlen(key) == n && memcmp(word, key, n) == 0;
}

/* What lsr_trace_judge() has told. */
static void
told_set(struct words *w, const char *key, size_t n, const char *value,
    size_t octets)
{
	if (is_key(key, n, "first")) {
		w->judged = true;
		w->first = octets == 3; /* yes, no */
	} else if (is_key(key, n, "priority")) {
		w->priority = (uint8_t)number(value, octets);
	} else if (is_key(key, n, "sender")) {
		w->sender_said = octets < sizeof(w->sender);
		text_set(w->sender, sizeof(w->sender), value, octets);
	}
}

static void
words_set(struct words *w, const char *key, size_t n, const char *value,
    size_t octets)
{
	uint64_t v = number(value, octets);

	for (size_t i = 0; i < sizeof(words_keys) / sizeof(words_keys[0]);
	     i++) {
		char *at = (char *)w + words_keys[i].at;

		if (!is_key(key, n, words_keys[i].key))
			continue;
		if (words_keys[i].kind == WORDS_TEXT)
			text_set(at, words_keys[i].room, value, octets);
		else if (words_keys[i].kind == WORDS_NUMBER)
			memcpy(at, &v, sizeof(v));
		else
			*(unsigned *)(void *)at =
			    v > UINT32_MAX ? UINT32_MAX : (unsigned)v;
		return;
	}
	told_set(w, key, n, value, octets);
}

void
words_read(struct words *w, const char *text)
{
	memset(w, 0, sizeof(*w));
	snprintf(w->table, sizeof(w->table), "%s", TABLE);
	snprintf(w->key, sizeof(w->key), "%s", KEY);
	w->hop_limit = HOP_LIMIT;
	for (;;) {
		size_t n, key;

		text += strspn(text, " \t\r\n");
		n = strcspn(text, " \t\r\n");
		if (n == 0)
			return;
		key = strcspn(text, "=");
		if (key < n)
			words_set(w, text, key, text + key + 1, n - key - 1);
		text += n;
	}
}
