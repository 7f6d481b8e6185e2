#include "t/sim/truth.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/node/node.h"
#include "t/sim/disk.h"
#include "t/sim/host.h"
#include "t/sim/plan.h"
#include "t/sim/truth_heard.h"

#define FAR UINT64_MAX
#define HOPS_MAX 50

/* A metric as one number: cost, then hops. */
#define METRIC(cost, hops) ((uint64_t)(cost) << 16 | (uint64_t)(hops))

struct map {
	size_t n;
	bool adjacent[WORLD_NODES][WORLD_NODES];
	uint32_t part[WORLD_NODES]; /* connected by adjacencies: its least */
	uint64_t far[WORLD_NODES][WORLD_NODES];
	bool drawn;  /* `far` is that */
	uint32_t of; /* of this part */
};

static bool
has_heard_of(const struct node *a, const struct node *b)
{
	const struct lsdb_share *share;

	if (a->engine == NULL)
		return false;
	share = lsdb_share(&a->engine->db, b->conf.server);
	return share != NULL && share->server != NULL;
}

/* It is a bridgehead of who says `any`, once it has said there of which group it
 * is, and takes who dials it once it knows where that one is: two who have not heard
 * of each other by others find nobody. Of a group larger than LIMIT_FOUND a scene
 * asks for itself. */
static bool
is_any_of(
    const struct node *a, const struct setup_connector *c, const struct node *b)
{
	return c->any && strcmp(c->group, b->conf.group) == 0 && !b->gone &&
	       !b->stolen && has_heard_of(a, b) && has_heard_of(b, a);
}

static bool
knows(const struct node *a, const struct node *b)
{
	for (size_t i = 0; i < a->conf.nconnectors; i++)
		if (is_any_of(a, &a->conf.connectors[i], b))
			return true;
	for (size_t i = 0; i < a->conf.npeers; i++)
		if (strcmp(a->conf.peers[i].name, b->conf.server) == 0)
			return true;
	return strcmp(a->conf.group, b->conf.group) == 0;
}

static bool
peers_of(const struct world *world, size_t i, size_t j)
{
	const struct node *a = &world->nodes[i], *b = &world->nodes[j];

	return i != j && (knows(a, b) || knows(b, a));
}

static bool
may_meet(const struct world *world, size_t i, size_t j)
{
	const struct node *a = &world->nodes[i], *b = &world->nodes[j];

	return peers_of(world, i, j) && world_runs(a) && world_runs(b) &&
	       world_peer_path(world, a, b) == PATH_OPEN;
}

static void
map_draw(const struct world *world, struct map *map)
{
	bool moved = true;

	map->n = world->n;
	for (size_t i = 0; i < map->n; i++) {
		map->part[i] = (uint32_t)i;
		for (size_t j = 0; j < map->n; j++)
			map->adjacent[i][j] = may_meet(world, i, j);
	}
	while (moved) {
		moved = false;
		for (size_t i = 0; i < map->n; i++)
			for (size_t j = 0; j < map->n; j++)
				if (map->adjacent[i][j] &&
				    map->part[j] < map->part[i]) {
					map->part[i] = map->part[j];
					moved = true;
				}
	}
}

static void
digests_judge(struct world *world, const struct map *map)
{
	char digest[WORLD_NODES][80] = { "" };

	for (size_t i = 0; i < map->n; i++) {
		json_t *status;
		const char *text;

		if (!world_runs(&world->nodes[i]))
			continue;
		text = world_ask(world, &world->nodes[i], "status");
		status = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
		text = json_string_value(json_object_get(status, "digest"));
		if (text == NULL)
			world_fail(world, "%s: no digest in its status",
			    world->nodes[i].name);
		else
			snprintf(digest[i], sizeof(digest[i]), "%s", text);
		json_decref(status);
		if (strcmp(digest[i], digest[map->part[i]]) != 0)
			world_fail(world, "%s and %s: databases differ",
			    world->nodes[i].name,
			    world->nodes[map->part[i]].name);
	}
}

/* From where a letter has come. */
struct stage {
	const struct stage *before;
	struct node *node;
};

/* It has lost what it knew, and keeps what it published. */
static bool
is_unheard(struct world *world, struct node *node, const char *pattern)
{
	return !truth_hear(world, node, pattern).claim;
}

/* Or knows nothing. An MTA does not see that a way is a last resort: the table may
 * be older than what makes it one. */
static bool
is_last_resort(
    struct world *world, const struct stage *stage, const char *pattern)
{
	bool is = false;

