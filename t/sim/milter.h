/*
 * milter.h - the milter of a host: the table that src/publish would write for
 * it, and what src/message makes of one transaction by it. The very code,
 * without the files.
 */

#ifndef T_SIM_MILTER_H
#define T_SIM_MILTER_H

#include "core/trace/mtable_book.h"
#include "t/sim/world.h"

/* What is in one queue, on its way to one place. */
struct letter {
	uint64_t number; /* its Message-ID */
	struct node *at;
	uint64_t size;      /* octets */
	const char *sender; /* lent */
	VEC(char *) to;     /* addresses, lent */
	struct buf marks;   /* LSR-Trace fields, each with a NUL behind it */
	VEC(uint64_t) received; /* queue ids, the oldest first */
	struct mono came;
	uint64_t attempt;                 /* the one that is to come */
	struct addr via[LIMIT_NEXT_HOPS]; /* in place of the table's */
	size_t nvia;
	bool ended;
	bool unmarked; /* a host on its way left no mark, or took some off: its
	                  milter's file was of before it knew whose they are */
	bool misled;   /* it has gone by a liar's own word, once or more */
};

struct milter {
	struct mtable_book book;
	struct mtable_history history;
	struct buf annex; /* that goes with the newest table */
	struct buf file;
	uint64_t serial; /* of the table that the file is of */
	struct mark_memory *memory;
};

void milter_done(struct milter *milter);

/* The host's table is another one. */
void milter_table(struct milter *milter, const struct node *node);

enum milter_answer {
	MILTER_TAKES,
	MILTER_LATER, /* a loop; or no connector admits it now, or all it is to */
	MILTER_NEVER /* none ever does, at the first host */
};

/*
 * What it takes has our visit on top, and a way of its own where a connector
 * of the table's does not admit it; `queue_id` is what it will have here. Where
 * nothing is to judge or mark by, it is taken as it is.
 */
enum milter_answer milter_judge(struct milter *milter, const struct node *node,
    struct letter *letter, uint64_t queue_id);

#endif
