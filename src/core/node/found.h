/*
 * found.h - the bridgeheads that no configuration names: of a connector that
 * says `bridgehead = any` they are the servers of its routing group, by what
 * the database holds of them. Who comes is one with his server LSA, and who is
 * forgotten or revoked is none with its end.
 *
 * Of a large group which ones is core/paths/members.h's; who cannot carry mail
 * on is one who drains or starts, or whom our probes find down. What they are
 * is a function of the database, our name and our probes.
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
