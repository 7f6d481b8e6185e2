/*
 * shortage.h - what is short here, so that no probe can begin: said once, and
 * once more when it is over.
 */

#ifndef CORE_SHORTAGE_H
#define CORE_SHORTAGE_H

struct engine;

/* A probe could not begin for this reason, a fixed text. */
void shortage_begins(struct engine *e, const char *reason);
/* It is over when nothing was short for a while. */
void shortage_tick(struct engine *e);

#endif
