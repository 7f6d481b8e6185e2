#include "sys/clock.h"

#include <time.h>

#include "base/check.h"

uint64_t
clock_mono_us(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

struct mono
clock_mono(void)
{
	return (struct mono){ clock_mono_us() / 1000 };
}

uint64_t
clock_wall_ms(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
	if (t.tv_sec < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
clock_wall(void)
{
	return clock_wall_ms() / 1000;
}
