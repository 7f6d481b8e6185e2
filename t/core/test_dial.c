/*
 * test_dial.c - with whom a member of a large group peers: the choice is the
 * same seen from both ends, and what is left is connected when any three
 * fail. Every three, not some. And how a bridgehead is reached.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/node/dial.h"
#include "core/node/group.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/query.h"
#include "t/tap.h"

#define MAX 48

static char name[MAX][40];
static bool linked[MAX][MAX];

static void
choose(size_t n, size_t self)
{
	struct names members = { 0 }, chosen = { 0 };

	for (size_t i = 0; i < n; i++)
		if (i != self)
			vec_push(&members.list, name[i]);
	group_chosen(name[self], &members, &chosen);
	ck_assert_uint_eq(chosen.list.n,
	    n <= LIMIT_GROUP_FULL_MESH ? n - 1 : LIMIT_GROUP_PEERS);
	for (size_t i = 0; i < chosen.list.n; i++)
		for (size_t k = 0; k < n; k++)
			if (strcmp(chosen.list.v[i], name[k]) == 0) {
				ck_assert(k != self && !linked[self][k]);
				linked[self][k] = true;
			}
	vec_done(&members.list);
	vec_done(&chosen.list);
}

/* Reaches everybody that is not gone, from the first that is not? */
static bool
connected(size_t n, const size_t gone[3])
{
	bool seen[MAX] = { false };
	size_t queue[MAX], head = 0, tail = 0, left = n - 3;

	for (int i = 0; i < 3; i++)
		seen[gone[i]] = true;
	for (size_t i = 0; i < n && tail == 0; i++)
		if (!seen[i]) {
			seen[i] = true;
			queue[tail++] = i;
		}
	while (head < tail) {
		size_t at = queue[head++];

		for (size_t k = 0; k < n; k++)
			if (linked[at][k] && !seen[k]) {
				seen[k] = true;
				queue[tail++] = k;
			}
	}
	return tail == left;
}

START_TEST(three_may_fail)
{
	size_t n = (size_t)_i, gone[3];

	memset(linked, 0, sizeof(linked));
	for (size_t i = 0; i < n; i++)
		snprintf(name[i], sizeof(name[i]), "mx%02zu.example.org", i);
	for (size_t i = 0; i < n; i++)
		choose(n, i);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			ck_assert(linked[i][k] == linked[k][i]);
	for (gone[0] = 0; gone[0] < n; gone[0]++)
		for (gone[1] = gone[0] + 1; gone[1] < n; gone[1]++)
			for (gone[2] = gone[1] + 1; gone[2] < n; gone[2]++)
				ck_assert(connected(n, gone));
}
END_TEST

static char us[] = "mx1.london.example.org";
static char paris[] = "mx1.paris.example.org";
static char rome[] = "mx1.rome.example.org";
static char oslo[] = "mx1.oslo.example.org";

static char north[] = "north", london[] = "london";
static struct addr tcp = { 4, { 192, 0, 2, 1 }, 691 };
static struct addr mail = { 4, { 198, 51, 100, 5 }, 25 };

/* Paris by X-LSA-2 although it is listed as a peer too, Oslo by TCP, and
 * with Rome we do not peer. */
static struct setup_peer listed[] = { { oslo, &tcp, 1 }, { paris, &tcp, 1 } };
static struct setup_bridgehead heads[] = {
	{ .name = oslo, .carrier = SETUP_TCP, .cost = 1 },
	{ .name = paris, .carrier = SETUP_XLSA2, .cost = 1 },
	{ .name = rome, .carrier = SETUP_NO_PEER, .cost = 1 },
};
static struct addr verb = { 4, { 198, 51, 100, 6 }, 2526 };
static struct setup_connector ways[] = {
	{ .name = north, .bridgeheads = &heads[0], .nbridgeheads = 3 }
};
static struct setup conf = { .server = us,
	.group = london,
	.peers = listed,
	.npeers = 2,
	.connectors = ways,
	.nconnectors = 1 };

