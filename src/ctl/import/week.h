/*
 * week.h - the schedule of a site link or of a connector, as the directory has
 * it, and as lsrd.conf has it: all are in UTC.
 *
 * The octets are a SCHEDULE: three 32-bit numbers, little-endian (its size,
 * unused, how many parts), eight octets for each part (its kind, where it
 * begins), and of the part of kind 0 an octet for each hour of the week from
 * Sunday on, whose low four bits are its quarters, the first one the highest. Or they are 84
 * octets, those of a connector of Exchange: two hours in each, likewise.
 */

#ifndef CTL_IMPORT_WEEK_H
#define CTL_IMPORT_WEEK_H

#include <stddef.h>
#include <stdint.h>

#define WEEK_HOURS 168
#define WEEK_PAIRS 84

enum week_kind {
	WEEK_BAD,    /* no such octets */
	WEEK_ALWAYS, /* open all week */
	WEEK_NEVER,
	WEEK_SOME, /* *out is the caller's */
	WEEK_LONG  /* more changes than a schedule has room for */
};

enum week_kind week_text(const void *octets, size_t n, char **out);

#endif
