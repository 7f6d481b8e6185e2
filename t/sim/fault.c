/*
 * fault.c - the sentences of a scene about faults that swarm.c draws, and that
 * end them all (scene.h).
 */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/sim/cable.h"
#include "t/sim/disk.h"
#include "t/sim/host.h"
#include "t/sim/insider.h"
#include "t/sim/plan.h"
#include "t/sim/post.h"
#include "t/sim/scene.h"

static void
do_seed(struct scene *scene)
{
	scene->world->rng.state = strtoull(scene->word[1], NULL, 10);
}

static void
do_loose(struct scene *scene)
{
	scene->world->loose = true;
}

/* Calls `act` for each pair of the first two sets. */
static void
pairs_each(struct scene *scene,
    void (*act)(struct scene *scene, struct node *a, struct node *b))
{
	struct world *world = scene->world;

	for (size_t i = 0; i < world->n; i++)
		for (size_t j = 0; j < world->n; j++)
			if (i != j &&
			    scene_in(&world->nodes[i], scene->word[1]) &&
			    scene_in(&world->nodes[j], scene->word[2]))
				act(scene, &world->nodes[i], &world->nodes[j]);
}

static void
mute_pair(struct scene *scene, struct node *from, struct node *to)
{
	cable_mute(scene->world, from, to, strcmp(scene->word[3], "yes") == 0);
}

static void
do_mute(struct scene *scene)
{
	pairs_each(scene, mute_pair);
}

static void
delay_pair(struct scene *scene, struct node *a, struct node *b)
{
	struct world *world = scene->world;
	size_t i = (size_t)(a - world->nodes), j = (size_t)(b - world->nodes);

	world->delay_ms[i][j] = world->delay_ms[j][i] =
	    (uint32_t)scene_time(scene->word[3]);
}

static void
do_delay(struct scene *scene)
{
	pairs_each(scene, delay_pair);
}

static void
flip_pair(struct scene *scene, struct node *from, struct node *to)
{
	struct world *world = scene->world;

	world->flips[from - world->nodes][to - world->nodes] =
	    (uint8_t)strtoul(scene->word[3], NULL, 10);
}

static void
do_flip(struct scene *scene)
{
	pairs_each(scene, flip_pair);
}

static void
drift_one(struct scene *scene, struct node *node)
{
	node->ahead_s += (int64_t)(world_wall(scene->world, node) - WORLD_WALL -
				   scene->world->now.ms / 1000) -
	                 node->ahead_s;
	node->drift_ppm = strtoll(scene->word[2], NULL, 10);
	node->drifts_since = scene->world->now;
}

static void
do_drift(struct scene *scene)
{
	scene_each(scene, scene->word[1], drift_one);
}

static void
spoil_one(struct scene *scene, struct node *node)
{
	disk_spoil(node, strcmp(scene->word[2], "cut") == 0);
}

static void
do_spoil(struct scene *scene)
{
	scene_each(scene, scene->word[1], spoil_one);
}

/* A second host that takes itself for the first: with its configuration, its
 * key, its address and its disk. */
static void
do_twin(struct scene *scene)
{
	struct node *of = scene_host(scene, scene->word[2]);

	if (of == NULL)
		return;
	if (of->conf.cert.now == NULL) {
		if (!scene->world->loose)
			scene_fail(scene, "%s was never there", of->name);
		return;
	}
	host_twin(scene->world, scene->word[1], of);
}

static void
times_one(struct scene *scene, struct node *node)
{
	node->conf.times.keepalive_ms = (uint32_t)scene_time(scene->word[2]);
	node->conf.times.dead_ms = (uint32_t)scene_time(scene->word[3]);
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

static void
do_times(struct scene *scene)
{
	scene_each(scene, scene->word[1], times_one);
}

/* From now on it means ill. */
static void
do_insider(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);

	if (node != NULL)
		insider_attack(
		    scene->world, node, strtoull(scene->word[2], NULL, 10));
}

static void
try_one(struct scene *scene, struct node *node)
{
	host_try(scene->world, node);
}

static void
do_try(struct scene *scene)
{
	scene_each(scene, scene->word[1], try_one);
}

/* --- what the shell says ---------------------------------------------------------- */

static void
do_file(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	struct input in = { .kind = IN_FILE,
		.value = strtoul(scene->word[2], NULL, 10),
		.reason = strcmp(scene->word[3], "ok") == 0 ? NULL : "full" };

	if (node != NULL && world_runs(node))
		host_input(scene->world, node, &in);
}

/* The message that has waited the longest for a pattern on hold. */
static void
do_held(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	struct input in = {
		.kind = IN_HELD, .bytes = (const uint8_t *)"4XyZ", .len = 4
	};

	if (node == NULL || !world_runs(node))
		return;
	if (strcmp(scene->word[2], "none") != 0)
		in.name = scene->word[2];
	in.value =
	    world_wall(scene->world, node) - scene_time(scene->word[3]) / 1000;
	host_input(scene->world, node, &in);
}

/* --- everything is well again --------------------------------------------------- */

/* So that none of what is under way is too large for every way. */
static void
limits_mend(struct world *world, struct node *node)
{
	bool any = false;

	for (size_t i = 0; i < node->conf.nconnectors; i++) {
		struct policy *policy = &node->conf.connectors[i].policy;

		any |= policy_has_limits(policy);
		*policy = (struct policy){ 0 };
	}
	if (any && node->engine != NULL)
		world_configure(world, node);
}

