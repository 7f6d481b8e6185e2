/*
 * post_judge.c - what must never become of a letter, and whether all are where they
 * go (post.h).
 */

#include <string.h>

#include "core/lsa/match.h"
#include "core/node/node.h"
#include "core/node/phase.h"
#include "core/trace/mark.h"
#include "t/sim/post_parts.h"
#include "t/sim/rule.h"
#include "t/sim/truth_heard.h"

#define WINDOW_MS 900000
#define VISITS 3
#define HOPS_MAX 50 /* hopcount_limit */

/* Whether somebody who is or may come again says that it is his. */
static bool
is_claimed(const struct world *world, const char *address)
{
	for (size_t i = 0; i < world->n; i++) {
		const struct setup *conf = &world->nodes[i].conf;
		struct match match = match_over(address, "");
		const char *pattern;

		if (world->nodes[i].gone || world->nodes[i].stolen)
			continue;
		while ((pattern = match_next(&match)) != NULL)
			for (size_t k = 0; k < conf->nspaces; k++)
				if (strcmp(conf->spaces[k].pattern, pattern) ==
				    0)
					return true;
	}
	return false;
}

/* What it has just heard is on its way to its table. */
static bool
is_behind(const struct node *at)
{
	const struct engine *e = at->engine;

	return world_runs(at) &&
	       (e->due.compute || e->table.rib == NULL ||
		   e->table.rib->generation > e->table.published);
}

/* All that told of it there, when its MTA's table was made. */
static bool
is_lost(const struct node *at, const char *address)
{
	struct match match = match_over(address, "");
	const char *pattern;

	if (at->lacks && is_behind(at))
		return true;
	while ((pattern = match_next(&match)) != NULL)
		if (!truth_is_lost(at, pattern))
			return false;
	return at->lacks;
}

/* It was its own and was taken from it while it can write no table: then nothing
 * can lead on there what comes until the others know. */
static bool
is_stranded(const struct node *at, const char *address)
{
	struct match match = match_over(address, "");
	const char *pattern;

	if (!world_runs(at) || !at->engine->table.late.behind)
		return false;
	while ((pattern = match_next(&match)) != NULL)
		if (truth_has_claimed(at, pattern))
			return true;
	return false;
}

/* Nobody there knows of it: it is returned to its sender. */
void
post_bounced(struct post *post, const struct node *from, const struct node *at,
    const char *address)
{
	if (!post->misled && is_claimed(post->world, address) &&
	    !at->rolled_back && !is_lost(at, address) &&
	    !is_stranded(at, address))
		world_fail(post->world,
		    "%s sends a letter for %s to %s, which bounces it",
		    from->name, address, at->name);
}

void
post_delivered(struct post *post, const struct letter *letter, const char *to)
{
	struct visited one = { letter->number, letter->at, 1, to,
		post->world->now };

	for (size_t i = 0; i < post->delivered.n; i++)
		if (post->delivered.v[i].number == letter->number &&
		    strcmp(post->delivered.v[i].to, to) == 0)
			world_fail(post->world,
			    "%s gets a letter twice, at %s "
			    "and %s",
			    to, post->delivered.v[i].node->name,
			    letter->at->name);
	vec_push(&post->delivered, one);
}

/* Else nothing ends a loop of stale tables but the MTA's own limit. */
static bool
has_marks(const struct world *world)
{
	for (size_t i = 0; i < world->n; i++)
		if (world->nodes[i].conf.announced.nmark == 0)
			return false;
	return true;
}

/* Where every host leaves marks, and knows its own again. */
static bool
all_mark(const struct world *world)
{
	for (size_t i = 0; i < world->n; i++) {
		const struct node *node = &world->nodes[i];

		if (node->conf.announced.nmark != 1 || node->ahead_s != 0 ||
		    node->drift_ppm != 0 || node->rolled_back)
			return false;
	}
	return true;
}

void
post_visited(struct post *post, struct letter *letter)
{
	struct visited here = { letter->number, letter->at, letter->to.n,
		letter->to.v[0], post->world->now };
	unsigned times = 1;

	for (size_t i = 0; i < post->visited.n; i++) {
		const struct visited *v = &post->visited.v[i];

		times += v->number == here.number && v->node == here.node &&
		         v->n == here.n && v->to == here.to &&
		         mono_since(v->when, here.when) < WINDOW_MS;
	}
	vec_push(&post->visited, here);
	if (times > VISITS && !letter->unmarked && all_mark(post->world))
		world_fail(post->world, "a letter for %s is at %s %u times",
		    here.to, here.node->name, times);
	letter->ended = letter->received.n > HOPS_MAX;
	letter->misled |= post->misled;
	if (letter->ended && has_marks(post->world) && !letter->misled)
		world_fail(post->world, "a letter for %s has %zu hops", here.to,
		    letter->received.n);
}

