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

#endif
