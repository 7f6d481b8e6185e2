/*
 * test_adjacent.c - who goes, who begins another life, and what is announced on of them.
 */

#include <string.h>

#include "core/lsa/lsa.h"
#include "core/node/adjacent.h"
#include "core/node/nbrs.h"
#include "t/core/answers.h"
#include "t/tap.h"

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* Who knew of every change is announced on while its mail service answers. One of
 * version 1 confirms nothing. */
static const struct {
	unsigned version;
	uint64_t confirmed, update_end;
	bool owes, lacks;
	uint64_t heard_after; /* ms after the last change */
	bool silent;
} ends[] = {
	{ 2, 7, 7, false, false, 1000, true },
	{ 2, 6, 7, false, false, 1000, false },
	{ 1, 6, 7, false, false, 1000, true },
	{ 2, 7, 7, true, false, 1000, false },
	{ 1, 7, 7, true, false, 1000, false },
	{ 2, 7, 7, false, true, 1000, false },
	{ 2, 7, 7, false, false, 999, false },
};

START_TEST(who_knew_of_it_is_announced_on)
{
	const struct lsa_key key = { "q.x.org", "", LSA_SERVER };
	struct session *s;
	struct insider f;
	struct nbr *nbr;

	answers_begin(&f);
	nbr = nbrs_find(f.engine, PEER);
	s = nbr->session;
	ck_assert_int_eq(nbr->adjacency, ADJACENT_UP);
	s->version = ends[_i].version;
	s->pulse.confirmed = ends[_i].confirmed;
	s->pulse.update_end = ends[_i].update_end;
	s->pulse.owes = ends[_i].owes;
	keyset_done(&s->sync.queue);
	if (ends[_i].lacks)
		keyset_add(&s->sync.queue, &key);
	nbr->changed.ms = 100;
	s->pulse.heard.ms = 100 + ends[_i].heard_after;
	adjacent_lost(f.engine, nbr);
	ck_assert_int_eq(nbr->adjacency,
	    ends[_i].silent ? ADJACENT_SILENT : ADJACENT_WITHDRAWN);
	engine_free(f.engine);
}
END_TEST

/* Who has begun another life is silent until its identity is of that. */
static const struct {
	enum adjacency was;
	uint32_t begins; /* by its HELLO; 1 is known of it */
	enum adjacency is;
} lives[] = {
	{ ADJACENT_UP, 2, ADJACENT_SILENT },
	{ ADJACENT_SILENT, 2, ADJACENT_SILENT },
	{ ADJACENT_WITHDRAWN, 2, ADJACENT_WITHDRAWN },
	{ ADJACENT_WITHDRAWN, 1, ADJACENT_UP },
	{ ADJACENT_SILENT, 1, ADJACENT_UP },
	{ ADJACENT_WITHDRAWN, 0, ADJACENT_UP },
};

START_TEST(who_has_not_begun_is_silent)
{
	const struct lsa_key key = { PEER, "", LSA_IDENTITY };
	struct insider f;
	struct nbr *nbr;

	answers_begin(&f);
	nbr = nbrs_find(f.engine, PEER);
	ck_assert_uint_eq(lsa_epoch(lsdb_find(&f.engine->db, &key)), 1);
	nbr->adjacency = lives[_i].was;
	nbr->changed.ms = 0;
	nbr->session->pulse.heard = f.engine->now;
	nbr->session->begins = lives[_i].begins;
	ck_assert_int_eq(
	    adjacent_has_begun(f.engine, nbr), lives[_i].is == ADJACENT_UP);
	adjacent_full(f.engine, nbr);
	ck_assert_int_eq(nbr->adjacency, lives[_i].is);
	nbr->adjacency = lives[_i].was;
	if (lives[_i].was == ADJACENT_UP)
		nbr->adjacency = ADJACENT_SILENT;
	adjacent_tick(f.engine);
	ck_assert_int_eq(nbr->adjacency, lives[_i].is);
	engine_free(f.engine);
}
END_TEST

/* What its HELLO names, where its identity is of the seventh, and then once FULL: who
 * names less has lost its own, and of the same epoch it may have said that since. */
static const struct {
	uint32_t named, begins, full;
} named[] = {
	{ 0, 0, 0 },
	{ 1, 8, 8 },
	{ 6, 8, 8 },
	{ 7, 7, 7 },
	{ 8, 8, 8 },
	{ UINT32_MAX, UINT32_MAX, 8 },
};

START_TEST(who_lost_its_epoch_takes_one_above)
{
	struct insider f;
	struct nbr *nbr;

	answers_begin(&f);
	nbr = nbrs_find(f.engine, PEER);
	f.seq = 7ull << 32;
	insider_identity(&f);
	adjacent_hello(f.engine, nbr->session, named[_i].named);
	ck_assert_uint_eq(nbr->session->begins, named[_i].begins);
	adjacent_full(f.engine, nbr);
	ck_assert_uint_eq(nbr->session->begins, named[_i].full);
	ck_assert(adjacent_has_begun(f.engine, nbr) == (named[_i].full < 8));
	f.seq = 8ull << 32;
	insider_identity(&f);
	ck_assert(adjacent_has_begun(f.engine, nbr));
	engine_free(f.engine);
}
END_TEST

/* Of who begins another life in another session's place, that one says what it has
 * followed; before it is FULL it may be with another life itself. */
static const struct {
	enum session_life_state state;
	uint64_t since, changed, heard;
	enum adjacency is;
} places[] = {
	{ SESSION_FULL, 50, 100, 1100, ADJACENT_SILENT },
	{ SESSION_FULL, 50, 100, 1099, ADJACENT_WITHDRAWN },
	{ SESSION_SYNC, 50, 100, 1100, ADJACENT_WITHDRAWN },
	{ SESSION_SYNC, 101, 100, 1100, ADJACENT_SILENT },
};

START_TEST(who_takes_the_place_of_another_has_not_followed)
{
	struct insider f;
	struct nbr *nbr;
	struct session *s;

	answers_begin(&f);
	nbr = nbrs_find(f.engine, PEER);
	s = nbr->session;
	s->version = 1;
	s->state = places[_i].state;
	s->pulse.heard.ms = places[_i].heard;
	nbr->since.ms = places[_i].since;
	nbr->changed.ms = places[_i].changed;
	insider_step(&f, (struct input){ .kind = IN_OPEN,
			     .who = 9,
			     .name = PEER,
			     .bytes = (const uint8_t *)CERT,
			     .len = sizeof(CERT) - 1 });
	ck_assert_ptr_ne(nbr->session, s);
	ck_assert_int_eq(nbr->adjacency, ADJACENT_UP);
	nbr->session->pulse.heard.ms = 9000;
	nbr->session->begins = 2;
	adjacent_full(f.engine, nbr);
	ck_assert_int_eq(nbr->adjacency, places[_i].is);
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("adjacent");
	TCase *tc = tcase_create("adjacent");

	tcase_add_loop_test(tc, who_knew_of_it_is_announced_on, 0, ROWS(ends));
	tcase_add_loop_test(tc, who_has_not_begun_is_silent, 0, ROWS(lives));
	tcase_add_loop_test(
	    tc, who_lost_its_epoch_takes_one_above, 0, ROWS(named));
	tcase_add_loop_test(tc, who_takes_the_place_of_another_has_not_followed,
	    0, ROWS(places));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
