/*
 * due.h - what a change asks for, to be done at the end of this step or in its
 * time. It is only marked here, so whoever sees a change may ask for it.
 */

#ifndef CORE_DUE_H
#define CORE_DUE_H

#include <stdbool.h>

#include "base/mono.h"
#include "core/node/keys.h"

struct engine;

struct due {
	struct mono say_at; /* look at what we say */
	bool compute;
	struct mono compute_at;
	struct mono learn_until; /* RFC 8405: short delays until then */
	struct mono quiet_at;    /* RFC 8405: back to no delay then */
	bool save;
	struct mono save_at;
	bool save_whole;            /* all of it, or else what changed: */
	struct keyset lsas, routes; /* those by key, these by pattern as id */
	struct mono peers_at; /* look again at whom we probe and peer with */
	struct mono hear_at;  /* an LSA that waits has its time */
	struct mono
	    early_until; /* what is not there yet is no alarm (early.h) */
};

/*
 * What we say may have changed. It is looked at a few milliseconds later: one
 * event often takes several links at once, and all that is said once.
 */
void due_say(struct engine *e);
/* What is not there may begin later than we do (early.h). */
bool due_is_early(const struct engine *e);
/* The database or our own evidence changed: compute soon. */
void due_compute(struct engine *e);
/* When that is: not before we have looked at what we say, of which the table
 * is made, too. */
struct mono due_compute_at(const struct engine *e);
/* What survives a restart changed: the generation, a hop that refuses; */
void due_save(struct engine *e);
/* the LSA with this key, or the route of this pattern. */
void due_save_lsa(struct engine *e, const struct lsa_key *key);
void due_save_route(struct engine *e, const char *pattern);
/* Something went that is to be on no disk any more: the whole is written, and
 * what was before goes. */
void due_save_anew(struct engine *e);
/* It is saved. */
void due_saved(struct engine *e);
/* At `at` another may be one that we probe or peer with. */
void due_peers(struct engine *e, struct mono at);
/* One fewer may be: looked at a few milliseconds later, for all who come or go
 * together. */
void due_peers_soon(struct engine *e);

#endif
