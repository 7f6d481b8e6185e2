#include "core/trace/mark.h"

#include <string.h>

#include "base/mem.h"

#define MINUTE_MS ((uint64_t)60 * 1000)
#define WINDOW_MS (15 * MINUTE_MS)
#define WINDOW_MAX_MS (2 * 24 * 60 * MINUTE_MS)
#define WINDOW_RECEIVED 12 /* up to here a path may well be so long */
#define OFTEN 3
#define MOST_ASKED LIMIT_TRACE_FIELDS /* more hops there are not */

struct remembered {
	uint8_t message[CRYPTO_DIGEST];
	char queue_id[MARK_QUEUE_ID + 1];
	uint8_t key[CRYPTO_DIGEST];
	uint8_t recipients[MARK_RECIPIENTS];
	uint64_t time_ms;
	struct mtable_version now, before;
};

struct mark_memory {
	size_t n, next; /* in use, and where the next one goes */
	struct remembered ring[LIMIT_MARK_MEMORY];
};

struct mark_memory *
mark_memory_new(void)
{
	return mem_new(sizeof(struct mark_memory), 0, 0);
}

void
mark_memory_free(struct mark_memory *memory)
{
	mem_free(memory);
}

void
mark_memory_add(struct mark_memory *memory, const struct visit *visit,
    const uint8_t message[CRYPTO_DIGEST], const char *queue_id)
{
	struct remembered *r = &memory->ring[memory->next];
	size_t n = strlen(queue_id);

	if (n == 0 || n > MARK_QUEUE_ID)
		return;
	memcpy(r->queue_id, queue_id, n + 1);
	memcpy(r->message, message, CRYPTO_DIGEST);
	memcpy(r->key, visit->key, CRYPTO_DIGEST);
	memcpy(r->recipients, visit->recipients, MARK_RECIPIENTS);
	r->time_ms = visit->time_ms;
	r->now = visit->now;
	r->before = visit->before;
	memory->next = (memory->next + 1) % LIMIT_MARK_MEMORY;
	if (memory->n < LIMIT_MARK_MEMORY)
		memory->n++;
}

uint64_t
mark_window_ms(unsigned received, unsigned hop_limit)
{
	uint64_t over, q = (hop_limit + 6) / 12, window;

	if (received <= WINDOW_RECEIVED)
		return WINDOW_MS;
	if (q == 0)
		q = 1;
	over = received - WINDOW_RECEIVED;
	if (over / q >= 8) /* 15 minutes times 2^8 are more than 2 days */
		return WINDOW_MAX_MS;
	window = WINDOW_MS << over / q;
	window += window * (over % q) / q;
	return window < WINDOW_MAX_MS ? window : WINDOW_MAX_MS;
}

/* What the rule has found so far. */
struct finding {
	enum mark_verdict verdict;
	struct mtable_version since; /* the present routes are what they are */
	unsigned counting;           /* visits */
};

static const struct mark_self *
self_find(const struct mark_present *present, const uint8_t key[CRYPTO_DIGEST])
{
	for (size_t i = 0; i < present->nself; i++)
		if (memcmp(present->self[i].key, key, CRYPTO_DIGEST) == 0)
			return &present->self[i];
	return NULL;
}

/* Whether a visit that stands counts. */
static bool
mark_judge_counts(const struct mark_present *present,
    const uint8_t key[CRYPTO_DIGEST], const uint8_t recipients[MARK_RECIPIENTS],
    uint64_t time_ms)
{
	const struct mark_self *self = self_find(present, key);

	return self != NULL &&
	       memcmp(self->recipients, recipients, MARK_RECIPIENTS) == 0 &&
	       time_ms <= present->time_ms &&
	       present->time_ms - time_ms <=
	           mark_window_ms(present->received, present->hop_limit);
}

/*
 * The latest of those of all recipients: whoever has another route now would
 * go another way, and is not to wait for the rest. They come back alone.
 */
static struct mtable_version
routes_since(const struct mark_present *present)
{
	struct mtable_version latest = { 0, 0 }, one;

	for (size_t i = 0; present->since(present->ctx, i, &one); i++)
		if (mtable_order(one, latest) > 0)
			latest = one;
	return latest;
}

/*
 * Judges one counting visit. `went_same`: what followed it says that the
 * message went on as the present routes would have it.
 */
