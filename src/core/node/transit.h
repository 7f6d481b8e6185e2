/*
 * transit.h - whose connectors the certificates allow, and whose mail goes
 * through whom.
 *
 * A connector is transit, and transit is a right: a certificate lends it with
 * `lsrd:connector:GROUP`. Certificates of before have none, and mixed
 * versions must find the same paths; so a connector without it is only told
 * of, until the authority says that it counts no more: a word that is signed
 * and reaches all, like a revocation.
 */

#ifndef CORE_TRANSIT_H
#define CORE_TRANSIT_H

#include <stdbool.h>

struct engine;
struct json;
struct lsa;
struct rib;

/* The authority says that a connector needs a claim. */
bool transit_enforced(const struct engine *e);
/* The server's certificate has one for this group. */
bool transit_may(const struct engine *e, const char *origin, const char *group);
/* A connector takes the place of another, or of none: tells of one without a
 * claim. */
void transit_learnt(
    struct engine *e, const struct lsa *lsa, const struct lsa *old);
/* Tells of our own. */
void transit_own(struct engine *e);
/* Tells whose share of the routes jumps. */
void transit_share(
    struct engine *e, const struct rib *old, const struct rib *new);
void transit_show(struct engine *e, struct json *j);

#endif
