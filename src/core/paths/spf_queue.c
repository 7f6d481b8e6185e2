#include "core/paths/spf_queue.h"

#include <string.h>

#include "base/mem.h"

struct spf_queue *
spf_queue_new(void)
{
	return mem_new(sizeof(struct spf_queue), 0, 0);
}

void
spf_queue_free(struct spf_queue *q)
{
	if (q == NULL)
		return;
	mem_free(q->pool);
	mem_free(q->heap);
	mem_free(q);
}

void
spf_queue_begin(struct spf_queue *q, uint64_t range, bool positive)
{
	uint32_t buckets = 64;

	q->shift = 0;
	while ((range >> q->shift) + 2 > SPF_QUEUE_BUCKETS)
		q->shift++;
	while ((range >> q->shift) + 2 > buckets)
		buckets *= 2;
	q->mask = buckets - 1;
	q->sorted = positive && q->shift == 0;
	q->npool = 0;
	q->nheap = 0;
	q->now = UINT64_MAX;
	memset(q->full, 0, sizeof(q->full));
	memset(q->head, 0xff, buckets * sizeof(q->head[0]));
}

void
spf_queue_grow(struct spf_queue *q)
{
	q->room = q->room == 0 ? 256 : 2 * q->room;
	q->pool = mem_grow(q->pool, q->room, sizeof(*q->pool));
}

void
spf_queue_heap_push(struct spf_queue *q, uint64_t key, uint32_t node)
{
	uint32_t i = q->nheap++;

	if (q->nheap > q->heap_room) {
		q->heap_room = q->heap_room == 0 ? 64 : 2 * q->heap_room;
		q->heap = mem_grow(q->heap, q->heap_room, sizeof(*q->heap));
	}
	for (; i > 0 && q->heap[(i - 1) / 2].key > key; i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = (struct spf_queue_key){ key, node };
}

uint32_t
spf_queue_heap_pop(struct spf_queue *q)
{
	uint32_t node = q->heap[0].node, n = --q->nheap;
	struct spf_queue_key last = q->heap[n];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n &&
		    q->heap[child + 1].key < q->heap[child].key)
			child++;
		if (q->heap[child].key >= last.key)
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return node;
}

/* The bucket at or after the place `from`, going round. */
static uint32_t
next_full(const struct spf_queue *q, uint32_t from)
{
	uint32_t words = (q->mask + 1) / 64, w = from / 64;
	uint64_t bits = q->full[w] & UINT64_MAX << from % 64;

	for (uint32_t i = 0; i <= words; i++) {
		if (bits != 0)
			return w * 64 + (uint32_t)__builtin_ctzll(bits);
		w = w + 1 == words ? 0 : w + 1;
		bits = q->full[w];
	}
	return SPF_QUEUE_NONE;
}

bool
spf_queue_open(struct spf_queue *q, const uint64_t *dist)
{
	uint32_t from = q->now == UINT64_MAX ? 0 : (uint32_t)q->now & q->mask;
	uint32_t b = next_full(q, from);

	if (b == SPF_QUEUE_NONE)
		return false;
	q->now = q->now == UINT64_MAX ? b : q->now + ((b - from) & q->mask);
	q->full[b / 64] &= ~(UINT64_C(1) << b % 64);
	if (q->sorted)
		return true;
	for (uint32_t e = q->head[b]; e != SPF_QUEUE_NONE; e = q->pool[e].next)
		spf_queue_heap_push(q, dist[q->pool[e].node], q->pool[e].node);
	q->head[b] = SPF_QUEUE_NONE;
	return true;
}
