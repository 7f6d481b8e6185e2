/*
 * found.h - the bridgeheads that no configuration names: of a connector that
 * says `bridgehead = any` they are the servers of its routing group, by what
 * the database holds of them. Who comes is one with his server LSA, and who is
 * forgotten or revoked is none with its end.
 *
 * A group may be large, and each of its servers may have such a connector to
 * the next. So of all that are there each server takes those that come first by
 * a rank that depends on its own name and theirs, until LIMIT_FOUND of them can
 * carry mail on. Who cannot (he drains or starts, or our probes find him down)
 * stays one and is not counted: nobody is given up for a moment's weakness, and
 * who comes back later makes the last one leave. Another member moves one rank
 * and nothing else. What they are is a function of the database, our name and
 * our probes.
 */

#ifndef CORE_FOUND_H
#define CORE_FOUND_H

#include <stdbool.h>

struct engine;
struct setup;

/* The setup with who is found in it now; NULL: no connector says `any`. Lends
 * from what was given; ended with found_free(). */
struct setup *found_setup(struct engine *e, const struct setup *given);
void found_free(struct setup *setup);

/* Both are NULL, or made of one setup, and find the same. */
bool found_same(const struct setup *a, const struct setup *b);

/* One of its connectors says `any` of this group. */
bool found_concerns(const struct setup *setup, const char *group);

#endif
