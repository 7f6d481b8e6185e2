/*
 * services.h - which mail services concern us: bridgeheads of our connectors,
 * members of our group, our own MTA, ways out that are probed, and silent
 * neighbours whom nothing of these probes.
 */

#ifndef CORE_SERVICES_H
#define CORE_SERVICES_H

struct engine;
struct nbr;

/* Makes the set agree with configuration, database and adjacencies. */
void services_refresh(struct engine *e);
/* This one has fallen silent: it is probed from now on. A hub may lose hundreds
 * in one moment, so the others are not looked at. */
void services_silent(struct engine *e, const struct nbr *nbr);
void services_done(struct engine *e);

#endif
