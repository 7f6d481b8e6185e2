/* test_wire.c - frames, messages, neighbours, token buckets, damping. */

#include <stdlib.h>
#include <string.h>

#include "base/rc.h"
#include "core/lsa/bucket.h"
#include "core/lsa/limits.h"
#include "core/node/session_life.h"
#include "core/view/damp.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/tap.h"

/* Puts octets from a block of exactly that size, so that ASan guards it. */
static void
put(struct frame_reader *r, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n + (n == 0));

	if (n > 0)
		memcpy(copy, p, n);
	frame_put(r, copy, n);
	free(copy);
}

/* Three frames, cut at every place: what comes out is always the same. */
START_TEST(frames_cut_anywhere)
{
	struct buf all = { 0 };

	for (uint8_t i = 1; i <= 3; i++) {
		size_t hole = frame_open(&all, i);

		for (uint8_t k = 0; k < i; k++)
			buf_u8(&all, k);
		frame_close(&all, hole);
	}
	for (size_t cut = 0; cut <= all.n; cut++) {
		struct frame_reader r = { 0 };
		struct cur body;
		uint8_t type, want = 1;

		put(&r, all.p, cut);
		for (int half = 0; half < 2; half++) {
			while (frame_next(&r, &type, &body) == 1) {
				ck_assert_uint_eq(type, want);
				ck_assert_uint_eq(body.left, want);
				want++;
			}
			if (half == 0)
				put(&r, all.p + cut, all.n - cut);
		}
		ck_assert_uint_eq(want, 4);
		frame_done(&r);
	}
	buf_done(&all);
}
END_TEST

static const struct {
	uint32_t length;
	int rc;
} lengths[] = {
	{ 0, RC_RANGE },
	{ 1, 0 }, /* waits for its octet */
	{ LIMIT_FRAME_OCTETS, 0 },
	{ LIMIT_FRAME_OCTETS + 1, RC_LONG },
	{ 0x80000000u, RC_LONG },
	{ 0xffffffffu, RC_LONG },
};

START_TEST(frame_lengths)
{
	struct frame_reader r = { 0 };
	struct buf b = { 0 };
	struct cur body;
	uint8_t type;

	buf_u32(&b, lengths[_i].length);
	put(&r, b.p, b.n);
	ck_assert_int_eq(frame_next(&r, &type, &body), lengths[_i].rc);
	ck_assert(r.held.room < 1024); /* nothing is kept for a promise */
	frame_done(&r);
	buf_done(&b);
}
END_TEST

/* The epoch of who has said nothing, and what stands behind. */
static const struct {
	const char *behind;
	size_t n;
	uint32_t begins;
} behinds[] = {
	{ "", 0, 0 },
	{ "\0\0\7", 3, 0 },
	{ "\0\0\0\0", 4, 0 },
	{ "\0\0\0\7", 4, 7 },
	{ "\377\377\377\377", 4, UINT32_MAX },
	{ "\0\0\0\7\1", 5, 7 },
};

START_TEST(hello_with_an_epoch)
{
	struct msg_hello hello = { .lowest = 1,
		.highest = MSG_VERSION,
		.name = "mx1.example.org",
		.keepalive_ms = 1000,
		.dead_ms = 3000 };
	struct msg_hello back;
	struct buf b = { 0 }, again = { 0 };
	struct cur in;

	msg_hello_write(&b, &hello);
	buf_bytes(&b, behinds[_i].behind, behinds[_i].n);
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_hello_read(&in, &back), RC_OK);
	ck_assert_uint_eq(back.begins, behinds[_i].begins);
	msg_hello_write(&again, &back);
	ck_assert_uint_eq(
	    again.n, b.n - behinds[_i].n + (behinds[_i].begins > 0 ? 4 : 0));
	ck_assert_int_eq(memcmp(again.p, b.p, again.n), 0);
	buf_done(&b);
	buf_done(&again);
}
END_TEST

START_TEST(hello_cut_or_wrong)
{
	struct msg_hello hello = { .lowest = 1,
		.highest = MSG_VERSION + 1,
		.name = "mx1.example.org",
		.keepalive_ms = 1000,
		.dead_ms = 3000 };
	struct msg_hello back;
	struct buf b = { 0 };
	struct cur in;

	msg_hello_write(&b, &hello);
	for (size_t n = 0; n < b.n; n++) {
		uint8_t *copy = malloc(n + (n == 0));

		memcpy(copy, b.p, n);
		in = cur_over(copy, n);
		ck_assert_int_ne(msg_hello_read(&in, &back), RC_OK);
		free(copy);
	}
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_hello_read(&in, &back), RC_OK);
	ck_assert_str_eq(back.name, hello.name);
	ck_assert_uint_eq(back.dead_ms, 3000);
	buf_reset(&b);
	hello.lowest = MSG_VERSION + 1;
	msg_hello_write(&b, &hello);
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_hello_read(&in, &back), RC_VERSION);
	buf_reset(&b);
	hello.lowest = 2;
	hello.highest = 1;
	msg_hello_write(&b, &hello);
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_hello_read(&in, &back), RC_VERSION);
	buf_reset(&b);
	hello.lowest = hello.highest = 0;
	msg_hello_write(&b, &hello);
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_hello_read(&in, &back), RC_VERSION);
	buf_done(&b);
}
END_TEST