	for (; stage != NULL && !is; stage = stage->before) {
		const char *text;

		is = is_unheard(world, stage->node, pattern);
		text = world_ask(world, stage->node, "routes");
		while (*text != '\0' && !is) {
			size_t n = strcspn(text, "\n");
			json_t *line = json_loadb(text, n, 0, NULL);
			const char *of =
			    json_string_value(json_object_get(line, "pattern"));

			is = of != NULL && strcmp(of, pattern) == 0 &&
			     json_is_true(json_object_get(line, "last_resort"));
			json_decref(line);
			text += n + (text[n] == '\n');
		}
	}
	return is;
}

/* Where mail goes by this hop, or NULL: who means ill has given another's address
 * as its own, and is away. */
static struct node *
host_of(struct world *world, const struct route_hop *hop)
{
	struct node *named = world_find(world, hop->name);
	struct node *at = world_at(world, &hop->addr);

	return at != NULL && at != named && truth_misleads(world) ? NULL
	                                                          : named;
}

/* Depth first along all next hops, alternates apart. */
static void
follow(struct world *world, const char *pattern, struct node *node, int hops,
    const struct stage *before)
{
	struct stage stage = { before, node };
	const struct route *route = mta_table_find(&node->table, pattern);

	if (hops > (int)world->n) {
		world_fail(world, "%s: the next hops come back to %s", pattern,
		    node->name);
		return;
	}
	if (route == NULL && truth_is_lost(node, pattern))
		return; /* nobody that it hears can tell */
	if (route == NULL) {
		world_fail(world, "%s: the way leads to %s, which knows none",
		    pattern, node->name);
		return;
	}
	if (route->last_resort) /* beliefs may disagree (HACKING 6, Routes) */
		return;
	if (route->kind == ROUTE_HOLD && hops > 0 &&
	    !is_last_resort(world, before, pattern))
		world_fail(world, "%s: the way ends at %s in a hold", pattern,
		    node->name);
	if (route->kind != ROUTE_REMOTE)
		return;
	for (size_t i = 0; i < route->nhops; i++) {
		struct node *to = host_of(world, &route->hop[i]);

		if (!route->hop[i].alternate && world->failed == NULL &&
		    to != NULL)
			follow(world, pattern, to, hops + 1, &stage);
	}
}

static void
loops_judge(struct world *world)
{
	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];

		for (size_t k = 0; node->host_up && k < node->table.n; k++)
			if (world->failed == NULL)
				follow(world, node->table.routes[k].pattern,
				    node, 0, NULL);
	}
}

/* Whether the world alone decides the routes. */
static bool
decides(const struct world *world, const struct map *map)
{
	if (truth_misleads(world))
		return false;
	for (size_t i = 0; i < map->n; i++)
		for (size_t j = 0; j < map->n; j++)
			if (peers_of(world, i, j) && !map->adjacent[i][j] &&
			    (world_mail(
				 world, &world->nodes[i], &world->nodes[j]) ||
				world_mail(
				    world, &world->nodes[j], &world->nodes[i])))
				return false;
	return true;
}

static bool
names(const struct node *one, const struct node *other)
{
	return !other->twin &&
	       addr_same_ip(&one->conf.announced.smtp[0], &other->addr);
}

/* It says that its mail service is another's: no step by its own word, and
 * none of its own to that one, who names what it thinks its own. */
static bool
misnamed(
    const struct world *world, const struct node *from, const struct node *to)
{
	for (size_t i = 0; i < world->n; i++)
		if (&world->nodes[i] != to && names(to, &world->nodes[i]))
			return true;
	return names(from, to);
}

/* Its certificate has the claim, or nobody asks for one. */
static bool
may_lead(
    const struct world *world, const struct node *from, const struct node *to)
{
	return !world->enforced || claims_connector(&from->may, to->conf.group);
}

/* The step as its owner sees it; who is in another part is a last hop. */
static uint64_t
step_cost(const struct world *world, size_t i, size_t j)
{
	const struct node *from = &world->nodes[i], *to = &world->nodes[j];
	uint64_t best = FAR;

	if (i == j || !world_mail(world, from, to))
		return FAR;
	if (strcmp(from->conf.group, to->conf.group) == 0 &&
	    !misnamed(world, from, to))
		best = METRIC(0, 1);
	for (size_t k = 0; k < from->conf.nconnectors; k++) {
		const struct setup_connector *c = &from->conf.connectors[k];

		if (!may_lead(world, from, to))
			continue;
		if (is_any_of(from, c, to) && !c->drain &&
		    METRIC(c->every.cost, 1) < best)
			best = METRIC(c->every.cost, 1);
		for (size_t b = 0; b < c->nbridgeheads && !c->drain; b++)
			if (strcmp(c->bridgeheads[b].name, to->conf.server) ==
				0 &&
			    METRIC(c->bridgeheads[b].cost, 1) < best)
				best = METRIC(c->bridgeheads[b].cost, 1);
	}
	return best;
}

