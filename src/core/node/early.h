/*
 * early.h - what a boot takes for granted is no alarm. The MTA begins after
 * lsrd, and peers may be booting, too: that they are not there is a change at
 * first, and an alarm when it is still so a minute after our start.
 */

#ifndef CORE_EARLY_H
#define CORE_EARLY_H

struct engine;

#define EARLY_MS 60000

/* Our start is over, as far as a file tells: for a minute from now it is early
 * (due_is_early). */
void early_begin(struct engine *e);

/* The alarms, when the minute is over. */
void early_tick(struct engine *e);

#endif
