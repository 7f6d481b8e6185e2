/*
 * frame.h - a byte stream to frames, however TCP cut it.
 *
 * A frame is u32 length, u8 type, and a body of length - 1 octets
 * (lsrd-protocol(7) 2). The length is judged as soon as it is there, before
 * anything is kept for it. What is not yet a whole frame stays here, at most
 * one of them.
 */

#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cur.h"

struct frame_reader {
	struct buf held;
	size_t used; /* octets of `held` that were given out */
};

/* Takes over a copy of the octets. */
void frame_put(struct frame_reader *reader, const uint8_t *p, size_t n);

/*
 * The next whole frame: 1, with *type and *body (lent until the next
 * frame_put); 0 when more octets are needed; RC_RANGE or RC_LONG for a
 * length that cannot be, after which the stream is lost.
 */
int frame_next(struct frame_reader *reader, uint8_t *type, struct cur *body);

void frame_done(struct frame_reader *reader);

/* Writing: opens a frame of this type; the hole goes to frame_close(). */
size_t frame_open(struct buf *out, uint8_t type);
void frame_close(struct buf *out, size_t hole);

#endif
