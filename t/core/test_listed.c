/* test_listed.c - long lists in a database: which chunk speaks for which
 * pattern, what a change of one pattern changes and costs, what older peers see. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/listed.h"
#include "core/lsa/lsa_list.h"
#include "core/view/facts.h"
#include "core/view/unheard.h"
#include "t/core/cpu.h"
#include "t/core/world.h"
#include "t/tap.h"

#define SERVER "h.x"

/* --- which chunk speaks for what ---------------------------------------------- */

static const struct {
	const char *what, *said, *patterns;
	const char *asked, *chunk; /* that speaks for it; NULL: none */
	uint64_t word;             /* sequence of the newest word about it */
} places[] = {
	{ "one chunk", "list ! h.x a.b c.d", "a.b c.d", "b.b", "!", 1 },
	{ "two, each for its own", "list ! h.x a.b; list c.c h.x c.d e.f",
	    "a.b c.d e.f", "c.d", "c.c", 2 },
	{ "before a chunk's id", "list ! h.x a.b; list c.c h.x c.d", "a.b c.d",
	    "c.b", "!", 1 },
	{ "what is beyond the next one's id does not count",
	    "list ! h.x a.b c.d e.f; list c.c h.x c.e", "a.b c.e", "c.d", "c.c",
	    2 },
	{ "a purge parts nothing",
	    "list ! h.x a.b c.d e.f; list c.c h.x c.e; list c.c h.x",
	    "a.b c.d e.f", "c.d", "!", 3 },
	{ "the purge is the newest word about its place alone",
	    "list ! h.x a.b c.d e.f; list c.c h.x c.e; list c.c h.x",
	    "a.b c.d e.f", "b.b", "!", 1 },
	{ "nothing before the first", "list c.c h.x c.d", "c.d", "a.b", NULL,
	    0 },
	{ "nothing at all",
	    "self z.x g; list ! i.x a.b; grant ! h.x a.b; space a.b h.x", "",
	    "a.b", NULL, 0 },
	{ "all purged", "list ! h.x a.b; list ! h.x", "", "a.b", NULL, 2 },
};

static void
listed_put(struct buf *out, const struct listed_of *of, const char *from)
{
	struct listed l;

	for (listed_begin(&l, of, from); l.pattern != NULL; listed_next(&l))
		buf_printf(out, "%s%s", out->n > 0 ? " " : "", l.pattern);
	buf_u8(out, 0);
}

START_TEST(each_has_its_place)
{
	struct world w;
	struct listed_of of = { &w.db, SERVER, LSA_LIST };
	struct listed_words words = { .db = &w.db };
	struct buf out = { 0 };
	const struct lsa *chunk, *word;

	world_init(&w);
	world_say(&w, places[_i].said);
	listed_put(&out, &of, "");
	ck_assert_msg(strcmp((char *)out.p, places[_i].patterns) == 0, "%s: %s",
	    places[_i].what, (char *)out.p);
	chunk = listed_chunk(&of, places[_i].asked);
	ck_assert_msg((chunk == NULL) == (places[_i].chunk == NULL), "%s",
	    places[_i].what);
	if (chunk != NULL)
		ck_assert_str_eq(chunk->key.id, places[_i].chunk);
	word = listed_word(&words, SERVER, places[_i].asked);
	ck_assert_msg((word == NULL ? 0 : word->seq) == places[_i].word, "%s",
	    places[_i].what);
	listed_words_done(&words);
	buf_done(&out);
	world_done(&w);
}
END_TEST

/* Of each server one pattern after the other, whatever is asked between. */
START_TEST(the_newest_word_in_order)
{
	static const struct {
		const char *server, *pattern;
		uint64_t word;
	} asked[] = { { SERVER, "a.a", 1 }, { "i.x", "a.a", 0 },
		{ SERVER, "b.z", 1 }, { SERVER, "c.c", 5 }, { "i.x", "b.b", 7 },
		{ SERVER, "d.d", 5 }, { SERVER, "e.e", 6 },
		{ SERVER, "f.f", 8 }, { "i.x", "z.z", 7 },
		{ SERVER, "z.z", 8 } };
	struct world w;
	struct listed_words words = { .db = &w.db };

	world_init(&w);
	world_say(&w, "list ! h.x a.b; list d.d h.x e.f; list c.c h.x c.d;"
		      "list d.d h.x; list c.c h.x; list e.e h.x e.f;"
		      "list b.b i.x b.b; list f.f h.x");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const struct lsa *word =
		    listed_word(&words, asked[i].server, asked[i].pattern);

		ck_assert_msg((word == NULL ? 0 : word->seq) == asked[i].word,
		    "%s %s", asked[i].server, asked[i].pattern);
	}
	listed_words_done(&words);
	world_done(&w);
}
END_TEST

