/*
 * sessions.h - what goes to the sessions there are, whoever has found it out.
 */

#ifndef CORE_SESSIONS_H
#define CORE_SESSIONS_H

struct engine;
struct lsa;
struct lsa_key;
struct session;

/* Gives an LSA to every session in SYNC or FULL but `from` (or NULL). */
void sessions_flood(
    struct engine *e, const struct lsa *lsa, const struct session *from);
/* To this one alone. */
void sessions_offer(
    struct engine *e, struct session *s, const struct lsa_key *key);
/* All compare their databases soon. */
void sessions_compare(struct engine *e);
/* All that were proved with the key of this digest, in hexadecimal, are over:
 * they end in the turn. */
/* The name of one that has it, lent; NULL: none. */
const char *sessions_revoke(struct engine *e, const char *key);

#endif
