/*
 * routes.h - routes over a net, with the meaning of lsrctl(1), routes.
 *
 *     struct routes *a = routes_new(net, NULL);
 *     routes_stand(a, S);
 *     for (size_t p = 0; p < a->npatterns; p++)
 *             routes_find(a, p, &routes[p]);
 *     routes_alternates(a, 0, a->npatterns, routes);
 *     routes_free(a);
 *
 * Servers are named by their numbers. The net is lent for the life of the
 * routes and does not change meanwhile.
 */

#ifndef CORE_ROUTES_H
#define CORE_ROUTES_H

#include "base/vec.h"
#include "core/lsa/policy.h"
#include "core/paths/graph.h"
#include "core/paths/net.h"
#include "core/paths/spf.h"

/* What a neighbour sees: how far each server is from it, owned. */
struct routes_view {
	uint32_t number;      /* among far->near */
	uint64_t *far, *near; /* over `all`; over `inside`, or NULL */
};

struct routes {
	const struct net *net;
	struct graph *all;      /* the steps that admit the message */
	struct graph *inside;   /* those in a group; NULL: no claim needs it */
	struct spf *far, *near; /* over them, from `from` */
	struct spf *far_other, *near_other; /* from a neighbour of it */
	VEC(struct routes_view) views; /* of the nearest; made when asked */
	uint32_t from;
	uint32_t nearest; /* so many neighbours may be alternates; 0: all */
	size_t npatterns;
	uint32_t *claims; /* pattern p: net->claims from [p] to [p + 1] - 1 */
};

enum routes_kind {
	ROUTES_REMOTE,
	ROUTES_HERE,
	ROUTES_NONE,  /* no way to any server that claims it */
	ROUTES_HIDDEN /* its scope excludes the server asked */
};

struct routes_one {
	enum routes_kind kind;
	uint32_t server;          /* that delivers it, if there is a way */
	uint64_t metric;          /* of the way and the space, or GRAPH_NONE */
	VEC(uint32_t) hops;       /* sorted */
	VEC(uint32_t) alternates; /* best first */
	VEC(uint32_t) path;
};

/* With a message only steps whose policy admits it are taken; NULL: all. */
struct routes *routes_new(
    const struct net *net, const struct policy_message *message);
void routes_free(struct routes *a);

/* The server asked from now on; it is present. */
void routes_stand(struct routes *a, uint32_t from);

/* The number of the pattern with exactly this text, or SIZE_MAX. */
size_t routes_pattern(const struct routes *a, const char *pattern);

const char *routes_text(const struct routes *a, size_t pattern);

/* Whether the claim exists for this server. */
bool routes_sees(
    const struct net *net, const struct net_claim *claim, uint32_t server);

/* The metric of the least way to this claim, GRAPH_NONE without one. */
uint64_t routes_metric(const struct routes *a, const struct net_claim *claim);

/*
 * Kind, server, metric and next hops. `route` was zeroed once, or used
 * before: its arrays are emptied and keep their room.
 */
void routes_find(struct routes *a, size_t pattern, struct routes_one *route);

/* Fills in the path of a remote route. */
void routes_path(struct routes *a, size_t pattern, struct routes_one *route);

/* Fills in the alternates of n routes, those of the patterns from `first`
 * on: one search for each neighbour. With `nearest` not 0 one for each of so
 * many, and none more for the patterns that are asked next. */
void routes_alternates(
    struct routes *a, size_t first, size_t n, struct routes_one *routes);

void routes_done(struct routes_one *route);

#define ROUTES_WHY 700

/* Why there is no way to the pattern, for a person, into out[ROUTES_WHY]. */
void routes_why(const struct routes *a, size_t pattern, char *out);

#endif