START_TEST(met_in_order)
{
	struct world w;
	struct listed_of of = { &w.db, SERVER, LSA_LIST };
	struct listed l;
	struct buf out = { 0 };

	world_init(&w);
	world_say(&w, "list ! h.x a.b b.b; list c.c h.x c.d e.f");
	listed_begin(&l, &of, "b.a");
	ck_assert_str_eq(l.pattern, "b.b");
	ck_assert_ptr_null(listed_meet(&l, "b.a"));
	ck_assert_str_eq(listed_meet(&l, "b.b")->key.id, "!");
	ck_assert_str_eq(listed_meet(&l, "b.b")->key.id, "!");
	ck_assert_ptr_null(listed_meet(&l, "c.c"));
	ck_assert_str_eq(listed_meet(&l, "e.f")->key.id, "c.c");
	ck_assert_ptr_null(listed_meet(&l, "z.z"));
	listed_put(&out, &of, "f.f");
	ck_assert_str_eq((char *)out.p, "");
	buf_done(&out);
	world_done(&w);
}
END_TEST

/* --- what has changed ----------------------------------------------------------- */

static const struct {
	const char *before, *change, *id, *moved;
} changes[] = {
	{ "list ! h.x a.b c.d", "list ! h.x a.b e.f", "!", "a.b c.d e.f" },
	/* parted: what the one before has behind it counts no more */
	{ "list ! h.x a.b c.d e.f", "list c.c h.x c.d", "c.c", "c.d e.f" },
	/* joined again: now it does */
	{ "list ! h.x a.b c.d e.f; list c.c h.x c.d", "list c.c h.x", "c.c",
	    "c.d e.f" },
	{ "list ! h.x a.b; list c.c h.x c.d", "list c.c h.x e.f", "c.c",
	    "c.d e.f" },
};

static void
moved_put(void *ctx, const char *pattern)
{
	struct buf *out = ctx;

	buf_printf(out, "%s%s", out->n > 0 ? " " : "", pattern);
}

START_TEST(what_moves_is_named)
{
	struct world w;
	struct news news = { 0 };
	struct buf out = { 0 };

	world_init(&w);
	world_say(&w, changes[_i].before);
	w.db.news = &news;
	world_say(&w, changes[_i].change);
	ck_assert_uint_eq(news.list.n, 1);
	listed_changed(
	    &w.db, &news.list.v[0].key, news.list.v[0].was, moved_put, &out);
	buf_u8(&out, 0);
	ck_assert_str_eq((char *)out.p, changes[_i].moved);
	w.db.news = NULL;
	news_done(&news);
	buf_done(&out);
	world_done(&w);
}
END_TEST

/* --- what follows from it -------------------------------------------------------- */

/* A chunk of so many, behind as many purges; the last of them is another one. */
static void
long_said(struct world *w, unsigned n, unsigned purges, unsigned last)
{
	struct buf out = { 0 };
	char *said;

	for (unsigned i = 0; i < purges; i++)
		buf_printf(&out, "list b%05u.x h.x;", i);
	buf_printf(&out, "list ! h.x");
	for (unsigned i = 0; i + 1 < n; i++)
		buf_printf(&out, " p%05u.x", i);
	buf_printf(&out, " q%05u.x", last);
	said = buf_string(&out);
	world_say(w, said);
	mem_free(said);
}

static const struct {
	unsigned n, gone;
	bool followed;
} moves[] = { { 500, 499, true }, { 600, 599, false }, { 600, 30, true } };

/* Where each claim that goes moves thousands, reading everything is cheaper. */
START_TEST(a_few_moves_are_followed)
{
	unsigned left = moves[_i].n - moves[_i].gone;
	struct world w;
	struct news news = { 0 };
	struct facts facts;

	world_init(&w);
	world_say(&w, "self z.x g; server h.x g nbr z.x");
	long_said(&w, moves[_i].n, 0, 1);
	facts_init(&facts, &w.in);
	ck_assert_uint_eq(facts.claims.n, moves[_i].n);
	w.db.news = &news;
	long_said(&w, left, 0, 1);
	ck_assert(facts_renew(&facts, &w.in, &news) == moves[_i].followed);
	if (moves[_i].followed)
		ck_assert_uint_eq(facts.claims.n, left);
	facts_done(&facts);
	w.db.news = NULL;
	news_done(&news);
	world_done(&w);
}
END_TEST

/* Another pattern of a long part costs no more than to read all of them: where
 * it stands is not looked for again for each. */
