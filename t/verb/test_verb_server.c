/*
 * test_verb_server.c - the serving end of X-LSA-2: dialogues cut at every
 * octet, polls that wait and are overtaken, and what broke the ancestor.
 */

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"
#include "verb/line.h"
#include "verb/verb_server.h"

#define AT(t) ((struct mono){ (t) })
#define EHLO_SAID "250-mx1\r\n250-PIPELINING\r\n250 X-LSA-2\r\n"
#define R421 "421 4.3.0 Service not available, closing\r\n"
#define R454 "454 4.3.0 Link state routing not available now\r\n"
#define R500 "500 5.5.2 Line not understood\r\n"
#define R501 "501 5.5.4 Syntax: X-LSA-2 [base64]\r\n"
#define R502 "502 5.5.1 Command not implemented\r\n"
#define R503 "503 5.5.1 Send EHLO first\r\n"
#define OK "250 2.0.0 Ok\r\n"
#define NONE "250 \r\n"
#define R221 "221 2.0.0 Bye\r\n"

struct row {
	const char *what;
	bool away; /* lsrd is */
	const char *in;
	const char *say;
	const char *tls;
	enum verb_server_state state;
};

static const struct row rows[] = {
	{ "greeting only", false, "", "", "", VERB_SERVER_GREET },
	{ "EHLO", false, "EHLO x\r\n", EHLO_SAID, "", VERB_SERVER_READY },
	{ "HELO has no verb", false, "HELO x\r\nX-LSA-2\r\n",
	    "250 mx1\r\n" R503, "", VERB_SERVER_GREET },
	{ "the verb first", false, "X-LSA-2 Zm9v\r\n", R503, "",
	    VERB_SERVER_GREET },
	{ "EHLO, then HELO", false, "EHLO x\r\nHELO x\r\nX-LSA-2\r\n",
	    EHLO_SAID "250 mx1\r\n" R503, "", VERB_SERVER_GREET },
	{ "mail", false, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nDATA\r\n",
	    EHLO_SAID R502 R502, "", VERB_SERVER_READY },
	{ "the ancestor", false,
	    "EHLO x\r\nX-LINK2STATE FIRST CHUNK={0000}\r\n", EHLO_SAID R502, "",
	    VERB_SERVER_READY },
	{ "no lsrd", true,
	    "EHLO x\r\nX-LSA-2 Zm9v\r\nX-LSA-2\r\nNOOP\r\nQUIT\r\n",
	    EHLO_SAID R454 R454 OK R221, "", VERB_SERVER_ENDED },
	{ "octets", false, "EHLO x\r\nX-LSA-2 Zm9v\r\nx-lsa-2 YmFy \r\n",
	    EHLO_SAID NONE NONE, "foobar", VERB_SERVER_CARRYING },
	{ "a poll asks", false, "EHLO x\r\nX-LSA-2\r\nX-LSA-2 YmFy\r\n",
	    EHLO_SAID NONE NONE, "bar", VERB_SERVER_CARRYING },
	{ "all at once", false,
	    "EHLO x\r\nX-LSA-2 Zm9v\r\nNOOP\r\nRSET\r\nEHLO x\r\n"
	    "X-LSA-2 YmFy\r\nQUIT\r\n",
	    EHLO_SAID NONE OK OK EHLO_SAID NONE R221, "foobar",
	    VERB_SERVER_ENDED },
	{ "polls overtaken", false,
	    "EHLO x\r\nX-LSA-2 Zm9v\r\nX-LSA-2\r\nX-LSA-2\r\n"
	    "X-LSA-2 YmFy\r\nX-LSA-2\r\nNOOP\r\nX-LSA-2\r\n",
	    EHLO_SAID NONE NONE NONE NONE NONE OK NONE, "foobar",
	    VERB_SERVER_CARRYING },
	{ "mail after the verb", false,
	    "EHLO x\r\nX-LSA-2 Zm9v\r\nMAIL FROM:<>\r\nNOOP\r\n",
	    EHLO_SAID NONE R421, "foo", VERB_SERVER_ENDED },
	{ "mail overtakes a poll", false,
	    "EHLO x\r\nX-LSA-2 Zm9v\r\nX-LSA-2\r\nMAIL FROM:<>\r\n",
	    EHLO_SAID NONE NONE R421, "foo", VERB_SERVER_ENDED },
	{ "the ancestor after the verb", false,
	    "EHLO x\r\nX-LSA-2 Zm9v\r\nX-LINK2STATE LAST\r\n",
	    EHLO_SAID NONE R421, "foo", VERB_SERVER_ENDED },
	{ "no base64, then some", false,
	    "EHLO x\r\nX-LSA-2 Zm9\r\nX-LSA-2 Zm9v\r\nX-LSA-2 !\r\n"
	    "X-LSA-2 YmFy\r\n",
	    EHLO_SAID R501 NONE R501 NONE, "foobar", VERB_SERVER_CARRYING },
	{ "8 bit, then some", false,
	    "EHLO x\r\nX-LSA-2 Zm9\xf6\r\nX-LSA-2 Zm9v\r\n",
	    EHLO_SAID R500 NONE, "foo", VERB_SERVER_CARRYING },
	{ "bare LF", false, "EHLO x\r\nX-LSA-2 Zm9v\nNOOP\r\n", EHLO_SAID R500,
	    "", VERB_SERVER_ENDED },
	{ "bare CR", false, "EHLO x\r\nX-LSA-2 Zm9v\rNOOP\r\n", EHLO_SAID R500,
	    "", VERB_SERVER_ENDED },
	{ "bare LF, carrying", false,
	    "EHLO x\r\nX-LSA-2 Zm9v\r\nX-LSA-2\r\nX-LSA-2 YmFy\nQUIT\r\n",
	    EHLO_SAID NONE NONE R500, "foo", VERB_SERVER_ENDED },
};

