/*
 * action_host.c - the sentences of a scene that do something to hosts: to lsrd,
 * to the mail service, to the disk (scene.h).
 */

#include <stdlib.h>
#include <string.h>

#include "t/sim/disk.h"
#include "t/sim/host.h"
#include "t/sim/scene.h"
#include "t/sim/service.h"

static void
start(struct scene *scene, struct node *node)
{
	static const char *const words[] = { "kept", "lost", "old",
		"epoch-only", "copy-lost", "image-old" };
	int disk = DISK_KEPT;

	for (int i = 0; i < 6; i++)
		if (scene_has(scene, words[i]))
			disk = i;
	if (node->stolen && scene->world->loose)
		return;
	if (node->engine != NULL)
		scene_skip(scene, "%s runs already", node->name);
	else
		world_start(scene->world, node, (enum world_disk)disk);
}

static void
do_start(struct scene *scene)
{
	scene_each(scene, scene->word[1], start);
}

/* Its disk is made of what is on another's. */
static void
do_clone(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	struct node *from = scene_host(scene, scene->word[2]);

	if (node == NULL || from == NULL || node == from)
		return;
	if (node->engine != NULL) /* its MTA would keep another's table */
		scene_skip(scene, "%s runs", node->name);
	else
		disk_clone(node, from);
}

static void
clock_one(struct scene *scene, struct node *node)
{
	int64_t s = (int64_t)(scene_time(scene->word[3]) / 1000);

	node->ahead_s = strcmp(scene->word[2], "back") == 0 ? -s : s;
}

static void
do_clock(struct scene *scene)
{
	scene_each(scene, scene->word[1], clock_one);
}

static void
stop_one(struct scene *scene, struct node *node)
{
	world_stop(scene->world, node);
}

static void
do_stop(struct scene *scene)
{
	scene_each(scene, scene->word[1], stop_one);
}

static void
kill_one(struct scene *scene, struct node *node)
{
	world_kill(scene->world, node);
}

static void
do_kill(struct scene *scene)
{
	scene_each(scene, scene->word[1], kill_one);
}

static void
crash_one(struct scene *scene, struct node *node)
{
	world_crash(scene->world, node);
}

static void
do_crash(struct scene *scene)
{
	scene_each(scene, scene->word[1], crash_one);
}

static void
hang_one(struct scene *scene, struct node *node)
{
	world_hang(scene->world, node);
}

static void
do_hang(struct scene *scene)
{
	scene_each(scene, scene->word[1], hang_one);
}

static void
resume_one(struct scene *scene, struct node *node)
{
	world_resume(scene->world, node);
}

static void
do_resume(struct scene *scene)
{
	scene_each(scene, scene->word[1], resume_one);
}

static void
mail_one(struct scene *scene, struct node *node)
{
	node->mail_up = strcmp(scene->word[2], "up") == 0;
}

static void
do_mail(struct scene *scene)
{
	scene_each(scene, scene->word[1], mail_one);
}

static void
publisher_one(struct scene *scene, struct node *node)
{
	node->publish_stuck = strcmp(scene->word[2], "stuck") == 0;
	node->publish_copies = strcmp(scene->word[2], "copies") == 0;
}

static void
do_publisher(struct scene *scene)
{
	scene_each(scene, scene->word[1], publisher_one);
}

/* How its MTA is configured from now on, as far as a reading can tell. */
static void
mta_one(struct scene *scene, struct node *node)
{
	const char *word = scene->word[2];
	enum mta_asks asks = strcmp(word, "asks") == 0     ? MTA_YES
	                     : strcmp(word, "silent") == 0 ? MTA_NO
	                                                   : MTA_UNKNOWN;

	node->mta_hangs = strcmp(word, "hangs") == 0;
	node->mta.asks = node->mta.asks_default = asks;
	if (strcmp(word, "no-default") == 0)
		node->mta.asks = MTA_YES, node->mta.asks_default = MTA_NO;
	host_read_mta(scene->world, node, 1);
}

static void
do_mta(struct scene *scene)
{
	scene_each(scene, scene->word[1], mta_one);
}

static void
disk_one(struct scene *scene, struct node *node)
{
	node->disk_no_room = strcmp(scene->word[2], "no-room") == 0;
	node->disk_full =
	    node->disk_no_room || strcmp(scene->word[2], "full") == 0;
}

static void
do_disk(struct scene *scene)
{
	scene_each(scene, scene->word[1], disk_one);
}

static void
queue_one(struct scene *scene, struct node *node)
{
	node->queue = strcmp(scene->word[2], "waits") == 0    ? QUEUE_WAITS
	              : strcmp(scene->word[2], "unread") == 0 ? QUEUE_UNREAD
	                                                      : QUEUE_IDLE;
}

static void
do_queue(struct scene *scene)
{
	scene_each(scene, scene->word[1], queue_one);
}

static void
do_age(struct scene *scene)
{
	world_age_disks(scene->world);
}

static void
confirm_one(struct scene *scene, struct node *node)
{
	node->conf.confirm_percent =
	    (uint32_t)strtoul(scene->word[2], NULL, 10);
	world_configure(scene->world, node);
}

static void
do_confirm(struct scene *scene)
{
	scene_each(scene, scene->word[1], confirm_one);
}

static void
certified_one(struct scene *scene, struct node *node)
{
	(void)scene;
	node->certified = true;
}

static void
do_certified(struct scene *scene)
{
	scene_each(scene, scene->word[1], certified_one);
}

const struct scene_verb scene_host_actions[] = {
	{ "start", 1, 2, do_start },
	{ "clone", 2, 2, do_clone },
	{ "clock", 3, 3, do_clock },
	{ "stop", 1, 1, do_stop },
	{ "kill", 1, 1, do_kill },
	{ "crash", 1, 1, do_crash },
	{ "hang", 1, 1, do_hang },
	{ "resume", 1, 1, do_resume },
	{ "mail", 2, 2, do_mail },
	{ "publisher", 2, 2, do_publisher },
	{ "disk", 2, 2, do_disk },
	{ "queue", 2, 2, do_queue },
	{ "age-disks", 0, 0, do_age },
	{ "certified", 1, 1, do_certified },
	{ "short", 2, 2, service_short },
	{ "busy", 2, 2, service_busy },
	{ "greets", 2, 2, service_greets },
	{ "denies", 2, 2, service_denies },
	{ "asked", 2, 2, service_asked },
	{ "mta", 2, 2, do_mta },
	{ "probe-interval", 2, 2, service_interval },
	{ "digest-interval", 2, 2, service_digests },
	{ "six", 2, 2, service_six },
	{ "families", 2, 2, service_families },
	{ "confirm-above", 2, 2, do_confirm },
	{ NULL, 0, 0, NULL },
};
