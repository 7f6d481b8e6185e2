/*
 * reach.h - which claim of a pattern is the nearest, and what the first hops
 * to it are. (HACKING 6, Routes)
 *
 * A claim of scope organization is reached by any path, one of scope
 * routing-group by a path inside the group; so two searches make a reach.
 */

#ifndef CORE_REACH_H
#define CORE_REACH_H

#include "core/paths/net.h"
#include "core/paths/spf.h"

/* Searches from one server; lent. */
struct reach {
	const struct net *net;
	uint32_t self;
	struct spf *org;   /* NULL: nothing is reached */
	struct spf *group; /* inside the group; the same */

	/* By scope, then server: a second node of the search where a way to
	 * it may end, UINT32_MAX for none; NULL: nobody has one (resort.h). */
	const uint32_t *ends[2];
};

/* The claims of one pattern. */
struct reach_claims {
	const struct net_claim *v;
	size_t n;
};

struct reach_best {
	uint64_t metric; /* GRAPH_NONE: no claim is reached */
	const struct net_claim *claim;
};

/* Whether the claim exists for this server. */
bool reach_visible(
    const struct net *net, uint32_t server, const struct net_claim *claim);

/* The metric of the way from `self` to the claim, the space's cost
 * included; GRAPH_NONE for one that is down or does not exist for it. */
uint64_t reach_metric(const struct reach *reach, const struct net_claim *claim);

/*
 * The least way to the claim that is shown: servers, both ends included,
 * into out, which has room for all servers and one. Returns their number.
 */
uint32_t reach_path(
    const struct reach *reach, const struct net_claim *claim, uint32_t *out);

/* The nearest claim; of several the one of the smaller name. */
struct reach_best reach_best(
    const struct reach *reach, struct reach_claims claims);

/*
 * The first hops of all least ways to claims that are as near as `best`,
 * sorted, into out, which has room for twice all servers. Returns their
 * number.
 */
uint32_t reach_hops(const struct reach *reach, struct reach_claims claims,
    uint64_t best, uint32_t *out);

#endif
