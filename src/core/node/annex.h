/*
 * annex.h - what goes to the milter's table besides the routes: whose mark
 * keys are whose, and the net where a connector has limits. And when a schedule opens, mail that waits is tried
 * again.
 */

#ifndef CORE_ANNEX_H
#define CORE_ANNEX_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct view;

/* Looks at what there is to say, by this view. True when the net for messages
 * with limits is another: they have other routes then. */
bool annex_make(struct engine *e, const struct view *view);
/* Puts it together for FX_ROUTES, as belonging to this generation. True when it
 * is not what was said last. */
bool annex_say(struct engine *e, uint64_t generation);
/* Every minute: which schedules have opened. */
void annex_tick(struct engine *e);
void annex_done(struct engine *e);

#endif
