#include "core/lsa/pace.h"

/* Tokens that have come since. */
static void
refill(struct pace *pace, struct mono now)
{
	uint64_t back = mono_since(pace->since, now) / pace->each_ms;

	if (pace->spent == 0 || back >= pace->spent) {
		pace->spent = 0;
		pace->since = now;
	} else {
		pace->spent -= (uint32_t)back;
		pace->since = mono_after(pace->since, back * pace->each_ms);
	}
}

bool
pace_has(
    struct pace *pace, struct mono now, uint32_t reserve, struct mono *when)
{
	uint32_t room = pace->burst - reserve;

	refill(pace, now);
	if (pace->spent < room)
		return true;
	*when = mono_after(
	    pace->since, (uint64_t)(pace->spent - room + 1) * pace->each_ms);
	return false;
}

bool
pace_spend(struct pace *pace, uint32_t n, struct mono now)
{
	refill(pace, now);
	if (n > pace->burst - pace->spent)
		return false;
	pace->spent += n;
	return true;
}

bool
pace_take(struct pace *pace, struct mono now, struct mono *when)
{
	if (pace_spend(pace, 1, now))
		return true;
	*when = mono_after(pace->since, pace->each_ms);
	return false;
}
