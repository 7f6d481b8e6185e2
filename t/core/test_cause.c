/*
 * test_cause.c - what an LSA changes, in words: the record of the history that there
 * is of each, one change a row.
 */

#include <stdio.h>

#include "base/mem.h"
#include "core/lsa/lsa.h"
#include "t/core/answers.h"
#include "t/tap.h"

static char n1[] = "n1.x.org", n2[] = "n2.x.org", n3[] = "n3.x.org",
	    n4[] = "n4.x.org", n5[] = "n5.x.org", g[] = "g", away[] = "far";
static char *all_five[] = { n1, n2, n3, n4, n5 }, *odd[] = { n1, n3, n5 },
	    *one_of[] = { n3 };

static const struct lsa_server servers[] = {
	{ .group = g },
	{ .group = g, .neighbours = all_five, .nneighbours = 5 },
	{ .group = g, .state = LSA_DRAIN, .neighbours = odd, .nneighbours = 3 },
	{ .group = g, .mta_down = true, .mail_down = odd, .nmail_down = 3 },
	{ .group = g, .mail_down = one_of, .nmail_down = 1 },
	{ .group = g, .program = n1 },
};

static struct lsa_bridgehead heads[] = { { n1, true, 5 }, { n2, true, 6 },
	{ n3, false, 7 }, { n4, true, 8 } };
static struct lsa_bridgehead others[] = { { n1, false, 5 }, { n2, true, 9 } };
static struct lsa_bridgehead downs[] = { { n1, false, 5 }, { n2, false, 9 } };

static const struct lsa_connector connectors[] = {
	{ .group = away, .bridgeheads = heads, .nbridgeheads = 4 },
	{ .group = away, .bridgeheads = others, .nbridgeheads = 2 },
	{ .group = away,
	    .state = LSA_DRAIN,
	    .bridgeheads = others,
	    .nbridgeheads = 2,
	    .congestion = 2 },
	{ .group = away, .bridgeheads = downs, .nbridgeheads = 2 },
	{ .group = away },
};

static const struct lsa_space spaces[] = {
	{ .cost = 1 },
	{ .cost = 7, .relay = true },
	{ .cost = 7, .down = true },
};

#define NONE (-1)  /* there is none before */
#define PURGE (-2) /* it is purged */

