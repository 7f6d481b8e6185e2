/*
 * plain.h - small nets drawn from seeds, and all that follows of one, counted
 * in the plainest way there is: for what core/paths finds otherwise.
 */

#ifndef T_CORE_PLAIN_H
#define T_CORE_PLAIN_H

#include "base/rng.h"
#include "core/paths/judge.h"
#include "core/paths/net.h"

#define PLAIN_SERVERS 40 /* more than are judged at once */
#define PLAIN_NODES (PLAIN_SERVERS + PLAIN_SERVERS / 2)
#define PLAIN_PATTERNS 9
#define PLAIN_NONE UINT32_MAX

struct plain_net {
	struct rng rng;
	struct net net;
	char names[PLAIN_SERVERS][8];
	char patterns[PLAIN_PATTERNS][8];
};

/* The same seed gives the same net, and the same failures of it. Its arrays are
 * ended with net_done(). */
void plain_draw(struct plain_net *p, uint64_t seed);
void plain_fail(struct plain_net *p, struct judge_failure *f);

/* All that follows of a net without what has failed. */
struct plain {
	const struct net *net;
	uint32_t nodes;
	bool is[PLAIN_NODES];
	uint64_t weight[PLAIN_NODES]
		       [PLAIN_NODES]; /* of the cheapest step; 0: none */
	uint64_t dist[PLAIN_NODES][PLAIN_NODES];
	uint64_t load[PLAIN_NODES][PLAIN_NODES];
	uint32_t chosen[PLAIN_SERVERS]
		       [PLAIN_PATTERNS]; /* a claim, or PLAIN_NONE */
	bool here[PLAIN_SERVERS]
		 [PLAIN_PATTERNS]; /* what is not `down` is left */
	uint32_t npatterns, first[PLAIN_PATTERNS + 1];
};

/* Without what has failed, or NULL; ended with mem_free(). */
struct plain *plain_new(const struct net *net, const struct judge_failure *f);

/* The server before v on the way to it; a part where none is as near. */
uint32_t plain_before(const struct plain *p, uint32_t from, uint32_t v);

/* Whether the claim exists for this server. */
bool plain_exists(
    const struct plain *p, uint32_t from, const struct net_claim *c);

/* Of the way from a server to this claim. */
uint64_t plain_metric(const struct plain *p, uint32_t from, uint32_t k);

/* Whether the way to the pattern, or its metric, is another than it was. */
bool plain_moved(const struct plain *was, const struct plain *is, uint32_t from,
    uint32_t pattern);

#endif