START_TEST(one_more_is_cheap)
{
	struct world w;
	struct news news = { 0 };
	struct facts facts;
	double all, one;

	world_init(&w);
	world_say(&w, "self z.x g; server h.x g nbr z.x");
	long_said(&w, 2500, 2000, 1);
	all = cpu_ms();
	facts_init(&facts, &w.in);
	all = cpu_ms() - all;
	w.db.news = &news;
	long_said(&w, 2500, 0, 2);
	one = cpu_ms();
	ck_assert(facts_renew(&facts, &w.in, &news));
	one = cpu_ms() - one;
	printf("# all %.2f ms, one more %.2f ms\n", all, one);
	ck_assert_uint_eq(facts.claims.n, 2500);
	ck_assert(one < 10 * all + 5);
	facts_done(&facts);
	w.db.news = NULL;
	news_done(&news);
	world_done(&w);
}
END_TEST

/* Whether mail waits for what has left is asked of one pattern after the other. */
START_TEST(many_that_wait_are_found)
{
	struct view_pending pending = { .n = 40000 };
	char pattern[32];
	double took;

	pending.v = mem_new(0, pending.n, sizeof(*pending.v));
	for (size_t i = 0; i < pending.n; i++) {
		snprintf(pattern, sizeof(pattern), "p%05zu.x", i);
		pending.v[i].pattern = mem_str(pattern);
	}
	took = cpu_ms();
	for (size_t i = 0; i < pending.n; i++)
		ck_assert(
		    view_pending_waits(&pending, pending.v[i].pattern, 0));
	took = cpu_ms() - took;
	printf("# %zu asked for in %.1f ms\n", pending.n, took);
	ck_assert(took < 500);
	view_pending_done(&pending);
}
END_TEST

/* Routes of which every second one was new before, and the others are now; none
 * moves all behind it. */
START_TEST(many_new_ones_join_many)
{
	enum { N = 60000 };
	struct route *routes = mem_new(0, N, sizeof(*routes));
	struct unheard all = { 0 };
	char pattern[32];
	double took = 0;

	for (size_t i = 0; i < N; i++) {
		snprintf(pattern, sizeof(pattern), "p%05zu.x", i);
		routes[i].pattern = mem_str(pattern);
	}
	for (size_t turn = 0; turn < 3; turn++) {
		struct rib_changes added = { 0 };
		struct mono now = { turn + 1 };

		for (size_t i = turn % 2; i < N; i += 2)
			vec_push(&added.list,
			    ((struct rib_change){ NULL, &routes[i] }));
		took -= cpu_ms();
		unheard_add(&all, &added, now);
		took += cpu_ms();
		vec_done(&added.list);
	}
	printf("# %d joined in %.1f ms\n", N, took);
	ck_assert_uint_eq(all.news.n, N);
	for (size_t i = 0; i < N; i++) {
		ck_assert_str_eq(all.news.v[i].name, routes[i].pattern);
		ck_assert_uint_eq(all.news.v[i].since.ms, i % 2 == 0 ? 3u : 2u);
		mem_free(routes[i].pattern);
	}
	ck_assert(took < 500);
	mem_free(routes);
	unheard_done(&all);
}
END_TEST

/* --- where a list is cut ---------------------------------------------------------- */

struct cut {
	char id[64];
	struct buf packed;
};

struct cuts {
	VEC(struct cut) v;
};

/* Patterns in their order, without one of them. */
static void
cut_all(struct cuts *cuts, char (*patterns)[64], size_t n, size_t without)
{
	const char *last = "";

	for (size_t i = 0; i < n; i++) {
		struct cut *cut =
		    cuts->v.n == 0 ? NULL : &cuts->v.v[cuts->v.n - 1];

		if (i == without)
			continue;
		if (cut == NULL ||
		    lsa_list_begins(patterns[i], cut->packed.n)) {
			vec_push(&cuts->v, ((struct cut){ .id = "" }));
			cut = &cuts->v.v[cuts->v.n - 1];
			snprintf(cut->id, sizeof(cut->id), "%s",
			    cuts->v.n == 1 ? LSA_LIST_FIRST : patterns[i]);
			last = "";
		}
		lsa_list_pack(&cut->packed, last, patterns[i]);
		last = patterns[i];
	}
}

static const struct cut *
cut_of(const struct cuts *cuts, const char *id)
{
	for (size_t i = 0; i < cuts->v.n; i++)
		if (strcmp(cuts->v.v[i].id, id) == 0)
			return &cuts->v.v[i];
	return NULL;
}

/* Chunks of the one that the other has not, or otherwise. */
static size_t
cuts_differ(const struct cuts *a, const struct cuts *b, size_t *octets)
{
	size_t n = 0;

	for (size_t i = 0; i < a->v.n; i++) {
		const struct cut *x = &a->v.v[i], *y = cut_of(b, x->id);

		if (y != NULL && y->packed.n == x->packed.n &&
		    memcmp(y->packed.p, x->packed.p, x->packed.n) == 0)
			continue;
		*octets += x->packed.n;
		n++;
	}
	return n;
}

