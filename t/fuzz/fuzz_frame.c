/*
 * fuzz_frame.c - a stream of octets to frames to messages. However the
 * stream is cut, the frames are the same.
 */

#include <string.h>

#include "base/buf.h"
#include "base/rc.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_FRAMES);

static void
key_look(const struct msg_key *key)
{
	struct buf again = { 0 };
	struct msg_key copy;
	struct cur in;

	msg_key_write(&again, &key->key);
	in = cur_over(again.p, again.n);
	FUZZ_CHECK(msg_key_read(&in, &copy) == RC_OK && in.left == 0);
	FUZZ_CHECK(lsa_key_order(&copy.key, &key->key) == 0);
	buf_done(&again);
}

static void
message_look(uint8_t type, struct cur body)
{
	struct msg_hello hello;
	struct msg_entry entry;
	struct msg_part part;
	struct msg_key key;
	int last = -1;

	switch (type) {
	case MSG_HELLO:
		msg_hello_read(&body, &hello);
		break;
	case MSG_DIGEST:
		cur_u8(&body);
		for (uint16_t n = cur_u16(&body); n > 0; n--) {
			if (msg_part_read(&body, last, &part) != RC_OK)
				return;
			FUZZ_CHECK((int)part.number > last);
			last = part.number;
		}
		break;
	case MSG_SUMMARY:
		cur_u8(&body);
		for (uint16_t n = cur_u16(&body); n > 0; n--) {
			if (msg_entry_read(&body, MSG_VERSION, &entry) != RC_OK)
				return;
			key_look(&entry.key);
		}
		break;
	case MSG_REQUEST:
		for (uint16_t n = cur_u16(&body); n > 0; n--) {
			if (msg_key_read(&body, &key) != RC_OK)
				return;
			key_look(&key);
		}
		break;
	default:
		break;
	}
}

/* All frames of the stream, given in pieces of `step` octets. */
static int
stream(const uint8_t *p, size_t n, size_t step, struct buf *frames)
{
	struct frame_reader reader = { 0 };
	int rc = 0;

	for (size_t at = 0; at < n && rc == 0; at += step) {
		struct cur body;
		uint8_t type;

		frame_put(&reader, p + at, step < n - at ? step : n - at);
		while ((rc = frame_next(&reader, &type, &body)) == 1) {
			buf_u8(frames, type);
			buf_u32(frames, (uint32_t)body.left);
			buf_bytes(frames, body.p, body.left);
			message_look(type, body);
		}
	}
	frame_done(&reader);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf whole = { 0 }, cut = { 0 };
	int one = stream(p, n, n == 0 ? 1 : n, &whole);
	int two = stream(p, n, 1 + n / 7, &cut);

	FUZZ_CHECK(one == two && whole.n == cut.n);
	FUZZ_CHECK(whole.n == 0 || memcmp(whole.p, cut.p, whole.n) == 0);
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
