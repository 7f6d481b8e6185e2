/*
 * test_questions.c - what lsrctl is answered where that takes more than one question:
 * an answer in parts, an order and what has become of it, a word of the authority.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/lsa.h"
#include "core/wire/msg.h"
#include "t/core/answers.h"
#include "t/core/cheap.h"
#include "t/tap.h"

/* --- in parts -------------------------------------------------------------- */

static size_t
times_in(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* A database that is more than one part: each of it once, and only what was
 * asked for, in whatever part. */
static const struct {
	const char *question;
	size_t lines;
	const char *lacks;
} parts[] = {
	{ "db", 1006, NULL },
	{ "db of=" PEER, 1001, "\"a.x.org\",\"type\"" },
	{ "db type=connector", 1003, "\"type\":\"identity\"" },
	{ "db type=connector after=1799999999", 1003, NULL },
	{ "db of=" PEER " type=identity,server", 1, "\"type\":\"connector\"" },
};

START_TEST(an_answer_in_parts)
{
	struct insider f;
	char id[16];

	answers_begin(&f);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "c%04d", i);
		insider_connector(&f, id, 10, true);
		f.ms += 100;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char *text = answers_text(&f, parts[i].question);

		ck_assert_uint_eq(
		    times_in(text, "{\"origin\":"), parts[i].lines);
		ck_assert_uint_le(times_in(text, "\"id\":\"c0999\""), 1);
		ck_assert(parts[i].lacks == NULL ||
			  strstr(text, parts[i].lacks) == NULL);
		mem_free(text);
	}
	engine_free(f.engine);
}
END_TEST

/* A part begins behind a place, whether anything stands there or not. */
START_TEST(a_part_begins_behind)
{
	const struct lsa_key places[] = { { "", "", 0 },
		{ SELF, "", LSA_IDENTITY }, { SELF, "a", 99 },
		{ "z.x.org", "", LSA_SPACE } };
	const size_t lines[] = { 2, 1, 1, 0 }; /* identities of a and b */
	struct buf octets = { 0 }, request = { 0 };
	struct insider f;
	char *text, *question;

	answers_begin(&f);
	msg_key_write(&octets, &places[_i]);
	for (int more = 0; more < 2; more++) {
		buf_reset(&request);
		buf_text(&request, "db ");
		buf_hex(&request, octets.p, octets.n);
		buf_text(&request, " type=identity");
		buf_u8(&request, 0);
		question = (char *)request.p;
		text = answers_text(&f, question);
		if (more == 0)
			ck_assert_uint_eq(
			    times_in(text, "\"origin\""), lines[_i]);
		else /* there is something behind the place */
			ck_assert_ptr_nonnull(strstr(text, "bad-format"));
		mem_free(text);
		buf_u8(&octets, 7);
	}
	buf_done(&octets);
	buf_done(&request);
	engine_free(f.engine);
}
END_TEST

