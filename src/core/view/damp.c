#include "core/view/damp.h"

/* More make no difference to any rule: 3^20 ms is a century. */
#define FAILURES_MAX 20

void
damp_failed(struct damp *damp, const struct damp_rule *rule, struct mono now)
{
	uint64_t forgotten = mono_since(damp->last, now) / rule->calm_ms;

	if (forgotten >= damp->failures)
		damp->failures = 0;
	else
		damp->failures -= (uint32_t)forgotten;
	if (damp->failures < FAILURES_MAX)
		damp->failures++;
	damp->last = now;
}

uint64_t
damp_hold_off(const struct damp *damp, const struct damp_rule *rule)
{
	uint64_t ms = rule->first_ms;

	if (damp->failures <= rule->free)
		return 0;
	for (uint32_t i = rule->free + 1;
	     i < damp->failures && ms < rule->most_ms; i++)
		ms *= 3;
	return ms < rule->most_ms ? ms : rule->most_ms;
}
