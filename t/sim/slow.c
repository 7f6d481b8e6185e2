/*
 * slow.c - a large database, a slow line, and somebody who has nothing yet:
 * drawn from a seed. What has come when the line breaks is in proportion to
 * what the line carries, however far the summary has got; and nobody gives up
 * an exchange that goes on, however long it takes.
 */

#include <jansson.h>
#include <stdio.h>

#include "t/sim/cable.h"
#include "t/sim/chance.h"
#include "t/sim/plan.h"
#include "t/sim/world.h"

#define LSA_OCTETS 400 /* of one, with what names it and asks for it */
#define HUGE_EACH 6    /* so many seeds of these: a database of 10 000 LSAs */
#define HUGE_SERVERS 3
#define DIAL_MS 20000 /* the longest between two attempts, and its quarter */

static uint64_t
status_of(struct world *world, struct node *node, const char *key)
{
	json_t *status = json_loads(
	    world_ask(world, node, "status"), JSON_DISABLE_EOF_CHECK, NULL);
	uint64_t v = (uint64_t)json_integer_value(json_object_get(status, key));

	json_decref(status);
	return v;
}

struct slow {
	struct world *world;
	struct node *full, *empty; /* the line is between these */
	uint32_t rate;
	uint64_t unasked; /* what goes out before anybody can ask for it */
};

/* The line breaks after a while. */
static void
broken(struct slow *slow, uint64_t dial_ms, uint64_t s)
{
	struct world *world = slow->world;
	uint64_t had = status_of(world, slow->empty, "lsas"), has;
	uint64_t octets = s * slow->rate - slow->unasked;

	world_run(world, dial_ms + s * 1000);
	has = status_of(world, slow->empty, "lsas");
	if (status_of(world, slow->empty, "full") == 0 &&
	    has < had + octets / LSA_OCTETS / 2)
		world_fail(world, "%llu LSAs after %llu s, and %llu before",
		    (unsigned long long)has, (unsigned long long)s,
		    (unsigned long long)had);
	cable_path(world, slow->full, slow->empty, PATH_REFUSED);
	world_run(world, 100);
	cable_path(world, slow->full, slow->empty, PATH_OPEN);
}

static struct node *
host_full(struct world *world, size_t number, size_t spaces)
{
	struct setup_space space = { .relay = true };
	char text[48];
	struct node *node;

	snprintf(text, sizeof(text), "a%zu", number);
	node = plan_host(world, text, "one");
	snprintf(text, sizeof(text), "far.a%zu.example", number);
	space.pattern = world_text(world, text);
	plan_spaces(node, &space, spaces);
	return node;
}

/* So many servers with so many spaces each; another one has nothing yet. */
static void
slow_begin(struct slow *slow, size_t servers, size_t spaces)
{
	struct world *world = slow->world;
	struct line line = { .rate = slow->rate };

	world->large = true;
	for (size_t i = 0; i < servers; i++)
		slow->full = host_full(world, i, spaces);
	slow->empty = plan_host(world, "b", "two");
	plan_peers(slow->full, slow->empty);
	for (size_t i = 0; i < servers; i++)
		world_start(world, &world->nodes[i], DISK_KEPT);
	world_run(world, 30000);
	cable_line(world, slow->full, slow->empty, &line);
	world_start(world, slow->empty, DISK_KEPT);
}

/* A summary alone fills the line for longer than the part of it that the
 * transport has at once: what was asked for goes before the rest. */
static void
huge_play(struct world *world)
{
	size_t spaces = 3000 + (size_t)rng_below(&world->rng, 1000);
	struct slow slow = { .world = world,
		.rate = 15000 + (uint32_t)rng_below(&world->rng, 5000),
		.unasked = LIMIT_UNSENT_OCTETS };

	slow_begin(&slow, HUGE_SERVERS, spaces);
	broken(&slow, 0, 20 + rng_below(&world->rng, 10));
}

void
slow_play(struct world *world)
{
	size_t n = 400 + (size_t)rng_below(&world->rng, 600);
	uint64_t breaks = rng_below(&world->rng, 3);
	struct slow slow = { .world = world,
		.rate = 1500 + (uint32_t)rng_below(&world->rng, 2000) };

	if (rng_below(&world->rng, HUGE_EACH) == 0) {
		huge_play(world);
		return;
	}
	slow_begin(&slow, 1, n);
	for (uint64_t i = 0; i < breaks && world->failed == NULL; i++)
		broken(&slow, DIAL_MS, 20 + rng_below(&world->rng, 30));
	if (world->failed == NULL)
		world_run(world, DIAL_MS + n * LSA_OCTETS * 1000 / slow.rate);
	if (world->failed == NULL && status_of(world, slow.empty, "full") != 1)
		world_fail(world, "not full in its time");
	if (world->failed == NULL &&
	    slow.full->given_up + slow.empty->given_up > 0)
		world_fail(world, "an exchange that went on was given up");
}
