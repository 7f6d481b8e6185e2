/*
 * action.c - the sentences of a scene that do something (scene.h).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lsa/lsa.h"
#include "t/sim/cable.h"
#include "t/sim/host.h"
#include "t/sim/plan.h"
#include "t/sim/rule.h"
#include "t/sim/scene.h"
#include "t/sim/truth.h"

static void
do_host(struct scene *scene)
{
	const char *by = scene_option(scene, "by");
	struct node *known = by == NULL ? NULL : scene_host(scene, by);

	if (by == NULL)
		plan_host(scene->world, scene->word[1], scene->word[2]);
	else if (known != NULL)
		plan_newcomer(
		    scene->world, scene->word[1], scene->word[2], known);
}

static void
do_connector(struct scene *scene)
{
	struct node *owner = scene_host(scene, scene->word[1]);
	uint32_t cost = (uint32_t)strtoul(scene->word[4], NULL, 10);

	if (owner != NULL && scene_has(scene, "any")) {
		plan_connector(owner, scene->word[2], scene->word[3]);
		plan_any(owner, scene->word[2], cost);
		return;
	}
	for (size_t i = 5; i < scene->n; i++) {
		struct node *to;

		if (strcmp(scene->word[i], "no-peer") == 0)
			continue;
		to = scene_host(scene, scene->word[i]);
		if (owner == NULL || to == NULL)
			return;
		plan_connector(owner, scene->word[2], scene->word[3]);
		plan_bridgehead(owner, scene->word[2], to, cost);
		if (!scene_has(scene, "no-peer"))
			plan_peers(owner, to);
	}
}

static struct setup_connector *
connector_of(struct node *owner, const char *name)
{
	for (size_t i = 0; owner != NULL && i < owner->conf.nconnectors; i++)
		if (strcmp(owner->conf.connectors[i].name, name) == 0)
			return &owner->conf.connectors[i];
	return NULL;
}

/* A bar stands for a blank. */
static char *
blanks(struct scene *scene, const char *word)
{
	char *text = world_text(scene->world, word);

	for (char *p = text; *p != '\0'; p++)
		if (*p == '|')
			*p = ' ';
	return text;
}

/* When the connector is open. */
static void
do_schedule(struct scene *scene)
{
	struct node *owner = scene_host(scene, scene->word[1]);
	struct setup_connector *c = connector_of(owner, scene->word[2]);

	if (c != NULL)
		c->policy.schedule = blanks(scene, scene->word[3]);
}

/* A list of one, which lives as long as the world. */
static char **
list_of(struct world *world, const char *text)
{
	char **list = mem_new(0, 1, sizeof(*list));

	*list = world_text(world, text);
	vec_push(&world->strings, (char *)list);
	return list;
}

static void
limit_sizes(struct scene *scene, struct policy *policy)
{
	const char *size = scene_option(scene, "size");
	const char *times = scene_option(scene, "times");
	const char *large = scene_option(scene, "large");
	const char *by = scene_option(scene, "by");

	if (size != NULL)
		policy->max_size = strtoull(size, NULL, 10);
	if (times != NULL)
		policy->schedule = blanks(scene, times);
	if (large != NULL && by != NULL) {
		policy->large_size = strtoull(large, NULL, 10);
		policy->large_schedule = blanks(scene, by);
	}
}

static void
limit_senders(struct scene *scene, struct policy *policy)
{
	const char *deny = scene_option(scene, "deny");
	const char *allow = scene_option(scene, "allow");

	if (deny != NULL)
		policy->deny = list_of(scene->world, deny);
	if (allow != NULL)
		policy->allow = list_of(scene->world, allow);
	policy->ndeny = deny != NULL;
	policy->nallow = allow != NULL;
}

/* What it takes from now on: all, but for what is said. */
static void
do_limit(struct scene *scene)
{
	struct node *owner = scene_host(scene, scene->word[1]);
	struct setup_connector *c = connector_of(owner, scene->word[2]);

	if (c == NULL) {
		scene_skip(scene, "no such connector");
		return;
	}
	c->policy = (struct policy){ 0 };
	limit_sizes(scene, &c->policy);
	limit_senders(scene, &c->policy);
	if (scene_has(scene, "urgent"))
		c->policy.priorities = POLICY_URGENT;
	if (owner->engine != NULL)
		world_configure(scene->world, owner);
}

static void
do_peer(struct scene *scene)
{
	struct node *a = scene_host(scene, scene->word[1]);
	struct node *b = scene_host(scene, scene->word[2]);

	if (a != NULL && b != NULL)
		plan_peers(a, b);
}

