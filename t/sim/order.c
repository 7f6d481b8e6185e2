/*
 * order.c - sentences of a scene about the authority and its certificates,
 * and about what is forged.
 */

#include <string.h>

#include "t/sim/plan.h"
#include "t/sim/scene.h"

void
authority_forget(struct scene *scene)
{
	struct node *whom = scene_host(scene, scene->word[1]);
	struct node *at = scene_host(scene, scene->word[3]);

	if (whom != NULL && at != NULL)
		plan_forget(scene->world, whom, at);
}

void
authority_revoke(struct scene *scene)
{
	struct node *whom = scene_host(scene, scene->word[1]);
	struct node *at = scene_host(scene, scene->word[3]);

	if (whom != NULL && at != NULL)
		plan_revoke(scene->world, whom, at);
}

void
authority_enforce(struct scene *scene)
{
	struct node *at = scene_host(scene, scene->word[3]);
	bool on = strcmp(scene->word[1], "yes") == 0;

	if (at != NULL)
		plan_enforce(scene->world, on, at);
}

void
order_may(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);

	if (node == NULL)
		return;
	plan_transit(node, world_text(scene->world, scene->word[2]));
	if (node->engine != NULL)
		world_configure(scene->world, node);
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

	if (forgery.whom != NULL && forgery.peer != NULL && forgery.to != NULL)
		plan_forge(scene->world, &forgery);
}