/* From one of those above to another, and what the record has behind the number. */
static const struct {
	uint8_t type;
	int before, after;
	const char *record;
} words[] = {
	{ LSA_SERVER, NONE, 1,
	    ",\"did\":\"new\",\"change\":\"state up, neighbour n1.x.org, "
	    "neighbour n2.x.org, neighbour n3.x.org and 2 "
	    "more\",\"state\":\"up\"}" },
	{ LSA_SERVER, 1, 0,
	    ",\"did\":\"said\",\"change\":\"neighbour gone n1.x.org, neighbour "
	    "gone n2.x.org, neighbour gone n3.x.org and 2 "
	    "more\",\"state\":\"up\"}" },
	{ LSA_SERVER, 1, 2,
	    ",\"did\":\"said\",\"change\":\"state up to drain, neighbour gone "
	    "n2.x.org, neighbour gone n4.x.org\",\"state\":\"drain\"}" },
	{ LSA_SERVER, 2, 1,
	    ",\"did\":\"said\",\"change\":\"state drain to up, neighbour "
	    "n2.x.org, neighbour n4.x.org\",\"state\":\"up\"}" },
	{ LSA_SERVER, 0, 3,
	    ",\"did\":\"said\",\"change\":\"mail down n1.x.org, mail down "
	    "n3.x.org, mail down n5.x.org, MTA up to "
	    "down\",\"state\":\"up\"}" },
	{ LSA_SERVER, 3, 4,
	    ",\"did\":\"said\",\"change\":\"mail no longer down n1.x.org, mail "
	    "no longer down n5.x.org, MTA down to up\",\"state\":\"up\"}" },
	{ LSA_SERVER, 0, PURGE, ",\"did\":\"purged\"}" },
	{ LSA_CONNECTOR, NONE, 0,
	    ",\"did\":\"new\",\"change\":\"state up, n1.x.org is up, cost 5, "
	    "n2.x.org is up, cost 6, n3.x.org is down, cost "
	    "7\",\"state\":\"up\",\"cost\":5,\"congestion\":0}" },
	{ LSA_CONNECTOR, 0, 1,
	    ",\"did\":\"said\",\"change\":\"n1.x.org is up to down, n2.x.org "
	    "cost 6 to 9, n3.x.org gone, n4.x.org "
	    "gone\",\"state\":\"up\",\"cost\":5,\"congestion\":0}" },
	{ LSA_CONNECTOR, 1, 2,
	    ",\"did\":\"said\",\"change\":\"state up to drain, congestion 0 to "
	    "2\",\"state\":\"drain\",\"cost\":5,\"congestion\":2}" },
	{ LSA_CONNECTOR, PURGE, 2,
	    ",\"did\":\"new\",\"change\":\"state drain, n1.x.org is down, cost "
	    "5, n2.x.org is up, cost 9, congestion 0 to "
	    "2\",\"state\":\"drain\",\"cost\":5,\"congestion\":2}" },
	{ LSA_SPACE, NONE, 0,
	    ",\"did\":\"new\",\"change\":\"cost 1, relay "
	    "no\",\"state\":\"up\"}" },
	{ LSA_SPACE, 0, 1,
	    ",\"did\":\"said\",\"change\":\"cost 1 to 7, relay no to "
	    "yes\",\"state\":\"up\"}" },
	{ LSA_SPACE, 1, 2,
	    ",\"did\":\"said\",\"change\":\"is up to down, relay yes to "
	    "no\",\"state\":\"down\"}" },
	{ LSA_SPACE, 2, PURGE, ",\"did\":\"purged\"}" },
	{ LSA_SERVER, 0, 5, ",\"did\":\"said\",\"state\":\"up\"}" },
	{ LSA_CONNECTOR, 1, 3,
	    ",\"did\":\"said\",\"change\":\"n2.x.org is up to "
	    "down\",\"state\":\"down\",\"cost\":5,\"congestion\":0}" },
	{ LSA_CONNECTOR, NONE, 4,
	    ",\"did\":\"new\",\"change\":\"state "
	    "up\",\"state\":\"down\",\"congestion\":0}" },
};

static const char *
id_of(uint8_t type)
{
	return type == LSA_SERVER ? "" : type == LSA_SPACE ? "x.org" : "b-far";
}

static void
say_one(struct insider *f, uint8_t type, int which)
{
	struct buf body = { 0 };

	if (which == NONE)
		return;
	if (which == PURGE) {
		insider_say(f, type, id_of(type), NULL);
		return;
	}
	if (type == LSA_SERVER)
		lsa_server_encode(&body, &servers[which]);
	else if (type == LSA_CONNECTOR)
		lsa_connector_encode(&body, &connectors[which]);
	else
		lsa_space_encode(&body, &spaces[which]);
	insider_say(f, type, id_of(type), &body);
	buf_done(&body);
}

/* The records of the last step, a line each; the caller frees it. */
static char *
recorded(struct insider *f)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < f->engine->fx.list.n; i++) {
		const struct effect *one = &f->engine->fx.list.v[i];

		if (one->kind == FX_HISTORY) {
			buf_bytes(&out, one->bytes, one->len);
			buf_u8(&out, '\n');
		}
	}
	return buf_string(&out);
}

START_TEST(what_an_lsa_changes)
{
	struct insider f;
	char *text, want[400];

	answers_begin(&f);
	say_one(&f, words[_i].type, words[_i].before);
	say_one(&f, words[_i].type, words[_i].after);
	text = recorded(&f);
	snprintf(want, sizeof(want),
	    "{\"kind\":\"lsa\",\"what\":\"lsa\",\"server\":\"" PEER
	    "\",\"type\":\"%s\",\"id\":\"%s\",\"epoch\":1,\"counter\":%u%s\n",
	    lsa_type_word(words[_i].type), id_of(words[_i].type),
	    (unsigned)f.seq, words[_i].record);
	ck_assert_str_eq(text, want);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cause");
	TCase *tc = tcase_create("cause");

	tcase_add_loop_test(tc, what_an_lsa_changes, 0,
	    (int)(sizeof(words) / sizeof(words[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