static void
judge_visit(struct finding *finding, const struct mark_present *present,
    const struct remembered *visit, bool went_same)
{
	if (finding->counting == 0) /* few messages have one */
		finding->since = routes_since(present);
	if (mtable_order(visit->before, finding->since) >= 0)
		finding->verdict = MARK_SETTLED;
	else if (mtable_order(visit->now, finding->since) >= 0 && went_same &&
		 finding->verdict == MARK_PASSES)
		finding->verdict = MARK_SAME;
	finding->counting++;
}

/* The visits of the trace; `follower` is the one that stands and is newer. */
static void
judge_trace(struct finding *finding, const struct mark_trace *trace,
    const struct mark_present *present)
{
	const struct visit *follower = NULL;

	/* A visit asks for the routes of all recipients: no more visits than
	 * decide. */
	for (size_t i = 0; i < trace->fields.n && finding->counting < OFTEN;
	     i++) {
		const struct visit *v = &trace->fields.v[i].visit;
		struct remembered seen = { .time_ms = v->time_ms,
			.now = v->now,
			.before = v->before };

		if (!trace->fields.v[i].stands)
			continue;
		if (mark_judge_counts(
			present, v->key, v->recipients, v->time_ms))
			judge_visit(finding, present, &seen,
			    follower == NULL ||
				self_find(present, follower->key) != NULL ||
				present->next_hop(present->ctx, follower->key));
		follower = v;
	}
}

const struct visit *
mark_trace_return(struct mark_trace *trace, const struct mark_present *present)
{
	for (size_t i = 0; i < trace->fields.n; i++) {
		struct mark_field *field = &trace->fields.v[i];
		const struct mark_self *self =
		    self_find(present, field->visit.key);

		if (!field->stands)
			continue;
		if (self == NULL ||
		    memcmp(self->recipients, field->visit.recipients,
			MARK_RECIPIENTS) != 0)
			return NULL;
		field->stands = false;
		field->returned = true;
		return &field->visit;
	}
	return NULL;
}

/* Whether the trace has, or had, the visit that is remembered. */
static bool
is_in_trace(const struct mark_trace *trace, const struct remembered *r)
{
	for (size_t i = 0; i < trace->fields.n; i++) {
		const struct mark_field *field = &trace->fields.v[i];
		const struct visit *v = &field->visit;

		if ((field->stands || field->returned) &&
		    v->time_ms == r->time_ms &&
		    memcmp(v->key, r->key, CRYPTO_DIGEST) == 0)
			return true;
	}
	return false;
}

static void
judge_memory(struct finding *finding, const struct mark_trace *trace,
    const struct mark_present *present)
{
	const struct mark_memory *memory = present->memory;
	size_t asked = 0;

	/* The newest first. A stranger can fill the memory with one message,
	 * and each is looked for in all that it says of its path. */
	for (size_t i = 1; i <= memory->n && asked < MOST_ASKED; i++) {
		const struct remembered *r =
		    &memory->ring[(memory->next + LIMIT_MARK_MEMORY - i) %
				  LIMIT_MARK_MEMORY];

		if (memcmp(r->message, present->message, CRYPTO_DIGEST) != 0 ||
		    !mark_judge_counts(
			present, r->key, r->recipients, r->time_ms) ||
		    is_in_trace(trace, r))
			continue;
		asked++;
		if (present->passed(present->ctx, r->queue_id))
			judge_visit(finding, present, r, true);
	}
}

enum mark_verdict
mark_judge(const struct mark_trace *trace, const struct mark_present *present)
{
	struct finding finding = { .verdict = MARK_PASSES };

	judge_trace(&finding, trace, present);
	if (present->memory != NULL &&
	    present->received >= MARK_REMEMBER_RECEIVED)
		judge_memory(&finding, trace, present);
	if (finding.verdict == MARK_PASSES && finding.counting >= OFTEN)
		return MARK_OFTEN;
	return finding.verdict;
}

const char *
mark_word(enum mark_verdict verdict)
{
	static const char *const words[] = {
		[MARK_PASSES] = "pass",
		[MARK_SETTLED] = "settled",
		[MARK_SAME] = "same",
		[MARK_OFTEN] = "often",
	};

	return words[verdict];
}
