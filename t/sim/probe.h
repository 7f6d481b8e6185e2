/*
 * probe.h - what probes find: the mail service of a host, as far as the
 * prober reaches it, and has what it takes to ask.
 */

#ifndef T_SIM_PROBE_H
#define T_SIM_PROBE_H

#include "t/sim/world.h"

/* Carries out FX_PROBE. */
void probe_fx(struct world *world, struct node *node, const struct effect *fx);

/* A result of a probe that has been given up is no result. */
bool probe_is_stale(const struct node *node, const struct happening *h);

#endif
