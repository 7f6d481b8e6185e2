/*
 * ways.h - the ways to a pattern by every neighbour of a server, and what each
 * has lost by: for `explain`.
 */

#ifndef CTL_WAYS_H
#define CTL_WAYS_H

#include <jansson.h>

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
	/* Since when, until when, by whom it is so, and why, as far as that is
	 * known; lent by the document and the links; 0, NULL: not known */
	int64_t since, until;
	const char *by, *reason;
};

struct ways {
	VEC(struct ways_one) list; /* the best first */
	/* What the daemon says of its own links, where these are its ways: an
	 * array of lsrctl(1), links; owned; or NULL */
	json_t *links;
	int64_t now;
};

struct plan;

/* Those from a present server of the plan to this pattern; `message` may be
 * NULL. The list was empty. */
void ways_find(struct ways *ways, const struct plan *plan, uint32_t from,
    const char *pattern, const struct policy_message *message);
void ways_done(struct ways *ways);

/* Since when and why a way is out, and that it is, where our own links know
 * more than a document (ways_since.c). */
void ways_since(
    const struct ways *ways, const struct document *doc, struct ways_one *one);

/* "next-hop", "alternate", "drained" ... */
const char *ways_word(const struct ways_one *one);

/* The array `ways` of an object. */
void ways_json(struct json *j, const struct ways *ways);

#endif
