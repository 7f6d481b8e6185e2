/*
 * answer.h - routes over a net, with the meaning of lsrctl(1), routes.
 *
 *     struct answer *a = answer_new(net, NULL);
 *     answer_stand(a, S);
 *     for (size_t p = 0; p < a->npatterns; p++)
 *             answer_route(a, p, &routes[p]);
 *     answer_alternates(a, 0, a->npatterns, routes);
 *     answer_free(a);
 *
 * Servers are named by their numbers. The net is lent for the life of the
 * answer and does not change meanwhile.
 */

#ifndef CORE_ANSWER_H
#define CORE_ANSWER_H

#include "base/vec.h"
#include "core/lsa/policy.h"
#include "core/paths/graph.h"
#include "core/paths/net.h"
#include "core/paths/spf.h"

/* What a neighbour sees: how far each server is from it, owned. */
struct answer_view {
	uint32_t number;      /* among far->near */
	uint64_t *far, *near; /* over `all`; over `inside`, or NULL */
};

struct answer {
	const struct net *net;
	struct graph *all;      /* the steps that admit the message */
	struct graph *inside;   /* those in a group; NULL: no claim needs it */
	struct spf *far, *near; /* over them, from `from` */
	struct spf *far_other, *near_other; /* from a neighbour of it */
	VEC(struct answer_view) views; /* of the nearest; made when asked */
	uint32_t from;
	uint32_t nearest; /* so many neighbours may be alternates; 0: all */
	size_t npatterns;
	uint32_t *claims; /* pattern p: net->claims from [p] to [p + 1] - 1 */
};

enum answer_kind {
	ANSWER_REMOTE,
	ANSWER_HERE,
	ANSWER_NONE,  /* no way to any server that claims it */
	ANSWER_HIDDEN /* its scope excludes the server asked */
};

struct answer_route {
	enum answer_kind kind;
	uint32_t server;          /* that delivers it, if there is a way */
	uint64_t metric;          /* of the way and the space, or GRAPH_NONE */
	VEC(uint32_t) hops;       /* sorted */
	VEC(uint32_t) alternates; /* best first */
	VEC(uint32_t) path;
};

/* With a message only steps whose policy admits it are taken; NULL: all. */
struct answer *answer_new(
    const struct net *net, const struct policy_message *message);
void answer_free(struct answer *a);

/* The server asked from now on; it is present. */
void answer_stand(struct answer *a, uint32_t from);

/* The number of the pattern with exactly this text, or SIZE_MAX. */
size_t answer_pattern(const struct answer *a, const char *pattern);

const char *answer_text(const struct answer *a, size_t pattern);

/* Whether the claim exists for this server. */
bool answer_sees(
    const struct net *net, const struct net_claim *claim, uint32_t server);

/* The metric of the least way to this claim, GRAPH_NONE without one. */
uint64_t answer_metric(const struct answer *a, const struct net_claim *claim);

/*
 * Kind, server, metric and next hops. `route` was zeroed once, or used
 * before: its arrays are emptied and keep their room.
 */
void answer_route(struct answer *a, size_t pattern, struct answer_route *route);

/* Fills in the path of a remote route. */
void answer_path(struct answer *a, size_t pattern, struct answer_route *route);

/* Fills in the alternates of n routes, those of the patterns from `first`
 * on: one search for each neighbour. With `nearest` not 0 one for each of so
 * many, and none more for the patterns that are asked next. */
void answer_alternates(
    struct answer *a, size_t first, size_t n, struct answer_route *routes);

void answer_done(struct answer_route *route);

#define ANSWER_WHY 700

/* Why there is no way to the pattern, for a person, into out[ANSWER_WHY]. */
void answer_why(const struct answer *a, size_t pattern, char *out);

#endif