static void
cuts_done(struct cuts *cuts)
{
	for (size_t i = 0; i < cuts->v.n; i++)
		buf_done(&cuts->v.v[i].packed);
	vec_done(&cuts->v);
}

#define MANY 20000

START_TEST(one_pattern_changes_one_chunk)
{
	char(*patterns)[64] = mem_new(0, MANY, sizeof(*patterns));
	struct cuts all = { 0 };
	size_t octets = 0;

	for (size_t i = 0; i < MANY; i++)
		snprintf(patterns[i], sizeof(patterns[i]),
		    "customer%06zu.example", i * 7);
	cut_all(&all, patterns, MANY, MANY);
	ck_assert_uint_gt(all.v.n, MANY / 512);
	ck_assert_uint_lt(all.v.n, MANY / 128);
	for (size_t i = 0; i < MANY; i += 97) {
		struct cuts less = { 0 };
		size_t n;

		cut_all(&less, patterns, MANY, i);
		n = cuts_differ(&less, &all, &octets);
		ck_assert_uint_ge(n, 1);
		ck_assert_uint_le(n, 2);
		cuts_done(&less);
	}
	ck_assert_uint_lt(octets / (MANY / 97), 8000);
	cuts_done(&all);
	mem_free(patterns);
}
END_TEST

/* Who makes up his patterns so that none begins a chunk is cut all the same,
 * and what follows is whole in an LSA. */
START_TEST(whoever_chooses_his_patterns_is_cut)
{
	struct buf packed = { 0 };
	char last[300] = "", one[300];
	size_t most = 0, chunks = 0;

	for (unsigned i = 0; i < 40000; i++) {
		snprintf(one, sizeof(one), "%0200u.a%05u.x", 0u, i);
		one[60] = one[120] = one[180] = '.';
		if (lsa_list_begins(one, 0))
			continue;
		if (lsa_list_begins(one, packed.n)) {
			chunks++;
			buf_reset(&packed);
			last[0] = '\0';
		}
		lsa_list_pack(&packed, last, one);
		snprintf(last, sizeof(last), "%s", one);
		most = packed.n > most ? packed.n : most;
	}
	ck_assert_uint_gt(chunks, 3);
	ck_assert_uint_le(most, LIMIT_LIST_PACKED);
	ck_assert_uint_lt(LIMIT_LIST_PACKED + 64, LIMIT_LSA_BODY);
	buf_done(&packed);
}
END_TEST

/* --- what older peers see ---------------------------------------------------------- */

START_TEST(older_peers_see_no_lists)
{
	struct world with, without;
	uint8_t whole[2][CRYPTO_DIGEST];
	struct lsa_key key = { "", "", 0 };
	const struct lsa *l;
	unsigned n = 0;

	world_init(&with);
	world_init(&without);
	world_say(
	    &without, "self z.x g; server h.x g; space b.c h.x; server i.x g");
	world_say(&with,
	    "self z.x g; server h.x g; space b.c h.x; server i.x g;"
	    "list ! h.x a.b; grant ! h.x a.b; grant ! k.x a.b");
	parts_whole(&with.db, PARTS_PLAIN, &world_seal, whole[0]);
	parts_whole(&without.db, PARTS_ALL, &world_seal, whole[1]);
	ck_assert(memcmp(whole[0], whole[1], CRYPTO_DIGEST) == 0);
	ck_assert(
	    memcmp(with.db.digest, without.db.digest, CRYPTO_DIGEST) == 0);
	ck_assert_uint_eq(with.db.lists, 3);
	parts_whole(&with.db, PARTS_ALL, &world_seal, whole[0]);
	ck_assert(memcmp(whole[0], whole[1], CRYPTO_DIGEST) != 0);
	for (unsigned i = 0; i < PARTS; i++) {
		struct parts_one one = { PARTS_PLAIN, i };

		key = (struct lsa_key){ "", "", 0 };
		while ((l = parts_after(&with.db, one, &key)) != NULL) {
			ck_assert(!lsa_is_list(l->key.type));
			key = l->key;
			n++;
		}
	}
	ck_assert_uint_eq(n, 3);
	world_done(&with);
	world_done(&without);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("core/listed");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, each_has_its_place, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	tcase_add_test(tc, the_newest_word_in_order);
	tcase_add_test(tc, met_in_order);
	tcase_add_loop_test(tc, what_moves_is_named, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_loop_test(tc, a_few_moves_are_followed, 0,
	    (int)(sizeof(moves) / sizeof(moves[0])));
	tcase_add_test(tc, one_more_is_cheap);
	tcase_add_test(tc, many_that_wait_are_found);
	tcase_add_test(tc, many_new_ones_join_many);
	tcase_add_test(tc, one_pattern_changes_one_chunk);
	tcase_add_test(tc, whoever_chooses_his_patterns_is_cut);
	tcase_add_test(tc, older_peers_see_no_lists);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
