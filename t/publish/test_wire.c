/* test_wire.c - what lsrd and its publisher say to each other. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "publish/got.h"
#include "publish/wire.h"
#include "t/tap.h"

static struct route
remote(const char *pattern)
{
	struct route r = {
		.pattern = (char *)(uintptr_t)pattern,
		.kind = ROUTE_REMOTE,
		.relay = true,
		.server = (char *)(uintptr_t) "mx1.paris.example",
		.hop = { { .name = (char *)(uintptr_t) "mx1.paris.example",
		    .addr = { .family = 4,
			.ip = { 198, 51, 100, 5 },
			.port = 25 } } },
		.nhops = 1,
	};

	return r;
}

/* In an exact block, so that the address sanitizer guards both ends. */
static int
frame_of(const void *p, size_t n, struct wire_frame *frame, uint8_t **block)
{
	struct cur c;

	*block = malloc(n > 0 ? n : 1);
	memcpy(*block, p, n);
	c = cur_over(*block, n);
	return wire_frame(&c, frame);
}

static const struct {
	const char *what;
	int rc;
	size_t len;
	uint8_t octets[32];
} frames[] = {
	{ "nothing", RC_SHORT, 0, { 0 } },
	{ "a part of the head", RC_SHORT, 4, { 0, 0, 0, 1 } },
	{ "a part of the body", RC_SHORT, 6, { 0, 0, 0, 2, 3, 0 } },
	{ "type 0", RC_RANGE, 6, { 0, 0, 0, 1, 0, 0 } },
	{ "type 7", RC_RANGE, 6, { 0, 0, 0, 1, 7, 0 } },
	{ "too long", RC_LONG, 5, { 0, 0x10, 0, 1, 2 } },
	{ "a phase", RC_OK, 6, { 0, 0, 0, 1, 3, 1 } },
};

START_TEST(frames_are_bounded)
{
	struct wire_frame frame;
	uint8_t *block;
	int rc = frame_of(frames[_i].octets, frames[_i].len, &frame, &block);

	ck_assert_msg(
	    rc == frames[_i].rc, "%s: %s", frames[_i].what, rc_word(rc));
	free(block);
}
END_TEST

START_TEST(setup_comes_back)
{
	struct plugin_setup in = {
		.transport = "lsrd",
		.hold = "lsrd-hold",
		.by_name = true,
		.lab = true,
		.own = { { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 25 },
		    { .family = 6, .ip = { 0x20, 1 }, .port = 2525 } },
		.nown = 2,
	};
	struct plugin_setup out;
	struct wire_frame frame;
	struct buf b = { 0 };
	uint8_t *block;

	wire_put_setup(&b, &in);
	ck_assert_int_eq(frame_of(b.p, b.n, &frame, &block), RC_OK);
	ck_assert_int_eq(frame.type, WIRE_SETUP);
	ck_assert_int_eq(wire_get_setup(frame.body, &out), RC_OK);
	ck_assert_str_eq(out.transport, "lsrd");
	ck_assert_str_eq(out.hold, "lsrd-hold");
	ck_assert(out.by_name && out.lab);
	ck_assert_uint_eq(out.nown, 2);
	ck_assert(addr_equal(&out.own[1], &in.own[1]));
	for (size_t n = 0; n < frame.body.left; n++) {
		uint8_t *cut = malloc(n > 0 ? n : 1);

		memcpy(cut, frame.body.p, n);
		ck_assert_int_ne(wire_get_setup(cur_over(cut, n), &out), RC_OK);
		free(cut);
	}
	free(block);
	buf_done(&b);
}
END_TEST

START_TEST(ack_and_phase_come_back)
{
	struct wire_ack in = { 7, RC_IO, 28, true, true, 1, 2, 3 }, out;
	enum plugin_phase phase;
	struct wire_frame frame;
	struct buf b = { 0 };
	uint8_t *block;

	wire_put_ack(&b, &in);
	ck_assert_int_eq(frame_of(b.p, b.n, &frame, &block), RC_OK);
	ck_assert_int_eq(wire_get_ack(frame.body, &out), RC_OK);
	ck_assert_uint_eq(out.generation, 7);
	ck_assert_int_eq(out.result, RC_IO);
	ck_assert_int_eq(out.error, 28);
	ck_assert(out.copy_behind);
	ck_assert_uint_eq(out.max_us, 3);
	free(block);
	buf_reset(&b);
	wire_put_phase(&b, PLUGIN_UNLOCKED);
	ck_assert_int_eq(frame_of(b.p, b.n, &frame, &block), RC_OK);
	ck_assert_int_eq(wire_get_phase(frame.body, &phase), RC_OK);
	ck_assert_int_eq(phase, PLUGIN_UNLOCKED);
	free(block);
	buf_done(&b);
}
END_TEST

