/*
 * guard.h - a fault of ours must not be Exim's. What we do in its process is
 * done between two marks on its stack; a signal that would end it (a table
 * that was cut under our feet, memory that is none, abort() for want of
 * memory) leads back to the first, and from then on this process does without
 * us. What the fault had spoilt in memory is not mended, so nothing of ours
 * is touched again.
 */

#ifndef EXIM_GUARD_H
#define EXIM_GUARD_H

#include <stdbool.h>

struct guard {
	int fault; /* the signal that ended it; 0: none did */
};

/* Calls work(ctx), unless it was ended by a fault before; returns false when
 * it was, or is now. Exim's own handlers are as before afterwards. */
bool guard_run(struct guard *guard, void (*work)(void *ctx), void *ctx);

#endif
