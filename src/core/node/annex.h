/*
 * annex.h - what goes to the milter's table besides the routes: whose mark
 * keys are whose, and the net where a connector has limits. And when a schedule
 * opens, mail that waits is tried again.
 *
 * Keys are made anew where a server has said others, no sooner. The net is made
 * whole, which costs what some hundred changes do: in a step of its own after
 * that which has said the routes, so that nothing waits for it.
 */

#ifndef CORE_ANNEX_H
#define CORE_ANNEX_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct news;
struct view;

/* What the database has anew, before it is forgotten. */
void annex_news(struct engine *e, const struct news *news);
/* All of it may be another: the setup is. */
void annex_setup(struct engine *e);

/* The keys, by this view. */
void annex_keys(struct engine *e, const struct view *view);
/* The net, and the schedules in it. True when it is another: messages with
 * limits have other routes then. */
bool annex_net(struct engine *e, const struct view *view);
/* Whether there is a net by this view, or was one. */
bool annex_has_net(const struct engine *e, const struct view *view);

/* Puts it together for FX_ROUTES, as belonging to this generation. True when it
 * is not what was said last. */
bool annex_say(struct engine *e, uint64_t generation);

/* For tests: by this view, which is made anew, it would be what it is. */
bool annex_follows(const struct engine *e, const struct view *view);

/* Every minute: which schedules have opened. */
void annex_tick(struct engine *e);
void annex_done(struct engine *e);

#endif
