/*
 * differ.h - whose database is another: of each neighbour whether it has been
 * so for minutes, which is told of; and, when lsrctl asks, in what.
 *
 *     asked ---> digest heard ---> summary ---> done
 *       |                                        ^
 *       +------------ synced: equal -------------+
 *
 * Nothing is said for it but a DIGEST before its time: what differs is named
 * by the SUMMARY that follows in any case (lsrd-protocol(7) 4), so a neighbour
 * of any version answers. It is compared as it comes; then what differs is
 * sent as ever, and may agree a moment later.
 */

#ifndef CORE_DIFFER_H
#define CORE_DIFFER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/json.h"

struct engine;
struct msg_entry;
struct nbr;
struct session;

/* A DIGEST of this session was read into s->sync.differs; `body` is it, behind
 * its flags. */
void differ_digest(
    struct engine *e, struct session *s, struct cur body, bool same);

/* An entry of the peer's SUMMARY; and it is at its end. */
void differ_entry(
    struct engine *e, struct session *s, const struct msg_entry *entry);
void differ_end(struct engine *e, struct session *s);

/* SYNCED has come. */
void differ_synced(struct engine *e, struct session *s);

/* lsrctl asks; the caller sends the DIGEST. */
void differ_ask(struct nbr *nbr);

/* What is known by now: a line, and one for each difference. */
void differ_show(struct engine *e, struct nbr *nbr, struct json *j);

/* For how long it has been another one, by what differed all the while; 0: it
 * is the same, or no session says. */
uint64_t differ_ms(const struct engine *e, const struct nbr *nbr);

/* Of a neighbour's line; and how many were told of and differ still. */
void differ_peer(const struct engine *e, const struct nbr *nbr, struct json *j);
unsigned differ_count(const struct engine *e);

/* Its session is over: nothing is known any more. */
void differ_reset(struct engine *e, struct nbr *nbr);

/* Ends the questions of all. */
void differ_done(struct engine *e);

#endif
