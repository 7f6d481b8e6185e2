/*
 * lsa_position.h - where on the earth a server is: shown, decides nothing.
 *
 * In millionths of a degree, so that it has one spelling and no rounding.
 */

#ifndef CORE_LSA_POSITION_H
#define CORE_LSA_POSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/json.h"

struct lsa_position {
	int32_t at[2]; /* longitude (east), latitude (north) */
	uint8_t n;     /* of them; 0: not told, 2: told */
};

/* Whether the place `i` of a position may have this value. */
bool lsa_position_fits(unsigned i, int64_t millionths);

/* What stands in an LSA, once: RC_TWICE, RC_SHORT, RC_RANGE, RC_LONG. */
int lsa_position_read(struct cur *in, struct lsa_position *out);

/* As a decimal number: -0.1, 51.5. */
void lsa_position_text(struct buf *out, int32_t millionths);

/* "position":[-0.1,51.5]; nothing where it is not told. */
void lsa_position_show(struct json *j, const struct lsa_position *position);

#endif
