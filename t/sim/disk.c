#include "t/sim/disk.h"

#include <string.h>

#include "t/sim/host.h"
#include "t/sim/post.h"
#include "t/sim/rule.h"

#define STUCK_MS 1000  /* who cannot publish tries again */
#define SAVE_MS 5000   /* who cannot save tries again */
#define QUEUE_MS 30000 /* between two readings of the queue */

static void
blob_set(struct blob *blob, const void *p, size_t n)
{
	mem_free(blob->p);
	blob->p = p == NULL ? NULL : mem_dup(p, n);
	blob->n = n;
}

void
mta_table_room(struct mta_table *table, size_t n)
{
	table->routes = mem_new(0, n + 1, sizeof(*table->routes));
	table->holders = mem_new(sizeof(*table->holders), 0, 0);
	*table->holders = 1;
}

void
mta_table_done(struct mta_table *table)
{
	bool last = table->holders != NULL && --*table->holders == 0;

	for (size_t i = 0; last && i < table->n; i++)
		route_done(&table->routes[i]);
	if (last) {
		mem_free(table->routes);
		mem_free(table->holders);
	}
	*table = (struct mta_table){ 0 };
}

const struct route *
mta_table_find(const struct mta_table *table, const char *pattern)
{
	size_t low = 0, high = table->n;

	/* in the order of patterns, as the engine's table is (rib.h) */
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(table->routes[mid].pattern, pattern);

		if (order == 0)
			return &table->routes[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static void
table_copy(struct mta_table *to, const struct mta_table *from)
{
	mta_table_done(to);
	*to = *from;
	if (to->holders != NULL)
		++*to->holders;
}

void
disk_done(struct node *node)
{
	for (int i = 0; i < WORLD_DISKS; i++) {
		blob_set(&node->disk[i], NULL, 0);
		blob_set(&node->week_old[i], NULL, 0);
	}
	buf_done(&node->unsaved);
	mta_table_done(&node->table);
	mta_table_done(&node->copy);
	mta_table_done(&node->table_old);
	mta_table_done(&node->copy_old);
}

void
world_age_disks(struct world *world)
{
	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];

		for (int k = 0; k < WORLD_DISKS; k++)
			blob_set(&node->week_old[k], node->disk[k].p,
			    node->disk[k].n);
		table_copy(&node->table_old, &node->table);
		table_copy(&node->copy_old, &node->copy);
	}
}

static void
saved_found(struct node *node, enum world_disk disk)
{
	for (int i = 0; i < WORLD_DISKS; i++) {
		if (disk == DISK_WEEK_OLD || disk == DISK_ALL_OLD)
			blob_set(&node->disk[i], node->week_old[i].p,
			    node->week_old[i].n);
		if (disk == DISK_LOST ||
		    (disk == DISK_EPOCH_ONLY && i == SAVE_STATE))
			blob_set(&node->disk[i], NULL, 0);
	}
}

/* It is written before the table: of an empty one there is an empty copy. */
static bool
is_copy_lost(const struct node *node)
{
	return node->copy.n == 0 && node->table.n > 0;
}

void
disk_found(struct node *node, enum world_disk disk)
{
	saved_found(node, disk);
	if (disk != DISK_KEPT && disk != DISK_COPY_LOST)
		node->all_saved = false;
	if (disk == DISK_COPY_LOST)
		mta_table_done(&node->copy);
	if (disk == DISK_ALL_OLD) {
		table_copy(&node->table, &node->table_old);
		table_copy(&node->copy, &node->copy_old);
		node->rolled_back = true;
		node->unknown = false;
	}
	/* Once lost, it is so until a table is published without. */
	if (disk == DISK_COPY_LOST || is_copy_lost(node))
		node->unknown |= !node->all_saved || node->foreign ||
		                 node->disk_key != node->key;
}

void
disk_clone(struct node *node, const struct node *from)
{
	for (int i = 0; i < WORLD_DISKS; i++)
		blob_set(&node->disk[i], from->disk[i].p, from->disk[i].n);
	node->disk_key = from->disk_key;
	node->noted = from->noted;
	node->foreign = true;
	node->unknown = from->unknown || from->copy.n == 0;
	node->rolled_back = true;
	table_copy(&node->table, &from->table);
	table_copy(&node->copy, &from->copy);
}

/* The frame that it is in is then none of ours (io/journal.h); here no part is,
 * which says less. */
