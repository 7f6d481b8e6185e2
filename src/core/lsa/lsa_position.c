#include "core/lsa/lsa_position.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/rc.h"

#define DEGREE 1000000

bool
lsa_position_fits(unsigned i, int64_t millionths)
{
	int64_t most = (int64_t)DEGREE * (i == 0 ? 180 : 90);

	return millionths >= -most && millionths <= most;
}

int
lsa_position_read(struct cur *in, struct lsa_position *out)
{
	if (out->n != 0)
		return RC_TWICE;
	for (; out->n < 2; out->n++) {
		int32_t v = (int32_t)cur_u32(in);

		if (in->bad)
			return RC_SHORT;
		if (!lsa_position_fits(out->n, v))
			return RC_RANGE;
		out->at[out->n] = v;
	}
	return in->left > 0 ? RC_LONG : RC_OK;
}

void
lsa_position_text(struct buf *out, int32_t millionths)
{
	uint32_t v = (uint32_t)abs(millionths), rest = v % DEGREE;
	int digits = 6;

	buf_printf(out, "%s%" PRIu32, millionths < 0 ? "-" : "", v / DEGREE);
	if (rest == 0)
		return;
	for (; rest % 10 == 0; rest /= 10)
		digits--;
	buf_printf(out, ".%0*" PRIu32, digits, rest);
}

void
lsa_position_show(struct json *j, const struct lsa_position *position)
{
	if (position->n != 2)
		return;
	json_open(j, "position", '[');
	lsa_position_text(j->out, position->at[0]);
	buf_u8(j->out, ',');
	lsa_position_text(j->out, position->at[1]);
	json_close(j, ']');
}
