/*
 * allow.h - the addresses from which sessions may come: asked before TLS.
 * Ports do not count. Empty at first: nobody may.
 */

#ifndef IO_ALLOW_H
#define IO_ALLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

struct allow {
	struct addr *addrs; /* sorted, port 0 */
	size_t n;
};

/* Replaces the whole list by a copy. */
void allow_set(struct allow *allow, const struct addr *addrs, size_t n);
bool allow_has(const struct allow *allow, const struct addr *addr);
void allow_done(struct allow *allow);

#endif
