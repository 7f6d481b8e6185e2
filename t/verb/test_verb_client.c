/*
 * test_verb_client.c - lsrd's end of X-LSA-2: sessions cut at every octet,
 * the poll that is always there, bounds; and both ends against each other
 * with octets that come in any pieces.
 */

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "t/tap.h"
#include "verb/line.h"
#include "verb/verb_client.h"
#include "verb/verb_server.h"

#define AT(t) ((struct mono){ (t) })
#define R421 "421 4.3.0 Service not available, closing\r\n"
#define R454 "454 4.3.0 Link state routing not available now\r\n"
#define R501 "501 5.5.4 Syntax: X-LSA-2 [base64]\r\n"
#define R502 "502 5.5.1 Command not implemented\r\n"
#define NONE "250 \r\n"

static bool
is_text(const struct buf *b, const char *text)
{
	return b->n == strlen(text) &&
	       (b->n == 0 || memcmp(b->p, text, b->n) == 0);
}

static const struct {
	const char *what;
	const char *in;
	const char *say;
	enum verb_client_state state;
	enum verb_client_why why;
} sessions[] = {
	{ "nothing yet", "22", "", VERB_CLIENT_GREETING, VERB_CLIENT_WELL },
	{ "greeting", "220-mx\r\n220 go\r\n", "EHLO me\r\n", VERB_CLIENT_EHLO,
	    VERB_CLIENT_WELL },
	{ "the keyword last", "220 mx\r\n250-mx\r\n250 X-LSA-2\r\n",
	    "EHLO me\r\n", VERB_CLIENT_CARRYING, VERB_CLIENT_WELL },
	{ "the keyword, small",
	    "220 mx\r\n250-mx\r\n250-x-lsa-2\r\n250 DSN\r\n", "EHLO me\r\n",
	    VERB_CLIENT_CARRYING, VERB_CLIENT_WELL },
	{ "a name like the keyword", "220 mx\r\n250 X-LSA-2\r\n",
	    "EHLO me\r\nQUIT\r\n", VERB_CLIENT_ENDED, VERB_CLIENT_NO_VERB },
	{ "no keyword", "220 mx\r\n250-mx\r\n250 X-LSA-20\r\n",
	    "EHLO me\r\nQUIT\r\n", VERB_CLIENT_ENDED, VERB_CLIENT_NO_VERB },
	{ "one line", "220 mx\r\n250 mx\r\n", "EHLO me\r\nQUIT\r\n",
	    VERB_CLIENT_ENDED, VERB_CLIENT_NO_VERB },
	{ "blanked", "220 mx\r\n250-mx\r\n250-DSN\r\n250 XXXXXXX\r\n",
	    "EHLO me\r\nQUIT\r\n", VERB_CLIENT_ENDED, VERB_CLIENT_BLANKED },
	{ "blanked by a PIX", "220 ***\r\n250-mx\r\n250 XXXXXXXA\r\n",
	    "EHLO me\r\nQUIT\r\n", VERB_CLIENT_ENDED, VERB_CLIENT_BLANKED },
	{ "blanked by stars", "220 mx\r\n250-mx\r\n250 *******\r\n",
	    "EHLO me\r\nQUIT\r\n", VERB_CLIENT_ENDED, VERB_CLIENT_BLANKED },
	{ "another one blanked",
	    "220 mx\r\n250-mx\r\n250-XXXXXXXX\r\n250 X-LSA-2\r\n",
	    "EHLO me\r\n", VERB_CLIENT_CARRYING, VERB_CLIENT_WELL },
	{ "no service", "554 no\r\n", "QUIT\r\n", VERB_CLIENT_ENDED,
	    VERB_CLIENT_NO_MAIL },
	{ "no EHLO", "220 mx\r\n502 no\r\n", "EHLO me\r\nQUIT\r\n",
	    VERB_CLIENT_ENDED, VERB_CLIENT_NO_MAIL },
	{ "no SMTP", "SSH-2.0-x\r\n", "", VERB_CLIENT_ENDED,
	    VERB_CLIENT_GARBLED },
	{ "bare LF", "220 mx\n", "", VERB_CLIENT_ENDED, VERB_CLIENT_GARBLED },
	{ "speaks unasked", "220 mx\r\n250-mx\r\n250 X-LSA-2\r\n250 Zm9v\r\n",
	    "EHLO me\r\n", VERB_CLIENT_ENDED, VERB_CLIENT_GARBLED },
	{ "closes", "220 mx\r\n250-mx\r\n250 X-LSA-2\r\n421 bye\r\n",
	    "EHLO me\r\n", VERB_CLIENT_ENDED, VERB_CLIENT_CLOSED },
};

