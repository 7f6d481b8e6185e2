/*
 * spf_queue.h - the queue of a search: nodes by metric, nearest first.
 *
 * Circular buckets of 2^shift units of cost. A node may stand in it several
 * times; the caller knows which it has settled. Keys never go below that of
 * the last bucket opened, nor above it by more than the range given at
 * spf_queue_begin().
 *
 * A bucket whose keys need an order among themselves (it is wider than one
 * unit, or some step costs nothing) is opened into a binary heap; one that
 * does not is handed out as it lies.
 */

#ifndef CORE_SPF_QUEUE_H
#define CORE_SPF_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define SPF_QUEUE_BUCKETS 1024
#define SPF_QUEUE_NONE UINT32_MAX

struct spf_queue_entry {
	uint32_t node, next;
};

struct spf_queue_key {
	uint64_t key;
	uint32_t node;
};

struct spf_queue {
	struct spf_queue_entry *pool;
	uint32_t npool, room;
	struct spf_queue_key *heap;
	uint32_t nheap, heap_room;
	uint32_t shift, mask;
	bool sorted;                           /* buckets need no heap */
	uint64_t now;                          /* the bucket that is open */
	uint64_t full[SPF_QUEUE_BUCKETS / 64]; /* which have something */
	uint32_t head[SPF_QUEUE_BUCKETS];
};

struct spf_queue *spf_queue_new(void);
void spf_queue_free(struct spf_queue *q);

/*
 * Empties it for keys whose cost is at most `range` above that of the last
 * one taken. `positive`: each step on the way costs 1 or more.
 */
void spf_queue_begin(struct spf_queue *q, uint64_t range, bool positive);

/* Opens the next bucket that has something. False when there is none. */
bool spf_queue_open(struct spf_queue *q, const uint64_t *dist);

void spf_queue_grow(struct spf_queue *q);
void spf_queue_heap_push(struct spf_queue *q, uint64_t key, uint32_t node);
uint32_t spf_queue_heap_pop(struct spf_queue *q);

static inline void
spf_queue_push(struct spf_queue *q, uint64_t key, uint32_t node)
{
	uint64_t bucket = key >> 24 >> q->shift;
	uint32_t b = (uint32_t)bucket & q->mask;

	if (!q->sorted && bucket == q->now) {
		spf_queue_heap_push(q, key, node);
		return;
	}
	if (q->npool == q->room)
		spf_queue_grow(q);
	q->pool[q->npool] = (struct spf_queue_entry){ node, q->head[b] };
	q->head[b] = q->npool++;
	q->full[b / 64] |= UINT64_C(1) << b % 64;
}

/* The next node of the open bucket, or SPF_QUEUE_NONE. */
static inline uint32_t
spf_queue_take(struct spf_queue *q)
{
	uint32_t b = (uint32_t)q->now & q->mask;
	uint32_t e = q->head[b];

	if (!q->sorted)
		return q->nheap > 0 ? spf_queue_heap_pop(q) : SPF_QUEUE_NONE;
	if (e == SPF_QUEUE_NONE)
		return SPF_QUEUE_NONE;
	q->head[b] = q->pool[e].next;
	return q->pool[e].node;
}

/* Who is likely to come next, to have its memory at hand; or SPF_QUEUE_NONE. */
static inline uint32_t
spf_queue_peek(const struct spf_queue *q)
{
	uint32_t e = q->head[(uint32_t)q->now & q->mask];

	return q->sorted && e != SPF_QUEUE_NONE ? q->pool[e].node
	                                        : SPF_QUEUE_NONE;
}

#endif
