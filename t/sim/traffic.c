#include "t/sim/traffic.h"

#include <string.h>

#include "base/check.h"
#include "core/trace/backlog.h"
#include "core/wire/report.h"
#include "t/sim/disk.h"
#include "t/sim/host.h"

#define TICK_MS 1000
#define LATE_S 60

/* A message at a host. */
struct message {
	uint64_t came;
	struct node *to; /* the hop it was routed to; NULL: to be routed */
};

/* Messages for one pattern, the oldest first. */
struct pile {
	const char *pattern;
	uint32_t rate; /* that begin here, a second */
	uint64_t arrived;
	VEC(struct message) waiting;
};

struct post {
	VEC(struct pile) piles;
	uint32_t takes, taken;           /* a second; in this one */
	struct report told[WORLD_NODES]; /* of each hop, in this second */
	bool silent;                     /* nobody reports */
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
			vec_done(&t->posts[i].piles.v[k].waiting);
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
traffic_takes(struct traffic *t, struct node *node, uint32_t rate)
{
	node->takes_none = rate == 0;
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

enum offered { TAKEN, REFUSED, FAILED, SLOW };

static enum offered
offer(struct traffic *t, struct node *from, struct node *to)
{
	struct post *post = post_of(t, to);
	struct report *told = &post_of(t, from)->told[to - t->world->nodes];

	told->kind = REPORT_EVIDENCE;
	told->hop = to->conf.announced.smtp[0];
	/* Of two with one identity, each may be the other's hop, and is found
	 * here by that name. */
	if (from == to || !world_mail(t->world, from, to)) {
		told->count[REPORT_FAILED] = 1;
		return FAILED;
	}
	if (post->takes == 0) {
		told->count[REPORT_REPLIES]++;
		return REFUSED;
	}
	if (post->taken == post->takes)
		return SLOW;
	post->taken++;
	told->count[REPORT_OK]++;
	return TAKEN;
}

/* One message is tried; false: it waits on. As Postfix does, one that only
 * waits for a slow hop stays with it; one that nobody took is routed anew. */
static bool
message_try(struct traffic *t, struct node *node, const struct route *route,
    struct message *message)
{
	for (size_t i = 0; i < route->nhops; i++) {
		struct node *to = message->to;

		if (to == NULL)
			to = world_find(t->world, route->hop[i].name);
		message->to = NULL;
		switch (offer(t, node, to)) {
		case TAKEN:
			vec_push(&pile_get(t, to, route->pattern)->waiting,
			    ((struct message){ t->world->now.ms, NULL }));
			return true;
		case SLOW:
			message->to = to;
			return false;
		case REFUSED:
		case FAILED:
			break;
		}
	}
	return false;
}

/* What waits is tried, the oldest first. */
static void
pile_try(struct traffic *t, struct node *node, struct pile *pile)
{
	const struct route *route = mta_table_find(&node->table, pile->pattern);
	size_t left = 0;

	if (route == NULL || route->kind == ROUTE_HOLD)
		return;
	if (route->kind != ROUTE_REMOTE) {
		pile->arrived += pile->waiting.n;
		pile->waiting.n = 0;
		return;
	}
	for (size_t i = 0; i < pile->waiting.n; i++)
		if (!message_try(t, node, route, &pile->waiting.v[i]))
			pile->waiting.v[left++] = pile->waiting.v[i];
	pile->waiting.n = left;
}

static void
posts_report(struct traffic *t, struct node *node)
{
	struct post *post = post_of(t, node);

	for (size_t i = 0; i < t->world->n; i++) {
		if (post->told[i].hop.family != 0)
			report(t, node, &post->told[i]);
		memset(&post->told[i], 0, sizeof(post->told[i]));
	}
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
		struct backlog_wait wait = { .now = wall(t->world),
			.late_s = LATE_S };

		for (size_t k = 0; k < pile->waiting.n; k++) {
			struct buf to = { 0 };
			char *address;

			buf_printf(&to, "u%zu@%s", k, pile->pattern);
			wait.recipient = address = buf_string(&to);
			wait.came = WORLD_WALL + pile->waiting.v[k].came / 1000;
			wait.deferred = pile->waiting.v[k].to == NULL;
			backlog_add(&post->backlog, &wait);
			mem_free(address);
		}
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
			node->conf.congestion.ms ==
		    0)
			queue_read(t, node);
	}
}

static void
tick(struct traffic *t)
{
	struct world *world = t->world;
	struct message new = { .came = world->now.ms };

	for (size_t i = 0; i < world->n; i++) {
		struct post *post = &t->posts[i];

		post->taken = 0;
		for (size_t k = 0; k < post->piles.n; k++)
			for (uint32_t n = 0; n < post->piles.v[k].rate; n++)
				vec_push(&post->piles.v[k].waiting, new);
	}
	queues_read(t);
	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];

		for (size_t k = 0; k < t->posts[i].piles.n; k++)
			pile_try(t, node, &t->posts[i].piles.v[k]);
		posts_report(t, node);
	}
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
		n += post->piles.v[i].waiting.n;
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
