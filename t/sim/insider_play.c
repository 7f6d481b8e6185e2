/*
 * insider_play.c - a world with a certified server that means ill.
 *
 * Three honest hosts, whose connectors have their claims, and one that runs
 * an honest engine for its sessions and slips between what that says whatever
 * a seed draws and its key can sign. What must hold while it goes on and
 * after it is forgotten stands in insider_play().
 */

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/lsa/lsa.h"
#include "t/sim/cable.h"
#include "t/sim/disk.h"
#include "t/sim/insider.h"
#include "t/sim/insider_parts.h"
#include "t/sim/plan.h"
#include "t/sim/truth.h"

#define ATTACKS_MAX 12
#define SETTLE_MS 240000u /* longer than between two comparisons */

static uint64_t
below(struct insider *in, uint64_t n)
{
	return rng_below(&in->world->rng, n);
}

static const struct route *
route_of(const struct world *world, size_t from, size_t to)
{
	return mta_table_find(
	    &world->nodes[from].table, world->nodes[to].conf.spaces[0].pattern);
}

/* Routes of the honest to the honest are as before, in every table. */
static void
on_table(struct world *world, struct node *node)
{
	const struct insider *in = world->ctx;
	size_t from = (size_t)(node - world->nodes);

	for (size_t to = 0; to < HONEST && in->going && from < HONEST; to++) {
		const struct route *r = route_of(world, from, to);

		if (from == to)
			continue;
		if (r == NULL || r->nhops == 0 ||
		    strcmp(r->hop[0].name, in->before[from][to]) != 0)
			world_fail(world, "%s: the route to %s moved to %s",
			    node->name, world->nodes[to].name,
			    r == NULL || r->nhops == 0 ? "nothing"
						       : r->hop[0].name);
	}
}

static void
remember(struct insider *in)
{
	for (size_t from = 0; from < HONEST; from++)
		for (size_t to = 0; to < HONEST; to++) {
			const struct route *r = route_of(in->world, from, to);

			if (from == to)
				continue;
			if (r == NULL || r->nhops == 0)
				world_fail(in->world, "no route to begin with");
			else
				in->before[from][to] =
				    world_text(in->world, r->hop[0].name);
		}
}

/* Sessions between the honest. */
static void
sessions_judge(struct insider *in)
{
	for (size_t i = 0; i < HONEST; i++)
		for (size_t k = 0; k < HONEST; k++)
			if (i != k &&
			    !cable_joins(in->world, &in->world->nodes[i],
				&in->world->nodes[k]))
				world_fail(in->world, "%s lost %s",
				    in->world->nodes[i].name,
				    in->world->nodes[k].name);
}

/* What each keeps of it; with `none` nothing but the authority's word. */
static void
share_judge(struct insider *in, struct node *at, bool none)
{
	const char *text = world_ask(in->world, at, "db");
	json_int_t octets = 0, n = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		json_t *line = json_loadb(text, len, 0, NULL);
		const char *origin =
		    json_string_value(json_object_get(line, "origin"));
		const char *type =
		    json_string_value(json_object_get(line, "type"));

		if (origin == NULL || type == NULL)
			world_fail(in->world, "%s: no JSON", at->name);
		else if (strcmp(origin, in->evil->conf.server) == 0 &&
			 strcmp(type, "forget") != 0) {
			octets +=
			    json_integer_value(json_object_get(line, "octets"));
			n++;
		}
		json_decref(line);
		text += len + (text[len] == '\n');
	}
	if (n > (none ? 0 : LIMIT_ORIGIN_LSAS) || octets > LIMIT_ORIGIN_OCTETS)
		world_fail(in->world, "%s has %d LSAs, %d octets of it",
		    at->name, (int)n, (int)octets);
}

/* --- a world -------------------------------------------------------------------- */

static void
lead(struct node *from, struct node *to, const char *name)
{
	plan_connector(from, name, to->conf.group);
	plan_bridgehead(from, name, to, 10);
	plan_peers(from, to);
}

static void
world_draw(struct insider *in)
{
	static const char *const names[] = { "a", "b", "p", "evil" };
	static char any[] = "*";
	struct world *world = in->world;

	for (size_t i = 0; i <= HONEST; i++) {
		struct node *node =
		    plan_host(world, names[i], i == 2 ? "paris" : "london");
		struct setup_space space = { .relay = true };
		char text[64];

		snprintf(text, sizeof(text), "%s.example", names[i]);
		space.pattern = world_text(world, text);
		plan_space(node, &space);
		if (i < HONEST)
			plan_transit(node, any);
	}
	/* The certificate lets it claim what is below, too. */
	in->evil = world->insider = &world->nodes[HONEST];
	plan_below(in->evil, world_text(world, ".evil.example"));
	lead(&world->nodes[0], &world->nodes[2], "a-p");
	lead(&world->nodes[2], &world->nodes[0], "p-a");
	plan_peers(&world->nodes[1], &world->nodes[2]);
	plan_peers(in->evil, &world->nodes[2]);
}

static void
hold_on(struct insider *in)
{
	in->going = true;
	for (uint64_t n = 1 + below(in, ATTACKS_MAX); n > 0; n--) {
		insider_one(in);
		world_run(in->world, 1 + below(in, 4000));
		sessions_judge(in);
		if (in->world->failed != NULL)
			break;
		share_judge(in, &in->world->nodes[below(in, HONEST)], false);
	}
	world_run(in->world, 30000);
	sessions_judge(in);
}

static void
bury(struct insider *in)
{
	struct world *world = in->world;

	world_kill(world, in->evil);
	in->evil->host_up = false;
	world_run(world, 10000);
	plan_forget(world, in->evil, &world->nodes[below(in, HONEST)]);
	world_run(world, SETTLE_MS);
	sessions_judge(in);
	for (size_t i = 0; i < HONEST && world->failed == NULL; i++)
		share_judge(in, &world->nodes[i], true);
}

/* Who starts from its disk has nothing of it either. */
static void
from_disk(struct insider *in)
{
	struct node *node = &in->world->nodes[below(in, HONEST)];

	in->going = false;
	world_kill(in->world, node);
	world_run(in->world, 2000);
	world_start(in->world, node, DISK_KEPT);
	share_judge(in, node, true);
	world_run(in->world, 60000);
}

struct chance_result
insider_play(uint64_t seed, enum world_how how)
{
	struct insider in = { .world = world_new(seed) };
	struct world *world = in.world;
	struct chance_result result;

	world->how = how;
	world_draw(&in);
	for (size_t i = 0; i < world->n; i++)
		world_start(world, &world->nodes[i], DISK_KEPT);
	world_run(world, 30000);
	plan_enforce(world, true, &world->nodes[0]);
	world_run(world, 30000);
	remember(&in);
	world->on_table = on_table;
	world->ctx = &in;
	if (world->failed == NULL)
		hold_on(&in);
	if (world->failed == NULL)
		bury(&in);
	if (world->failed == NULL)
		from_disk(&in);
	if (world->failed == NULL)
		truth_check(world);
	world_dump(world);
	result.failed = mem_str(world->failed);
	result.trace = world->trace;
	result.steps = world->steps;
	world_free(world);
	return result;
}
