/*
 * clock.h - the only reader of the system's clocks.
 */

#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

#include "base/mono.h"

/* CLOCK_MONOTONIC: never goes back, and no clock correction moves it. */
struct mono clock_mono(void);

/* The same in microseconds, as the service manager wants it. */
uint64_t clock_mono_us(void);

/* Since 1970 by the wall clock: for texts, for the dates of a certificate, and
 * for what is compared with a time that a file carries; for nothing else. */
uint64_t clock_wall(void);
uint64_t clock_wall_ms(void);

#endif
