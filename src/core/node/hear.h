/*
 * hear.h - how often others may speak.
 *
 * What one server says is every server's work, so each LSA of another has a
 * bucket, and each origin a wider one. What comes when there is no token is
 * not judged and not passed on, and it is not lost either: its key is kept,
 * and once there is a token the peer that had it is asked for it, so that of
 * all that came meanwhile the newest is taken. A token is spent by what was
 * found right alone: nobody can use up another's. Where something goes out of
 * use (a purge, a drain, a link that is down) the last tokens are kept for
 * it: that is what others must not hear late.
 */

#ifndef CORE_HEAR_H
#define CORE_HEAR_H

#include <stdbool.h>

struct engine;
struct lsa;
struct session;

/* Whether it may be judged now; else its key waits. */
bool hear_now(struct engine *e, struct session *from, const struct lsa *lsa);
/* It was found right, and is about to be installed. */
void hear_spend(struct engine *e, struct lsa *lsa);
void hear_tick(struct engine *e);

#endif
