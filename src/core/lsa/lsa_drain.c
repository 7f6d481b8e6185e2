/*
 * lsa_drain.c - what an operator's drain says of itself, for people.
 */

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "base/str.h"
#include "base/wall.h"
#include "core/lsa/lsa.h"

bool
lsa_is_who(const char *s)
{
	return s[0] != '\0' && strlen(s) <= LIMIT_WHO_OCTETS &&
	       str_is_free(s) && strchr(s, ' ') == NULL;
}

bool
lsa_is_reason(const char *s)
{
	return strlen(s) <= LIMIT_REASON_OCTETS && str_is_free(s);
}

/* The next word, and what is behind the blank after it; NULL: it is none, or
 * has no room. */
static const char *
word_take(const char *text, char *to, size_t room)
{
	size_t n = strcspn(text, " ");

	if (n == 0 || n >= room)
		return NULL;
	memcpy(to, text, n);
	to[n] = '\0';
	return text + n + (text[n] == ' ');
}

bool
lsa_drain_read(const char *text, bool whole, struct lsa_drain_words *out)
{
	const char *at = text;

	out->bridgehead[0] = '\0';
	if (!whole) {
		at = word_take(at, out->bridgehead, sizeof(out->bridgehead));
		if (at == NULL || !str_is_host(out->bridgehead))
			return false;
	}
	at = word_take(at, out->who, sizeof(out->who));
	out->reason = at;
	return at != NULL && lsa_is_who(out->who) && lsa_is_reason(at);
}

int
lsa_drain_check(const struct lsa_drain *drain, const struct lsa_drain *last)
{
	struct lsa_drain_words words, before;

	if (drain->text == NULL ||
	    !lsa_drain_read(drain->text, drain->whole, &words))
		return RC_NAME;
	if (last == NULL)
		return RC_OK;
	(void)lsa_drain_read(last->text, last->whole, &before);
	return strcmp(before.bridgehead, words.bridgehead) < 0 ? RC_OK
	                                                       : RC_TWICE;
}

/* A reason is anybody's: in a text that an MTA reads it has letters, digits and
 * what means nothing to one. */
static void
put_plain(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		buf_u8(
		    out, (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
				 (*s >= 'A' && *s <= 'Z') || strchr(" .,_-", *s)
			     ? (uint8_t)*s
			     : '?');
}

void
lsa_drain_text(struct buf *out, const struct lsa_drain_told *told)
{
	char at[WALL_TEXT];

	if (told->since != 0)
		buf_printf(out, " since %s", wall_text(told->since, at));
	if (told->who != NULL && told->who[0] != '\0') {
		buf_text(out, " by ");
		put_plain(out, told->who);
	}
	if (told->until != 0)
		buf_printf(out, " until %s", wall_text(told->until, at));
	if (told->reason != NULL && told->reason[0] != '\0') {
		buf_text(out, ", ");
		put_plain(out, told->reason);
	}
}

void
lsa_drains_show(struct json *j, const struct lsa_connector *c)
{
	struct lsa_drain_words words;

	if (c->ndrains == 0)
		return;
	json_open(j, "drained", '[');
	for (size_t i = 0; i < c->ndrains; i++) {
		const struct lsa_drain *d = &c->drains[i];

		(void)lsa_drain_read(d->text, d->whole, &words);
		json_open(j, NULL, '{');
		if (!d->whole)
			json_str(j, "server", words.bridgehead);
		json_str(j, "by", words.who);
		if (words.reason[0] != '\0')
			json_str(j, "reason", words.reason);
		json_uint(j, "since", d->since);
		if (d->until != 0)
			json_uint(j, "until", d->until);
		json_close(j, '}');
	}
	json_close(j, ']');
}
