#include "core/wire/frame.h"

#include <string.h>

#include "base/rc.h"
#include "core/lsa/limits.h"

void
frame_put(struct frame_reader *reader, const uint8_t *p, size_t n)
{
	struct buf *held = &reader->held;

	if (reader->used > 0) {
		held->n -= reader->used;
		memmove(held->p, held->p + reader->used, held->n);
		reader->used = 0;
	}
	buf_bytes(held, p, n);
}

int
frame_next(struct frame_reader *reader, uint8_t *type, struct cur *body)
{
	size_t left = reader->held.n - reader->used;
	struct cur in;
	uint32_t len;

	if (left < 4)
		return 0;
	in = cur_over(reader->held.p + reader->used, left);
	len = cur_u32(&in);
	if (len == 0)
		return RC_RANGE;
	if (len > LIMIT_FRAME_OCTETS)
		return RC_LONG;
	if (in.left < len)
		return 0;
	*body = cur_sub(&in, len);
	*type = cur_u8(body);
	reader->used += 4 + (size_t)len;
	return 1;
}

void
frame_done(struct frame_reader *reader)
{
	buf_done(&reader->held);
	reader->used = 0;
}

size_t
frame_open(struct buf *out, uint8_t type)
{
	size_t hole = buf_hole32(out);

	buf_u8(out, type);
	return hole;
}

void
frame_close(struct buf *out, size_t hole)
{
	buf_fill32(out, hole);
}
