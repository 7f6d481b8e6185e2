/*
 * setting.h - the text of one value to its type, and back in normal form.
 */

#ifndef CFG_SETTING_H
#define CFG_SETTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "cfg/schema.h"

/*
 * Puts the text, as the option's type says, where the option stands in
 * `base`; for a list it is one value more. RC_NAME or RC_FORMAT: not of this
 * form; RC_RANGE: outside the range; RC_TWICE: in the list already; RC_LIMIT:
 * the list is full; RC_CLAIM: a transport that must not be used as a way.
 */
int setting_set(const struct schema *option, void *base, const char *text);

/* `250ms`, `5s`, `2m`, `1h`: in the largest unit that is exact. */
void setting_duration(struct buf *out, uint32_t ms);

/* `20M`, `500k`, `1234`: the same for octets. */
void setting_size(struct buf *out, uint64_t octets);

/* `192.0.2.1:25` or `[2001:db8::1]:25`; the port is not left out. */
int setting_address(const char *text, struct addr *out);

/*
 * Where a probe of the way would go: *addr for a literal; or *host (the
 * caller's, else NULL) and addr->port for a name in brackets. RC_FORMAT when
 * the way names no such host.
 */
int setting_way_host(const char *way, struct addr *addr, char **host);

#endif