/* Takes all frames into the table, as the publisher does. */
static int
take(struct got *got, const struct buf *b, size_t *nframes)
{
	struct cur in = cur_over(b->p, b->n);
	struct wire_frame frame;
	struct wire_batch batch;
	int rc = RC_OK;

	*nframes = 0;
	while (in.left > 0 && rc == RC_OK) {
		rc = wire_frame(&in, &frame);
		ck_assert_int_eq(rc, RC_OK);
		cur_bytes(&in, frame.octets);
		rc = wire_get_batch(&frame.body, &batch);
		if (rc == RC_OK)
			rc = got_take(got, &batch, frame.body);
		ck_assert_int_eq((batch.flags & WIRE_MORE) != 0, in.left > 0);
		++*nframes;
	}
	return rc;
}

START_TEST(annex_and_table_come_back)
{
	struct wire_table said = { 9, RC_IO, 28, 12 }, back;
	struct buf out = { 0 };
	struct wire_frame frame;
	struct cur in;
	struct mtable_annex annex = { .net = cur_over("annex", 5) };
	enum mtable_part part;
	bool more;

	wire_put_annex(&out, &annex, 1u << MTABLE_NET);
	wire_put_table(&out, &said);
	in = cur_over(out.p, out.n);
	ck_assert_int_eq(wire_frame(&in, &frame), RC_OK);
	ck_assert_int_eq(frame.type, WIRE_ANNEX);
	ck_assert_int_eq(wire_get_annex(&frame.body, &part, &more), RC_OK);
	ck_assert(!more && part == MTABLE_NET && frame.body.left == 5);
	ck_assert(memcmp(frame.body.p, "annex", 5) == 0);
	cur_bytes(&in, frame.octets);
	ck_assert_int_eq(wire_frame(&in, &frame), RC_OK);
	ck_assert_int_eq(wire_get_table(frame.body, &back), RC_OK);
	ck_assert(back.generation == 9 && back.result == RC_IO &&
		  back.error == 28 && back.ms == 12);
	frame.body.left--;
	ck_assert_int_eq(wire_get_table(frame.body, &back), RC_SHORT);
	frame.body = cur_over("\3\0", 2);
	ck_assert_int_eq(wire_get_annex(&frame.body, &part, &more), RC_RANGE);
	frame.body = cur_over("\0\3", 2);
	ck_assert_int_eq(wire_get_annex(&frame.body, &part, &more), RC_RANGE);
	frame.body = cur_over("\0", 1);
	ck_assert_int_eq(wire_get_annex(&frame.body, &part, &more), RC_SHORT);
	buf_done(&out);
}
END_TEST

START_TEST(batches_are_split)
{
	enum { N = 20000 };
	struct got got = { 0 };
	struct got_changes all;
	struct wire_writer w;
	struct buf b = { 0 };
	size_t nframes;

	wire_begin(&w, &b, 9, 0);
	for (int i = 0; i < N; i++) {
		char pattern[40];
		struct route r;

		snprintf(pattern, sizeof(pattern), "d%05d.example", i);
		r = remote(pattern);
		wire_set(&w, &r);
	}
	wire_end(&w);
	ck_assert_int_eq(take(&got, &b, &nframes), RC_OK);
	ck_assert_uint_gt(nframes, 1);
	ck_assert_uint_eq(got.tree.n, N);
	ck_assert_uint_eq(got.generation, 9);
	got_all(&got, &all);
	ck_assert_uint_eq(all.n, N);
	ck_assert_str_eq(all.v[N - 1].pattern, "d19999.example");
	got_changes_done(&all);
	got_clear(&got);
	buf_done(&b);
}
END_TEST

