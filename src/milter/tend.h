/*
 * tend.h - the first thread: it starts libmilter in a second one and looks
 * after what the callbacks stand on.
 *
 *     every second, or when something has happened:
 *         a newer table or key --> a new basis      counts --> a report
 *         HUP --> read again       USR1 --> say     we live --> the watchdog
 *     TERM, INT --> no more --> open messages end, a second at most --> stop
 *
 * libmilter would take HUP and TERM for an end: its threads get no signal at
 * all, and its own waiting for them never ends.
 */

#ifndef MILTER_TEND_H
#define MILTER_TEND_H

#include "milter/milter.h"

/* Runs until it is told to stop; libmilter's socket is open. Returns an exit
 * status. Libmilter's threads may still run then: end with _exit(). */
int tend_run(struct milter *m);

/* Why this basis cannot be had, and what to do: one line of the log, said
 * once for as long as it stays so. */
void tend_refresh(struct milter *m, char *told, size_t room);

#endif
