/*
 * cpu.h - the CPU time of this process, for what is compared or measured on a
 * machine that is busy with something else.
 */

#ifndef T_CORE_CPU_H
#define T_CORE_CPU_H

#include <stddef.h>

double cpu_ms(void);

/* The middle of n times; sorts them. */
double cpu_median(double *ms, size_t n);

#endif
