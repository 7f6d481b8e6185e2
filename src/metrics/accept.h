/*
 * accept.h - the field of a request that says in which form an answer is
 * wanted, which strangers write.
 */

#ifndef METRICS_ACCEPT_H
#define METRICS_ACCEPT_H

#include <stdbool.h>

/* The form by Accept: OpenMetrics 1.0 where it is named, and not with q=0. */
bool accept_wants_open(const char *accept);

#endif