/* Feeds a part in an exact block; answers ASKING as the row wants. */
static void
server_feed(
    struct verb_server *s, const char *p, size_t n, const struct row *row)
{
	size_t at = 0;

	while (at < n && s->state != VERB_SERVER_ENDED) {
		uint8_t *part = malloc(n - at);

		memcpy(part, p + at, n - at);
		at += verb_server_feed(s, part, n - at, AT(0));
		free(part);
		if (s->state == VERB_SERVER_ASKING && row->away)
			verb_server_refuse(s);
		else if (s->state == VERB_SERVER_ASKING)
			verb_server_attach(s);
	}
}

static bool
is_text(const struct buf *b, const char *text)
{
	return b->n == strlen(text) &&
	       (b->n == 0 || memcmp(b->p, text, b->n) == 0);
}

START_TEST(server_dialogues)
{
	const struct row *row = &rows[_i];
	size_t n = strlen(row->in);

	for (size_t cut = 0; cut <= n; cut++) {
		struct verb_server s;

		verb_server_init(&s, "mx1");
		server_feed(&s, row->in, cut, row);
		server_feed(&s, row->in + cut, n - cut, row);
		verb_server_tick(&s, AT(VERB_SERVER_POLL_MS));
		ck_assert_msg(s.state == row->state, "%s: cut at %zu: %d",
		    row->what, cut, (int)s.state);
		ck_assert_msg(is_text(&s.say, row->say),
		    "%s: cut at %zu: said %.*s", row->what, cut, (int)s.say.n,
		    (const char *)s.say.p);
		ck_assert_msg(is_text(&s.tls, row->tls), "%s: cut at %zu: tls",
		    row->what, cut);
		verb_server_done(&s);
	}
}
END_TEST

START_TEST(server_octet_by_octet)
{
	const struct row *row = &rows[_i];
	struct verb_server s;

	verb_server_init(&s, "mx1");
	for (size_t i = 0; row->in[i] != '\0'; i++)
		server_feed(&s, row->in + i, 1, row);
	verb_server_tick(&s, AT(VERB_SERVER_POLL_MS));
	ck_assert_msg(is_text(&s.say, row->say), "%s", row->what);
	ck_assert_msg(is_text(&s.tls, row->tls), "%s", row->what);
	verb_server_done(&s);
}
END_TEST

/* A server that carries, with everything said so far forgotten. */
static void
server_carrying(struct verb_server *s)
{
	static const char begin[] = "EHLO x\r\nX-LSA-2 Zm9v\r\n";

	verb_server_init(s, "mx1");
	server_feed(s, begin, sizeof(begin) - 1, &rows[0]);
	ck_assert_int_eq(s->state, VERB_SERVER_CARRYING);
	buf_reset(&s->say);
	buf_reset(&s->tls);
}

static void
server_line(struct verb_server *s, const char *line, uint64_t t)
{
	verb_server_feed(s, (const uint8_t *)line, strlen(line), AT(t));
}

