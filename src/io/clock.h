/*
 * clock.h - the only reader of the system's clocks.
 */

#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stdint.h>

#include "base/mono.h"

/* CLOCK_MONOTONIC: never goes back, and no clock correction moves it. */
struct mono clock_mono(void);

/* The same in microseconds, as the service manager wants it. */
uint64_t clock_mono_us(void);

/* Seconds since 1970 by the wall clock: for texts and for the dates of a
 * certificate, for nothing else. */
uint64_t clock_wall(void);

#endif