static void
client_feed(struct verb_client *c, const char *p, size_t n)
{
	uint8_t *part = malloc(n == 0 ? 1 : n);

	memcpy(part, p, n);
	if (n > 0)
		verb_client_feed(c, part, n, AT(0));
	free(part);
}

START_TEST(client_sessions)
{
	const char *in = sessions[_i].in, *what = sessions[_i].what;
	size_t n = strlen(in);

	for (size_t cut = 0; cut <= n; cut++) {
		struct verb_client c;

		verb_client_init(&c, "me");
		client_feed(&c, in, cut);
		client_feed(&c, in + cut, n - cut);
		ck_assert_msg(
		    c.state == sessions[_i].state, "%s: cut at %zu", what, cut);
		ck_assert_msg(
		    c.why == sessions[_i].why, "%s: cut at %zu", what, cut);
		ck_assert_msg(is_text(&c.say, sessions[_i].say),
		    "%s: cut at %zu: %.*s", what, cut, (int)c.say.n,
		    (const char *)c.say.p);
		verb_client_done(&c);
	}
}
END_TEST

static void
client_carrying(struct verb_client *c)
{
	static const char in[] = "220 mx\r\n250-mx\r\n250 X-LSA-2\r\n";

	verb_client_init(c, "me");
	client_feed(c, in, sizeof(in) - 1);
	ck_assert_int_eq(c->state, VERB_CLIENT_CARRYING);
	buf_reset(&c->say);
}

static void
client_hears(struct verb_client *c, const char *text)
{
	client_feed(c, text, strlen(text));
}

START_TEST(client_keeps_a_poll)
{
	struct verb_client c;

	client_carrying(&c);
	verb_client_send(&c, (const uint8_t *)"foo", 3, AT(0));
	ck_assert(is_text(&c.say, "X-LSA-2 Zm9v\r\nX-LSA-2\r\n"));
	buf_reset(&c.say);
	client_hears(&c, NONE); /* the octets' answer: the poll is there */
	ck_assert_uint_eq(c.say.n, 0);
	client_hears(&c, "250-Zm9v\r\n250 YmFy\r\n");
	ck_assert(is_text(&c.tls, "foobar"));
	ck_assert(is_text(&c.say, "X-LSA-2\r\n"));
	buf_reset(&c.say);
	verb_client_send(
	    &c, (const uint8_t *)"bar", 3, AT(0)); /* overtakes it */
	ck_assert(is_text(&c.say, "X-LSA-2 YmFy\r\nX-LSA-2\r\n"));
	ck_assert_uint_eq(c.outstanding, 3);
	verb_client_done(&c);
}
END_TEST

START_TEST(client_has_32_lines)
{
	struct verb_client c;
	uint8_t octet = 7;
	size_t sent = 0;

	client_carrying(&c);
	for (size_t i = 0; i < 100; i++) {
		verb_client_send(&c, &octet, 1, AT(0));
		ck_assert_uint_le(c.outstanding, VERB_CLIENT_LINES);
	}
	ck_assert_uint_eq(c.outstanding, VERB_CLIENT_LINES);
	for (size_t i = 0; i < c.say.n; i++)
		sent += c.say.p[i] == '\n';
	ck_assert_uint_eq(sent, VERB_CLIENT_LINES);
	while (verb_client_room(&c) > 0)
		verb_client_send(&c, &octet, 1, AT(0));
	ck_assert_uint_eq(c.pending.n, VERB_CLIENT_PENDING);
	buf_reset(&c.say);
	client_hears(&c, NONE);
	ck_assert_uint_eq(c.outstanding, VERB_CLIENT_LINES);
	ck_assert_uint_eq(c.pending.n, VERB_CLIENT_PENDING - LINE_VERB_DATA);
	verb_client_done(&c);
}
END_TEST

static const struct {
	const char *what;
	const char *in;
	enum verb_client_why why;
} endings[] = {
	{ "no lsrd", R454, VERB_CLIENT_AWAY },
	{ "closing", R421, VERB_CLIENT_CLOSED },
	{ "refused", R502, VERB_CLIENT_REFUSED },
	{ "refused in the middle", NONE R501, VERB_CLIENT_REFUSED },
	{ "no base64", "250 Zm9\r\n", VERB_CLIENT_GARBLED },
	{ "words", "250 2.0.0 Ok\r\n", VERB_CLIENT_GARBLED },
	{ "another code", "251 Zm9v\r\n", VERB_CLIENT_GARBLED },
	{ "more answers than lines", NONE NONE NONE, VERB_CLIENT_GARBLED },
	{ "as many", NONE NONE, VERB_CLIENT_WELL },
};

