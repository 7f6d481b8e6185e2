/*
 * source.h - how many sessions each source has: an IPv4 address, or the 64
 * bits of an IPv6 address that name its network.
 */

#ifndef FRONT_SOURCE_H
#define FRONT_SOURCE_H

#include <stdint.h>

#include "base/addr.h"
#include "base/tree.h"

struct source;

/* One session more, or NULL when it has `most` already. */
struct source *source_take(
    struct tree *sources, const struct addr *addr, uint32_t most);

/* One less. */
void source_leave(struct tree *sources, struct source *source);

#endif
