/*
 * alternate.h - loop-free alternates of the published table (RFC 5286).
 *
 * Of the 16 nearest neighbours (by metric, then name) each N that is no next
 * hop and has D(N,P) < D(N,S) + D(S,P): it cannot send the message back.
 * (RFC 5286 3.1, inequality 1)
 */

#ifndef CORE_ALTERNATE_H
#define CORE_ALTERNATE_H

#include "core/lsa/limits.h"
#include "core/paths/reach.h"
#include "core/paths/spf_follow.h"

struct alternate_book;

/*
 * Searches from the neighbours nearest to reach->self, over the graph of its
 * search and, where that is not NULL, over `group`. The net is lent.
 */
struct alternate_book *alternate_new(
    const struct reach *reach, const struct graph *group);
void alternate_free(struct alternate_book *book);

/* What the graphs of a book have changed; `group` is NULL where there is no
 * such graph. */
struct alternate_news {
	const struct graph_changes *org, *group;
	struct spf_follow *follow; /* to work with */
	void (*moved)(void *ctx, uint32_t server);
	void *ctx;
};

/*
 * The book follows, and `moved` is called for each server to which a neighbour
 * has another distance. False: a neighbour's way back to us is another, so
 * any pattern may have other alternates. Our own steps have not changed.
 */
bool alternate_follow(
    struct alternate_book *book, const struct alternate_news *news);

/* Whether the server is one of the neighbours. */
bool alternate_has(const struct alternate_book *book, uint32_t server);

/* What is asked: a pattern that we reach at the metric `best` by these next
 * hops, sorted. */
struct alternate_ask {
	struct reach_claims claims;
	uint64_t best;
	const uint32_t *hops;
	uint32_t nhops;
};

struct alternate_list {
	uint32_t server[LIMIT_ALTERNATE_NEIGHBOURS];
	uint64_t cost[LIMIT_ALTERNATE_NEIGHBOURS]; /* of the step there */
	uint32_t n;
};

/* Its alternates, sorted by c(S,N) + D(N,P), then name. */
void alternate_find(const struct alternate_book *book,
    const struct alternate_ask *ask, struct alternate_list *out);

#endif
