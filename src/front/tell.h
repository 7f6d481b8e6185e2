/*
 * tell.h - what has been counted since the start, told to lsrd now and then
 * (io/front_io.h), which tells it on to lsrd-metrics. Nobody waits for it.
 */

#ifndef FRONT_TELL_H
#define FRONT_TELL_H

#include "base/mono.h"

#define TELL_MS 5000

struct front;

/* Tells, if it is time. Where lsrd is away, or busy, or knows nothing of
 * counts, nothing is told. */
void tell_counts(struct front *front, struct mono now);

#endif
