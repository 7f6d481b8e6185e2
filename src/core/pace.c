#include "core/pace.h"

bool
pace_take(struct pace *pace, struct mono now, struct mono *when)
{
	uint64_t back = mono_since(pace->since, now) / pace->each_ms;

	if (pace->spent == 0 || back >= pace->spent) {
		pace->spent = 0;
		pace->since = now;
	} else {
		pace->spent -= (uint32_t)back;
		pace->since = mono_after(pace->since, back * pace->each_ms);
	}
	if (pace->spent >= pace->burst) {
		*when = mono_after(pace->since, pace->each_ms);
		return false;
	}
	pace->spent++;
	return true;
}
