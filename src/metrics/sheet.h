/*
 * sheet.h - the text of an exposition, in both forms that a Prometheus asks
 * for: its own (version 0.0.4), and OpenMetrics 1.0.
 *
 * Each family is opened once, and its samples follow. In OpenMetrics a counter
 * is called without `_total` at its head, an info without `_info`, a unit is
 * said, and the text has an end. Label values are escaped, whatever is in them.
 */

#ifndef METRICS_SHEET_H
#define METRICS_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum sheet_type { SHEET_GAUGE, SHEET_COUNTER, SHEET_HISTOGRAM, SHEET_INFO };

/* "gauge", "counter", "histogram", "info" */
const char *sheet_type_word(enum sheet_type type);

struct sheet {
	struct buf *out;
	bool open; /* the form: OpenMetrics */
};

/* Both texts are our own, without what would have to be escaped. */
void sheet_family(
    struct sheet *s, const char *name, enum sheet_type type, const char *help);

struct sheet_label {
	const char *name, *value; /* a label without a name is none */
};

#define SHEET_LABELS 4

/* A sample of `value` divided by `per` (1, 1000 or 1000000), which is written
 * exactly. `suffix` stands behind the name, as `_bucket`; or is empty. */
struct sheet_sample {
	const char *name, *suffix;
	struct sheet_label label[SHEET_LABELS];
	int64_t value;
	uint32_t per;
};

void sheet_put(struct sheet *s, const struct sheet_sample *sample);

void sheet_end(struct sheet *s);

#endif
