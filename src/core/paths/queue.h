/*
 * queue.h - the queue of a search: nodes by metric, nearest first.
 *
 * Circular buckets of 2^shift units of cost. A node may stand in it several
 * times; the caller knows which it has settled. Keys never go below that of
 * the last bucket opened, nor above it by more than the range given at
 * queue_begin().
 *
 * A bucket whose keys need an order among themselves (it is wider than one
 * unit, or some step costs nothing) is opened into a binary heap; one that
 * does not is handed out as it lies.
 */

#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_BUCKETS 1024
#define QUEUE_NONE UINT32_MAX

struct queue_entry {
	uint32_t node, next;
};

struct queue_key {
	uint64_t key;
	uint32_t node;
};

struct queue {
	struct queue_entry *pool;
	uint32_t npool, room;
	struct queue_key *heap;
	uint32_t nheap, heap_room;
	uint32_t shift, mask;
	bool sorted;                       /* buckets need no heap */
	uint64_t now;                      /* the bucket that is open */
	uint64_t full[QUEUE_BUCKETS / 64]; /* which have something */
	uint32_t head[QUEUE_BUCKETS];
};

struct queue *queue_new(void);
void queue_free(struct queue *q);

/*
 * Empties it for keys whose cost is at most `range` above that of the last
 * one taken. `positive`: each step on the way costs 1 or more.
 */
void queue_begin(struct queue *q, uint64_t range, bool positive);

/* Opens the next bucket that has something. False when there is none. */
bool queue_open(struct queue *q, const uint64_t *dist);

void queue_grow(struct queue *q);
void queue_heap_push(struct queue *q, uint64_t key, uint32_t node);
uint32_t queue_heap_pop(struct queue *q);

static inline void
queue_push(struct queue *q, uint64_t key, uint32_t node)
{
	uint64_t bucket = key >> 24 >> q->shift;
	uint32_t b = (uint32_t)bucket & q->mask;

	if (!q->sorted && bucket == q->now) {
		queue_heap_push(q, key, node);
		return;
	}
	if (q->npool == q->room)
		queue_grow(q);
	q->pool[q->npool] = (struct queue_entry){ node, q->head[b] };
	q->head[b] = q->npool++;
	q->full[b / 64] |= UINT64_C(1) << b % 64;
}

/* The next node of the open bucket, or QUEUE_NONE. */
static inline uint32_t
queue_take(struct queue *q)
{
	uint32_t b = (uint32_t)q->now & q->mask;
	uint32_t e = q->head[b];

	if (!q->sorted)
		return q->nheap > 0 ? queue_heap_pop(q) : QUEUE_NONE;
	if (e == QUEUE_NONE)
		return QUEUE_NONE;
	q->head[b] = q->pool[e].next;
	return q->pool[e].node;
}

/* Who is likely to come next, to have its memory at hand; or QUEUE_NONE. */
static inline uint32_t
queue_peek(const struct queue *q)
{
	uint32_t e = q->head[(uint32_t)q->now & q->mask];

	return q->sorted && e != QUEUE_NONE ? q->pool[e].node : QUEUE_NONE;
}

#endif
