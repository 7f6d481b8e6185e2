#include "core/node/congestion.h"

/* In readings. Of every 30 s they are two minutes, an hour, two hours. */
#define FIRST 4
#define MOST 120
#define CALM 240

static uint64_t
threshold(const struct congestion_rule *rule, uint8_t level)
{
	return level == 0 ? 0 : rule->messages << 2 * (level - 1);
}

static uint8_t
congestion_of(const struct congestion_rule *rule, uint64_t late)
{
	uint8_t level = 0;

	if (rule->messages == 0)
		return 0;
	while (level < CONGESTION_MOST &&
	       late >= threshold(rule, (uint8_t)(level + 1)))
		level++;
	return level;
}

static bool
congestion_set(struct congestion *l, uint8_t to)
{
	l->now = to;
	l->calm = false;
	return true;
}

bool
congestion_read(struct congestion *l, const struct congestion_rule *rule,
    uint64_t late, struct mono now)
{
	const struct damp_rule damping = {
		.first_ms = FIRST * rule->interval_ms,
		.most_ms = MOST * rule->interval_ms,
		.calm_ms = CALM * rule->interval_ms,
	};
	uint8_t want = congestion_of(rule, late);

	if (want > l->now) {
		if (l->now == 0)
			damp_failed(&l->damp, &damping, now);
		return congestion_set(l, want);
	}
	if (l->now == 0)
		return false;
	if (rule->messages == 0)
		return congestion_set(l, 0);
	if (2 * late >= threshold(rule, l->now)) {
		l->calm = false;
		return false;
	}
	if (!l->calm) {
		l->calm = true;
		l->since = now;
	}
	if (mono_since(l->since, now) < damp_hold_off(&l->damp, &damping))
		return false;
	return congestion_set(l, want);
}