START_TEST(client_endings)
{
	struct verb_client c;

	client_carrying(&c);
	verb_client_send(&c, (const uint8_t *)"foo", 3, AT(0));
	client_hears(&c, endings[_i].in);
	ck_assert_msg(c.why == endings[_i].why, "%s: %s", endings[_i].what,
	    verb_client_word(c.why));
	ck_assert_msg(
	    (c.state == VERB_CLIENT_ENDED) == (c.why != VERB_CLIENT_WELL), "%s",
	    endings[_i].what);
	verb_client_done(&c);
}
END_TEST

START_TEST(client_stream_ends)
{
	struct verb_client c;

	client_carrying(&c);
	verb_client_feed(&c, NULL, 0, AT(0));
	ck_assert_int_eq(c.why, VERB_CLIENT_CLOSED);
	verb_client_done(&c);
}
END_TEST

START_TEST(client_quits)
{
	struct verb_client c;

	client_carrying(&c);
	verb_client_send(&c, (const uint8_t *)"foo", 3, AT(0));
	buf_reset(&c.say);
	verb_client_quit(&c);
	ck_assert(is_text(&c.say, "QUIT\r\n"));
	ck_assert_int_eq(c.state, VERB_CLIENT_ENDED);
	ck_assert_int_eq(c.why, VERB_CLIENT_WELL);
	verb_client_done(&c);
}
END_TEST

START_TEST(client_bounds_answers)
{
	struct verb_client c;

	verb_client_init(&c, "me");
	for (size_t i = 0; i < 200 && c.state != VERB_CLIENT_ENDED; i++)
		client_hears(&c, "220-more\r\n");
	ck_assert_int_eq(c.why, VERB_CLIENT_GARBLED);
	verb_client_done(&c);
	verb_client_init(&c, "me");
	for (size_t i = 0; i < 2000 && c.state != VERB_CLIENT_ENDED; i++)
		client_hears(&c, "220");
	ck_assert_int_eq(c.why, VERB_CLIENT_GARBLED);
	ck_assert_uint_le(c.length, LINE_OCTETS);
	verb_client_done(&c);
}
END_TEST

/* The server answers with `text` at `ms`; returns what is said to that. */
static const char *
client_at(struct verb_client *c, uint64_t ms, const char *text)
{
	static char said[200];

	if (text[0] != '\0')
		verb_client_feed(
		    c, (const uint8_t *)text, strlen(text), AT(ms));
	verb_client_tick(c, AT(ms));
	ck_assert_uint_lt(c->say.n, sizeof(said));
	if (c->say.n > 0)
		memcpy(said, c->say.p, c->say.n);
	said[c->say.n] = '\0';
	buf_reset(&c->say);
	return said;
}

/* A poll answered with nothing at once is not repeated at once. */
START_TEST(client_pauses)
{
	struct verb_client c;

	client_carrying(&c);
	verb_client_send(&c, (const uint8_t *)"foo", 3, AT(1000));
	buf_reset(&c.say);
	ck_assert_str_eq(client_at(&c, 1010, NONE), "");
	ck_assert_str_eq(client_at(&c, 1010, "250 Zm9v\r\n"), "X-LSA-2\r\n");
	ck_assert_str_eq(
	    client_at(&c, 1020, "250-Zm9v\r\n250 \r\n"), "X-LSA-2\r\n");
	ck_assert_uint_eq(verb_client_wake(&c).ms, MONO_NEVER.ms);
	ck_assert_str_eq(client_at(&c, 1030, NONE), "");
	ck_assert_uint_eq(verb_client_wake(&c).ms, 1020 + VERB_CLIENT_PAUSE_MS);
	verb_client_send(&c, (const uint8_t *)"bar", 3, AT(1040));
	ck_assert_str_eq(client_at(&c, 1040, ""), "X-LSA-2 YmFy\r\n");
	ck_assert_str_eq(client_at(&c, 1050, "250 Zm9v\r\n"), "");
	ck_assert_str_eq(client_at(&c, 1219, ""), "");
	ck_assert_str_eq(client_at(&c, 1220, ""), "X-LSA-2\r\n");
	ck_assert_str_eq(
	    client_at(&c, 1220 + VERB_CLIENT_PAUSE_MS, NONE), "X-LSA-2\r\n");
	ck_assert(is_text(&c.tls, "foofoofoo"));
	verb_client_done(&c);
}
END_TEST

