#include "t/sim/service.h"

#include <stdlib.h>
#include <string.h>

#include "t/sim/host.h"

static void
busy_one(struct scene *scene, struct node *node)
{
	node->busy = strcmp(scene->word[2], "yes") == 0;
}

void
service_busy(struct scene *scene)
{
	scene_each(scene, scene->word[1], busy_one);
}

static void
greets_one(struct scene *scene, struct node *node)
{
	node->greets_ms = scene_time(scene->word[2]);
}

void
service_greets(struct scene *scene)
{
	scene_each(scene, scene->word[1], greets_one);
}

static void
denies_one(struct scene *scene, struct node *node)
{
	node->denies = strcmp(scene->word[2], "yes") == 0;
}

void
service_denies(struct scene *scene)
{
	scene_each(scene, scene->word[1], denies_one);
}

/* Since it was looked at, at most so often. */
static void
asked_one(struct scene *scene, struct node *node)
{
	if (node->asked > strtoull(scene->word[2], NULL, 10))
		scene_fail(scene, "%s: was asked %llu times", node->name,
		    (unsigned long long)node->asked);
	node->asked = 0;
}

void
service_asked(struct scene *scene)
{
	scene_each(scene, scene->word[1], asked_one);
}

static void
short_one(struct scene *scene, struct node *node)
{
	node->shortage = NULL;
	if (strcmp(scene->word[2], "of-nothing") != 0)
		node->shortage = world_text(scene->world, scene->word[2]);
	node->short_since = scene->world->now;
}

void
service_short(struct scene *scene)
{
	scene_each(scene, scene->word[1], short_one);
}

static void
interval_one(struct scene *scene, struct node *node)
{
	node->conf.times.probe_ms = (uint32_t)scene_time(scene->word[2]);
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

void
service_interval(struct scene *scene)
{
	scene_each(scene, scene->word[1], interval_one);
}

static void
digests_one(struct scene *scene, struct node *node)
{
	node->conf.times.digest_ms = (uint32_t)scene_time(scene->word[2]);
	if (node->engine != NULL)
		world_configure(scene->world, node);
}

void
service_digests(struct scene *scene)
{
	scene_each(scene, scene->word[1], digests_one);
}

/* Its mail service has an IPv6 address, too, which stands first or last. */
void
service_six(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	bool first = strcmp(scene->word[2], "first") == 0;

	if (node == NULL)
		return;
	if (strcmp(scene->word[2], "up") == 0 ||
	    strcmp(scene->word[2], "down") == 0) {
		node->six_up = strcmp(scene->word[2], "up") == 0;
		return;
	}
	node->six = (struct addr){ .family = 6, .port = 25 };
	memcpy(node->six.ip, "\xfd\x99", 2);
	memcpy(node->six.ip + 12, node->addr.ip, 4);
	node->conf.announced.nsmtp = 2;
	node->conf.announced.smtp[first ? 0 : 1] = node->six;
	node->conf.announced.smtp[first ? 1 : 0] = node->addr;
	node->conf.announced.smtp[first ? 1 : 0].port = 25;
}

/* The families that its MTA can connect by (inet_protocols). */
static void
families_one(struct scene *scene, struct node *node)
{
	node->mta.read = true;
	node->mta.ipv4 = strcmp(scene->word[2], "ipv6") != 0;
	node->mta.ipv6 = strcmp(scene->word[2], "ipv4") != 0;
	if (node->engine != NULL)
		host_read_mta(scene->world, node, 1);
}

void
service_families(struct scene *scene)
{
	scene_each(scene, scene->word[1], families_one);
}
