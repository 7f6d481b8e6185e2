/*
 * sync.h - what two databases lack of each other, and the exchange.
 *
 *     A                             B
 *     DIGEST  --------------------> equal: SYNCED, nothing else
 *             <-------------------- DIGEST
 *     SUMMARY -------------------->
 *             <-------------------- SUMMARY
 *     REQUEST -------------------->
 *             <-------------------- UPDATE ... (or NONE)
 *     SYNCED  -------------------->            and the same the other way
 *
 * Each side asks for what it lacks; it says SYNCED once the other's summary
 * was seen to its end and everything asked for came or was refused. A summary
 * names what is in the parts of the database (parts.h) that differ; what is
 * asked for goes before the rest of it, so that a line that breaks has
 * brought something, and the parts that are whole are not named again.
 *
 * With a peer that knows no lists (lsa_list.h) all of this is as if there were
 * none. A peer of version 1 knows no parts: its summary has all, its digest is an
 * exclusive or.
 */

#ifndef CORE_SYNC_H
#define CORE_SYNC_H

#include <stdbool.h>
#include <stdint.h>

struct cur;
struct engine;
struct json;
struct keyset;
struct lsa_key;
struct nbr;
struct session;

void sync_digest_send(struct engine *e, struct session *s);
/* It is due in the time in which one LSA may be said anew. */
void sync_compare_soon(struct engine *e, struct session *s);
int sync_message(
    struct engine *e, struct session *s, uint8_t type, struct cur *body);
void sync_pump(struct engine *e, struct session *s);
/* An LSA with this key came, or will not come. */
void sync_settle(
    struct engine *e, struct session *s, const struct lsa_key *key);
/* The peer has said what we have: that need not be sent to it any more. */
void sync_same(struct engine *e, struct session *s, const struct lsa_key *key);
/* Whether we have asked for it, or have heard of it in a summary. */
bool sync_wants(
    const struct engine *e, const struct session *s, const struct lsa_key *key);
/* How far the two have come, in LSAs and octets; into an open object. */
void sync_show(const struct nbr *nbr, struct json *j);
/* Asks for the key, once more if it was asked for; false: was so already. */
bool sync_again(struct engine *e, struct session *s, const struct lsa_key *key);

/* Asks for all of them; whether they come is seen elsewhere. */
void sync_request(
    struct engine *e, struct session *s, const struct keyset *keys);

#endif
