/*
 * others.h - what others may say, how much of it we keep, and what of it
 * counts: the parts of the engine that bound a server with a certificate.
 * For the files of node.h, which includes it.
 */

#ifndef CORE_OTHERS_H
#define CORE_OTHERS_H

#include "base/json.h"
#include "core/lsdb.h"
#include "core/rib.h"

struct engine;
struct names;
struct session;

/* --- room.c ---------------------------------------------------------------- */

/* RC_OK, or RC_LIMIT: no place for it, and what is there stays. */
int room_judge(struct engine *e, const struct lsa *lsa);
/* Takes out what has no place any more behind what was installed. */
void room_make(struct engine *e, const char *origin);

/* --- hear.c ---------------------------------------------------------------- */

/* Whether it may be judged now; else its key waits. */
bool hear_now(struct engine *e, struct session *from, const struct lsa *lsa);
/* It was found right, and is about to be installed. */
void hear_spend(struct engine *e, struct lsa *lsa);
void hear_tick(struct engine *e);

/* --- transit.c ------------------------------------------------------------- */

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

/* --- contest.c ------------------------------------------------------------- */

/* Looks at all that is known, once: what comes later came later. */
void contest_start(struct engine *e);
/* A server LSA was installed; it is gone. */
void contest_learnt(struct engine *e, const struct lsa *lsa);
void contest_gone(struct engine *e, const char *name);
/* The configuration is another. */
void contest_look(struct engine *e);
/* The address that this server names is another's: no step there. */
bool contest_lost(const struct engine *e, const char *name);
/* Those of our group, sorted; lent. */
void contest_members(const struct engine *e, struct names *out);
void contest_done(struct engine *e);

#endif