static void
do_space(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	const char *cost = scene_option(scene, "cost");
	const char *way = scene_option(scene, "way");
	const char *count = scene_option(scene, "count");
	struct setup_space space = { 0 };

	if (node == NULL)
		return;
	space.pattern = world_text(scene->world, scene->word[2]);
	space.cost = cost == NULL ? 0 : (uint32_t)strtoul(cost, NULL, 10);
	space.way = way == NULL ? NULL : world_text(scene->world, way);
	space.local = scene_has(scene, "local");
	space.fallback = scene_has(scene, "fallback");
	space.listed = scene_has(scene, "listed");
	space.relay =
	    !scene_has(scene, "no-relay") && strcmp(space.pattern, "*") != 0;
	if (count == NULL)
		plan_space(node, &space);
	else
		plan_spaces(node, &space, strtoul(count, NULL, 10));
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

/* Sets the paths between every host of one set and every one of the other. */
static void
paths_set(struct scene *scene, enum path path)
{
	struct world *world = scene->world;
	bool peer = !scene_has(scene, "mail");
	bool mail = !scene_has(scene, "peer");

	for (size_t i = 0; i < world->n; i++)
		for (size_t j = 0; j < world->n; j++) {
			struct node *a = &world->nodes[i];
			struct node *b = &world->nodes[j];

			if (i == j || !scene_in(a, scene->word[1]) ||
			    !scene_in(b, scene->word[2]))
				continue;
			if (peer)
				cable_path(world, a, b, path);
			if (mail)
				world->mail_path[i][j] = (uint8_t)path;
			if (mail && !scene_has(scene, "one-way"))
				world->mail_path[j][i] = (uint8_t)path;
		}
}

static void
do_cut(struct scene *scene)
{
	paths_set(
	    scene, scene_has(scene, "silent") ? PATH_SILENT : PATH_REFUSED);
}

static void
do_heal(struct scene *scene)
{
	paths_set(scene, PATH_OPEN);
}

/* What is of version 1 stays so where lines are drawn. */
static void
line_set(struct world *world, size_t i, size_t j, struct line line)
{
	line.older |= world->loose && world->lines[i][j].older;
	cable_line(world, &world->nodes[i], &world->nodes[j], &line);
}

/* rate=N fits=N older, or `well` for what was never slow. */
static void
do_line(struct scene *scene)
{
	struct world *world = scene->world;
	const char *rate = scene_option(scene, "rate");
	const char *fits = scene_option(scene, "fits");
	struct line line = { .older = scene_has(scene, "older") };

	if (rate != NULL)
		line.rate = (uint32_t)strtoul(rate, NULL, 10);
	if (fits != NULL)
		line.fits = (uint32_t)strtoul(fits, NULL, 10);
	for (size_t i = 0; i < world->n; i++)
		for (size_t j = 0; j < world->n; j++)
			if (i != j &&
			    scene_in(&world->nodes[i], scene->word[1]) &&
			    scene_in(&world->nodes[j], scene->word[2]))
				line_set(world, i, j, line);
}

static void
do_drain(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);

	if (node == NULL)
		return;
	node->conf.drain.on = strcmp(scene->word[2], "yes") == 0;
	world_configure(scene->world, node);
}

/* Its mail service is where the other's is, it says. */
static void
do_names(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	struct node *other = scene_host(scene, scene->word[2]);

	if (node == NULL || other == NULL)
		return;
	node->conf.announced.smtp[0] = other->addr;
	node->conf.announced.smtp[0].port = 25;
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

static void
do_unspace(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);

	if (node == NULL)
		return;
	if (scene->world->loose && !plan_has_space(node, scene->word[2]))
		return;
	plan_unspace(node, scene->word[2]);
	world_configure(scene->world, node);
}

static void
do_cost(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);

	if (node == NULL ||
	    (scene->world->loose && !plan_has_connector(node, scene->word[2])))
		return;
	plan_cost(
	    node, scene->word[2], (uint32_t)strtoul(scene->word[3], NULL, 10));
	world_configure(scene->world, node);
}

static void
do_rekey(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);

	if (node == NULL)
		return;
	node->key++;
	node->stolen = false;
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