/* What is still on its way between the two, each way. */
struct pair {
	struct verb_client client;
	struct verb_server server;
	struct buf to_server, to_client;
	struct buf sent[2], got[2]; /* of octets: client's, server's */
	struct rng rng;
	uint64_t now;
};

/* Moves some of the octets; the rest stays. */
static size_t
some(struct rng *rng, const struct buf *b)
{
	return b->n == 0 ? 0 : 1 + (size_t)rng_below(rng, b->n);
}

static void
drop(struct buf *b, size_t n)
{
	if (n > 0)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

static void
pour(struct buf *from, struct buf *to)
{
	buf_bytes(to, from->p, from->n);
	buf_reset(from);
}

static void
pair_pass(struct pair *x)
{
	size_t n = some(&x->rng, &x->to_server);

	if (n > 0)
		n = verb_server_feed(&x->server, x->to_server.p, n, AT(x->now));
	drop(&x->to_server, n);
	if (x->server.state == VERB_SERVER_ASKING)
		verb_server_attach(&x->server);
	verb_server_tick(&x->server, AT(x->now));
	pour(&x->server.say, &x->to_client);
	pour(&x->server.tls, &x->got[0]);
	n = some(&x->rng, &x->to_client);
	if (n > 0)
		verb_client_feed(&x->client, x->to_client.p, n, AT(x->now));
	drop(&x->to_client, n);
	pour(&x->client.say, &x->to_server);
	pour(&x->client.tls, &x->got[1]);
}

static void
pair_talk(struct pair *x)
{
	uint8_t data[3000];
	size_t n = (size_t)rng_below(&x->rng, sizeof(data));

	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)rng_next(&x->rng);
	if (rng_below(&x->rng, 2) == 0 && verb_client_room(&x->client) >= n) {
		verb_client_send(&x->client, data, n, AT(x->now));
		buf_bytes(&x->sent[0], data, n);
	} else if (verb_server_room(&x->server) >= n) {
		verb_server_carry(&x->server, data, n);
		buf_bytes(&x->sent[1], data, n);
	}
	pour(&x->client.say, &x->to_server);
	pour(&x->server.say, &x->to_client);
}

/* Both ways at once, in pieces of any size: the same octets arrive. */
START_TEST(both_ends)
{
	struct pair x = { .rng = { (uint64_t)_i + 1 } };

	verb_client_init(&x.client, "me");
	verb_server_init(&x.server, "mx1");
	verb_server_greet(&x.server);
	for (int i = 0; i < 3000; i++) {
		x.now += rng_below(&x.rng, 100);
		if (i < 2000 && rng_below(&x.rng, 4) == 0)
			pair_talk(&x);
		pair_pass(&x);
		ck_assert_int_ne(x.client.state, VERB_CLIENT_ENDED);
		ck_assert_int_ne(x.server.state, VERB_SERVER_ENDED);
		ck_assert_uint_le(x.client.outstanding, VERB_CLIENT_LINES);
	}
	for (int way = 0; way < 2; way++) {
		ck_assert_uint_gt(x.sent[way].n, 20000);
		ck_assert_uint_eq(x.sent[way].n, x.got[way].n);
		ck_assert(
		    memcmp(x.sent[way].p, x.got[way].p, x.got[way].n) == 0);
		buf_done(&x.sent[way]);
		buf_done(&x.got[way]);
	}
	buf_done(&x.to_client);
	buf_done(&x.to_server);
	verb_client_done(&x.client);
	verb_server_done(&x.server);
}
END_TEST

#define ROWS(t) (int)(sizeof(t) / sizeof((t)[0]))

static TCase *
client_case(void)
{
	TCase *tc = tcase_create("client");

	tcase_add_loop_test(tc, client_sessions, 0, ROWS(sessions));
	tcase_add_test(tc, client_keeps_a_poll);
	tcase_add_test(tc, client_has_32_lines);
	tcase_add_test(tc, client_pauses);
	tcase_add_loop_test(tc, client_endings, 0, ROWS(endings));
	tcase_add_test(tc, client_stream_ends);
	tcase_add_test(tc, client_quits);
	tcase_add_test(tc, client_bounds_answers);
	tcase_add_loop_test(tc, both_ends, 0, 20);
	return tc;
}

int
main(void)
{
	Suite *suite = suite_create("verb_client");

	suite_add_tcase(suite, client_case());
	return tap_run(suite);
}
