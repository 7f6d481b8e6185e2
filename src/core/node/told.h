/*
 * told.h - what reports tell of mail services: real mail, and the queue.
 */

#ifndef CORE_TOLD_H
#define CORE_TOLD_H

struct engine;
struct report;

/* What the MTA found out about a next hop. */
void told_report(struct engine *e, const struct report *report);
/* What was told is forgotten when it is old. */
void told_tick(struct engine *e);

#endif
