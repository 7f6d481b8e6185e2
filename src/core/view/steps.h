/*
 * steps.h - which servers are present, and which step from one server to
 * another counts. (lsrd-protocol(7) 8)
 *
 * The same rules give two nets. In the ordinary one those speak who are
 * present; in that of last resort every server with a server LSA does, by
 * what it said last.
 */

#ifndef CORE_STEPS_H
#define CORE_STEPS_H

#include "core/paths/net.h"
#include "core/view/facts.h"

struct steps_presence {
	bool
	    *present; /* by server: joined to us by adjacencies both announce */
	size_t n;     /* how many, ourselves included */
	bool alone;   /* we have none */
};

void steps_presence(const struct facts *facts, struct steps_presence *out);
void steps_presence_done(struct steps_presence *presence);

/* What members of a group say of each other, counted; by server. */
struct steps_counts {
	uint32_t *part;   /* of the net; FACTS_NONE: it is in none */
	uint32_t *ups;    /* speakers that report it up */
	uint32_t *downs;  /* and down */
	uint32_t *doubts; /* those of its own part among them */
};

/* Its part disagrees about it: steps to it are each by itself. */
static inline bool
steps_is_contested(const struct steps_counts *c, uint32_t server)
{
	return c->doubts[server] > 0 && c->ups[server] > 0;
}

/* All of its part step to it. */
static inline bool
steps_is_sure(const struct steps_counts *c, uint32_t server)
{
	return !steps_is_contested(c, server) &&
	       (c->ups[server] > 0 || c->downs[server] == 0);
}

/* What a speaker reports, its part known, into the counts. */
void steps_count(const struct facts *facts, const struct steps_counts *counts,
    uint32_t speaker);

void steps_counts_done(struct steps_counts *counts);

/*
 * The net of what those say for whom speaks[] is true. Whoever does not
 * speak gives no transit and has no steps, but may be the end of one: a
 * leaf. In the net `present` means that: it speaks, or it is a leaf. In the
 * wide net, of paths of last resort, those give transit too that do not only
 * since their MTA does not ask the tables it has asked before.
 *
 * Claims are not filled in. Names and policies are lent from the facts.
 * `counts`, which the caller ends, is for who follows what changes (sight.h);
 * NULL: nobody does.
 */
void steps_net(const struct facts *facts, const bool *speaks, bool wide,
    struct net *out, struct steps_counts *counts);

/*
 * Our own steps where we are alone, in place of those we announced: every
 * member of our group and every bridgehead that our probes do not find down.
 */
void steps_own(
    const struct facts *facts, const struct view_input *in, struct net *net);

/* The cost of our own edge: as we announce it, or before that as the setup
 * says. */
uint32_t steps_own_cost(const struct facts *facts,
    const struct setup_connector *connector, const struct setup_bridgehead *b);

/* Whether we said last that it is up and to be used. */
bool steps_own_up(const struct facts *facts,
    const struct setup_connector *connector, const struct setup_bridgehead *b);

#endif