static void
host_mend(struct scene *scene, struct node *node)
{
	struct world *world = scene->world;

	if (node->twin)
		world_crash(world, node);
	if (node->gone || node->stolen || node->twin)
		return;
	limits_mend(world, node);
	node->host_up = node->mail_up = true;
	node->busy = node->denies = node->disk_full = node->disk_no_room =
	    node->publish_stuck = node->publish_copies = false;
	node->greets_ms = 0;
	node->shortage = NULL;
	node->queue = QUEUE_IDLE;
	if (scene->traffic != NULL)
		traffic_takes(scene->traffic, node, UINT32_MAX);
	if (node->hung)
		world_resume(world, node);
	if (node->held) { /* somebody confirms it */
		node->conf.confirm_percent = 100;
		world_configure(world, node);
	}
	if (node->mta.asks != MTA_YES || node->mta_hangs) {
		node->mta.asks = node->mta.asks_default = MTA_YES;
		node->mta_hangs = false;
		host_read_mta(world, node, 1);
	}
}

/* A line on which a HELLO may take the dead time or longer carries no session,
 * however long one waits; world_delay() adds a quarter. */
static void
delay_mend(struct world *world, size_t i, size_t j)
{
	uint32_t a = world->nodes[i].conf.times.dead_ms;
	uint32_t b = world->nodes[j].conf.times.dead_ms;
	uint32_t dead = a < b ? a : b, ms = world->delay_ms[i][j];

	if (ms + ms / 4 >= dead)
		world->delay_ms[i][j] = world->delay_ms[j][i] = dead / 4;
}

static void
paths_mend(struct world *world)
{
	memset(world->mail_path, PATH_OPEN, sizeof(world->mail_path));
	memset(world->mute, 0, sizeof(world->mute));
	memset(world->flips, 0, sizeof(world->flips));
	for (size_t i = 0; i < world->n; i++)
		for (size_t j = 0; j < i; j++) {
			struct line line = { .older =
						 world->lines[i][j].older };

			cable_path(world, &world->nodes[i], &world->nodes[j],
			    PATH_OPEN);
			cable_line(
			    world, &world->nodes[i], &world->nodes[j], &line);
			delay_mend(world, i, j);
		}
}

/* Somebody takes back what would outlast any `quiet`: said until a time by a
 * clock that was far behind then (overriding.h). */
#define LASTS_S 600

static void
override_mend(struct world *world, struct node *node, const json_t *one)
{
	const char *what = json_string_value(json_object_get(one, "override"));
	const char *of = json_string_value(json_object_get(one, "connector"));
	uint64_t until =
	    (uint64_t)json_integer_value(json_object_get(one, "until"));
	char words[SCENE_LINE];

	if (what == NULL || until < world_wall(world, node) + LASTS_S)
		return;
	snprintf(words, sizeof(words), "%s%s%s",
	    strcmp(what, "cost") == 0 ? "uncost" : "ready",
	    of == NULL ? "" : " connector=", of == NULL ? "" : of);
	world_ask(world, node, words);
}

static void
overrides_mend(struct world *world, struct node *node)
{
	char *all = mem_str(world_ask(world, node, "overrides"));

	for (char *at = all, *end; *at != '\0'; at = end) {
		json_t *one;

		end = at + strcspn(at, "\n");
		one = json_loadb(at, (size_t)(end - at), 0, NULL);
		override_mend(world, node, one);
		json_decref(one);
		end += *end == '\n';
	}
	mem_free(all);
}

static void
do_mend(struct scene *scene)
{
	struct world *world = scene->world;

	paths_mend(world);
	for (size_t i = 0; i < world->n; i++)
		host_mend(scene, &world->nodes[i]);
	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];

		if (node->engine == NULL && !node->gone && !node->stolen &&
		    !node->twin)
			world_start(world, node, DISK_KEPT);
		if (world_runs(node))
			overrides_mend(world, node);
	}
}

/* --- letters --------------------------------------------------------------------- */

static void
do_post(struct scene *scene)
{
	const char *size = scene_option(scene, "size");
	const char *sender = scene_option(scene, "from");
	struct post_order order = {
		.from = scene_host(scene, scene->word[1]),
		.n = (uint32_t)strtoul(scene->word[2], NULL, 10),
		.patterns = scene->word[3],
		.size = size == NULL ? 0 : strtoull(size, NULL, 10),
		.sender = world_text(
		    scene->world, sender == NULL ? "a@sender.example" : sender),
	};

	if (order.from != NULL)
		post_send(scene->world, &order);
}

static void
do_settled(struct scene *scene)
{
	post_settle(scene->world, scene_time(scene->word[1]));
}

const struct scene_verb scene_faults[] = {
	{ "seed", 1, 1, do_seed },
	{ "loose", 0, 0, do_loose },
	{ "mute", 3, 3, do_mute },
	{ "delay", 3, 3, do_delay },
	{ "flip", 3, 3, do_flip },
	{ "drift", 2, 2, do_drift },
	{ "spoil", 2, 2, do_spoil },
	{ "twin", 2, 2, do_twin },
	{ "times", 3, 3, do_times },
	{ "mend", 0, 0, do_mend },
	{ "insider", 2, 2, do_insider },
	{ "try", 1, 1, do_try },
	{ "file", 3, 3, do_file },
	{ "held", 3, 3, do_held },
	{ "post", 3, 5, do_post },
	{ "settled", 1, 1, do_settled },
	{ NULL, 0, 0, NULL },
};
