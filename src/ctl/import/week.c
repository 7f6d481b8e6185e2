#include "ctl/import/week.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/policy.h"

#define HEAD 12
#define PART 8
#define PARTS_MAX 16
#define DAYS 7
#define DAY_QUARTERS 96
#define QUARTERS ((size_t)DAYS * DAY_QUARTERS)

static uint32_t
little32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Where the hours are of a SCHEDULE; NULL: nowhere. */
static const uint8_t *
schedule_hours(const uint8_t *p, size_t n)
{
	uint32_t parts;

	if (n < HEAD + PART || little32(p) > n)
		return NULL;
	parts = little32(p + 8);
	if (parts > PARTS_MAX || HEAD + (size_t)parts * PART > n)
		return NULL;
	for (uint32_t i = 0; i < parts; i++) {
		uint32_t kind = little32(p + HEAD + (size_t)i * PART);
		uint32_t at = little32(p + HEAD + (size_t)i * PART + 4);

		if (kind == 0)
			return at <= n && n - at >= WEEK_HOURS ? p + at : NULL;
	}
	return NULL;
}

/* An octet for each hour, whose low four bits count. */
static bool
hours_take(uint8_t out[WEEK_HOURS], const uint8_t *p, size_t n)
{
	const uint8_t *hours = schedule_hours(p, n);

	for (size_t i = 0; n == WEEK_PAIRS && i < WEEK_HOURS; i++)
		out[i] = i % 2 == 0 ? p[i / 2] >> 4 : p[i / 2] & 0xf;
	if (n != WEEK_PAIRS && hours != NULL)
		memcpy(out, hours, WEEK_HOURS);
	return n == WEEK_PAIRS || hours != NULL;
}

/* The text's days, Monday first; the octets begin with Sunday. */
static bool
is_open_at(const uint8_t *hours, size_t day, size_t quarter)
{
	size_t hour = (day + 1) % DAYS * 24 + quarter / 4;

	return (hours[hour] >> (3 - quarter % 4) & 1) != 0;
}

static void
day_put(struct buf *out, const char *days, size_t from, size_t to)
{
	buf_printf(out, "%s%s", out->n == 0 ? "" : ", ", days);
	if (from > 0 || to < DAY_QUARTERS)
		buf_printf(out, " %02zu:%02zu-%02zu:%02zu", from / 4,
		    from % 4 * 15, to / 4, to % 4 * 15);
}

static bool
are_days_alike(const uint8_t *hours, size_t a, size_t b)
{
	for (size_t q = 0; q < DAY_QUARTERS; q++)
		if (is_open_at(hours, a, q) != is_open_at(hours, b, q))
			return false;
	return true;
}

/* Each time of the days from `first` to `last`, which are alike. */
static void
days_put(struct buf *out, const uint8_t *hours, size_t first, size_t last)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri",
		"sat", "sun" };
	struct buf days = { 0 };
	char *text;

	buf_text(&days, names[first]);
	if (last > first)
		buf_printf(&days, "-%s", names[last]);
	text = buf_string(&days);
	for (size_t q = 0; q < DAY_QUARTERS;) {
		size_t to = q;

		while (to < DAY_QUARTERS && is_open_at(hours, first, to))
			to++;
		if (to > q)
			day_put(out, text, q, to);
		q = to + 1;
	}
	mem_free(text);
}

enum week_kind
week_text(const void *octets, size_t n, char **out)
{
	uint8_t hours[WEEK_HOURS];
	struct buf text = { 0 };
	size_t open = 0;

	*out = NULL;
	if (!hours_take(hours, octets, n))
		return WEEK_BAD;
	for (size_t i = 0; i < QUARTERS; i++)
		open += is_open_at(hours, i / DAY_QUARTERS, i % DAY_QUARTERS);
	if (open == 0 || open == QUARTERS)
		return open == 0 ? WEEK_NEVER : WEEK_ALWAYS;
	for (size_t day = 0; day < DAYS;) {
		size_t last = day;

		while (last + 1 < DAYS && are_days_alike(hours, day, last + 1))
			last++;
		days_put(&text, hours, day, last);
		day = last + 1;
	}
	*out = buf_string(&text);
	if (policy_schedule_check(*out) == RC_OK)
		return WEEK_SOME;
	mem_free(*out);
	*out = NULL;
	return WEEK_LONG;
}
