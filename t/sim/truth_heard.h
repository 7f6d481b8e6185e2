/*
 * truth_heard.h - what a server's database tells of a pattern: whether a claim of
 * it stands, and else what became of those who claimed it. Read from the database
 * itself, as the rules do it: it is asked of every route.
 */

#ifndef T_SIM_TRUTH_HEARD_H
#define T_SIM_TRUTH_HEARD_H

#include "t/sim/world.h"

struct truth_heard {
	bool claim; /* it stands, and nothing else matters */
	bool purge, forgotten, revoked;
};

/* The host's key has signed this: an LSA. What it claims is kept. */
void truth_claimed(struct node *node, const uint8_t *p, size_t n);
bool truth_has_claimed(const struct node *node, const char *pattern);

/* By the database of this one, nothing if it does not run; who has ever said what
 * is known to the world. */
struct truth_heard truth_hear(
    const struct world *world, const struct node *node, const char *pattern);

/* A claim of the pattern by this server stands there. */
bool truth_heard_of(
    const struct node *node, const char *server, const char *pattern);

/* Some claim of it is of the scope of a group, of last resort, or by a way of its
 * own: as configured, or as a server has said it that has gone since. That would need
 * ways inside the group: it is left to scenes. */
bool truth_is_scoped(const struct node *node, const char *pattern);

/* What told of it there was lost on its disk, all of it at once, and it has not
 * heard of it since. */
bool truth_is_lost(const struct node *node, const char *pattern);

/*
 * Of a claim that the route was made of nothing there tells what became of it: its
 * server has made it, and no word of his since, nor one of the authority about its
 * key, is there. By a word that is older than the claim nobody goes.
 */
bool truth_is_open(
    const struct world *world, const struct node *node, const struct route *r);

/* Nobody relays for ever for a domain that left, once it has heard of it. */
void truth_leaving(struct world *world, struct node *node);

/* Who means ill and is away has said last what it liked. By that nobody is led
 * whose probes find no mail service there: then it is as any other that is away. */
bool truth_misleads(const struct world *world);

#endif
