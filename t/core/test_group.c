/*
 * test_group.c - with whom a member of a large group peers: the choice is the
 * same seen from both ends, and what is left is connected when any three
 * fail. Every three, not some. And whom it dials where too few are reached.
 */

#include <stdio.h>
#include <string.h>

#include "core/node/dial.h"
#include "core/node/group.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "t/core/cheap.h"
#include "t/core/drafts.h"
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

static char us[] = "mx1.london.example.org", london[] = "london";

/* A member of our group that listens there. */
static void
said(struct engine *e, const char *who, const struct addr *peer)
{
	static uint64_t sequence;
	struct lsa_server s = { .group = london, .peer = peer, .npeer = 1 };
	struct buf body = { 0 };

	lsa_server_encode(&body, &s);
	draft_install(&e->db, &(struct lsa_key){ who, "", LSA_SERVER },
	    ++sequence, &body);
}

static size_t
wanted(const struct engine *e)
{
	size_t n = 0;

	for (struct tree_node *at = tree_first(&e->nbrs); at;
	     at = tree_next(at))
		n += tree_entry(at, struct nbr, node)->wanted;
	return n;
}

static void
members_of(struct engine *e, size_t n)
{
	char member[40];

	for (size_t i = 0; i < n; i++) {
		struct addr at = { 4, { 192, 0, 2, 2 }, 691 };

		at.port = (uint16_t)(1000 + i);
		snprintf(member, sizeof(member), "%c%02zu.example.org",
		    i < 10 ? 'k' : 'n', i);
		said(e, member, &at);
	}
}

/* So many sessions of them are as said; after ten seconds it is looked whether
 * these are enough, and again after ten more. */
static const struct {
	size_t members, sessions;
	enum session_life_state state;
	uint32_t more;
	size_t wanted, wanted_later;
} larges[] = {
	{ 20, 0, SESSION_FULL, 8, 16, 20 },
	{ 20, 7, SESSION_FULL, 1, 9, 10 },
	{ 20, 8, SESSION_FULL, 0, 8, 8 },
	{ 20, 8, SESSION_SYNC, 8, 16, 20 },
	{ 16, 0, SESSION_FULL, 8, 16, 16 },
	{ 15, 0, SESSION_FULL, 0, 15, 15 },
};

START_TEST(further_in_a_large_group)
{
	static const struct crypto crypto;
	struct engine *e = engine_new(1, &crypto);
	struct session session = { .state = larges[_i].state };
	struct setup setup = { .server = us, .group = london };
	size_t left = larges[_i].sessions;

	e->setup = &setup;
	e->now.ms = 1000;
	members_of(e, larges[_i].members);
	dial_refresh(e);
	dial_tick(e);
	ck_assert_uint_eq(e->dial.few_since.ms, 11000);
	ck_assert_uint_eq(wanted(e), larges[_i].members < 16 ? 15 : 8);
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n))
		if (left > 0 && tree_entry(n, struct nbr, node)->wanted) {
			tree_entry(n, struct nbr, node)->session = &session;
			left--;
		}
	ck_assert_uint_eq(left, 0);
	e->now.ms = 10999;
	dial_tick(e);
	ck_assert_uint_eq(wanted(e), larges[_i].members < 16 ? 15 : 8);
	e->now.ms = 11000;
	dial_tick(e);
	ck_assert_uint_eq(e->dial.more, larges[_i].more);
	ck_assert_uint_eq(wanted(e), larges[_i].wanted);
	ck_assert_uint_eq(e->dial.few_since.ms, 21000);
	/* The first in the order of names that is none of the chosen. */
	ck_assert(larges[_i].more == 0 || larges[_i].members < 20 ||
		  nbrs_find(e, "k00.example.org")->wanted);
	e->now.ms = 21000;
	dial_tick(e);
	ck_assert_uint_eq(wanted(e), larges[_i].wanted_later);
	ck_assert_uint_eq(e->dial.few_since.ms, 31000);
	e->setup = NULL;
	engine_free(e);
}
END_TEST

/* There are enough again: nobody further is dialled from now on. */
START_TEST(enough_in_a_large_group)
{
	static const struct crypto crypto;
	struct engine *e = engine_new(1, &crypto);
	struct session session = { .state = SESSION_FULL };
	struct setup setup = { .server = us, .group = london };
	size_t n = 0;

	e->setup = &setup;
	members_of(e, 20);
	dial_refresh(e);
	nbrs_get(e, "k00.example.org"); /* came to us, though not wanted */
	e->dial.more = 5;
	e->dial.few_since = e->now;
	for (struct tree_node *at = tree_first(&e->nbrs); at && n < 8;
	     at = tree_next(at), n++)
		tree_entry(at, struct nbr, node)->session = &session;
	dial_tick(e);
	ck_assert_uint_eq(e->dial.more, 0);
	e->setup = NULL;
	engine_free(e);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("group");
	TCase *tc = tcase_create("group");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, three_may_fail, 14, 34);
	tcase_add_loop_test(tc, further_in_a_large_group, 0,
	    (int)(sizeof(larges) / sizeof(larges[0])));
	tcase_add_test(tc, enough_in_a_large_group);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
