/*
 * post_parts.h - what post.c and post_judge.c share of the post.
 */

#ifndef T_SIM_POST_PARTS_H
#define T_SIM_POST_PARTS_H

#include "t/sim/milter.h"
#include "t/sim/post.h"

#define POST_AGAIN_MS 300000 /* minimal_backoff_time, queue_run_delay */
#define POST_MOST_MS 4000000 /* maximal_backoff_time */

/* A table that an attempt may still go by. */
struct was {
	struct mono until;
	struct mta_table table;
};

struct office {
	struct milter milter;
	VEC(struct was) past;
};

/* A letter was with these recipients at this host. */
struct visited {
	uint64_t number;
	const struct node *node;
	size_t n; /* of recipients, the first of whom is */
	const char *to;
	struct mono when;
};

struct post {
	struct world *world;
	struct office offices[WORLD_NODES];
	VEC(struct letter *) letters;
	VEC(struct visited) visited;
	VEC(struct visited) delivered; /* of one recipient each */
	uint64_t number, queue_id;
	bool misled; /* what is offered now goes by a liar's own word */
};

/* As the MTA looks it up: the most specific first; or NULL. */
const struct route *post_lookup(
    const struct mta_table *table, const char *address);

/*
 * By the word of who means ill: he names another's mail service as his own, or
 * gives transit while he has no table. Whoever a table leads to may throw a letter
 * away, and signatures stop no lie of a server about itself.
 */
bool post_misled(const struct world *world, const struct node *named,
    const struct node *hop);

/* Nobody where it has come to knows of it: it is returned to its sender. */
void post_bounced(struct post *post, const struct node *from,
    const struct node *at, const char *address);

/* It is where it was to go. */
void post_delivered(
    struct post *post, const struct letter *letter, const char *to);

/* It has come to the host where it is, and goes no further if it has more hops
 * than an MTA takes. */
void post_visited(struct post *post, struct letter *letter);

#endif
