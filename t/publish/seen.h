/*
 * seen.h - tables for tests of the publisher, and what Postfix sees of them
 * in its files.
 */

#ifndef T_PUBLISH_SEEN_H
#define T_PUBLISH_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/view/rib.h"

/* A table of n routes; those from `moved` on by another way. To be ended with
 * rib_free(). */
struct rib *seen_table(uint64_t generation, size_t n, size_t moved);

/* The number of keys of a table in this directory. */
size_t seen_keys(const char *directory, const char *name);

/* True if `transport` says of every pattern what that table does, and has no
 * more. */
bool seen_says(const char *directory, const struct rib *rib, size_t moved);

#endif
