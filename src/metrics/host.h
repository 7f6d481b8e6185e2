/*
 * host.h - two fields of a request that strangers write: whom it is for, and
 * what it wants.
 */

#ifndef METRICS_HOST_H
#define METRICS_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* A literal address, "localhost" or one of the names, with a port or without:
 * a page in a browser can give our address a name of its own (DNS rebinding),
 * and then that stands here. */
bool host_is_ours(const char *host, const char *const *names, size_t n);

/* The form by Accept: OpenMetrics 1.0 where it is named, and not with q=0. */
bool host_wants_open(const char *accept);

#endif
