/*
 * line.c - what is seldom so bad by chance that it shows: an exchange over a
 * line that carries less than an exchange must get, and news over one on which
 * large packets vanish. Where, and how bad, is drawn from a generator of its
 * own, so that everything before is as it was without it.
 */

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "t/sim/cable.h"
#include "t/sim/chance.h"
#include "t/sim/plan.h"
#include "t/sim/world.h"

#define LINE_EACH 8    /* one of so many worlds gets either */
#define DRIP_MS 200000 /* a dial, a HELLO, a minute at 25 % both ways */
#define ALONE_MS 60000 /* until all have said that they lost a neighbour */
#define LOST_MS 60000  /* some sessions, each of which dies of it */

struct strait {
	struct world *world;
	struct rng rng;
	struct node *a, *b; /* the line is between these */
};

/* They have a session, and nothing that is not theirs was said on it. */
static bool
is_fit(struct world *world, size_t i, size_t j)
{
	return i != j && world_runs(&world->nodes[i]) &&
	       world_runs(&world->nodes[j]) && !world->slipped[i][j] &&
	       !world->slipped[j][i] &&
	       cable_joins(world, &world->nodes[i], &world->nodes[j]);
}

static bool
strait_draw(struct strait *strait)
{
	struct world *world = strait->world;
	size_t n = 0;

	for (size_t i = 0; i < world->n; i++)
		for (size_t j = 0; j < world->n; j++) {
			if (!is_fit(world, i, j) ||
			    rng_below(&strait->rng, ++n) > 0)
				continue;
			strait->a = &world->nodes[i];
			strait->b = &world->nodes[j];
		}
	return n > 0;
}

static struct line *
line_between(const struct strait *strait)
{
	const struct node *nodes = strait->world->nodes;

	return &strait->world->lines[strait->a - nodes][strait->b - nodes];
}

/* What either says, the other hears from nobody else. */
static void
alone(struct strait *strait)
{
	struct world *world = strait->world;

	for (size_t i = 0; i < world->n; i++)
		if (&world->nodes[i] != strait->a &&
		    &world->nodes[i] != strait->b)
			cable_path(
			    world, strait->a, &world->nodes[i], PATH_REFUSED);
	world_run(world, ALONE_MS);
}

/* So many LSAs of which nobody else knows. */
static void
say(struct strait *strait, size_t n)
{
	struct setup_space space = { .relay = true };
	char text[64];

	snprintf(text, sizeof(text), "far.%s.example", strait->a->name);
	space.pattern = world_text(strait->world, text);
	plan_spaces(strait->a, &space, n);
	world_configure(strait->world, strait->a);
}

/* Who drips is not waited for. */
static void
drip_play(struct strait *strait)
{
	struct world *world = strait->world;
	struct node *a = strait->a, *b = strait->b;
	uint64_t before = a->given_up + b->given_up;
	struct line line = *line_between(strait);

	line.rate = 150 + (uint32_t)rng_below(&strait->rng, 100);
	world_note(
	    world, "%s drips to %s, rate=%u", a->name, b->name, line.rate);
	cable_path(world, a, b, PATH_REFUSED);
	say(strait, 150 + (size_t)rng_below(&strait->rng, 100));
	world_run(world, 1000 + rng_below(&strait->rng, 20000));
	cable_line(world, a, b, &line);
	cable_path(world, a, b, PATH_OPEN);
	world_run(world, DRIP_MS);
	if (world->failed == NULL && a->given_up + b->given_up == before)
		world_fail(
		    world, "%s drips, and %s waits for it", a->name, b->name);
}

static bool
is_named(struct world *world, struct node *node, const struct node *peer)
{
	const char *text = world_ask(world, node, "peers");
	bool named = false;

	while (!named && *text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *line = json_loadb(text, n, 0, NULL);
		const char *name = "";
		int lost = 0;

		json_unpack(line, "{s?s, s?b}", "peer", &name,
		    "large_packets_lost", &lost);
		named = lost != 0 && strcmp(name, peer->conf.server) == 0;
		json_decref(line);
		text += n + (text[n] == '\n');
	}
	return named;
}

/* A path that loses large packets has a name. They vanish one way: both ways
 * it would look like any silence. */
static void
lost_play(struct strait *strait)
{
	struct world *world = strait->world;
	struct line line = *line_between(strait);

	if (line.older)
		return; /* nothing is confirmed there */
	line.fits = 60 + (uint32_t)rng_below(&strait->rng, 140);
	world_note(world, "%s to %s, fits=%u", strait->a->name, strait->b->name,
	    line.fits);
	*line_between(strait) = line;
	say(strait, 10 + (size_t)rng_below(&strait->rng, 40));
	world_run(world, LOST_MS);
	if (world->failed == NULL && !is_named(world, strait->a, strait->b))
		world_fail(world, "%s does not name the path to %s",
		    strait->a->name, strait->b->name);
}

bool
line_play(struct world *world)
{
	struct strait strait = { .world = world,
		.rng = { .state = ~world->seed } };
	uint64_t which = rng_below(&strait.rng, LINE_EACH);

	if (which > 1 || !strait_draw(&strait))
		return false;
	world->large = true;
	alone(&strait);
	if (which == 0)
		drip_play(&strait);
	else
		lost_play(&strait);
	return true;
}
