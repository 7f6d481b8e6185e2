/*
 * fuzz_verb.c - what a client says to the serving end of X-LSA-2, and what
 * a server says to ours. However TCP cuts it, the same is answered and
 * carried; every answer is one that SMTP knows; memory stays bounded.
 */

#include <string.h>

#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"
#include "verb/line.h"
#include "verb/verb_client.h"
#include "verb/verb_server.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

static const struct mono now = { 5 };

static void
serve(struct verb_server *s, const uint8_t *p, size_t n, size_t step)
{
	size_t at = 0;

	verb_server_init(s, "mx1");
	while (at < n && s->state != VERB_SERVER_ENDED) {
		size_t part = step < n - at ? step : n - at;

		at += verb_server_feed(s, p + at, part, now);
		if (s->state == VERB_SERVER_ASKING)
			verb_server_attach(s);
	}
	FUZZ_CHECK(s->length <= LINE_OCTETS);
	FUZZ_CHECK(s->say.n <= 128 * (n + 1) && s->tls.n <= n);
}

/* Whole lines of answers, each with a code of ours. */
static void
answers_are_lines(const struct buf *say)
{
	size_t at = 0, length;
	struct line_reply reply;

	while (at < say->n) {
		FUZZ_CHECK(
		    line_end(say->p + at, say->n - at, &length) == LINE_WHOLE);
		FUZZ_CHECK(line_reply(say->p + at, length, &reply));
		at += length;
	}
}

static void
use(struct verb_client *c, const uint8_t *p, size_t n, size_t step)
{
	verb_client_init(c, "me");
	for (size_t at = 0; at < n; at += step) {
		verb_client_feed(c, p + at, step < n - at ? step : n - at, now);
		if (c->state == VERB_CLIENT_CARRYING && c->outstanding == 0)
			verb_client_send(c, p, 1, now);
		FUZZ_CHECK(c->outstanding <= VERB_CLIENT_LINES);
	}
	FUZZ_CHECK(c->length <= LINE_OCTETS && c->tls.n <= n);
}

static void
same(const struct buf *a, const struct buf *b)
{
	FUZZ_CHECK(a->n == b->n && (a->n == 0 || !memcmp(a->p, b->p, a->n)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct verb_server whole, cut;
	struct verb_client one, two;

	serve(&whole, p, n, n == 0 ? 1 : n);
	serve(&cut, p, n, 1 + n / 9);
	FUZZ_CHECK(whole.state == cut.state && whole.refused == cut.refused);
	same(&whole.say, &cut.say);
	same(&whole.tls, &cut.tls);
	answers_are_lines(&whole.say);
	use(&one, p, n, 1);
	use(&two, p, n, 1 + n / 7);
	verb_server_done(&whole);
	verb_server_done(&cut);
	verb_client_done(&one);
	verb_client_done(&two);
	return 0;
}