START_TEST(poll_waits)
{
	struct verb_server s;

	server_carrying(&s);
	ck_assert(verb_server_wake(&s).ms == MONO_NEVER.ms);
	server_line(&s, "X-LSA-2\r\n", 500);
	ck_assert_uint_eq(s.say.n, 0);
	ck_assert_uint_eq(verb_server_wake(&s).ms, 1500);
	verb_server_tick(&s, AT(1499));
	ck_assert_uint_eq(s.say.n, 0);
	verb_server_tick(&s, AT(1500));
	ck_assert(is_text(&s.say, NONE));
	ck_assert(verb_server_wake(&s).ms == MONO_NEVER.ms);
	verb_server_done(&s);
}
END_TEST

START_TEST(poll_is_answered)
{
	struct verb_server s;

	server_carrying(&s);
	server_line(&s, "X-LSA-2\r\n", 500);
	verb_server_carry(&s, (const uint8_t *)"foo", 3);
	ck_assert(is_text(&s.say, "250 Zm9v\r\n"));
	ck_assert(verb_server_wake(&s).ms == MONO_NEVER.ms);
	buf_reset(&s.say);
	verb_server_carry(&s, (const uint8_t *)"ba", 2); /* nobody asks */
	verb_server_carry(&s, (const uint8_t *)"r", 1);
	ck_assert_uint_eq(s.say.n, 0);
	server_line(&s, "X-LSA-2\r\n", 600);
	ck_assert(is_text(&s.say, "250 YmFy\r\n"));
	verb_server_done(&s);
}
END_TEST

START_TEST(data_brings_data)
{
	struct verb_server s;

	server_carrying(&s);
	verb_server_carry(&s, (const uint8_t *)"foo", 3);
	server_line(&s, "X-LSA-2 YmFy\r\n", 0);
	ck_assert(is_text(&s.say, "250 Zm9v\r\n"));
	ck_assert(is_text(&s.tls, "bar"));
	verb_server_done(&s);
}
END_TEST

START_TEST(server_says_all_before_it_ends)
{
	struct verb_server s;

	server_carrying(&s);
	verb_server_carry(&s, (const uint8_t *)"foo", 3);
	verb_server_closed(&s);
	ck_assert_int_eq(s.state, VERB_SERVER_CARRYING);
	ck_assert_uint_eq(verb_server_room(&s), 0);
	server_line(&s, "X-LSA-2\r\n", 0);
	ck_assert(is_text(&s.say, "250 Zm9v\r\n" R421));
	ck_assert_int_eq(s.state, VERB_SERVER_ENDED);
	verb_server_done(&s);

	server_carrying(&s);
	server_line(&s, "X-LSA-2\r\n", 0);
	verb_server_closed(&s);
	ck_assert(is_text(&s.say, R421));
	ck_assert_int_eq(s.state, VERB_SERVER_ENDED);
	verb_server_done(&s);
}
END_TEST

START_TEST(server_greets_itself)
{
	struct verb_server s;

	verb_server_init(&s, "mx1");
	verb_server_greet(&s);
	ck_assert(is_text(&s.say, "220 mx1 ESMTP link state routing only\r\n"));
	verb_server_done(&s);
	verb_server_init(&s, "mx1");
	verb_server_greeted(&s);
	server_line(&s, "X-LSA-2\r\n", 0);
	ck_assert_int_eq(s.state, VERB_SERVER_ASKING);
	verb_server_done(&s);
}
END_TEST

/* Feeds n octets of `fill` in pieces; the most memory it ever held. */
static size_t
server_flooded(struct verb_server *s, char fill, size_t n)
{
	char piece[4096];
	size_t most = 0;

	memset(piece, fill, sizeof(piece));
	for (size_t at = 0; at < n; at += sizeof(piece)) {
		verb_server_feed(
		    s, (const uint8_t *)piece, sizeof(piece), AT(0));
		if (s->say.n + s->tls.n + s->pending.n > most)
			most = s->say.n + s->tls.n + s->pending.n;
	}
	return most;
}

/* What broke the ancestor: 1 MB without an end of line, in either state. */
START_TEST(endless_lines)
{
	static const char fills[] = { 'X', 'A', '\0', '\r', '\n', '\xff' };

	for (size_t i = 0; i < sizeof(fills); i++) {
		struct verb_server s;

		verb_server_init(&s, "mx1");
		verb_server_greeted(&s);
		server_line(&s, "X-LSA-2 ", 0);
		ck_assert_uint_le(
		    server_flooded(&s, fills[i], 1 << 20), sizeof(R500));
		ck_assert(is_text(&s.say, R500));
		ck_assert_int_eq(s.state, VERB_SERVER_ENDED);
		verb_server_done(&s);
		server_carrying(&s);
		server_flooded(&s, fills[i], 1 << 20);
		ck_assert(is_text(&s.say, R500));
		ck_assert_int_eq(s.state, VERB_SERVER_ENDED);
		verb_server_done(&s);
	}
}
END_TEST

