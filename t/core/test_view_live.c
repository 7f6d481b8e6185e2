/*
 * test_view_live.c - a view that follows what changes, and a table that is
 * changed in place, beside those that are made of everything: in random nets of
 * every shape (shapes.h), after each of random changes, both give the same
 * table, octet for octet, the same keys that leave and the same topology
 * document; and what is told to have changed in the table is what has.
 *
 *     t/core/test_view_live            100 000 changes
 *     t/core/test_view_live N [SEED]   as many as one likes
 *     t/core/test_view_live --large N [SEED]   nets of 60 to 300 servers, of
 *                                      which each 50th change is compared
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "core/view/view.h"
#include "t/core/shapes.h"
#include "t/tap.h"

#define BATCHES 20
#define CHANGES 5000 /* a case */
#define NET 250      /* changes of one net */
#define LARGE 1000   /* of a large one, */
#define EACH 50      /* so many of which pass before it is compared */

struct living {
	struct world world;
	struct shapes shapes;
	struct rng rng;
	struct news news;
	struct view *view;
	struct rib *rib;
	struct view_pending pending;
	struct fresh fresh;
	struct rib_changes changes;
	size_t owns; /* what the setup has of us */
};

/* Certificates that allow something, but not everything. */
static bool
allows(const char *a, const char *b, uint32_t times)
{
	return (strlen(a) * 7 + (uint8_t)a[3] * 3 + (uint8_t)b[0] +
		   (uint8_t)b[1]) %
	           times !=
	       0;
}

static bool
live_relay(void *ctx, const char *origin, const char *pattern)
{
	(void)ctx;
	return allows(origin, pattern, 4);
}

static bool
live_claim(void *ctx, const char *origin, const char *pattern)
{
	(void)ctx;
	return allows(origin, pattern, 3);
}

static bool
live_connect(void *ctx, const char *origin, const char *group)
{
	(void)ctx;
	return group == NULL || allows(origin, group, 9);
}

/* What our setup has: the news does not tell of that. */
static size_t
owns_count(const struct setup *setup)
{
	size_t n = setup->nspaces;

	for (size_t i = 0; i < setup->nconnectors; i++)
		n += 1 + setup->connectors[i].nbridgeheads;
	return n;
}

static void
living_begin(struct living *l, uint64_t seed, bool large)
{
	struct shapes_how how = { 0 };

	memset(l, 0, sizeof(*l));
	l->rng.state = seed;
	world_init(&l->world);
	l->world.db.news = &l->news;
	how.shape = (enum shape)rng_below(&l->rng, SHAPES);
	how.seed = rng_next(&l->rng);
	if (large)
		how.n = 60 + (uint32_t)rng_below(&l->rng, SHAPES_ROOM - 59);
	shapes_begin(&l->shapes, &l->world, &how);
	if (seed % 2 == 0)
		world_say(&l->world, "listed b.x; listed i.x; listed p.x");
	l->owns = owns_count(&l->world.setup);
	l->world.setup.npeers = 1;
	l->world.in.may_relay = live_relay;
	l->world.in.may_claim = live_claim;
	if (seed % 3 == 0)
		l->world.in.may_connect = live_connect;
	for (uint32_t i = 1; i < l->shapes.n && i < 8; i++)
		if (rng_below(&l->rng, 3) == 0) {
			char line[32];

			snprintf(line, sizeof(line), "probe s%03u.x down", i);
			world_say(&l->world, line);
		}
}

static void
living_end(struct living *l)
{
	view_free(l->view);
	rib_free(l->rib);
	view_pending_done(&l->pending);
	fresh_done(&l->fresh);
	rib_changes_done(&l->changes);
	world_done(&l->world);
	news_done(&l->news);
}

static bool
pending_same(const struct view_pending *a, const struct view_pending *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (strcmp(a->v[i].pattern, b->v[i].pattern) != 0 ||
		    a->v[i].until.ms != b->v[i].until.ms ||
		    a->v[i].gone.ms != b->v[i].gone.ms ||
		    a->v[i].renewed != b->v[i].renewed)
			return false;
	return a->n == b->n;
}

/* All that a view says of itself. */
static void
view_put(struct buf *out, const struct view *view)
{
	struct json json = { .out = out };
	const char *const *away;
	size_t n;

	away = view_away(view, &n);
	for (size_t i = 0; i < n; i++)
		buf_text(out, away[i]);
	buf_u64(out, view_present(view));
	buf_u8(out, view_alone(view));
	view_export(&json, view);
}

static struct buf
said(const struct view *view, const struct rib *rib, bool all)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < rib->n; i++)
		route_encode(&out, &rib->routes[i]);
	if (all)
		view_put(&out, view);
	return out;
}

struct telling {
	const struct rib_changes *changes;
	size_t at;
	bool same;
};

static bool
same_or_none(const struct route *a, const struct route *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->pattern, b->pattern) == 0 && route_same_kept(a, b);
}

static void
told(void *ctx, const struct route *from, const struct route *to)
{
	struct telling *t = ctx;
	const struct rib_change *c = &t->changes->list.v[t->at];

	if (t->at++ >= t->changes->list.n)
		t->same = false;
	else
		t->same &=
		    same_or_none(c->from, from) && same_or_none(c->to, to);
}

