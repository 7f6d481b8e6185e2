/*
 * order.c - sentences of a scene about the authority and its certificates,
 * and about what is forged.
 */

#include <string.h>

#include "t/sim/cable.h"
#include "t/sim/plan.h"
#include "t/sim/scene.h"

/* Where nobody is to be asked, only who is there is spoken to about who is
 * not, and once. */
static bool
may_bury(struct scene *scene, const struct node *whom, const struct node *at)
{
	return !scene->world->loose ||
	       (whom != at && world_runs(at) && whom->engine == NULL &&
		   !whom->gone && !whom->stolen);
}

void
authority_forget(struct scene *scene)
{
	struct node *whom = scene_host(scene, scene->word[1]);
	struct node *at = scene_host(scene, scene->word[3]);

	if (whom != NULL && at != NULL && may_bury(scene, whom, at))
		plan_forget(scene->world, whom, at);
}

void
authority_revoke(struct scene *scene)
{
	struct node *whom = scene_host(scene, scene->word[1]);
	struct node *at = scene_host(scene, scene->word[3]);

	if (whom != NULL && at != NULL && may_bury(scene, whom, at))
		plan_revoke(scene->world, whom, at);
}

void
authority_enforce(struct scene *scene)
{
	struct node *at = scene_host(scene, scene->word[3]);
	bool on = strcmp(scene->word[1], "yes") == 0;

	if (at != NULL && (!scene->world->loose || world_runs(at)))
		plan_enforce(scene->world, on, at);
}

static void
may_one(struct scene *scene, struct node *node)
{
	plan_transit(node, world_text(scene->world, scene->word[2]));
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

void
order_may(struct scene *scene)
{
	scene_each(scene, scene->word[1], may_one);
}

/* That is no stranger's. */
static bool
is_own_word(const struct plan_forgery *f)
{
	return (strcmp(f->kind, "stranger") == 0 ||
		   strcmp(f->kind, "seize") == 0) &&
	       strcmp(f->peer->conf.server, f->whom->conf.server) == 0;
}

void
order_forge(struct scene *scene)
{
	struct plan_forgery forgery = {
		.kind = scene->word[1],
		.whom = scene_host(scene, scene->word[2]),
		.peer = scene_host(scene, scene->word[4]),
		.to = scene_host(scene, scene->word[6]),
	};

	if (forgery.whom == NULL || forgery.peer == NULL || forgery.to == NULL)
		return;
	if (scene->world->loose &&
	    (forgery.whom->last.n == 0 ||
		forgery.whom == scene->world->insider ||
		is_own_word(&forgery) ||
		!cable_joins(scene->world, forgery.peer, forgery.to)))
		scene_skip(scene, "nobody says it there");
	else
		plan_forge(scene->world, &forgery);
}
