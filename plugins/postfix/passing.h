/*
 * passing.h - what Postfix makes of a message besides routing it, as its
 * configuration says: whether a content filter gets it first, and whether
 * there are copies to others. A route that lsrd-milter(8) gives a message
 * would go before the filter, and holds for the copies as well.
 */

#ifndef POSTFIX_PASSING_H
#define POSTFIX_PASSING_H

#include "core/lsa/mta.h"

/* The parameters of main.cf that matter; NULL ends them. */
extern const char *const passing_parameters[];

/*
 * `main`: lines `NAME = VALUE`; `master`: those of `postconf -M`. Fills the
 * three facts of core/lsa/mta.h: a service's own `-o` counts before main.cf.
 * The tables of access(5) and header_checks(5) rules are read for FILTER.
 */
void passing_read(const char *main, const char *master, struct mta *out);

#endif
