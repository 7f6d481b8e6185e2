#include "plugins/exim/etrn.h"

#include <string.h>

#include "base/check.h"
#include "base/str.h"

#define ETRN_ALL "@"
#define ETRN_KEPT 160 /* octets of a line; what is shown stands before */

enum etrn_stage {
	ETRN_GREETING,
	ETRN_EHLO,
	ETRN_WORDS,  /* one was said, and waits for its reply */
	ETRN_REFUSED /* said() is why */
};

struct etrn {
	enum etrn_stage stage;
	const char *own_name;
	const char *const *words; /* lent */
	size_t n, next;
	bool unknown; /* a word was of no key */
	bool all;     /* so every pattern was asked for */
	char line[ETRN_KEPT + 1];
	size_t length; /* of this line, as far as it was kept */
	size_t octets; /* of this reply */
};

static void
etrn_begin(
    void *state, const char *own_name, const char *const *words, size_t n)
{
	struct etrn *e = state;

	memset(e, 0, sizeof(*e));
	e->own_name = own_name;
	e->words = words;
	e->n = n;
}

static enum plugin_verdict
etrn_leave(struct buf *say)
{
	buf_text(say, "QUIT\r\n");
	return PLUGIN_OK;
}

/* The next word; behind the last one "all" where a word was of no key. */
static enum plugin_verdict
etrn_next(struct etrn *e, struct buf *say)
{
	e->stage = ETRN_WORDS;
	if (e->next < e->n) {
		buf_printf(say, "ETRN #%s\r\n", e->words[e->next++]);
		return PLUGIN_MORE;
	}
	if (!e->unknown || e->all)
		return etrn_leave(say);
	e->all = true;
	buf_text(say, "ETRN #" ETRN_ALL "\r\n");
	return PLUGIN_MORE;
}

static enum plugin_verdict
etrn_refused(struct etrn *e, struct buf *say)
{
	e->stage = ETRN_REFUSED;
	buf_text(say, "QUIT\r\n");
	return PLUGIN_FAILED;
}

/* A whole reply has come; `line` is its last one. */
static enum plugin_verdict
etrn_replied(struct etrn *e, struct buf *say)
{
	e->octets = 0;
	if (e->stage == ETRN_WORDS && memcmp(e->line, "458", 3) == 0 &&
	    !e->all) {
		e->unknown = true;
		return etrn_next(e, say);
	}
	if (e->line[0] != '2')
		return etrn_refused(e, say);
	if (e->stage != ETRN_GREETING)
		return etrn_next(e, say);
	e->stage = ETRN_EHLO;
	buf_printf(say, "EHLO %s\r\n", e->own_name);
	return PLUGIN_MORE;
}

/* `250 text` or `250` ends a reply. */
static bool
etrn_is_last(const char *line, size_t n)
{
	return n >= 3 && strspn(line, "0123456789") == 3 &&
	       (n == 3 || line[3] == ' ');
}

static enum plugin_verdict
etrn_octet(struct etrn *e, uint8_t c, struct buf *say)
{
	size_t n = e->length;

	if (++e->octets > ETRN_REPLY_OCTETS)
		return etrn_refused(e, say);
	if (c != '\n') {
		if (n < ETRN_KEPT)
			e->line[e->length++] =
			    c < ' ' || c > '~' || c == '"' ? ' ' : (char)c;
		return PLUGIN_MORE;
	}
	while (n > 0 && e->line[n - 1] == ' ')
		n--;
	e->line[n] = '\0';
	e->length = 0;
	return etrn_is_last(e->line, n) ? etrn_replied(e, say) : PLUGIN_MORE;
}

static enum plugin_verdict
etrn_feed(void *state, const uint8_t *octets, size_t n, struct buf *say)
{
	struct etrn *e = state;
	enum plugin_verdict verdict = n == 0 ? PLUGIN_FAILED : PLUGIN_MORE;

	for (size_t i = 0; i < n && verdict == PLUGIN_MORE; i++)
		verdict = etrn_octet(e, octets[i], say);
	return verdict;
}

static const char *
etrn_said(const void *state)
{
	const struct etrn *e = state;

	return e->stage == ETRN_REFUSED ? e->line : "no answer";
}

const struct plugin_talk etrn_talk = {
	.state_size = sizeof(struct etrn),
	.all = ETRN_ALL,
	.thaw = "!",
	.begin = etrn_begin,
	.feed = etrn_feed,
	.said = etrn_said,
};
