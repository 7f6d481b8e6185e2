/*
 * confirm.h - how many routes a new configuration would move.
 *
 * A typing error must not move all mail: what moves more than a configured
 * share of the table waits for the administrator's word, and before that
 * neither our LSAs nor our table change. What links do needs none.
 * (lsrctl(1), confirm)
 */

#ifndef CORE_CONFIRM_H
#define CORE_CONFIRM_H

#include <stdbool.h>

struct engine;
struct setup;

/* True if the new setup may come into force; else it is held, and said so. */
bool confirm_setup(struct engine *e, const struct setup *setup);

/* What it would move, as FX_TRIED: a line for each route that would be another,
 * {"pattern":..,"before":{..},"after":{..}}, the first LIMIT_MOVES_TOLD of
 * them, and {"routes":N,"moved":M}. */
void confirm_try(struct engine *e, const struct setup *setup);

#endif
