/*
 * dial.h - with whom we want sessions, and whom we let in.
 *
 * Peers come from the configuration, from our connectors, and from the
 * database: members of our routing group (group.h). A bridgehead that a
 * connector wants by X-LSA-2 is reached so, at its mail service, whoever else
 * names it; all others by TCP, where they listen.
 */

#ifndef CORE_DIAL_H
#define CORE_DIAL_H

struct engine;
struct lsa;

/* With whom we want sessions, and whom we let in. */
void dial_refresh(struct engine *e);
/* A server LSA says something new: perhaps whom to probe and peer with. */
void dial_learnt(struct engine *e, const struct lsa *lsa);
void dial_tick(struct engine *e);
/* `reason` is a fixed text. */
void dial_failed(struct engine *e, const char *name, const char *reason);

#endif
