#include "t/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "t/sim/cable.h"
#include "t/sim/disk.h"
#include "t/sim/host.h"
#include "t/sim/post.h"
#include "t/sim/rule.h"

struct world *
world_new(uint64_t seed)
{
	struct world *world = mem_new(sizeof(*world), 0, 0);

	world->seed = seed;
	world->rng.state = seed;
	world->now.ms = 1000;
	world->trace = seed;
	rule_init(world);
	return world;
}

void
world_free(struct world *world)
{
	while (agenda_next(&world->agenda).ms != UINT64_MAX)
		happening_free(agenda_take(&world->agenda));
	for (size_t i = 0; i < world->n; i++)
		host_free(&world->nodes[i]);
	cable_done(world);
	rule_done(world);
	post_free(world->post);
	for (size_t i = 0; i < world->strings.n; i++)
		mem_free(world->strings.v[i]);
	vec_done(&world->strings);
	agenda_done(&world->agenda);
	mem_free(world->failed);
	mem_free(world);
}

char *
world_text(struct world *world, const char *text)
{
	char *copy = mem_str(text);

	vec_push(&world->strings, copy);
	return copy;
}

static void
delays_draw(struct world *world, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		uint32_t ms = 1 + (uint32_t)rng_below(&world->rng, 20);

		world->delay_ms[i][j] = world->delay_ms[j][i] = ms;
	}
}

struct node *
world_add(struct world *world, const char *name, const char *group)
{
	struct node *node = &world->nodes[world->n];
	char server[128];

	CHECK(world->n < WORLD_NODES);
	snprintf(server, sizeof(server), "%s%s", name, WORLD_ZONE);
	node->world = world;
	node->name = world_text(world, name);
	node->addr = (struct addr){ .family = 4,
		.ip = { 10, 0, 0, (uint8_t)(world->n + 1) } };
	node->host_up = node->mail_up = true;
	node->wake = MONO_NEVER;
	host_init(node, world_text(world, server), world_text(world, group));
	delays_draw(world, world->n++);
	return node;
}

void
world_mark(const struct node *node, uint32_t number, uint8_t out[CRYPTO_PUBLIC])
{
	cheap_seal_key(node->name, 1000 + number, out);
}

struct node *
world_find(struct world *world, const char *name)
{
	size_t n = strcspn(name, ".");

	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];

		if (strcmp(node->name, name) == 0 ||
		    (strcmp(node->conf.server, name) == 0 &&
			strlen(node->name) == n))
			return node;
	}
	return NULL;
}

struct node *
world_at(struct world *world, const struct addr *addr)
{
	for (size_t i = 0; i < world->n; i++)
		if (addr_same_ip(&world->nodes[i].addr, addr) ||
		    (addr->family == 6 &&
			addr_same_ip(&world->nodes[i].six, addr)))
			return &world->nodes[i];
	return NULL;
}

static size_t
index_of(const struct world *world, const struct node *node)
{
	return (size_t)(node - world->nodes);
}

uint64_t
world_delay(struct world *world, const struct node *a, const struct node *b)
{
	uint32_t ms = world->delay_ms[index_of(world, a)][index_of(world, b)];

	return ms + rng_below(&world->rng, 1 + ms / 4);
}

enum path
world_peer_path(
    const struct world *world, const struct node *a, const struct node *b)
{
	return world->peer_path[index_of(world, a)][index_of(world, b)];
}

enum path
world_mail_path(
    const struct world *world, const struct node *from, const struct node *to)
{
	return world->mail_path[index_of(world, from)][index_of(world, to)];
}

bool
world_mail(
    const struct world *world, const struct node *from, const struct node *to)
{
	return from->host_up && to->host_up && to->mail_up &&
	       world_mail_path(world, from, to) == PATH_OPEN;
}

bool
world_runs(const struct node *node)
{
	return node->engine != NULL && !node->hung;
}

uint64_t
world_wall(const struct world *world, const struct node *node)
{
	int64_t ms = (int64_t)mono_since(node->drifts_since, world->now);

	return WORLD_WALL + world->now.ms / 1000 + (uint64_t)node->ahead_s +
	       (uint64_t)(node->drift_ppm * ms / 1000000000);
}

void
world_fail(struct world *world, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (world->failed != NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	world->failed = mem_str(text);
}

void
world_note(const struct world *world, const char *fmt, ...)
{
	va_list ap;

	if ((world->how & WORLD_VERBOSE) == 0)
		return;
	printf("# %9.3f ", (double)world->now.ms / 1000);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void
world_dump(struct world *world)
{
	static const char *const questions[] = { "status", "peers", "links",
		"routes", "db" };
	uint64_t trace = world->trace; /* without our looking */

	if ((world->how & WORLD_VERBOSE) == 0)
		return;
	for (size_t i = 0; i < world->n; i++)
		for (size_t k = 0; k < 5; k++) {
			const char *s =
			    world_ask(world, &world->nodes[i], questions[k]);

			while (*s != '\0') {
				size_t n = strcspn(s, "\n");

				printf("# %s %s %.*s\n", world->nodes[i].name,
				    questions[k], (int)n, s);
				s += n + (s[n] == '\n');
			}
		}
	world->trace = trace;
}

struct happening *
happening_new(struct node *node, enum happens kind)
{
	struct happening *h = mem_new(sizeof(*h), 0, 0);

	h->kind = kind;
	h->node = node;
	h->life = node->life;
	return h;
}

void
happening_free(struct happening *h)
{
	buf_done(&h->bytes);
	mem_free(h->name);
	mta_table_done(&h->table);
	mem_free(h);
}

void
world_later(struct world *world, uint64_t ms, struct happening *h)
{
	agenda_add(&world->agenda, mono_after(world->now, ms), h);
}

static void
happen(struct world *world, struct happening *h)
{
	if (h->kind == HAPPENS_DIAL || h->kind == HAPPENS_SEGMENT ||
	    h->kind == HAPPENS_DRAINED) {
		cable_happens(world, h);
		return;
	}
	if (h->kind == HAPPENS_LETTER)
		post_happens(world, h);
	else
		host_happens(world, h);
}

/* The node that wakes first, or NULL. */
static struct node *
sleeper(struct world *world)
{
	struct node *first = NULL;

	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];

		if (!world_runs(node))
			continue;
		if (first == NULL || node->wake.ms < first->wake.ms)
			first = node;
	}
	return first;
}

static void
one_step(struct world *world, struct mono until)
{
	struct mono next = agenda_next(&world->agenda);
	struct node *node = sleeper(world);

	if (node != NULL && node->wake.ms < next.ms) {
		if (node->wake.ms > until.ms) {
			world->now = mono_after(until, 1);
			return;
		}
		if (node->wake.ms > world->now.ms)
			world->now = node->wake;
		host_tick(world, node);
		return;
	}
	if (next.ms > until.ms) {
		world->now = mono_after(until, 1);
		return;
	}
	world->now = next;
	happen(world, agenda_take(&world->agenda));
}

void
world_run(struct world *world, uint64_t ms)
{
	struct mono until = mono_after(world->now, ms);

	while (world->now.ms <= until.ms && world->failed == NULL)
		one_step(world, until);
}