bool
post_misled(
    const struct world *world, const struct node *named, const struct node *hop)
{
	const struct node *liar = world->insider;

	if (liar == NULL || named != liar)
		return false;
	return named != hop || !world_runs(hop) ||
	       phase_state(hop->engine) == LSA_STARTING;
}

/* Somebody says it whom this one knows, and does not know it of. */
static bool
is_withheld(const struct node *at, const char *pattern)
{
	const struct world *world = at->world;

	for (size_t i = 0; world_runs(at) && i < world->n; i++) {
		const struct node *other = &world->nodes[i];
		const char *server = other->conf.server;
		const struct lsdb_share *share =
		    lsdb_share(&at->engine->db, server);

		if (share != NULL && share->server != NULL &&
		    !rule_two_faced(world, server) &&
		    truth_heard_of(other, server, pattern))
			return true;
	}
	return false;
}

/* Its database says nothing of the key, not even that it was given up, and once
 * the world is quiet nobody that it knows is there to say it: the route of before
 * stays, and the MTA gives up in its own time (lsrd(8), KEYS THAT LEAVE). */
static bool
is_orphan(const struct letter *letter, const struct route *route)
{
	struct truth_heard h =
	    truth_hear(letter->at->world, letter->at, route->pattern);

	return !h.claim &&
	       ((!h.purge && !h.forgotten && !h.revoked) ||
		   truth_is_open(letter->at->world, letter->at, route)) &&
	       !is_withheld(letter->at, route->pattern);
}

/* All that it was given to go by (FILTER) are forgotten and not back, or down with
 * a key that was revoked: nobody takes it from there, lsrctl names it, and the MTA
 * gives it up in its own time. */
static bool
is_via_gone(const struct letter *letter)
{
	for (size_t i = 0; i < letter->nvia; i++) {
		const struct node *hop =
		    world_at(letter->at->world, &letter->via[i]);

		if (hop != NULL && !hop->gone && (hop->host_up || !hop->stolen))
			return false;
	}
	return letter->nvia > 0;
}

/* Whether it is to move on by itself. */
static bool
is_under_way(const struct letter *letter)
{
	if (letter->ended || !letter->at->host_up || !letter->at->mail_up ||
	    is_via_gone(letter))
		return false;
	for (size_t i = 0; i < letter->to.n; i++) {
		const struct route *route =
		    post_lookup(&letter->at->table, letter->to.v[i]);

		if (route == NULL ||
		    (route->kind != ROUTE_HOLD && !is_orphan(letter, route)))
			return true;
	}
	return false;
}

/* What has come by many hops is refused where it was three times, for a window
 * that grows with them, to two days (lsrd-trace(7)); then its MTA tries again. */
static bool
is_windowed(const struct letter *letter)
{
	unsigned hops = (unsigned)letter->received.n + 1; /* with who refuses */
	uint64_t window = mark_window_ms(hops, HOPS_MAX);

	return window > WINDOW_MS &&
	       mono_since(letter->came, letter->at->world->now) <
	           window + POST_MOST_MS + POST_AGAIN_MS;
}

/* `late`: none that waits for its window. */
static const struct letter *
first_under_way(const struct post *post, bool late)
{
	for (size_t i = 0; i < post->letters.n; i++)
		if (is_under_way(post->letters.v[i]) &&
		    !(late && is_windowed(post->letters.v[i])))
			return post->letters.v[i];
	return NULL;
}

#define LOOK_MS 60000

void
post_settle(struct world *world, uint64_t ms)
{
	const struct letter *letter = NULL;

	if (world->post == NULL)
		return;
	while (world->failed == NULL &&
	       first_under_way(world->post, false) != NULL && letter == NULL) {
		if (ms >= LOOK_MS)
			ms -= LOOK_MS;
		else
			letter = first_under_way(world->post, true);
		if (letter == NULL)
			world_run(world, LOOK_MS);
	}
	if (letter != NULL)
		world_fail(world, "a letter for %s waits at %s for ever",
		    letter->to.v[0], letter->at->name);
}
