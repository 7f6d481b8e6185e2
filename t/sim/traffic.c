#include "t/sim/traffic.h"

#include <string.h>

#include "base/check.h"
#include "core/backlog.h"
#include "core/report.h"
#include "t/sim/host.h"

#define TICK_MS 1000
#define LATE_S 60

/* Messages for one pattern: when each came to this host. */
struct pile {
	const char *pattern;
	uint32_t rate; /* that begin here, a second */
	uint64_t arrived;
	VEC(uint64_t) came;
};

struct post {
	VEC(struct pile) piles;
	uint32_t takes, taken; /* a second; in this one */
	bool silent;           /* nobody reports */
	struct backlog backlog;
	uint64_t serial; /* of the table it knows */
};

struct traffic {
	struct world *world;
	struct post posts[WORLD_NODES];
};

struct traffic *
traffic_new(struct world *world)
{
	struct traffic *t = mem_new(sizeof(*t), 0, 0);

	t->world = world;
	for (size_t i = 0; i < WORLD_NODES; i++)
		t->posts[i].takes = UINT32_MAX;
	return t;
}

void
traffic_free(struct traffic *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < WORLD_NODES; i++) {
		for (size_t k = 0; k < t->posts[i].piles.n; k++)
			vec_done(&t->posts[i].piles.v[k].came);
		vec_done(&t->posts[i].piles);
		backlog_done(&t->posts[i].backlog);
	}
	mem_free(t);
}

static struct post *
post_of(struct traffic *t, const struct node *node)
{
	return &t->posts[node - t->world->nodes];
}

static struct pile *
pile_get(struct traffic *t, const struct node *node, const char *pattern)
{
	struct post *post = post_of(t, node);

	for (size_t i = 0; i < post->piles.n; i++)
		if (strcmp(post->piles.v[i].pattern, pattern) == 0)
			return &post->piles.v[i];
	vec_push(&post->piles,
	    ((struct pile){ .pattern = world_text(t->world, pattern) }));
	return &post->piles.v[post->piles.n - 1];
}

void
traffic_flow(
    struct traffic *t, struct node *from, const char *pattern, uint32_t rate)
{
	pile_get(t, from, pattern)->rate = rate;
}

void
traffic_takes(struct traffic *t, const struct node *node, uint32_t rate)
{
	post_of(t, node)->takes = rate;
}

void
traffic_reports(struct traffic *t, const struct node *node, bool on)
{
	post_of(t, node)->silent = !on;
}

static void
report(struct traffic *t, struct node *node, const struct report *r)
{
	struct happening *h;

	if (node->engine == NULL || post_of(t, node)->silent)
		return;
	h = happening_new(node, HAPPENS_INPUT);
	h->in.kind = IN_REPORT;
	report_encode(&h->bytes, r);
	world_later(t->world, 1, h);
}

/* How many of `n` messages the next hop takes now. */
static size_t
offer(
    struct traffic *t, struct node *from, const struct route_hop *hop, size_t n)
{
	struct node *to = world_find(t->world, hop->name);
	struct report r = { .kind = REPORT_EVIDENCE, .hop = hop->addr };
	struct post *post = post_of(t, to);
	size_t room = post->takes - post->taken;

	if (!world_mail(t->world, from, to)) {
		r.count[REPORT_FAILED] = 1;
		n = 0;
	} else if (post->takes == 0) {
		r.count[REPORT_TURNED] = n;
		n = 0;
	} else {
		n = n < room ? n : room;
		post->taken += (uint32_t)n;
		r.count[REPORT_OK] = n;
		if (n == 0)
			return 0; /* it is only slow */
	}
	report(t, from, &r);
	return n;
}

