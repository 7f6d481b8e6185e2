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
#define DIAL_MS 20000  /* the longest between two attempts, and its quarter */

static uint64_t
status_of(struct world *world, struct node *node, const char *key)
{
	json_t *status = json_loads(
	    world_ask(world, node, "status"), JSON_DISABLE_EOF_CHECK, NULL);
	uint64_t v = (uint64_t)json_integer_value(json_object_get(status, key));

	json_decref(status);
	return v;
}

/* The line breaks after a while. */
static void
broken(struct world *world, struct node *full, struct node *void_)
{
	const struct line *line =
	    &world->lines[full - world->nodes][void_ - world->nodes];
	uint64_t had = status_of(world, void_, "lsas");
	uint64_t s = 20 + rng_below(&world->rng, 30), has;

	world_run(world, DIAL_MS + s * 1000);
	has = status_of(world, void_, "lsas");
	if (status_of(world, void_, "full") == 0 &&
	    has < had + s * line->rate / LSA_OCTETS / 2)
		world_fail(world, "%llu LSAs after %llu s, and %llu before",
		    (unsigned long long)has, (unsigned long long)s,
		    (unsigned long long)had);
	cable_path(world, full, void_, PATH_REFUSED);
	world_run(world, 100);
	cable_path(world, full, void_, PATH_OPEN);
}

void
slow_play(struct world *world)
{
	struct node *full = plan_host(world, "a", "one");
	struct node *void_ = plan_host(world, "b", "two");
	size_t n = 400 + (size_t)rng_below(&world->rng, 600);
	struct line line = { .rate = 1500 +
		                     (uint32_t)rng_below(&world->rng, 2000) };
	struct setup_space space = { .relay = true, .pattern = NULL };
	uint64_t breaks = rng_below(&world->rng, 3);

	world->large = true;
	plan_peers(full, void_);
	space.pattern = world_text(world, "far.example");
	plan_spaces(full, &space, n);
	world_start(world, full, DISK_KEPT);
	world_run(world, 30000);
	cable_line(world, full, void_, &line);
	world_start(world, void_, DISK_KEPT);
	for (uint64_t i = 0; i < breaks && world->failed == NULL; i++)
		broken(world, full, void_);
	if (world->failed == NULL)
		world_run(world, DIAL_MS + n * LSA_OCTETS * 1000 / line.rate);
	if (world->failed == NULL && status_of(world, void_, "full") != 1)
		world_fail(world, "not full in its time");
	if (world->failed == NULL && full->given_up + void_->given_up > 0)
		world_fail(world, "an exchange that went on was given up");
}
