/*
 * steps_follow.h - presence, and the graphs of the ordinary steps, as they
 * follow what servers say anew. (steps.h has the rules)
 *
 * A server's steps are made again where it, or a connector of it, has said
 * something, or is present no more or again; what its group says of each
 * other is counted again if one of its members has. So work is in proportion
 * to what the servers concerned say, to their groups, and to the servers that
 * come or go.
 *
 * Presence is a search over adjacencies that both ends announce, each of
 * length 1: whoever is reached is present. It follows as any search does
 * (spf_follow.h).
 */

#ifndef CORE_STEPS_FOLLOW_H
#define CORE_STEPS_FOLLOW_H

#include "core/paths/spf_follow.h"
#include "core/view/facts.h"
#include "core/view/steps.h"

/* Nodes that a graph needs beyond the parts that there are, so that a group
 * may fall to pieces before all is made anew. */
#define STEPS_SPARE_PARTS 16

/* What follows. All is lent; `group` may be NULL. Of the net the servers'
 * `transit` follows, and nothing else. */
struct steps_over {
	const struct facts *facts;
	struct steps_presence *presence;
	struct net *net;
	struct graph *org, *group;
};

struct steps_group {
	uint32_t at, n; /* its members: members[at] and so on, ascending */
	uint32_t odd;   /* contested ones among them */
	bool dirty;
};

struct steps_follow {
	struct graph_changes org, group; /* of the graphs, since begin */
	VEC(uint32_t) flipped;           /* servers whose presence changed */
	VEC(uint32_t) turned;            /* servers whose transit did */

	/* the rest is of steps_follow.c */
	struct steps_over over;
	struct steps_counts counts;
	struct graph *joined; /* adjacencies that both ends announce */
	uint64_t *far;        /* by server: how far over that */
	struct graph_changes joints;
	struct steps_group *groups;
	uint32_t *members;
	VEC(uint32_t) dirty_groups, dirty_servers;
	bool *dirty; /* by server */
	VEC(struct graph_arc) arcs;
	uint32_t parts;       /* numbers given so far */
	VEC(uint32_t) unused; /* numbers given back */
	VEC(uint32_t) had;    /* by the group in hand */
	uint32_t *queue;
};

/* Takes over the counts, which are those of the graphs' net. */
struct steps_follow *steps_follow_new(
    const struct steps_over *over, struct steps_counts counts);
void steps_follow_free(struct steps_follow *follow);

/* Between these: who has said something anew. The facts know it already. */
void steps_follow_begin(struct steps_follow *follow);
void steps_follow_server(struct steps_follow *follow, uint32_t server);
void steps_follow_connector(struct steps_follow *follow, uint32_t owner);

/* Then all follows. False: there are no numbers left for parts; all is void,
 * and to be made anew. */
bool steps_follow_end(struct steps_follow *follow, struct spf_follow *search);

#endif
