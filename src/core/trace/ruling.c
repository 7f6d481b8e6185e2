#include "core/trace/ruling.h"

#include <string.h>

#define SPLIT_MS 3600000u

/* On its way it is never refused for good: somebody has taken it. */
static enum admit_kind
kind_of(const struct admit_answer *answer, bool first)
{
	return answer->kind == ADMIT_NEVER && !first ? ADMIT_HOLD
	                                             : answer->kind;
}

static bool
is_like(const struct admit_answer *a, const struct admit_answer *b, bool first)
{
	enum admit_kind kind = kind_of(a, first);

	return kind == kind_of(b, first) &&
	       (kind != ADMIT_ROUTE || admit_same(a, b));
}

bool
ruling_is_odd(const struct admit_answer *first, const struct admit_answer *next,
    bool first_hop)
{
	return !is_like(first, next, first_hop);
}

/* Those that have the transport of the first; what that is given by its own name
 * takes their place. */
static void
hops_write(const struct ruling_ask *ask, struct buf *text)
{
	const struct admit_answer *answer = ask->answers;
	const char *by = answer->hop[0].by, *between = ":";
	char ip[ADDR_TEXT];

	buf_text(text, by == NULL ? ask->table->transport : by);
	if (by != NULL && strchr(by, ':') != NULL)
		return;
	for (size_t i = 0; i < answer->nhops; i++) {
		const struct admit_hop *hop = &answer->hop[i];

		if (!admit_in_list(answer, i))
			continue;
		if (ask->table->by_name)
			buf_printf(text, "%s[%s]:%u", between, hop->name,
			    hop->addr.port);
		else
			buf_printf(text, "%s[%s]:%u", between,
			    addr_ip_text(&hop->addr, ip), hop->addr.port);
		between = ", ";
	}
}

static enum ruling
of_kind(const struct ruling_ask *ask, struct buf *text)
{
	switch (kind_of(ask->answers, ask->first)) {
	case ADMIT_PLAIN:
		return RULING_PASSES;
	case ADMIT_ROUTE:
		hops_write(ask, text);
		return RULING_STEERED;
	case ADMIT_HOLD:
		buf_text(text, ask->answers->why);
		return RULING_HELD;
	case ADMIT_NEVER:
		buf_text(text, ask->answers->why);
		return RULING_NEVER;
	}
	return RULING_PASSES;
}

enum ruling
ruling_make(const struct ruling_ask *ask, struct buf *text)
{
	enum ruling ruling = RULING_PASSES;
	bool alike = true;

	for (size_t i = 1; i < ask->n && alike; i++)
		alike = is_like(&ask->answers[0], &ask->answers[i], ask->first);
	if (!alike) {
		ruling = RULING_SPLIT;
		buf_text(text,
		    "Recipients need different ways for this message; "
		    "try again, they are taken apart then");
	} else if (ask->n > 0) {
		ruling = of_kind(ask, text);
	}
	if (ruling >= RULING_HELD && ask->reinject != NULL) {
		buf_reset(text);
		buf_text(text, ask->reinject);
		ruling = RULING_REINJECT;
	}
	return ruling;
}

const char *
ruling_word(enum ruling ruling)
{
	static const char *const words[] = { "passes", "steered", "reinject",
		"held", "never", "split" };

	return words[ruling];
}

/* FNV-1a, 64 bits. Two tries with one hash are split needlessly, no more. */
static uint64_t
hash(uint64_t h, const void *octets, size_t n)
{
	const uint8_t *p = octets;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

static uint64_t
ruling_hash_of(const struct ruling_try *who)
{
	uint64_t h = 14695981039346656037u;

	h = hash(h, who->client, strlen(who->client) + 1);
	h = hash(h, who->sender, strlen(who->sender) + 1);
	h = hash(h, &who->declared, sizeof(who->declared));
	return h == 0 ? 1 : h;
}

void
ruling_remember(struct ruling_memory *m, const struct ruling_try *who,
    const struct policy_message *message, uint64_t now_ms)
{
	m->v[m->next] = (struct ruling_split){ .hash = ruling_hash_of(who),
		.until_ms = now_ms + SPLIT_MS,
		.size = message->size,
		.priority = message->priority };
	m->next = (m->next + 1) % LIMIT_SPLITS;
}

bool
ruling_recall(const struct ruling_memory *m, const struct ruling_try *who,
    uint64_t now_ms, struct policy_message *message)
{
	uint64_t h = ruling_hash_of(who);

	/* The newest first: of one try there may be several. */
	for (size_t i = 1; i <= LIMIT_SPLITS; i++) {
		const struct ruling_split *s =
		    &m->v[(m->next + LIMIT_SPLITS - i) % LIMIT_SPLITS];

		if (s->hash != h || s->until_ms < now_ms)
			continue;
		message->size = s->size;
		message->priority = s->priority;
		return true;
	}
	return false;
}
