/*
 * ways.h - the ways to a pattern by every neighbour of a server, and what each
 * has lost by: for `explain`.
 */

#ifndef CTL_WAYS_H
#define CTL_WAYS_H

#include "base/json.h"
#include "core/paths/routes.h"
#include "ctl/document.h"

enum ways_verdict {
	WAYS_NEXT_HOP,
	WAYS_ALTERNATE,     /* loop-free */
	WAYS_CONNECTOR_OUT, /* cut, drained or down */
	WAYS_SERVER_DOWN,
	WAYS_NO_TRANSIT, /* it drains, or starts */
	WAYS_NO_WAY,     /* none leads on from there */
	WAYS_LIMIT,      /* the connector does not admit the message */
	WAYS_LOOP        /* it may send it back */
};

struct ways_one {
	const char *neighbour; /* lent by the document */
	const char *connector; /* NULL: a member of the group */
	uint64_t metric;       /* the whole way's, or GRAPH_NONE */
	uint64_t lost;         /* by so much against the best; of metrics */
	enum ways_verdict verdict;
	const char *why; /* of WAYS_CONNECTOR_OUT; fixed */
};

struct ways {
	VEC(struct ways_one) list; /* the best first */
};

struct plan;

/* Those from a present server of the plan to this pattern; `message` may be
 * NULL. */
void ways_find(struct ways *ways, const struct plan *plan, uint32_t from,
    const char *pattern, const struct policy_message *message);
void ways_done(struct ways *ways);

/* "next-hop", "alternate", "drained" ... */
const char *ways_word(const struct ways_one *one);

/* The array `ways` of an object. */
void ways_json(struct json *j, const struct ways *ways);

#endif