/* Ways through `via`: not when it drains, or its MTA does not ask, nor from
 * another part. */
static bool
gives_transit(
    const struct world *world, const struct map *map, size_t from, size_t via)
{
	return world_runs(&world->nodes[via]) &&
	       !world->nodes[via].conf.drain.on &&
	       world->nodes[via].mta.asks != MTA_NO &&
	       map->part[via] == map->part[from];
}

/* Floyd and Warshall, in the part of `from`. */
static void
distances(const struct world *world, struct map *map, size_t from)
{
	if (map->drawn && map->of == map->part[from])
		return;
	map->drawn = true;
	map->of = map->part[from];
	for (size_t i = 0; i < map->n; i++)
		for (size_t j = 0; j < map->n; j++)
			map->far[i][j] = map->part[i] == map->part[from]
			                     ? step_cost(world, i, j)
			                     : FAR;
	for (size_t via = 0; via < map->n; via++) {
		if (!gives_transit(world, map, from, via))
			continue;
		for (size_t i = 0; i < map->n; i++)
			for (size_t j = 0; j < map->n; j++)
				if (map->far[i][via] != FAR &&
				    map->far[via][j] != FAR && i != j &&
				    map->far[i][via] + map->far[via][j] <
					map->far[i][j])
					map->far[i][j] =
					    map->far[i][via] + map->far[via][j];
	}
}

/* The cost of the host's own claim of the pattern. */
static uint64_t
own_claim(const struct world *world, size_t i, const char *pattern)
{
	const struct setup *conf = &world->nodes[i].conf;

	for (size_t k = 0; k < conf->nspaces; k++)
		if (strcmp(conf->spaces[k].pattern, pattern) == 0)
			return METRIC(conf->spaces[k].cost, 0);
	return FAR;
}

/* The least metric of any claim of the pattern; 0 hops when here. */
static uint64_t
best_claim(const struct world *world, const struct map *map, size_t from,
    const char *pattern)
{
	uint64_t best = FAR;

	for (size_t i = 0; i < map->n; i++) {
		uint64_t way = i == from ? 0 : map->far[from][i];
		uint64_t claim = own_claim(world, i, pattern);

		if (way != FAR && claim != FAR && way + claim < best)
			best = way + claim;
	}
	return best;
}

/* Somebody claims it whom we have no way to hear, by a way that a connector
 * leads without a session: whether we have heard it before decides. Or he did,
 * and that he took it back is what nobody tells us. */
static bool
is_apart(const struct world *world, const struct map *map, size_t from,
    const char *pattern)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->part[i] != map->part[from] &&
		    world->nodes[i].host_up &&
		    (own_claim(world, i, pattern) != FAR ||
			truth_heard_of(&world->nodes[from],
			    world->nodes[i].conf.server, pattern)))
			return true;
	return false;
}

/* The metric by way of this first hop. */
static uint64_t
best_by(const struct world *world, const struct map *map, size_t from,
    size_t hop, const char *pattern)
{
	uint64_t step = step_cost(world, from, hop), rest = FAR;

	if (step == FAR)
		return FAR;
	if (gives_transit(world, map, from, hop))
		rest = best_claim(world, map, hop, pattern);
	else
		rest = own_claim(world, hop, pattern);
	return rest == FAR ? FAR : step + rest;
}

/*
 * The first hops of least metric stand first in the table, all of them. What
 * it calls an alternate may be older: an MTA does not see the difference.
 */
static void
hops_judge(struct world *world, const struct map *map, size_t from,
    const struct route *route, uint64_t want)
{
	const char *name = world->nodes[from].name;
	size_t least = 0;

	for (size_t i = 0; i < map->n; i++)
		least += i != from &&
		         best_by(world, map, from, i, route->pattern) == want;
	if (least > LIMIT_NEXT_HOPS)
		least = LIMIT_NEXT_HOPS;
	if (route->nhops < least)
		world_fail(world, "%s: %s has %zu hops, and %zu are least",
		    name, route->pattern, route->nhops, least);
	for (size_t i = 0; i < route->nhops && i < least; i++) {
		const struct node *hop = world_find(world, route->hop[i].name);
		size_t at = (size_t)(hop - world->nodes);

		if (best_by(world, map, from, at, route->pattern) != want)
			world_fail(world,
			    "%s: %s goes by %s, which is no least way", name,
			    route->pattern, hop->name);
	}
}

/* A path of more hops than that is a hold (HACKING 6, Routes). */
static bool
is_long(uint64_t metric)
{
	return (metric & 0xffff) > LIMIT_PATH_HOPS;
}

