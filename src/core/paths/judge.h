/*
 * judge.h - what a net can afford to lose: who is cut off from what when some
 * of its servers and steps fail together, and where the ways lead then.
 *
 *     struct judge *j = judge_new(net);
 *     judge_now(j, &verdict);                  as it is
 *     judge_failure(j, &failure, &verdict);    and without these
 *     judge_failures(j, failures, n, verdicts);    each by itself, and quicker
 *     judge_free(j);
 *
 * A route is a server and a pattern that exists for it, with the meaning of
 * routes.h. The load of a link is the number of routes whose way leads over
 * it, one way for each: traced back from its end, always by the server of the
 * least name (and by a routing group where no server is as near).
 *
 * Each server's distances, and the tree of its ways, are kept; a failure is
 * followed from those servers alone whose tree it breaks, and taken back.
 * Nothing comes nearer by a failure, so it is enough to search the nodes behind
 * the break again, from all others. So a failure costs what it moves, and
 * nothing is computed twice.
 *
 * Several failures are judged together by a few servers at a time, for the
 * trees of all are more than a processor keeps near.
 */

#ifndef CORE_JUDGE_H
#define CORE_JUDGE_H

#include "base/vec.h"
#include "core/paths/net.h"

/* Distances and trees take 28 octets a cell, a server and a node each. */
#define JUDGE_CELLS_MAX (UINT32_C(1) << 24)

/* So many failures are judged at once; for each, counts by link, pattern and
 * server are kept. */
#define JUDGE_TOGETHER 64

struct judge;

/* A step from server to server that a way may lead over. */
struct judge_link {
	uint32_t from, to;
	uint64_t load; /* as it is */
};

/* What fails together: servers, and steps by their places in net->steps, of
 * servers alone. Steps of a server that fails go with it. */
struct judge_failure {
	VEC(uint32_t) servers;
	VEC(uint32_t) steps;
};

struct judge_count {
	uint32_t which;
	uint32_t n;
};

struct judge_more {
	uint32_t link;
	uint64_t load; /* more than it is now */
};

/* All zero at first; used again it keeps its room. */
struct judge_verdict {
	uint64_t moved; /* routes whose way, or metric, is another */
	uint64_t cut;   /* routes without a way to a server that is left */
	uint64_t lost;  /* routes to patterns that nobody left delivers */
	VEC(struct judge_count) patterns; /* cut off: from so many servers */
	VEC(struct judge_count) servers;  /* cut off from so many patterns */
	VEC(struct judge_count) gone;     /* lost: patterns, to so many */
	VEC(struct judge_more) links;     /* in the order of their numbers */

	/* NULL, or lent, of judge_words(): a bit for each route that is cut
	 * or lost. */
	uint64_t *set;
};

/* The net is lent. NULL: it has too many cells (JUDGE_CELLS_MAX). */
struct judge *judge_new(const struct net *net);
void judge_free(struct judge *j);

/* What has no way as it is; `moved`, `lost` and the links stay empty. */
void judge_now(struct judge *j, struct judge_verdict *v);

void judge_failure(struct judge *j, const struct judge_failure *failure,
    struct judge_verdict *v);

/* The same of n failures, JUDGE_TOGETHER at most, each by itself. */
void judge_failures(struct judge *j,
    const struct judge_failure *const *failures, size_t n,
    struct judge_verdict *v);

void judge_verdict_done(struct judge_verdict *v);

/* The links in the order of from, then to. */
const struct judge_link *judge_links(const struct judge *j, size_t *n);

/* Patterns in the order of their octets, and how many there are. */
const char *judge_pattern(const struct judge *j, uint32_t pattern);
uint32_t judge_patterns(const struct judge *j);

/* Routes that there are. */
uint64_t judge_routes(const struct judge *j);

/* How many words the set of a verdict has. */
size_t judge_words(const struct judge *j);

#endif
