/*
 * overriding.h - what an operator has said beside the configuration is in force
 * from now on, on disk before he is answered, and ends by itself.
 */

#ifndef CORE_OVERRIDING_H
#define CORE_OVERRIDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/override.h"

struct engine;

/* Another configuration: `given` is in force, overridden. */
void overriding_setup(struct engine *e, const struct setup *given);
/* Others may be bridgeheads than were (found.h): who is found now is. */
void overriding_found(struct engine *e);
/* It is in force; takes over what it points to. */
void overriding_begin(struct engine *e, struct override fresh);
/* It is taken back: `why` is a fixed text for the log. */
void overriding_end(struct engine *e, struct override *one, const char *why);
void overriding_tick(struct engine *e);
/* The calendar was set. */
void overriding_calendar(struct engine *e);
void overriding_restore(struct engine *e, const uint8_t *p, size_t n);

/* "drain connector london-paris": the caller's. */
char *overriding_what(const struct override *one);

#endif
