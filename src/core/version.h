/*
 * version.h - which table it was: the epoch of the lsrd that made it and the
 * table's generation within that epoch. A later table of one server has the
 * greater version; versions of different servers do not compare.
 */

#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#include <stdint.h>

struct table_version {
	uint64_t epoch, generation;
};

/* <0, 0, >0 as a is older than b, the same, later. */
static inline int
table_version_order(struct table_version a, struct table_version b)
{
	if (a.epoch != b.epoch)
		return a.epoch < b.epoch ? -1 : 1;
	return (a.generation > b.generation) - (a.generation < b.generation);
}

#endif
