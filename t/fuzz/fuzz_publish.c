/*
 * fuzz_publish.c - what lsrd and lsrd-publish say to each other: a stream
 * of frames, in either direction.
 */

#include <string.h>

#include "base/rc.h"
#include "core/trace/mtable_book.h"
#include "publish/wire.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_FRAMES);

/* As the publisher reads it, and hands it on to the milter's table. */
static void
route_look(const struct wire_item *item)
{
	struct cur in = cur_over(item->route, item->route_len);
	struct mtable_book book = { 0 };
	struct route route;

	if (route_decode(&in, &route) != RC_OK)
		return;
	mtable_book_set(&book, &route, (struct mtable_version){ 1, 1 });
	FUZZ_CHECK(book.tree.n == 1);
	mtable_book_drop(&book, route.pattern, (struct mtable_version){ 1, 2 });
	FUZZ_CHECK(book.tree.n == 0 && book.floor.generation == 2);
	route_done(&route);
	mtable_book_done(&book);
}

static void
batch_look(struct cur body)
{
	struct wire_batch batch;
	struct wire_item item;

	if (wire_get_batch(&body, &batch) != RC_OK)
		return;
	for (uint32_t i = 0; i < batch.items; i++) {
		if (wire_get_item(&body, &item) != RC_OK)
			return;
		FUZZ_CHECK((item.route == NULL) != (item.pattern[0] == '\0'));
		if (item.route != NULL)
			route_look(&item);
	}
}

static void
frame_look(const struct wire_frame *frame)
{
	struct plugin_setup setup;
	enum plugin_phase phase;
	struct wire_ack ack;
	struct wire_table table;
	struct cur body = frame->body;
	struct mtable_annex annex = { 0 };
	enum mtable_part part;
	bool more;

	switch (frame->type) {
	case WIRE_SETUP:
		memset(&setup, 0, sizeof(setup));
		wire_get_setup(frame->body, &setup);
		break;
	case WIRE_BATCH:
		batch_look(frame->body);
		break;
	case WIRE_PHASE:
		wire_get_phase(frame->body, &phase);
		break;
	case WIRE_ACK:
		wire_get_ack(frame->body, &ack);
		break;
	case WIRE_ANNEX:
		if (wire_get_annex(&body, &part, &more) == RC_OK) {
			FUZZ_CHECK(body.left + 2 == frame->body.left);
			(void)mtable_annex_take(&annex, part, body);
		}
		break;
	case WIRE_TABLE:
		wire_get_table(frame->body, &table);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	struct wire_frame frame;

	while (wire_frame(&in, &frame) == RC_OK) {
		FUZZ_CHECK(
		    frame.octets >= WIRE_HEAD && frame.octets <= in.left);
		frame_look(&frame);
		cur_bytes(&in, frame.octets);
	}
	return 0;
}