/* Without a table it is the database that tells: by whom, and all the way. */
START_TEST(explained_without_a_table)
{
	char g[] = "g", us[] = SELF, *list[] = { us };
	const struct addr at = { 4, { 192, 0, 2, 10 }, 25 };
	struct lsa_server server = { .group = g,
		.smtp = &at,
		.nsmtp = 1,
		.neighbours = list,
		.nneighbours = 1 };
	struct buf body = { 0 };
	struct insider f;
	char *text;

	answers_begin(&f);
	lsa_server_encode(&body, &server);
	insider_say(&f, LSA_SERVER, "", &body);
	buf_reset(&body);
	lsa_space_encode(&body, &(struct lsa_space){ .cost = 1 });
	insider_say(&f, LSA_SPACE, "x.org", &body);
	buf_done(&body);
	for (int i = 0; i < 10; i++) {
		insider_ticks(&f, 1000);
		while (f.nopen > 0)
			insider_step(&f, (struct input){ .kind = IN_PROBE,
					     .who = f.open[--f.nopen],
					     .verdict = PROBE_OK });
	}
	answers_no_table(&f);
	text = answers_text(&f, "explain u@x.org");
	ck_assert_msg(
	    strstr(text, "\"result\":\"remote\"") != NULL &&
		strstr(text, "\"next_hops\":[\"" PEER "\"]") != NULL &&
		strstr(text, "\"path\":[\"" SELF "\",\"" PEER "\"]") != NULL,
	    "%s", text);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* --- pins ------------------------------------------------------------------ */

static void
pin(struct insider *f, const char *question, const char *said)
{
	char *text = answers_text(f, question);

	ck_assert_msg(strstr(text, said) != NULL, "%s: %s", question, text);
	mem_free(text);
}

/* Each pattern has one at most: a later one takes its place, or makes the same
 * one longer. */
START_TEST(one_pin_a_pattern)
{
	struct insider f;
	char *text;

	answers_begin(&f);
	answers_alternate(&f);
	f.engine->table.rib->routes[1].kind = ROUTE_REMOTE;
	f.engine->table.rib->routes[1].nhops = 1;
	f.engine->table.rib->routes[1].hop[0] =
	    f.engine->table.rib->routes[0].hop[0];
	pin(&f, "pin pattern=own.example hop=c.x.org for=60", "\"ok\":true");
	pin(&f, "pin pattern=gw.example hop=c.x.org for=60", "\"ok\":true");
	pin(&f, "pin pattern=gw.example hop=c.x.org for=90",
	    "\"changed\":true");
	pin(&f, "pin pattern=gw.example hop=d.x.org for=60",
	    "\"changed\":true");
	pin(&f, "pin pattern=gw.example hop=d.x.org for=60",
	    "\"changed\":false");
	text = answers_text(&f, "overrides");
	ck_assert_uint_eq(times_in(text, "\"override\":\"pin\""), 2);
	ck_assert_uint_eq(times_in(text, "\"server\":\"c.x.org\""), 1);
	ck_assert_uint_eq(times_in(text, "\"server\":\"d.x.org\""), 1);
	mem_free(text);
	pin(&f, "unpin pattern=gw.example", "\"changed\":true");
	pin(&f, "unpin pattern=gw.example", "\"changed\":false");
	text = answers_text(&f, "overrides");
	ck_assert_uint_eq(times_in(text, "\"override\":\"pin\""), 1);
	mem_free(text);
	f.engine->table.rib->routes[1].nhops = 0;
	engine_free(f.engine);
}
END_TEST

/* There is an end of what an operator may say beside the configuration. */
START_TEST(so_many_orders)
{
	struct insider f;

	answers_begin(&f);
	for (size_t i = 0; i < LIMIT_OVERRIDES; i++)
		vec_push(&f.engine->overrides.list,
		    ((struct override){ .kind = OVERRIDE_COST,
			.end = MONO_NEVER,
			.name = mem_str("none"),
			.hop = mem_str("") }));
	pin(&f, "drain for=60 force=yes", "there are too many of these");
	engine_free(f.engine);
}
END_TEST

/* An export has who drained what, once that is said. */
START_TEST(an_export_has_drains)
{
	struct insider f;

	answers_begin(&f);
	pin(&f, "drain connector=one for=60 force=yes by=bob reason=disks",
	    "\"ok\":true");
	insider_ticks(&f, 1000);
	pin(&f, "export",
	    "\"drained\":[{\"by\":\"bob\",\"reason\":\"disks\",\"since\":"
	    "1800000000,\"until\":1800000060}]");
	engine_free(f.engine);
}
END_TEST

/* What a connector leads to has a row there, and nothing else. */
START_TEST(a_metric_a_link)
{
	struct insider f;
	char *text;

	answers_begin(&f);
	text = answers_text(&f, "metrics");
	ck_assert_uint_eq(times_in(text, "\"use\":"), 5);
	ck_assert_uint_eq(times_in(text, "\"left_out\":0"), 2);
	ck_assert_uint_eq(times_in(text, "\"to\":\"c.x.org\""), 1);
	ck_assert_uint_eq(times_in(text, "\"to\":\"d.x.org\""), 1);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* --- what the authority has said -------------------------------------------- */

/* One of its words, as `lsrctl revoke` brings it; `letter` signs. */
static char *
injected(
    struct insider *f, uint8_t type, char letter, uint64_t seq, uint64_t end)
{
	const char name[] = { letter, '\0' };
	struct crypto authority = cheap_seal(name);
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	struct buf body = { 0 }, out = { 0 }, request = { 0 };
	struct lsa_draft draft = { .org = org,
		.signer = key,
		.seq = seq,
		.issued = 1800000000u + seq };
	char hex[2 * CRYPTO_DIGEST + 1], *text, *said;

	cheap_key('z', org);
	cheap_key(letter, key);
	lsa_digest_text(org, hex);
	draft.key = (struct lsa_key){ type == LSA_REVOCATION ? "" : PEER,
		type == LSA_REVOCATION ? hex : "later", type };
	if (type == LSA_REVOCATION)
		lsa_revocation_encode(&body, end, NULL);
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&out, &draft, &authority);
	buf_text(&request, "inject ");
	buf_hex(&request, out.p, out.n);
	text = buf_string(&request);
	said = answers_text(f, text);
	mem_free(text);
	buf_done(&body);
	buf_done(&out);
	return said;
}

/* The word is taken once; the same, though said at another time, changes
 * nothing, and nobody else may bring one. */
static const struct {
	uint8_t type;
	char letter;
	uint64_t seq, end;
	const char *said;
} words[] = {
	{ 200, 'b', 1, 0, "\"reason\":\"claim-not-allowed\"" },
	{ LSA_REVOCATION, 'b', 1, 0, "\"ok\":false" },
	{ LSA_REVOCATION, 'z', 2, 7, "\"ok\":true,\"changed\":true" },
	{ LSA_REVOCATION, 'z', 2, 7, "\"ok\":true,\"changed\":false" },
	{ LSA_REVOCATION, 'z', 3, 7, "\"ok\":true,\"changed\":false" },
	{ LSA_REVOCATION, 'z', 4, 8, "\"ok\":true,\"changed\":true" },
	{ LSA_REVOCATION, 'z', 5, 0, "\"ok\":true,\"changed\":true" },
	{ LSA_REVOCATION, 'b', 6, 0, "\"ok\":false" },
	{ LSA_REVOCATION, 'z', 1, 9, "\"reason\":\"old\"" },
	{ LSA_REVOCATION, 'z', 5, 0, "\"ok\":true,\"changed\":false" },
	{ LSA_REVOCATION, 'z', 5, 9, "\"reason\":\"old\"" },
};

START_TEST(words_are_taken_once)
{
	struct insider f;

	answers_begin(&f);
	cheap_public('z', f.setup.authority.key);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *said = injected(&f, words[i].type, words[i].letter,
		    words[i].seq, words[i].end);

		ck_assert_msg(strstr(said, words[i].said) != NULL,
		    "word %zu: %s", i, said);
		mem_free(said);
	}
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("questions");
	TCase *tc = tcase_create("questions");

	tcase_add_test(tc, an_answer_in_parts);
	tcase_add_loop_test(tc, a_part_begins_behind, 0, 4);
	tcase_add_test(tc, one_pin_a_pattern);
	tcase_add_test(tc, a_metric_a_link);
	tcase_add_test(tc, an_export_has_drains);
	tcase_add_test(tc, words_are_taken_once);
	tcase_add_test(tc, explained_without_a_table);
	tcase_add_test(tc, so_many_orders);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
