#include "io/measure.h"

#include <stddef.h>

/* A step is a tenth of a millisecond; a keep-alive is every 500 ms, and a peer
 * is silent after 1400. */
static const uint64_t bounds_us[MEASURE_BOUNDS] = { 100, 1000, 5000, 10000,
	50000, 100000, 500000, 1000000 };

void
measure_add(struct measure *m, uint64_t us)
{
	size_t i = 0;

	while (i < MEASURE_BOUNDS && us > bounds_us[i])
		i++;
	m->n[i]++;
	m->sum_us += us;
}

void
measure_show(const struct measure *m, struct json *j, const char *key)
{
	uint64_t n = 0;

	json_open(j, key, '{');
	json_uint(j, "sum_us", m->sum_us);
	json_open(j, "buckets", '[');
	for (size_t i = 0; i <= MEASURE_BOUNDS; i++) {
		n += m->n[i];
		json_open(j, NULL, '[');
		json_uint(j, NULL, i < MEASURE_BOUNDS ? bounds_us[i] : 0);
		json_uint(j, NULL, n);
		json_close(j, ']');
	}
	json_close(j, ']');
	json_close(j, '}');
}
