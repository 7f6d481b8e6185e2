/*
 * traffic.h - mail in the world: queues, deliveries along the tables of the
 * moment, and what a reporter tells lsrd of them.
 *
 * Once a second every host tries what waits there: the next hops of the list
 * one after the other, as Postfix does. A mail service takes so many messages
 * a second, or none at all (it answers a plain probe all the same). What was
 * delivered and refused is told to the engine as a log's reader would, and every
 * half a minute what waits, as the reader of a queue would.
 */

#ifndef T_SIM_TRAFFIC_H
#define T_SIM_TRAFFIC_H

#include "t/sim/world.h"

struct traffic;

/* The world is lent for its life. */
struct traffic *traffic_new(struct world *world);
void traffic_free(struct traffic *traffic);

/* From now on `rate` messages a second for the pattern begin at the host. */
void traffic_flow(struct traffic *traffic, struct node *from,
    const char *pattern, uint32_t rate);

/* Its mail service takes so many a second (UINT32_MAX: whatever comes). */
void traffic_takes(struct traffic *traffic, struct node *node, uint32_t rate);

/* Whether the host's deliveries are reported (they are at first). */
void traffic_reports(struct traffic *traffic, const struct node *node, bool on);

/* Lets time pass. */
void traffic_run(struct traffic *traffic, uint64_t ms);

/* Messages that wait at the host. */
size_t traffic_waiting(const struct traffic *traffic, const struct node *node);

/* Messages for the pattern that came to their end. */
uint64_t traffic_arrived(const struct traffic *traffic, const char *pattern);

#endif
