#include "t/core/cpu.h"

#include <stdlib.h>
#include <time.h>

double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
cpu_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double
cpu_median(double *ms, size_t n)
{
	qsort(ms, n, sizeof(*ms), cpu_order);
	return ms[n / 2];
}
