/*
 * explain.h - where one address goes from one server, and why not elsewhere
 * (lsrctl(1), explain).
 *
 * The pattern used is the most specific that a claim visible from the server
 * names; the next one only if no claim of it is reachable and every visible
 * claim of it allows that (`fallback`). With limits of the message only steps
 * that admit it are ways.
 */

#ifndef CORE_EXPLAIN_H
#define CORE_EXPLAIN_H

#include "core/paths/routes.h"

enum explain_result {
	EXPLAIN_REMOTE,
	EXPLAIN_HERE,
	EXPLAIN_HOLD,    /* a pattern meets it, and no way is left */
	EXPLAIN_NOT_OURS /* no visible pattern meets it */
};

enum explain_verdict {
	EXPLAIN_CHOSEN,
	EXPLAIN_COST, /* lost by a greater cost */
	EXPLAIN_HOPS, /* lost by more hops */
	EXPLAIN_NAME, /* lost by the greater name */
	EXPLAIN_LESS_SPECIFIC,
	EXPLAIN_UNREACHABLE,
	EXPLAIN_DOWN, /* its way out does not answer, says its server */
	EXPLAIN_SCOPE,
	EXPLAIN_SIZE, /* there is a way, but none that admits the message */
	EXPLAIN_SENDER,
	EXPLAIN_PRIORITY,
	EXPLAIN_SCHEDULE
};

struct explain_candidate {
	const struct net_claim *claim;
	uint64_t metric; /* GRAPH_NONE: no way for this message */
	enum explain_verdict verdict;
};

struct explain {
	enum explain_result result;
	const char *pattern; /* used, or held at; NULL when not ours */
	struct routes_one route;
	VEC(struct explain_candidate) candidates; /* in the order to show */
	char why[ROUTES_WHY];                     /* of a hold */
};

struct explain_question {
	uint32_t from;          /* a server that is present */
	const char *address;    /* lower case; match_is_address() */
	const char *delimiters; /* of extensions (match.h); NULL: none */
	struct policy_message message;
};

/* Lent from the net: pattern and claims. End it with explain_done(). */
void explain_run(struct explain *e, const struct net *net,
    const struct explain_question *question);
void explain_done(struct explain *e);

/* "remote", "here", "hold", "not-ours" */
const char *explain_result_word(enum explain_result result);

/* "chosen", "cost", ... */
const char *explain_verdict_word(enum explain_verdict verdict);

#endif
