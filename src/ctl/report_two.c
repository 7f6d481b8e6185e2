/*
 * report_two.c - two failures at once: what they cut off together and neither
 * alone.
 *
 * There are as many pairs as the square of what may fail, so only the most
 * used are tried where there are too many: an element that carries little
 * seldom is what a way round another needs. What was tried is counted.
 */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/report.h"

#define SETS_OCTETS (UINT64_C(256) << 20) /* of single failures */

struct two {
	struct report *r;
	size_t *which; /* failures, those that move most first */
	size_t n;      /* of them are paired */
	size_t words;
	uint64_t **sets;  /* what each alone takes, in this order */
	uint32_t *counts; /* by pattern */
	struct judge_verdict v;
};

struct carrying {
	uint64_t routes;
	size_t which;
};

static int
by_carried(const void *a, const void *b)
{
	const struct carrying *x = a, *y = b;

	if (x->routes != y->routes)
		return x->routes < y->routes ? 1 : -1;
	return (x->which > y->which) - (x->which < y->which);
}

/* So many elements that their pairs are at most this many, and that there is
 * room for what each takes. */
static size_t
how_many(const struct report *r, uint64_t most, size_t words)
{
	uint64_t room = SETS_OCTETS / (8 * (words + 1)), n = r->failures.n;

	if (n > room)
		n = room;
	while (n > 1 && n * (n - 1) / 2 > most)
		n--;
	return (size_t)n;
}

static void
two_choose(struct two *t, uint64_t most)
{
	const struct report *r = t->r;
	size_t n = r->failures.n;
	struct carrying *all = mem_new(0, n + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		const struct report_failure *f = &r->failures.v[i];

		all[i] = (struct carrying){ f->moved + f->cut + f->lost, i };
	}
	qsort(all, n, sizeof(*all), by_carried);
	t->words = judge_words(r->judge);
	t->n = how_many(r, most, t->words);
	t->which = mem_new(0, t->n + 1, sizeof(*t->which));
	t->sets = mem_new(0, t->n + 1, sizeof(*t->sets));
	for (size_t i = 0; i < t->n; i++)
		t->which[i] = all[i].which;
	mem_free(all);
}

static void
two_alone(struct two *t)
{
	for (size_t i = 0; i < t->n; i++) {
		t->sets[i] = mem_new(0, t->words + 1, sizeof(uint64_t));
		t->v.set = t->sets[i];
		judge_failure(
		    t->r->judge, &t->r->failures.v[t->which[i]].is, &t->v);
	}
}

static void
both_make(struct judge_failure *both, const struct judge_failure *f)
{
	for (size_t i = 0; i < f->servers.n; i++) {
		size_t k = 0;

		while (k < both->servers.n &&
		       both->servers.v[k] != f->servers.v[i])
			k++;
		if (k == both->servers.n)
			vec_push(&both->servers, f->servers.v[i]);
	}
	for (size_t i = 0; i < f->steps.n; i++)
		vec_push(&both->steps, f->steps.v[i]);
}

/* The routes that are in the set of both, and in that of neither alone, by
 * pattern. */
static uint64_t
more_count(struct two *t, size_t a, size_t b)
{
	uint32_t npatterns = judge_patterns(t->r->judge);
	uint64_t more = 0;

	for (size_t w = 0; w < t->words; w++) {
		uint64_t left = t->v.set[w] & ~t->sets[a][w] & ~t->sets[b][w];

		for (; left != 0; left &= left - 1) {
			size_t bit = w * 64 + (size_t)__builtin_ctzll(left);

			t->counts[bit % npatterns]++;
			more++;
		}
	}
	return more;
}

static int
by_count(const void *a, const void *b)
{
	const struct judge_count *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->which < y->which ? -1 : 1;
}

/* What was counted becomes a finding. */
static void
pair_add(struct two *t, size_t a, size_t b, uint64_t more)
{
	struct report_pair pair = {
		.a = t->which[a], .b = t->which[b], .more = more
	};
	VEC(struct judge_count) all = { 0 };

	for (uint32_t p = 0; p < judge_patterns(t->r->judge); p++)
		if (t->counts[p] > 0)
			vec_push(
			    &all, ((struct judge_count){ p, t->counts[p] }));
	memset(t->counts, 0, judge_patterns(t->r->judge) * sizeof(*t->counts));
	pair.npatterns = all.n;
	qsort(all.v, all.n, sizeof(*all.v), by_count);
	for (size_t i = 0; i < all.n && i < REPORT_NAMED; i++)
		vec_push(&pair.patterns, all.v[i]);
	vec_done(&all);
	if (pair.a > pair.b) {
		pair.a = t->which[b];
		pair.b = t->which[a];
	}
	vec_push(&t->r->together, pair);
}

static void
pair_try(struct two *t, size_t a, size_t b)
{
	const struct report_failure *f = t->r->failures.v;
	struct judge_failure both = { 0 };
	uint64_t more;

	both_make(&both, &f[t->which[a]].is);
	both_make(&both, &f[t->which[b]].is);
	judge_failure(t->r->judge, &both, &t->v);
	more = t->v.cut + t->v.lost == 0 ? 0 : more_count(t, a, b);
	if (more > 0)
		pair_add(t, a, b, more);
	vec_done(&both.servers);
	vec_done(&both.steps);
}

static int
by_more_together(const void *a, const void *b)
{
	const struct report_pair *x = a, *y = b;

	if (x->more != y->more)
		return x->more < y->more ? 1 : -1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

static void
two_done(struct two *t)
{
	for (size_t i = 0; i < t->n; i++)
		mem_free(t->sets[i]);
	mem_free(t->sets);
	mem_free(t->which);
	mem_free(t->counts);
	judge_verdict_done(&t->v);
}

void
report_two(
    struct report *r, uint64_t most, const struct report_progress *progress)
{
	struct two t = { .r = r };
	uint64_t n = r->failures.n, all;
	uint64_t *set;

	r->two = true;
	r->pairs = n < 2 ? 0 : n * (n - 1) / 2;
	if (r->pairs == 0)
		return;
	two_choose(&t, most);
	t.counts =
	    mem_new(0, (size_t)judge_patterns(r->judge) + 1, sizeof(*t.counts));
	two_alone(&t);
	set = mem_new(0, t.words + 1, sizeof(*set));
	t.v.set = set;
	all = (uint64_t)t.n * (t.n - (t.n > 0)) / 2;
	for (size_t a = 0; a < t.n; a++)
		for (size_t b = a + 1; b < t.n; b++) {
			pair_try(&t, a, b);
			r->pairs_tried++;
			if (progress != NULL &&
			    (r->pairs_tried % 64 == 0 || r->pairs_tried == all))
				progress->tell("pairs", (size_t)r->pairs_tried,
				    (size_t)all);
		}
	if (r->together.n > 1)
		qsort(r->together.v, r->together.n, sizeof(*r->together.v),
		    by_more_together);
	mem_free(set);
	two_done(&t);
}