/* What waits is tried, the oldest first. */
static void
pile_try(struct traffic *t, struct node *node, size_t at)
{
	struct pile *pile = &post_of(t, node)->piles.v[at];
	const struct route *route = mta_table_find(&node->table, pile->pattern);
	size_t left = pile->came.n, moved = 0;

	if (route == NULL || route->kind == ROUTE_HOLD)
		return;
	if (route->kind != ROUTE_REMOTE) {
		pile->arrived += left;
		pile->came.n = 0;
		return;
	}
	for (size_t i = 0; i < route->nhops && left > 0; i++) {
		struct node *to = world_find(t->world, route->hop[i].name);
		size_t n = offer(t, node, &route->hop[i], left);
		struct pile *there = pile_get(t, to, pile->pattern);

		for (size_t k = 0; k < n; k++)
			vec_push(&there->came, t->world->now.ms);
		moved += n;
		left -= n;
		/* A slow hop makes them wait; only a refusal sends them on. */
		if (n > 0 || (world_mail(t->world, node, to) &&
				 post_of(t, to)->takes > 0))
			break;
	}
	memmove(
	    pile->came.v, pile->came.v + moved, left * sizeof(pile->came.v[0]));
	pile->came.n = left;
}

static uint64_t
wall(const struct world *world)
{
	return WORLD_WALL + world->now.ms / 1000;
}

/* The MTA's queue is read, as io/congest.c does. */
static void
queue_read(struct traffic *t, struct node *node)
{
	struct post *post = post_of(t, node);
	struct report r;

	backlog_begin(&post->backlog);
	for (size_t i = 0; i < post->piles.n; i++) {
		const struct pile *pile = &post->piles.v[i];
		struct buf to = { 0 };
		char *address;

		buf_printf(&to, "u@%s", pile->pattern);
		address = buf_string(&to);
		for (size_t k = 0; k < pile->came.n; k++)
			backlog_add(&post->backlog, address,
			    WORLD_WALL + pile->came.v[k] / 1000, wall(t->world),
			    LATE_S);
		mem_free(address);
	}
	while (backlog_next(&post->backlog, &r))
		report(t, node, &r);
}

static void
queues_read(struct traffic *t)
{
	for (size_t i = 0; i < t->world->n; i++) {
		struct node *node = &t->world->nodes[i];
		struct post *post = &t->posts[i];
		struct rib rib = { .routes = node->table.routes,
			.n = node->table.n };

		if (post->serial != node->table.serial)
			backlog_table(&post->backlog, &rib, wall(t->world));
		post->serial = node->table.serial;
		if (t->world->now.ms / TICK_MS * TICK_MS %
			node->conf.congestion_ms ==
		    0)
			queue_read(t, node);
	}
}

static void
tick(struct traffic *t)
{
	struct world *world = t->world;

	for (size_t i = 0; i < world->n; i++) {
		struct post *post = &t->posts[i];

		post->taken = 0;
		for (size_t k = 0; k < post->piles.n; k++)
			for (uint32_t n = 0; n < post->piles.v[k].rate; n++)
				vec_push(&post->piles.v[k].came, world->now.ms);
	}
	queues_read(t);
	for (size_t i = 0; i < world->n; i++)
		for (size_t k = 0; k < t->posts[i].piles.n; k++)
			if (t->posts[i].piles.v[k].came.n > 0)
				pile_try(t, &world->nodes[i], k);
}

void
traffic_run(struct traffic *t, uint64_t ms)
{
	for (; ms > 0 && t->world->failed == NULL; ms -= TICK_MS) {
		CHECK(ms >= TICK_MS);
		tick(t);
		world_run(t->world, TICK_MS);
	}
}

size_t
traffic_waiting(const struct traffic *t, const struct node *node)
{
	const struct post *post = &t->posts[node - t->world->nodes];
	size_t n = 0;

	for (size_t i = 0; i < post->piles.n; i++)
		n += post->piles.v[i].came.n;
	return n;
}

uint64_t
traffic_arrived(const struct traffic *t, const char *pattern)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->world->n; i++)
		for (size_t k = 0; k < t->posts[i].piles.n; k++)
			if (strcmp(t->posts[i].piles.v[k].pattern, pattern) ==
			    0)
				n += t->posts[i].piles.v[k].arrived;
	return n;
}