void
disk_spoil(struct node *node, bool cut)
{
	struct blob *disk = &node->disk[SAVE_STATE];
	struct rng *rng = &node->world->rng;

	if (disk->p == NULL || disk->n == 0)
		return;
	node->foreign = true;
	node->unknown |= node->copy.n == 0;
	if (cut)
		disk->n = rng_below(rng, disk->n);
	else
		disk->p[rng_below(rng, disk->n)] ^=
		    (uint8_t)(1 << rng_below(rng, 8));
}

void
disk_restore_table(struct world *world, struct node *node)
{
	struct input in = { .kind = IN_RESTORE, .who = SAVE_TABLE };
	struct buf table = { 0 };

	if (node->copy.n > 0) {
		buf_u64(&table, node->copy.generation);
		buf_u32(&table, (uint32_t)node->copy.n);
	}
	for (size_t i = 0; i < node->copy.n; i++)
		route_encode(&table, &node->copy.routes[i]);
	if (node->copy.n > 0)
		buf_u64(&table, node->noted);
	in.bytes = table.p;
	in.len = table.n;
	host_input(world, node, &in);
	buf_done(&table);
}

static void
state_part(void *ctx, const uint8_t *octets, size_t n)
{
	buf_u32(ctx, (uint32_t)n);
	buf_bytes(ctx, octets, n);
}

void
disk_state(struct node *node, const struct effect *fx)
{
	if (fx->len > 0 && node->state_life == node->life) {
		state_part(&node->unsaved, fx->bytes, fx->len);
		return;
	}
	node->state_life = node->life;
	node->unsaved_whole = true;
	buf_reset(&node->unsaved);
	engine_save(node->engine, state_part, &node->unsaved);
}

/* Another's key has no part in it. A scene may have put a file of before there,
 * which is all in one. */
void
disk_restore_state(struct world *world, struct node *node)
{
	const struct blob *disk = &node->disk[SAVE_STATE];
	struct cur in = cur_over(disk->p, disk->p == NULL ? 0 : disk->n);
	struct input part = { .kind = IN_RESTORE, .who = SAVE_PART };
	struct input end = { .kind = IN_RESTORE, .who = SAVE_STATE };

	if (node->file_of_before) {
		end.bytes = in.p;
		end.len = in.left;
		in.left = 0;
	}
	part.made = node->disk_key == node->key && !node->foreign;
	while (in.left > 0) {
		struct cur one = cur_sub(&in, cur_u32(&in));

		part.bytes = one.p;
		part.len = one.left;
		host_input(world, node, &part);
	}
	host_input(world, node, &end);
}

/* What waits is on the disk now. */
static void
state_saved(struct node *node)
{
	struct blob *disk = &node->disk[SAVE_STATE];
	struct buf all = { 0 };

	if (!node->unsaved_whole)
		buf_bytes(&all, disk->p, disk->n);
	buf_bytes(&all, node->unsaved.p, node->unsaved.n);
	blob_set(disk, all.p, all.n);
	buf_done(&all);
	buf_reset(&node->unsaved);
	if (node->unsaved_whole)
		node->foreign = false;
	node->unsaved_whole = false;
	node->disk_key = node->key;
}

/* Once more later; a life that has ended does not. */
static bool
again(struct world *world, uint64_t ms, struct happening *h)
{
	if (h->life == h->node->life)
		world_later(world, ms, h);
	else
		happening_free(h);
	return false;
}

bool
disk_saved(struct world *world, struct node *node, struct happening *h)
{
	if (node->disk_full)
		return again(world, SAVE_MS, h);
	if (!node->host_up)
		return true;
	if (h->what != SAVE_STATE)
		blob_set(&node->disk[h->what], h->bytes.p, h->bytes.n);
	else if (node->unsaved.n > 0)
		state_saved(node);
	return true;
}

bool
disk_stop(struct node *node)
{
	if (node->disk_full)
		return false;
	if (node->unsaved.n > 0)
		state_saved(node);
	return node->disk[SAVE_STATE].n > 0 &&
	       (node->state_life == node->life || node->all_saved);
}

static bool
has_new_key(const struct mta_table *now, const struct mta_table *next)
{
	for (size_t i = 0; i < next->n; i++)
		if (mta_table_find(now, next->routes[i].pattern) == NULL)
			return true;
	return false;
}

