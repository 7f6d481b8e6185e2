/*
 * last_resort.h - paths of last resort (lsrd-protocol(7) 8).
 *
 * A pattern none of whose claims an ordinary path reaches gets the same SPF
 * once more, in which leaves and absent servers give transit too, by what
 * they said last; steps that count for the ordinary paths count here too.
 * From the first present server that has an ordinary path to the pattern it
 * is that path: so for each pattern the set A of those servers matters. They
 * go on by ordinary steps, and within A; all others by all steps.
 *
 * Patterns with the same A make a class, and one search serves it. Most
 * often there is one class, whose A is empty.
 */

#ifndef CORE_LAST_RESORT_H
#define CORE_LAST_RESORT_H

#include "core/paths/reach.h"

/* No way, whatever anybody said. */
#define LAST_RESORT_NO_CLASS UINT32_MAX

struct last_resort;

/*
 * `net` is the ordinary net, `wide` that by everybody's last LSAs; both have
 * the same servers. The ordinary graphs are those of `net`. With `alone`
 * nobody has an ordinary path. All is lent.
 */
struct last_resort_over {
	const struct net *net, *wide;
	const struct graph *org, *group; /* group: NULL if nobody asks */
	const bool *present;             /* by server */
	uint32_t self;
	bool alone;
};

struct last_resort *last_resort_new(const struct last_resort_over *over);
void last_resort_free(struct last_resort *resort);

/*
 * The class of a pattern's claims of one scope (`local` or not), or
 * LAST_RESORT_NO_CLASS when none of them can be reached.
 */
uint32_t last_resort_class(
    struct last_resort *resort, struct reach_claims claims, bool local);

/*
 * The searches from ourselves for the classes of a pattern: [0] that of its
 * claims of scope organization, [1] of scope routing-group. Lent until the
 * next call, which keeps what it can: so ask in the order of classes.
 */
struct reach last_resort_reach(
    struct last_resort *resort, const uint32_t number[2]);

#endif