static void
route_judge(struct world *world, const struct map *map, size_t from,
    const struct route *route)
{
	uint64_t want = best_claim(world, map, from, route->pattern);
	const char *name = world->nodes[from].name;
	const struct stage stage = { NULL, &world->nodes[from] };

	if (want == FAR && route->leaves != 0)
		return; /* rule.h has judged it */
	if (want == FAR) {
		if (!route->last_resort && route->kind != ROUTE_HOLD &&
		    !is_last_resort(world, &stage, route->pattern))
			world_fail(world, "%s: a route to %s, where none is",
			    name, route->pattern);
	} else if (is_long(want) != (route->kind == ROUTE_HOLD)) {
		world_fail(world,
		    is_long(want) ? "%s: a route to %s, too long"
				  : "%s: no route to %s: %s",
		    name, route->pattern, route->reason);
	} else if (is_long(want)) {
		return;
	} else if ((want & 0xffff) == 0) {
		if (route->kind != ROUTE_HERE)
			world_fail(world, "%s: %s is not delivered here", name,
			    route->pattern);
	} else if (route->kind != ROUTE_REMOTE) {
		world_fail(
		    world, "%s: %s is delivered here", name, route->pattern);
	} else {
		hops_judge(world, map, from, route, want);
	}
}

/* What it shows: `route` is a line of its answer to "routes". */
static void
metric_judge(struct world *world, const struct map *map, size_t from,
    const json_t *route)
{
	const char *pattern =
	    json_string_value(json_object_get(route, "pattern"));
	uint64_t cost =
	    (uint64_t)json_integer_value(json_object_get(route, "cost"));
	uint64_t hops =
	    (uint64_t)json_integer_value(json_object_get(route, "hops"));
	uint64_t want;

	if (pattern == NULL || truth_is_scoped(&world->nodes[from], pattern) ||
	    is_apart(world, map, from, pattern))
		return;
	want = best_claim(world, map, from, pattern);
	if (want == FAR || is_long(want))
		return;
	if (json_is_true(json_object_get(route, "last_resort")))
		world_fail(world, "%s: %s is shown as a last resort",
		    world->nodes[from].name, pattern);
	if (METRIC(cost, hops) != want)
		world_fail(world, "%s: %s is shown at (%u, %u), not (%u, %u)",
		    world->nodes[from].name, pattern, (unsigned)cost,
		    (unsigned)hops, (unsigned)(want >> 16),
		    (unsigned)(want & 0xffff));
}

static void
metrics_judge(struct world *world, struct map *map, size_t from)
{
	struct node *node = &world->nodes[from];
	const char *text;

	distances(world, map, from);
	for (size_t k = 0; k < node->table.n && !node->refused; k++)
		if (!truth_is_scoped(node, node->table.routes[k].pattern) &&
		    !is_apart(world, map, from, node->table.routes[k].pattern))
			route_judge(world, map, from, &node->table.routes[k]);
	text = world_ask(world, node, "routes");
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *line = json_loadb(text, n, 0, NULL);

		metric_judge(world, map, from, line);
		json_decref(line);
		text += n + (text[n] == '\n');
	}
}

/* Of what each server shows nothing is asked once the rest does not hold. */
void
truth_check(struct world *world)
{
	struct map *map = mem_new(sizeof(*map), 0, 0);

	map_draw(world, map);
	digests_judge(world, map);
	if (world->failed == NULL)
		loops_judge(world);
	for (size_t i = 0; i < world->n && world->failed == NULL; i++)
		if (world_runs(&world->nodes[i]))
			truth_leaving(world, &world->nodes[i]);
	if (world->failed == NULL && decides(world, map))
		for (size_t i = 0; i < world->n; i++)
			if (world_runs(&world->nodes[i]))
				metrics_judge(world, map, i);
	mem_free(map);
}

bool
truth_holds(struct world *world)
{
	char *failed;

	truth_check(world);
	failed = world->failed;
	world->failed = NULL;
	mem_free(failed);
	return failed == NULL;
}

bool
truth_flows(struct world *world, struct node *from, const char *pattern,
    struct node **where)
{
	for (int hops = 0; hops < HOPS_MAX; hops++) {
		const struct route *route =
		    mta_table_find(&from->table, pattern);
		struct node *next = NULL;

		*where = from;
		if (route == NULL || route->kind == ROUTE_HOLD)
			return false;
		if (route->kind != ROUTE_REMOTE)
			return true;
		for (size_t i = 0; i < route->nhops && next == NULL; i++) {
			next = world_find(world, route->hop[i].name);
			if (!world_mail(world, from, next))
				next = NULL;
		}
		if (next == NULL)
			return false;
		from = next;
	}
	return false;
}