static struct engine *
wanting(void)
{
	static const struct crypto crypto;
	struct engine *e = engine_new(1, &crypto);

	heads[1].smtp[0] = heads[2].smtp[0] = mail;
	heads[1].nsmtp = heads[2].nsmtp = 1;
	e->setup = &conf;
	dial_refresh(e);
	e->now = mono_after(e->now, 1000);
	dial_tick(e);
	return e;
}

static const struct effect *
asked(const struct engine *e, enum effect_kind kind, const char *who)
{
	for (size_t i = 0; i < e->fx.list.n; i++) {
		const struct effect *fx = &e->fx.list.v[i];

		if (fx->kind == kind &&
		    (who == NULL ||
			(fx->name != NULL &&
			    strncmp(fx->name, who, strlen(who)) == 0)))
			return fx;
	}
	return NULL;
}

static bool
may_come(const struct effect *allow, const struct addr *from)
{
	size_t found = 0;

	for (size_t i = 0; i < allow->naddrs; i++)
		found += addr_equal(&allow->addrs[i], from);
	return found == 1;
}

START_TEST(bridgeheads_by_their_carrier)
{
	struct engine *e = wanting();
	const struct effect *fx = asked(e, FX_DIAL, paris);

	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_XLSA2);
	ck_assert_uint_eq(fx->naddrs, 1);
	ck_assert(addr_equal(&fx->addrs[0], &mail));
	fx = asked(e, FX_DIAL, oslo);
	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_TCP);
	ck_assert(addr_equal(&fx->addrs[0], &tcp));
	ck_assert_ptr_null(asked(e, FX_DIAL, rome));
	engine_free(e);
}
END_TEST

/* Where the verb has an address of its own: there, and never at the mail. */
START_TEST(bridgeheads_where_the_verb_is)
{
	const struct effect *fx;
	struct engine *e;

	heads[1].verb = verb;
	e = wanting();
	heads[1].verb.family = 0;
	fx = asked(e, FX_DIAL, paris);
	ck_assert_ptr_nonnull(fx);
	ck_assert_int_eq(fx->carrier, SETUP_XLSA2);
	ck_assert_uint_eq(fx->naddrs, 1);
	ck_assert(addr_equal(&fx->addrs[0], &verb));
	fx = asked(e, FX_ALLOW, NULL);
	ck_assert_ptr_nonnull(fx);
	ck_assert(may_come(fx, &verb) && may_come(fx, &mail));
	engine_free(e);
}
END_TEST

/* It comes to us from there before its own LSA tells us so. */
START_TEST(bridgeheads_by_mail_may_come)
{
	struct engine *e = wanting();
	const struct effect *fx = asked(e, FX_ALLOW, NULL);

	ck_assert_ptr_nonnull(fx);
	ck_assert(may_come(fx, &mail));
	engine_free(e);
}
END_TEST

START_TEST(a_dial_that_fails_says_why)
{
	struct engine *e = wanting();
	struct input in = {
		.kind = IN_QUERY, .bytes = (const uint8_t *)"peers", .len = 5
	};
	const struct effect *fx;
	char *text;

	e->phase = PHASE_RUNNING;
	dial_failed(e, paris, "x-lsa-2-blanked");
	ck_assert_uint_eq(nbrs_find(e, paris)->dial_fails, 1);
	query_answer(e, &in);
	fx = asked(e, FX_REPLY, NULL);
	ck_assert_ptr_nonnull(fx);
	text = mem_dup(fx->bytes, fx->len);
	ck_assert_ptr_nonnull(strstr(text, "\"carrier\":\"x-lsa-2\""));
	ck_assert_ptr_nonnull(strstr(text, "\"reason\":\"x-lsa-2-blanked\""));
	mem_free(text);
	engine_free(e);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dial");
	TCase *tc = tcase_create("dial");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, bridgeheads_by_their_carrier);
	tcase_add_test(tc, bridgeheads_where_the_verb_is);
	tcase_add_test(tc, bridgeheads_by_mail_may_come);
	tcase_add_test(tc, a_dial_that_fails_says_why);
	tcase_add_loop_test(tc, three_may_fail, 14, 34);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