/* What of a table may be published without its copy. */
static void
narrow(struct world *world, struct node *node, const struct mta_table *next)
{
	struct mta_table less = { .serial = next->serial,
		.epoch = next->epoch,
		.generation = next->generation },
			 was;

	mta_table_room(&less, next->n);
	for (size_t i = 0; i < next->n; i++)
		if (mta_table_find(&node->copy, next->routes[i].pattern))
			route_copy(&less.routes[less.n++], &next->routes[i]);
	rule_table(world, node, &less);
	was = node->table;
	node->table = less;
	post_table(world, node, &was);
}

/* The queue is read for keys whose hour is over. */
static void
queue_read(struct world *world, struct node *node, const struct mta_table *was)
{
	for (size_t i = 0; i < node->table.n; i++) {
		const struct route *r = &node->table.routes[i];
		const struct route *old =
		    r->over ? mta_table_find(was, r->pattern) : NULL;
		struct happening *h;

		if (!r->over || (old != NULL && old->over &&
				    node->queue_life == node->life))
			continue;
		h = happening_new(node, HAPPENS_QUEUE);
		h->name = mem_str(r->pattern);
		h->in.kind = IN_WAITS;
		world_later(world, QUEUE_MS, h);
	}
	node->queue_life = node->life;
}

bool
disk_queue(struct world *world, struct node *node, struct happening *h)
{
	struct happening *next;

	if (node->engine == NULL || h->life != node->life ||
	    node->queue == QUEUE_UNREAD)
		return again(world, QUEUE_MS, h);
	h->in.value = node->queue == QUEUE_WAITS;
	if (h->in.value == 0)
		return true;
	next = happening_new(node, HAPPENS_QUEUE);
	next->name = mem_str(h->name);
	next->in.kind = IN_WAITS;
	world_later(world, QUEUE_MS, next);
	return true;
}

/* The MTA reads it. */
static void
table_put(struct world *world, struct node *node, struct happening *h)
{
	struct mta_table was = node->table;

	rule_table(world, node, &h->table);
	node->lacks |= node->unknown;
	node->unknown = node->refused = false;
	node->table = h->table;
	h->table = (struct mta_table){ 0 };
	h->in.kind = IN_PUBLISHED;
	h->in.value = node->table.generation;
	queue_read(world, node, &was);
	post_table(world, node, &was);
	if (world->on_table != NULL)
		world->on_table(world, node);
}

/* The first of a life is whole: where it is empty, and what the MTA has is not, the
 * publisher refuses it (RC_LIMIT of plugin.h). What it lacks is judged even so. */
static bool
is_refused(struct world *world, struct node *node, const struct happening *h)
{
	if (h->table.n > 0 || node->table.n == 0 ||
	    node->queue_life == node->life)
		return false;
	rule_table(world, node, &h->table);
	node->refused = true;
	return true;
}

/* A publisher goes from one table to the next: never back to one before what it
 * has copied or published. One that was killed in mid-write may have come to this
 * or not. */
static bool
is_lost(struct world *world, struct node *node, const struct happening *h)
{
	if (!node->host_up || h->table.serial < node->table.serial ||
	    (!h->copied && h->table.serial < node->copy.serial))
		return true;
	if (h->life == node->life)
		return false;
	/* The next lsrd has read the copy: the publisher before is no more. */
	return node->engine != NULL ||
	       (!node->stopped && rng_below(&world->rng, 2) == 0);
}

bool
disk_published(struct world *world, struct node *node, struct happening *h)
{
	if (is_lost(world, node, h)) {
		happening_free(h);
		return false;
	}
	if (node->publish_stuck || is_refused(world, node, h))
		return again(world, STUCK_MS, h);
	if (node->disk_no_room)
		node->noted = h->table.generation;
	/* Where no copy can be read, a table is better than none: publish/serve.c. */
	if (node->disk_no_room && !is_copy_lost(node) &&
	    has_new_key(&node->copy, &h->table)) {
		narrow(world, node, &h->table);
		return again(world, STUCK_MS, h);
	}
	if (!h->copied) {
		if (!node->disk_no_room)
			table_copy(&node->copy, &h->table);
		h->copied = true;
		world_later(world, 1 + rng_below(&world->rng, 5), h);
		return false;
	}
	if (node->publish_copies)
		return again(world, STUCK_MS, h);
	table_put(world, node, h);
	return true;
}