/* Another mark key; the one before it is the previous one. */
static void
remark_one(struct scene *scene, struct node *node)
{
	node->marks++;
	node->conf.announced.nmark = node->marks > 1 ? 2 : 1;
	for (uint32_t i = 0; i < node->conf.announced.nmark; i++)
		world_mark(node, node->marks - i, node->conf.announced.mark[i]);
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

static void
do_remark(struct scene *scene)
{
	scene_each(scene, scene->word[1], remark_one);
}

static void
do_ask(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	struct buf question = { 0 };
	char *text;

	for (size_t i = 2; i < scene->n; i++)
		buf_printf(&question, "%s%s", i > 2 ? " " : "", scene->word[i]);
	text = buf_string(&question);
	if (node != NULL)
		world_ask(scene->world, node, text);
	mem_free(text);
}

/* Until what has just happened is known to who is asked. */
#define FOLLOWED_MS 1000

static void
do_run(struct scene *scene)
{
	uint64_t ms = scene_time(scene->word[1]);

	if (ms == 0)
		scene_fail(scene, "%s is no time", scene->word[1]);
	world_run(scene->world, ms);
	if (scene->world->loose && ms >= FOLLOWED_MS &&
	    scene->world->failed == NULL)
		rule_followed(scene->world);
}

/* First so long, then twice as long, until it is so. */
#define SOON_MS 20000

static void
do_quiet(struct scene *scene)
{
	uint64_t ms = SCENE_QUIET_MS;

	if (scene->n > 1)
		ms = scene_time(scene->word[1]);
	for (uint64_t step = SOON_MS;
	     scene_has(scene, "soon") && step < ms && ms > 0; step *= 2) {
		world_run(scene->world, step);
		ms -= step;
		if (scene->world->failed != NULL || truth_holds(scene->world))
			return;
	}
	world_run(scene->world, ms);
	if (scene->world->failed == NULL)
		truth_check(scene->world);
}

static void
do_flap(struct scene *scene)
{
	uint64_t half = scene_time(scene->word[2]) / 2;
	uint64_t left = scene_time(scene->word[3]);
	bool up = false;

	if (half == 0 || left == 0)
		scene_fail(scene, "no times to flap");
	for (; left >= half && scene->world->failed == NULL; left -= half) {
		for (size_t i = 0; i < scene->world->n; i++)
			if (scene_in(&scene->world->nodes[i], scene->word[1]))
				scene->world->nodes[i].mail_up = up;
		up = !up;
		world_run(scene->world, half);
	}
}

static void
do_flow(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);

	if (node != NULL)
		traffic_flow(scene_traffic(scene), node, scene->word[2],
		    (uint32_t)strtoul(scene->word[3], NULL, 10));
}

static void
takes_one(struct scene *scene, struct node *node)
{
	const char *word = scene->word[2];
	uint32_t rate = (uint32_t)strtoul(word, NULL, 10);

	if (strcmp(word, "all") == 0)
		rate = UINT32_MAX;
	traffic_takes(scene_traffic(scene), node, rate); /* none is 0 */
}

static void
do_takes(struct scene *scene)
{
	scene_each(scene, scene->word[1], takes_one);
}

static void
reporter_one(struct scene *scene, struct node *node)
{
	traffic_reports(
	    scene_traffic(scene), node, strcmp(scene->word[2], "works") == 0);
}

static void
do_reporter(struct scene *scene)
{
	scene_each(scene, scene->word[1], reporter_one);
}

static void
do_traffic(struct scene *scene)
{
	traffic_run(scene_traffic(scene), scene_time(scene->word[1]));
}

/* Evidence by hand, or a report of another kind. */
static void
do_tell(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	struct node *about = scene_host(scene, scene->word[3]);
	struct input in = { .kind = IN_REPORT };
	size_t from = strchr(scene->word[4], '=') == NULL ? 5 : 4;
	struct buf line = { 0 };
	char text[ADDR_TEXT];

	if (node == NULL || about == NULL || node->engine == NULL)
		return;
	buf_printf(&line, "%s hop=%s", from > 4 ? scene->word[4] : "evidence",
	    addr_text(&about->conf.announced.smtp[0], text));
	for (size_t i = from; i < scene->n; i++)
		buf_printf(&line, " %s", scene->word[i]);
	in.bytes = line.p;
	in.len = line.n;
	host_input(scene->world, node, &in);
	buf_done(&line);
}

const struct scene_verb scene_actions[] = {
	{ "host", 2, 3, do_host },
	{ "connector", 5, 20, do_connector },
	{ "schedule", 3, 3, do_schedule },
	{ "limit", 2, 8, do_limit },
	{ "peer", 2, 2, do_peer },
	{ "space", 2, 8, do_space },
	{ "cut", 2, 5, do_cut },
	{ "heal", 2, 3, do_heal },
	{ "line", 3, 5, do_line },
	{ "drain", 2, 2, do_drain },
	{ "names", 2, 2, do_names },
	{ "unspace", 2, 2, do_unspace },
	{ "cost", 3, 3, do_cost },
	{ "rekey", 1, 1, do_rekey },
	{ "remark", 1, 1, do_remark },
	{ "forget", 3, 3, authority_forget },
	{ "revoke", 3, 3, authority_revoke },
	{ "grant", 5, 5, list_grant },
	{ "regrant", 6, 6, list_regrant },
	{ "reads", 2, 2, list_reads_set },
	{ "enforce", 3, 3, authority_enforce },
	{ "may", 2, 2, order_may },
	{ "forge", 6, 6, order_forge },
	{ "ask", 2, 20, do_ask },
	{ "run", 1, 1, do_run },
	{ "quiet", 0, 2, do_quiet },
	{ "flap", 3, 3, do_flap },
	{ "flow", 3, 3, do_flow },
	{ "takes", 2, 2, do_takes },
	{ "reporter", 2, 2, do_reporter },
	{ "traffic", 1, 1, do_traffic },
	{ "tell", 4, 8, do_tell },
	{ NULL, 0, 0, NULL },
};
