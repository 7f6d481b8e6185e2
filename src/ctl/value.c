#include "ctl/value.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool
value_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits; returns the first character that is none, NULL at none. */
static const char *
digits(const char *text, uint64_t most, uint64_t *out)
{
	uint64_t n = 0;

	if (!value_is_digit(*text))
		return NULL;
	for (; value_is_digit(*text); text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (n > most / 10 || digit > most - n * 10)
			return NULL;
		n = n * 10 + digit;
	}
	*out = n;
	return text;
}

bool
value_number(const char *text, uint64_t most, uint64_t *out)
{
	uint64_t n;
	const char *end = digits(text, most, &n);

	if (end == NULL || *end != '\0')
		return false;
	*out = n;
	return true;
}

bool
value_size(const char *text, uint64_t *out)
{
	static const char units[] = "KMG";
	uint64_t n;
	const char *end = digits(text, UINT64_C(1) << 50, &n), *unit;

	if (end == NULL)
		return false;
	if (*end != '\0') {
		unit = strchr(units, *end);
		if (unit == NULL || end[1] != '\0' || n >> 20 != 0)
			return false;
		n <<= 10 * (unit - units + 1);
	}
	*out = n;
	return true;
}

/* Two digits at a place of the text, or -1. */
static long
unit_seconds(char unit)
{
	switch (unit) {
	case 'w':
		return 7 * 86400;
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
		return 60;
	default:
		return 1;
	}
}

long
value_seconds(const char *text, char unit)
{
	long all = 0;

	while (value_is_digit(*text)) {
		char *end;
		long n = strtol(text, &end, 10);

		n = n > LONG_MAX / unit_seconds('w')
		        ? LONG_MAX / unit_seconds('w')
		        : n;
		n *= unit_seconds(*end == '\0' ? unit : *end);
		all = n > LONG_MAX - all ? LONG_MAX : all + n;
		text = *end == '\0' ? end : end + 1;
	}
	return all;
}

static int
two(const char *text)
{
	if (!value_is_digit(text[0]) || !value_is_digit(text[1]))
		return -1;
	return (text[0] - '0') * 10 + (text[1] - '0');
}

/* Whether the text has the shape of a moment, `0` standing for digits. */
static bool
has_shape(const char *text, const char *shape)
{
	for (; *shape != '\0'; shape++, text++) {
		if (*shape == '0' ? !value_is_digit(*text) : *text != *shape)
			return false;
	}
	return *text == '\0';
}

bool
value_time(const char *text, int64_t *out)
{
	static const char *const shapes[] = { "0000-00-00T00:00",
		"0000-00-00T00:00Z", "0000-00-00T00:00:00",
		"0000-00-00T00:00:00Z", "0000-00-00 00:00",
		"0000-00-00 00:00:00" };
	struct tm tm = { 0 }, back;
	uint64_t seconds;
	size_t i = 0;
	time_t t;

	if (value_number(text, INT64_MAX, &seconds)) {
		*out = (int64_t)seconds;
		return true;
	}
	while (i < 6 && !has_shape(text, shapes[i]))
		i++;
	if (i == 6)
		return false;
	tm.tm_year = two(text) * 100 + two(text + 2) - 1900;
	tm.tm_mon = two(text + 5) - 1;
	tm.tm_mday = two(text + 8);
	tm.tm_hour = two(text + 11);
	tm.tm_min = two(text + 14);
	tm.tm_sec = text[16] == ':' ? two(text + 17) : 0;
	back = tm;
	t = timegm(&tm); /* which puts a 31 April right: no such day */
	if (t < 0 || tm.tm_mon != back.tm_mon || tm.tm_mday != back.tm_mday ||
	    tm.tm_hour != back.tm_hour || tm.tm_min != back.tm_min ||
	    tm.tm_sec != back.tm_sec)
		return false;
	*out = t;
	return true;
}

const char *
value_time_text(int64_t when, char *out)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, VALUE_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, VALUE_TIME, "?");
	return out;
}
