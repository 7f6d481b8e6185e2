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
	VEC(char *) to;   /* addresses, lent */
	struct buf marks; /* LSR-Trace fields, each with a NUL behind it */
	VEC(uint64_t) received; /* queue ids, the oldest first */
	struct mono came;
	uint64_t attempt; /* the one that is to come */
	bool ended;
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

/*
 * True: it passes, and has our visit on top; `queue_id` is what it will have
 * here. False: 451 4.4.6. Where nothing is to judge or mark by, it passes as
 * it is.
 */
bool milter_judge(struct milter *milter, const struct node *node,
    struct letter *letter, uint64_t queue_id);

#endif