START_TEST(keys_cut_or_wrong)
{
	struct lsa_key key = { "a.example.org", "x", LSA_CONNECTOR };
	struct msg_key back;
	struct buf b = { 0 };
	struct cur in;

	msg_key_write(&b, &key);
	for (size_t n = 0; n < b.n; n++) {
		uint8_t *copy = malloc(n + (n == 0));

		memcpy(copy, b.p, n);
		in = cur_over(copy, n);
		ck_assert_int_ne(msg_key_read(&in, &back), RC_OK);
		free(copy);
	}
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_key_read(&in, &back), RC_OK);
	ck_assert_int_eq(lsa_key_order(&back.key, &key), 0);
	b.p[3] = 0; /* a NUL in the name */
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_key_read(&in, &back), RC_NAME);
	buf_reset(&b);
	buf_bytes(&b, "\3\0\xff\xff", 4); /* an id longer than any */
	for (int i = 0; i < 0xffff; i++)
		buf_u8(&b, 'a');
	in = cur_over(b.p, b.n);
	ck_assert_int_eq(msg_key_read(&in, &back), RC_LONG);
	buf_done(&b);
}
END_TEST

/* What is not in the table is refused: an update before hello, hello twice
 * (lsrd-protocol(7) 2). */
static const struct {
	enum session_life_state state;
	enum session_life_event event;
	enum session_life_state next; /* SESSION_NONE: refused */
} moves[] = {
	{ SESSION_DOWN, SESSION_OPEN, SESSION_GREET },
	{ SESSION_DOWN, SESSION_HELLO, SESSION_NONE },
	{ SESSION_GREET, SESSION_HELLO, SESSION_SYNC },
	{ SESSION_GREET, SESSION_UPDATE, SESSION_NONE },
	{ SESSION_GREET, SESSION_ALIVE, SESSION_NONE },
	{ SESSION_GREET, SESSION_EXCHANGE, SESSION_NONE },
	{ SESSION_SYNC, SESSION_HELLO, SESSION_NONE },
	{ SESSION_SYNC, SESSION_UPDATE, SESSION_SYNC },
	{ SESSION_SYNC, SESSION_AGREED, SESSION_FULL },
	{ SESSION_SYNC, SESSION_LOST, SESSION_DOWN },
	{ SESSION_FULL, SESSION_HELLO, SESSION_NONE },
	{ SESSION_FULL, SESSION_EXCHANGE, SESSION_FULL },
	{ SESSION_FULL, SESSION_LOST, SESSION_DOWN },
};

START_TEST(neighbour_table)
{
	const struct session_life_move *m =
	    session_life_move(moves[_i].state, moves[_i].event);

	ck_assert_int_eq(m == NULL ? SESSION_NONE : m->next, moves[_i].next);
}
END_TEST

START_TEST(bucket_delays)
{
	struct bucket bucket = { .burst = 3, .each_ms = 5000 };
	struct mono now = { 100 }, when = { 0 };

	for (int i = 0; i < 3; i++)
		ck_assert(bucket_take(&bucket, now, &when));
	ck_assert(!bucket_take(&bucket, now, &when));
	ck_assert_uint_eq(when.ms, 5100);
	now.ms = 5099;
	ck_assert(!bucket_take(&bucket, now, &when));
	now.ms = 5100;
	ck_assert(bucket_take(&bucket, now, &when));
	ck_assert(!bucket_take(&bucket, now, &when));
	ck_assert_uint_eq(when.ms, 10100);
	now.ms = 1000000;
	for (int i = 0; i < 3; i++)
		ck_assert(bucket_take(&bucket, now, &when));
	ck_assert(!bucket_take(&bucket, now, &when));
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

START_TEST(damping_grows_and_forgets)
{
	static const struct damp_rule rule = {
		.free = 1, .first_ms = 10, .most_ms = 100, .calm_ms = 1000
	};
	static const uint64_t holds[] = { 0, 10, 30, 90, 100, 100 };
	struct mono now = { 5000 };
	struct damp damp = { 0 };

	ck_assert_uint_eq(damp_hold_off(&damp, &rule), 0);
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		damp_failed(&damp, &rule, now);
		ck_assert_uint_eq(damp_hold_off(&damp, &rule), holds[i]);
	}
	/* six so far; three are forgotten and one comes */
	damp_failed(&damp, &rule, mono_after(now, 3999));
	ck_assert_uint_eq(damp_hold_off(&damp, &rule), 90);
	damp_failed(&damp, &rule, mono_after(now, 1000000));
	ck_assert_uint_eq(damp_hold_off(&damp, &rule), 0);
	for (int i = 0; i < 1000000; i++)
		damp_failed(&damp, &rule, now);
	ck_assert_uint_eq(damp_hold_off(&damp, &rule), 100);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tc = tcase_create("wire");

	tcase_add_test(tc, frames_cut_anywhere);
	tcase_add_loop_test(tc, frame_lengths, 0, COUNT(lengths));
	tcase_add_loop_test(tc, hello_with_an_epoch, 0,
	    (int)(sizeof(behinds) / sizeof(behinds[0])));
	tcase_add_test(tc, hello_cut_or_wrong);
	tcase_add_test(tc, keys_cut_or_wrong);
	tcase_add_loop_test(tc, neighbour_table, 0, COUNT(moves));
	tcase_add_test(tc, bucket_delays);
	tcase_add_test(tc, damping_grows_and_forgets);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
