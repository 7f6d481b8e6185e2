/*
 * plan.h - configurations of hosts, and what the authority says.
 */

#ifndef T_SIM_PLAN_H
#define T_SIM_PLAN_H

#include "t/sim/world.h"

/* A new host, which has the other members of its group as peers. */
struct node *plan_host(
    struct world *world, const char *name, const char *group);
/* One whom no other's configuration has, and whose own has that one alone. */
struct node *plan_newcomer(struct world *world, const char *name,
    const char *group, struct node *known);

/* A connector without bridgeheads, unless the host has it. Names live as
 * long as the world. */
void plan_connector(struct node *owner, const char *name, const char *group);
void plan_bridgehead(
    struct node *owner, const char *connector, struct node *to, uint32_t cost);
void plan_cost(struct node *owner, const char *connector, uint32_t cost);

/* The connector's bridgeheads are whoever is in its group. */
void plan_any(struct node *owner, const char *connector, uint32_t cost);

/* Each is configured as a peer of the other. */
void plan_peers(struct node *a, struct node *b);

/* Adds or changes an address space; the certificate allows it. */
/* So many below its pattern, by one claim. */
void plan_spaces(struct node *node, const struct setup_space *space, size_t n);
void plan_space(struct node *node, const struct setup_space *space);
void plan_unspace(struct node *node, const char *pattern);

bool plan_has_space(const struct node *node, const char *pattern);
bool plan_has_connector(struct node *node, const char *name);

/* The digest of its key, in hexadecimal. */
void plan_key(const struct node *whom, char out[2 * CRYPTO_DIGEST + 1]);

/* The authority's word, injected at a host as `lsrctl` does it. */
struct lsa_draft;
void plan_inject(struct world *world, struct node *at, struct lsa_draft *draft);
void plan_forget(struct world *world, struct node *whom, struct node *at);
void plan_revoke(struct world *world, struct node *whom, struct node *at);
/* Connectors count with a claim alone, or each counts again. */
void plan_enforce(struct world *world, bool on, struct node *at);

/* The certificate lets it have connectors to this group, or "*". */
void plan_transit(struct node *node, char *group);

/* And claim this pattern, without doing so. */
void plan_below(struct node *node, char *pattern);

/*
 * `peer` sends `to` an UPDATE of its own making, about `whom`:
 * "old": the first server LSA that `whom` ever said;
 * "purge": a purge of its server LSA, signed with its key, newer;
 * "twin": another server LSA of the last sequence, signed with its key;
 * "stranger", "seize": a newer server LSA, or a purge of it, signed with the
 * key of `peer`;
 * "boast": a newer server LSA that adds every other host as a neighbour,
 * signed with its key;
 * "broken": the last one with one octet changed after signing;
 * "last": a server LSA of the last epoch there is, signed with its key;
 * "leap", "ceiling": of the first epoch that leaps, of the last that does not;
 * "counter": of its own epoch, with the last counter.
 */
struct plan_forgery {
	struct node *peer, *to, *whom;
	const char *kind;
};

void plan_forge(struct world *world, const struct plan_forgery *forgery);

#endif
