/*
 * families.h - every metric there is, as a table: its name, its type, its help,
 * and where in what lsrd tells its value stands. lsrd-metrics(7) has the same
 * list.
 */

#ifndef METRICS_FAMILIES_H
#define METRICS_FAMILIES_H

#include "metrics/sheet.h"
#include "metrics/told.h"

/* All of them as lsrd has told; NULL: it does not answer, and that alone is
 * said. */
void families_put(struct sheet *sheet, const struct told *told);

/* Their names and types, a line each: for a test of the page. */
void families_list(struct buf *out);

#endif
