/*
 * strangers.h - who may begin a handshake from an address that neither the
 * configuration nor the database has, where the certificate decides
 * (`peer-accept = certificate`): so many a second of one source, and so many of
 * all.
 *
 * Whoever reaches the port can have us compute for him, and no list says who is
 * worth it. So what all of them may cost is bounded, and one of them alone does
 * not take the others' share: each source has a bucket, chosen by a hash that
 * nobody else knows, before all have one together. A source is an IPv4 address, or
 * the 64 bits of an IPv6 network, which one host may have whole. Two sources may
 * share a bucket: no more than that happens where there are many.
 */

#ifndef IO_STRANGERS_H
#define IO_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/lsa/bucket.h"

#define STRANGERS_SOURCES 1024

struct strangers {
	uint64_t seed;
	struct bucket all;
	struct bucket of[STRANGERS_SOURCES];
};

void strangers_init(struct strangers *strangers, uint64_t seed);

/* True if one from there may begin now; it is counted. */
bool strangers_take(
    struct strangers *strangers, const struct addr *from, struct mono now);

#endif
