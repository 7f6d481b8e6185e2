/*
 * services.h - which mail services concern us: bridgeheads of our connectors,
 * members of our group, our own MTA, ways out that are probed, and silent
 * neighbours whom nothing of these probes.
 */

#ifndef CORE_SERVICES_H
#define CORE_SERVICES_H

struct engine;

/* Makes the set agree with configuration, database and adjacencies. */
void services_refresh(struct engine *e);
void services_done(struct engine *e);

#endif