/* A continuation of 990 octets that continues nothing is octets for TLS. */
START_TEST(bare_continuation)
{
	struct verb_server s;
	struct buf line = { 0 };
	uint8_t data[LINE_VERB_DATA] = { 0 };

	verb_server_init(&s, "mx1");
	verb_server_greeted(&s);
	line_put_verb(&line, data, sizeof(data));
	verb_server_feed(&s, line.p, line.n, AT(0));
	verb_server_attach(&s);
	ck_assert(is_text(&s.say, NONE));
	ck_assert_uint_eq(s.tls.n, sizeof(data));
	buf_done(&line);
	verb_server_done(&s);
}
END_TEST

/* 500 lines in a row: each is answered, and the memory stays. */
START_TEST(many_lines)
{
	struct verb_server s;

	server_carrying(&s);
	for (size_t i = 0; i < 500; i++) {
		server_line(&s, i % 2 ? "X-LSA-2\r\n" : "X-LSA-2 Zm9v\r\n", i);
		ck_assert_uint_le(s.say.n, 2 * strlen(NONE));
		ck_assert_uint_le(s.tls.n, 3);
		buf_reset(&s.say);
		buf_reset(&s.tls);
	}
	ck_assert_int_eq(s.state, VERB_SERVER_CARRYING);
	verb_server_done(&s);
}
END_TEST

/* Nobody has us keep ten octets for one of his. */
START_TEST(courtesies_end)
{
	static const char line[] = "EHLO\r\n", verb[] = "X-LSA-2 Zm9v\r\n";
	struct verb_server server;
	size_t n = 0;

	verb_server_init(&server, "mx1");
	for (; n < 5000 && server.state != VERB_SERVER_ENDED; n++)
		verb_server_feed(
		    &server, (const uint8_t *)line, strlen(line), AT(0));
	ck_assert_uint_eq(n, VERB_SERVER_COURTESIES + 1);
	ck_assert_uint_lt(server.say.n, 32768);
	verb_server_done(&server);
	verb_server_init(&server, "mx1");
	for (n = 0; n < 5000; n++) {
		verb_server_feed(
		    &server, (const uint8_t *)line, strlen(line), AT(0));
		verb_server_feed(
		    &server, (const uint8_t *)verb, strlen(verb), AT(0));
		if (server.state == VERB_SERVER_ASKING)
			verb_server_attach(&server);
		buf_reset(&server.say);
		buf_reset(&server.tls);
	}
	ck_assert_int_eq(server.state, VERB_SERVER_CARRYING);
	verb_server_done(&server);
}
END_TEST

START_TEST(refusals_end)
{
	static const char *const lines[] = { "X-LSA-2 !\r\n",
		"X-LSA-2 \xf6\r\n", "X-LINK2STATE\r\n", "\r\n", "DATA\r\n" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct verb_server s;

		verb_server_init(&s, "mx1");
		verb_server_greeted(&s);
		for (size_t k = 0; k < VERB_SERVER_REFUSALS; k++) {
			server_line(&s, lines[i], 0);
			ck_assert_int_eq(s.state, VERB_SERVER_READY);
		}
		buf_reset(&s.say);
		server_line(&s, lines[i], 0);
		ck_assert(is_text(&s.say, R421));
		ck_assert_int_eq(s.state, VERB_SERVER_ENDED);
		ck_assert_uint_eq(s.legacy, i == 2 ? 21 : 0);
		verb_server_done(&s);
	}
}
END_TEST

#define ROWS(t) (int)(sizeof(t) / sizeof((t)[0]))

static TCase *
server_case(void)
{
	TCase *tc = tcase_create("server");

	tcase_add_loop_test(tc, server_dialogues, 0, ROWS(rows));
	tcase_add_loop_test(tc, server_octet_by_octet, 0, ROWS(rows));
	tcase_add_test(tc, poll_waits);
	tcase_add_test(tc, poll_is_answered);
	tcase_add_test(tc, data_brings_data);
	tcase_add_test(tc, server_says_all_before_it_ends);
	tcase_add_test(tc, server_greets_itself);
	tcase_add_test(tc, endless_lines);
	tcase_add_test(tc, bare_continuation);
	tcase_add_test(tc, many_lines);
	tcase_add_test(tc, courtesies_end);
	tcase_add_test(tc, refusals_end);
	return tc;
}

int
main(void)
{
	Suite *suite = suite_create("verb_server");

	suite_add_tcase(suite, server_case());
	return tap_run(suite);
}
