/*
 * pinned.h - what a fresh table keeps by an operator's order: a frozen one what
 * it was (view_freeze), a pinned pattern its next hop. What the milter reads
 * besides, for messages that a connector does not admit, is what it is.
 */

#ifndef CORE_PINNED_H
#define CORE_PINNED_H

#include <stdbool.h>

#include "core/view/view.h"

struct engine;

/* Before the table is compared with the one before. A pin whose hop is neither
 * next hop nor alternate any more is over. */
void pinned_table(struct engine *e, const struct view *view, struct rib *rib);

/* The hop is one of the route's, and may be pinned. */
bool pinned_may(const struct route *route, const char *hop);

#endif