START_TEST(differences_apply)
{
	struct route a = remote("a.example"), b = remote("b.example");
	struct got got = { 0 };
	struct got_changes since;
	struct wire_writer w;
	struct buf out = { 0 };
	size_t nframes;

	wire_begin(&w, &out, 1, 0);
	wire_set(&w, &a);
	wire_set(&w, &b);
	wire_end(&w);
	ck_assert_int_eq(take(&got, &out, &nframes), RC_OK);
	buf_reset(&out);
	wire_begin(&w, &out, 2, 1);
	wire_gone(&w, "a.example");
	wire_set(&w, &b);
	wire_gone(&w, "c.example");
	wire_end(&w);
	ck_assert_int_eq(take(&got, &out, &nframes), RC_OK);
	ck_assert_uint_eq(got.tree.n, 1);
	got_since(&got, cur_over(out.p, out.n), &since);
	ck_assert_uint_eq(since.n, 3);
	ck_assert_str_eq(since.v[0].pattern, "a.example");
	ck_assert_ptr_null(since.v[0].route);
	ck_assert_ptr_nonnull(since.v[1].route);
	ck_assert_ptr_null(since.v[2].route);
	got_changes_done(&since);
	got_clear(&got);
	buf_done(&out);
}
END_TEST

/* Every octet of a batch bent in every way: refused or taken, no harm. */
START_TEST(bent_batches_do_no_harm)
{
	struct route a = remote("a.example");
	struct wire_writer w;
	struct buf out = { 0 };

	wire_begin(&w, &out, 1, 0);
	wire_set(&w, &a);
	wire_gone(&w, "b.example");
	wire_end(&w);
	for (size_t i = WIRE_HEAD; i < out.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			size_t n = out.n - WIRE_HEAD;
			uint8_t *body = malloc(n);
			struct got got = { 0 };
			struct wire_batch batch;
			struct cur c;

			memcpy(body, out.p + WIRE_HEAD, n);
			c = cur_over(body, n);
			body[i - WIRE_HEAD] ^= (uint8_t)(1u << bit);
			if (wire_get_batch(&c, &batch) == RC_OK)
				got_take(&got, &batch, c);
			got_clear(&got);
			free(body);
		}
	buf_done(&out);
}
END_TEST

static const struct {
	const char *what;
	int rc;
	size_t len;
	uint8_t octets[32];
} items[] = {
	{ "nothing", RC_SHORT, 0, { 0 } },
	{ "cut", RC_SHORT, 6, { 2, 0, 0, 0, 2, 'a' } },
	{ "no such kind", RC_RANGE, 6, { 3, 0, 0, 0, 1, 'a' } },
	{ "no route in it", RC_RANGE, 5, { 1, 0, 0, 0, 0 } },
	{ "no pattern", RC_NAME, 7, { 2, 0, 0, 0, 2, 'a', '\n' } },
	{ "a NUL in it", RC_NAME, 8, { 2, 0, 0, 0, 3, '*', 0, 'b' } },
	{ "the star", RC_OK, 6, { 2, 0, 0, 0, 1, '*' } },
};

START_TEST(items_are_judged)
{
	uint8_t *block = malloc(items[_i].len > 0 ? items[_i].len : 1);
	struct wire_item item;
	struct cur c;
	int rc;

	memcpy(block, items[_i].octets, items[_i].len);
	c = cur_over(block, items[_i].len);
	rc = wire_get_item(&c, &item);
	ck_assert_msg(
	    rc == items[_i].rc, "%s: %s", items[_i].what, rc_word(rc));
	free(block);
}
END_TEST

#define ROWS(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tc = tcase_create("wire");

	tcase_add_loop_test(tc, frames_are_bounded, 0, ROWS(frames));
	tcase_add_test(tc, setup_comes_back);
	tcase_add_test(tc, ack_and_phase_come_back);
	tcase_add_test(tc, annex_and_table_come_back);
	tcase_add_test(tc, batches_are_split);
	tcase_add_test(tc, differences_apply);
	tcase_add_test(tc, bent_batches_do_no_harm);
	tcase_add_loop_test(tc, items_are_judged, 0, ROWS(items));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
