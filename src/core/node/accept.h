/*
 * accept.h - what may enter the database, and what follows from it.
 */

#ifndef CORE_ACCEPT_H
#define CORE_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct lsa;
struct lsa_key;
struct session;

/* An UPDATE's octets; `from` is NULL for what lsrctl injects. Returns the
 * reason when it was refused, RC_OLD and RC_SAME when it was not news. *asked,
 * unless it is NULL: we had asked this peer for it. */
int accept_update(struct engine *e, struct session *from, const uint8_t *p,
    size_t n, bool *asked);

/* Judges a decoded LSA: signature, claims, revocations, caps. */
int accept_judge(struct engine *e, struct lsa *lsa);

/* Octets that were saved: judged like anything from outside, signatures apart
 * where they are trusted, and refused by name. RC_OK, or why. */
int accept_saved(struct engine *e, const uint8_t *p, size_t n);
/* It was saved that this one is not there any more. */
void accept_saved_gone(struct engine *e, const struct lsa_key *key);

/* Takes it into the database and does what follows. */
void accept_install(
    struct engine *e, struct lsa *lsa, const struct session *from);

#endif
