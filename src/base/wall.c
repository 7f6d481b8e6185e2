#include "base/wall.h"

#include <stdio.h>

#define LAST UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DAY 86400

/* The day of an era of 400 years that begins on the first of March, so that
 * the leap day is the last of its year (H. Hinnant, "chrono-compatible
 * low-level date algorithms"). */
const char *
wall_text(uint64_t s, char out[WALL_TEXT])
{
	unsigned days, era, doe, yoe, doy, mp, year, month;

	if (s > LAST)
		s = LAST;
	days = (unsigned)(s / DAY) + 719468;
	era = days / 146097;
	doe = days % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = yoe + era * 400 + (month <= 2);
	snprintf(out, WALL_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000,
	    month % 100, (doy - (153 * mp + 2) / 5 + 1) % 100,
	    (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
	    (unsigned)(s % 60));
	return out;
}
