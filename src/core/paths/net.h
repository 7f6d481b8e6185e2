/*
 * net.h - what routing sees: servers, steps between them, claims.
 *
 * Two makers: view.c from the database (HACKING 6, Routes), ctl/document.c
 * from a topology document (lsrctl(1)). One user: graph, spf and what
 * stands on them. Servers are numbered in the order of their names, so that
 * comparing numbers compares names.
 */

#ifndef CORE_NET_H
#define CORE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "core/lsa/policy.h"

struct net_server {
	const char *name;
	uint32_t group; /* number of its routing group */
	bool present;   /* joined to us; absent ones have no steps */
	bool transit;   /* ways may lead through: not draining, not starting */
};

/* One step: from one server to another, or by way of a part. */
struct net_step {
	uint32_t from, to; /* servers; or parts, numbered after the servers */
	uint32_t cost;
	uint32_t hops;               /* 1; 0 from a part to its member */
	const struct policy *policy; /* of a connector with limits, or NULL */
};

struct net_claim {
	const char *pattern;
	uint32_t server;
	uint32_t cost;
	bool local; /* exists for members of the server's group only */
	bool fallback;
	bool relay;
	bool down; /* the way out does not answer: no claim to route by */
};

/*
 * A part is a connected piece of a routing group: a pseudo-node that joins
 * its members, so a group of n costs n steps and not n squared. Member to
 * part costs (0, 1 hop), part to member (0, 0).
 */
struct net {
	VEC(struct net_server) servers; /* sorted by name */
	uint32_t parts;                 /* numbered servers.n, ... */
	VEC(struct net_step) steps;
	VEC(struct net_claim) claims; /* sorted by pattern, then server */
};

/* The number of the server with this name, or UINT32_MAX. */
uint32_t net_find(const struct net *net, const char *name);

/*
 * Where the claims of exactly this pattern begin in net->claims, and their
 * number in *n; the number is 0 where nobody claims it.
 */
const struct net_claim *net_claims(
    const struct net *net, const char *pattern, size_t *n);

/* Frees the arrays; names are lent. */
void net_done(struct net *net);

#endif
