/*
 * nbrs.h - the other servers that sessions and adjacencies were ever with, or
 * shall be: struct nbr of node.h, by name. One that is here stays.
 */

#ifndef CORE_NBRS_H
#define CORE_NBRS_H

struct engine;
struct nbr;

/* Or NULL. */
struct nbr *nbrs_find(const struct engine *e, const char *name);
/* A new one if there is none: no session, and none wanted. */
struct nbr *nbrs_get(struct engine *e, const char *name);
/* Something changed that who is silent cannot follow; `origin` said it. */
void nbrs_changed(struct engine *e, const char *origin);
void nbrs_done(struct engine *e);

#endif