static bool
is_told(
    const struct living *l, const struct rib *before, const struct rib *after)
{
	struct telling t = { .changes = &l->changes, .same = true };

	if (before == NULL)
		return l->changes.whole;
	rib_diff(before, after, told, &t);
	return t.same && t.at == l->changes.list.n;
}

static void
live_follow(struct living *l, struct view_table *table)
{
	*table = (struct view_table){ .rib = &l->rib,
		.pending = &l->pending,
		.fresh = &l->fresh,
		.changes = &l->changes,
		.due = MONO_NEVER };
	l->view = view_renew(l->view, &l->world.in, &l->news);
	news_clear(&l->news);
	view_table(l->view, table);
	view_settle(l->view);
}

/* All of it once more. */
static bool
is_same(struct living *l, bool all)
{
	struct view_pending pending = view_pending_copy(&l->pending);
	struct fresh fresh = fresh_copy(&l->fresh);
	struct view *whole = view_new(&l->world.in);
	struct rib *before = rib_copy(l->rib);
	struct rib *rib = view_rib(whole, before, &pending);
	struct view_table table;
	struct fresh_look look = { l->world.in.db, before,
		l->world.in.setup->group, l->world.in.now,
		fresh_transit_ms(l->world.in.setup->times.dead_ms) };
	struct mono due = fresh_hold(&fresh, &look, rib);
	struct buf want = said(whole, rib, all), got;
	bool same;

	live_follow(l, &table);
	got = said(l->view, l->rib, all);
	/* an empty one has no octets to point at */
	same = want.n == got.n &&
	       (got.n == 0 || memcmp(want.p, got.p, got.n) == 0) &&
	       pending_same(&pending, &l->pending) && due.ms == table.due.ms &&
	       is_told(l, before, rib);
	rib_free(before);
	rib_free(rib);
	view_free(whole);
	view_pending_done(&pending);
	fresh_done(&fresh);
	buf_done(&want);
	buf_done(&got);
	return same;
}

/* Most often one thing has changed, sometimes a few, seldom more than the
 * news can name. */
static uint32_t
change_some(struct living *l)
{
	uint32_t n = 1;

	if (rng_below(&l->rng, 8) == 0)
		n += (uint32_t)rng_below(&l->rng, 5);
	if (rng_below(&l->rng, 2000) == 0)
		n += NEWS_MAX;
	for (uint32_t i = 0; i < n; i++)
		shapes_change(&l->shapes);
	if (rng_below(&l->rng, 4) == 0 && l->world.in.nprobes > 0)
		l->world.probes[rng_below(&l->rng, l->world.in.nprobes)]
		    .verdict = (enum view_verdict)rng_below(&l->rng, 3);
	l->world.in.now.ms += rng_below(&l->rng, 3) * 100000;
	l->world.in.wall = l->world.in.now.ms / 1000;
	if (owns_count(&l->world.setup) != l->owns) {
		view_free(l->view);
		l->view = NULL;
	}
	l->owns = owns_count(&l->world.setup);
	return n;
}

/* Changes of one net; returns after how many it was another, 0: never. */
static uint32_t
net_differs(uint64_t seed, bool large)
{
	struct living *l = mem_new(sizeof(*l), 0, 0);
	uint32_t differs = 0, n = large ? LARGE : NET;
	struct view_table table;

	living_begin(l, seed, large);
	for (uint32_t i = 1; i <= n && differs == 0; i++) {
		if (large && i % EACH != 0)
			live_follow(l, &table);
		else if (!is_same(l, large || i % 4 == 0))
			differs = i;
		change_some(l);
	}
	living_end(l);
	mem_free(l);
	return differs;
}

START_TEST(like_the_whole_one)
{
	for (uint64_t i = 0; i < CHANGES / NET; i++) {
		uint64_t seed = (uint64_t)_i * (CHANGES / NET) + i + 1;
		uint32_t at = net_differs(seed, false);

		ck_assert_msg(at == 0, "seed %llu, change %u",
		    (unsigned long long)seed, at);
	}
}
END_TEST

static int
by_command(uint64_t changes, uint64_t seed, bool large)
{
	uint64_t net = large ? LARGE : NET, nets = (changes + net - 1) / net;

	for (uint64_t i = 0; i < nets; i++) {
		uint32_t at = net_differs(seed + i, large);

		if (at != 0) {
			printf("seed %llu, change %u: another table\n",
			    (unsigned long long)(seed + i), at);
			return 1;
		}
	}
	printf("%llu changes of %llu nets: the same\n",
	    (unsigned long long)(nets * net), (unsigned long long)nets);
	return 0;
}

int
main(int argc, char **argv)
{
	bool large = argc > 2 && strcmp(argv[1], "--large") == 0;
	Suite *suite;
	TCase *tc;

	argc -= large;
	argv += large;
	if (argc > 1)
		return by_command(strtoull(argv[1], NULL, 10),
		    argc > 2 ? strtoull(argv[2], NULL, 10) : 1, large);
	suite = suite_create("view, followed");
	tc = tcase_create("random");
	tcase_set_timeout(tc, 240);
	tcase_add_loop_test(tc, like_the_whole_one, 0, BATCHES);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
