/*
 * post.h - letters in the world: queues, and what Postfix does with them by
 * the tables of each moment.
 *
 * An attempt takes a host's table of now, or of up to 30 s ago, as its queue
 * manager keeps an answer; offers the letter to the next hops of the list one
 * after the other, and to those that share one list together. There the
 * milter judges it (milter.h). Who gets rid of nothing tries again as Postfix
 * does, after five minutes, and as many as it is old; or as soon as lsrd asks
 * (FX_RETRY). What an attempt met is reported as lsrd-maillog does it.
 *
 * Never, or the world fails:
 *
 *   - a hop that a table leads to, and that takes whatever comes from there, does
 *     not know a pattern which somebody claims, so that it would return the letter;
 *   - one letter has more hops than an MTA takes, where all hosts leave marks;
 *   - one recipient gets it twice;
 *   - it is with the same recipients at one host more than three times within
 *     15 minutes, where all hosts leave marks and keep their keys and clocks.
 */

#ifndef T_SIM_POST_H
#define T_SIM_POST_H

#include "t/sim/world.h"

struct post;

void post_free(struct post *post);

/* So many letters, each to somebody in all of these patterns, which are joined
 * with commas, that the host's table has. The sender lives as long as the world. */
struct post_order {
	struct node *from;
	uint32_t n;
	const char *patterns, *sender;
	uint64_t size;
};

void post_send(struct world *world, const struct post_order *order);

/* So many letters were sent. */
uint64_t post_count(const struct world *world);

/* Its table was that one, which is taken over. */
void post_table(struct world *world, struct node *node, struct mta_table *was);

/* What waits there for the pattern is tried now. */
void post_retry(
    struct world *world, const struct node *node, const char *pattern);

/* A letter's time has come. Takes it over. */
void post_happens(struct world *world, struct happening *happening);

/* Lets at most so much time pass until all letters are where they go; what is
 * held by the table of its host may wait, and what is on a host that is gone.
 * Fails the world else. */
void post_settle(struct world *world, uint64_t ms);

#endif
