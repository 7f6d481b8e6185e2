/*
 * What a power cut leaves of a journal, and what somebody else makes of it. The
 * disk of this test keeps what was synced, and of the rest each sector as it
 * was, as it was to be, or with what lay there before in another file.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/rng.h"
#include "crypt/keys.h"
#include "io/journal.h"
#include "io/store_file.h"
#include "t/tap.h"
#include "t/temp.h"

#define FRAMES 12
#define CUTS 1000
#define SECTOR 512

/* A whole file, and where each frame of it ends. */
struct made {
	struct buf file;
	size_t end[FRAMES + 1];
	struct buf frame[FRAMES];
};

static struct seal seal, other;
static struct rng rng;

static void
make(struct made *made, uint8_t salt, const struct seal *by)
{
	struct journal journal = { .seal = by, .salt = { salt } };

	memset(made, 0, sizeof(*made));
	journal_put_head(&journal, &made->file);
	made->end[0] = made->file.n;
	for (size_t i = 0; i < FRAMES; i++) {
		uint64_t n = 1 + rng_below(&rng, i % 3 == 0 ? 40 : 3000);

		for (uint64_t k = 0; k < n; k++)
			buf_u8(&made->frame[i], (uint8_t)rng_below(&rng, 256));
		journal_put(
		    &journal, made->frame[i].p, made->frame[i].n, &made->file);
		made->end[i + 1] = made->file.n;
		ck_assert_uint_eq(journal.octets, made->file.n);
	}
}

static void
made_done(struct made *made)
{
	buf_done(&made->file);
	for (size_t i = 0; i < FRAMES; i++)
		buf_done(&made->frame[i]);
}

static void
setup(void)
{
	struct evp_pkey_st *key = keys_new(), *another = keys_new();

	seal_init(&seal, key);
	seal_init(&other, another);
	keys_free(key);
	keys_free(another);
	rng = (struct rng){ 7 };
}

static bool
is_frame(const struct made *made, size_t i, const struct journal_frame *f)
{
	return f->n == made->frame[i].n &&
	       memcmp(f->octets, made->frame[i].p, f->n) == 0;
}

/* Reads from a block of exactly this size. Ours are those of `made` in their
 * order, not all where some were changed; how many; and how many are not. */
static size_t
ours(const struct made *made, const struct buf *file, size_t *not_ours)
{
	uint8_t *exact = calloc(1, file->n);
	struct cur in = cur_over(exact, file->n);
	struct journal journal = { .seal = &seal };
	struct journal_frame frame;
	size_t n = 0, at = 0;

	*not_ours = 0;
	if (file->n > 0)
		memcpy(exact, file->p, file->n);
	if (journal_get_head(&journal, &in) == RC_OK)
		while (journal_get(&journal, &in, &frame)) {
			if (!frame.ours) {
				++*not_ours;
				continue;
			}
			while (at < FRAMES && !is_frame(made, at, &frame))
				at++;
			ck_assert_uint_lt(at++, FRAMES);
			n++;
		}
	free(exact);
	return n;
}

/* A sector of what was not synced. */
static void
tear(struct buf *file, size_t from, size_t to, const struct made *stale)
{
	uint64_t how = rng_below(&rng, 5);

	for (size_t i = from; i < to; i++)
		if (how == 0)
			file->p[i] = 0;
		else if (how == 1)
			file->p[i] = (uint8_t)rng_below(&rng, 256);
		else if (how == 2)
			file->p[i] = i < stale->file.n ? stale->file.p[i] : 0;
}

/* Frame `k` was being put behind the others. */
static void
cut(const struct made *made, size_t k, const struct made *stale,
    struct buf *left)
{
	size_t from = made->end[k], to = made->end[k + 1];

	buf_reset(left);
	buf_bytes(left, made->file.p, to);
	if (rng_below(&rng, 3) > 0) /* sectors reach the disk in any order */
		for (size_t at = from; at < to;) {
			size_t next = (at / SECTOR + 1) * SECTOR;

			next = next < to ? next : to;
			tear(left, at, next, stale);
			at = next;
		}
	if (rng_below(&rng, 3) > 0) /* its length is not there yet */
		left->n = from + rng_below(&rng, to - from + 1);
}

START_TEST(a_cut_leaves_the_last_or_the_one_before)
{
	struct made made, stale;
	struct buf left = { 0 };
	size_t last = 0;

	make(&made, 1, &seal);
	make(&stale, 2, &seal);
	for (size_t i = 0; i < CUTS; i++) {
		size_t k = rng_below(&rng, FRAMES), n, not_ours;
		bool whole;

		cut(&made, k, &stale, &left);
		whole = left.n == made.end[k + 1] &&
		        memcmp(left.p, made.file.p, left.n) == 0;
		n = ours(&made, &left, &not_ours);
		ck_assert_uint_eq(n, k + whole);
		ck_assert_uint_eq(not_ours, 0);
		last += whole;
	}
	ck_assert_uint_gt(last, 10);
	ck_assert_uint_lt(last, CUTS / 2);
	buf_done(&left);
	made_done(&made);
	made_done(&stale);
}
END_TEST

START_TEST(every_shorter_file_is_what_it_was)
{
	struct made made;
	struct buf left = { 0 };
	size_t k = 0, not_ours;

	make(&made, 1, &seal);
	buf_bytes(&left, made.file.p, made.file.n);
	for (left.n = 0; left.n <= made.file.n;
	     left.n += left.n < 200 ? 1 : 7) {
		while (k < FRAMES && made.end[k + 1] <= left.n)
			k++;
		ck_assert_uint_eq(ours(&made, &left, &not_ours), k);
		ck_assert_uint_eq(not_ours, 0);
	}
	buf_done(&left);
	made_done(&made);
}
END_TEST

/* Whatever is changed, nothing is taken for ours that we have not written; and
 * where a frame's octets alone are, all the others stand. */
START_TEST(what_was_changed_is_not_ours)
{
	struct made made;
	size_t not_ours, n;

	make(&made, 1, &seal);
	for (size_t i = 0; i < CUTS; i++) {
		size_t at = rng_below(&rng, made.file.n);
		uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));
		bool body = at >= made.end[1] + 4 &&
		            at < made.end[1] + 4 + made.frame[1].n;

		made.file.p[at] ^= bit;
		n = ours(&made, &made.file, &not_ours);
		ck_assert_uint_lt(n, FRAMES);
		if (at < JOURNAL_HEAD)
			ck_assert_uint_eq(n, 0);
		if (body) {
			ck_assert_uint_eq(n, FRAMES - 1);
			ck_assert_uint_eq(not_ours, 1);
		}
		made.file.p[at] ^= bit;
	}
	made_done(&made);
}
END_TEST

/* A frame counts in its file and at its place alone. */
START_TEST(nothing_is_moved)
{
	struct made made, second;
	struct buf file = { 0 };
	size_t not_ours;

	make(&made, 1, &seal);
	make(&second, 2, &seal);
	buf_bytes(&file, made.file.p, made.end[1]);
	buf_bytes(&file, made.file.p + made.end[2], /* without the second */
	    made.end[FRAMES] - made.end[2]);
	ck_assert_uint_eq(ours(&made, &file, &not_ours), 1);
	ck_assert_uint_eq(not_ours, 0);
	buf_reset(&file);
	buf_bytes(&file, second.file.p, JOURNAL_HEAD);
	buf_bytes(
	    &file, made.file.p + JOURNAL_HEAD, made.file.n - JOURNAL_HEAD);
	ck_assert_uint_eq(ours(&made, &file, &not_ours), 0);
	buf_done(&file);
	made_done(&made);
	made_done(&second);
}
END_TEST

/* All of it is there, and nothing of it is believed. */
START_TEST(another_key_is_another_server)
{
	struct made made;
	size_t not_ours;

	make(&made, 1, &other);
	ck_assert_uint_eq(ours(&made, &made.file, &not_ours), 0);
	ck_assert_uint_eq(not_ours, FRAMES);
	made_done(&made);
}
END_TEST

static void
write_made(struct journal_file *file, void *ctx)
{
	const struct made *made = ctx;

	for (size_t i = 0; i < FRAMES; i++)
		journal_file_add(file, made->frame[i].p, made->frame[i].n);
}

/* What a cut or a try before has left beside and behind is no part of it. */
START_TEST(a_file_goes_on_behind_its_end)
{
	char dir[TEMP_FOLDER], path[96];
	struct journal journal = { .seal = &seal, .salt = { 9 } };
	struct made made;
	struct buf more = { 0 }, file = { 0 };
	size_t not_ours, n;
	FILE *f;

	make(&made, 9, &seal);
	temp_make(dir);
	snprintf(path, sizeof(path), "%s/journal.new", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("half of one", f);
	fclose(f);
	ck_assert_int_eq(
	    journal_write(dir, &journal, write_made, &made), RC_OK);
	ck_assert_int_ne(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/journal", dir);
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	fputs("xyz", f); /* by a try that failed */
	fclose(f);
	buf_u32(&more, (uint32_t)made.frame[0].n);
	buf_bytes(&more, made.frame[0].p, made.frame[0].n);
	ck_assert_int_eq(journal_append(dir, &journal, &more), RC_OK);
	ck_assert_int_eq(
	    store_file_read(dir, "journal", &file.p, &file.n), RC_OK);
	ck_assert_uint_eq(file.n, journal.octets);
	ck_assert_mem_eq(file.p, made.file.p, made.file.n);
	n = file.n;
	file.n = made.file.n;
	ck_assert_uint_eq(ours(&made, &file, &not_ours), FRAMES);
	file.n = n;
	journal.octets = n + 1; /* shorter than it should be */
	ck_assert_int_eq(journal_append(dir, &journal, &more), RC_IO);
	buf_done(&file);
	buf_done(&more);
	made_done(&made);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else is left */
}
END_TEST

/* The key of the seal is the private key's, by the label: any other of it would
 * have every server of this version begin anew. */
START_TEST(the_seal_is_of_the_key)
{
	struct evp_pkey_st *key = keys_new();
	struct seal one, same;
	struct buf ab = { 0 }, abc = { 0 };
	uint8_t a[SEAL_CODE], b[SEAL_CODE];

	seal_init(&one, key);
	seal_init(&same, key);
	ck_assert_mem_eq(one.key, same.key, SEAL_KEY);
	ck_assert_mem_ne(one.key, seal.key, SEAL_KEY);
	buf_text(&ab, "ab");
	buf_text(&abc, "abc");
	seal_code(&one, &ab, "c", 1, a);
	seal_code(&same, &abc, "", 0, b);
	ck_assert_mem_eq(a, b, SEAL_CODE);
	seal_code(&seal, &ab, "c", 1, b);
	ck_assert_mem_ne(a, b, SEAL_CODE);
	buf_done(&ab);
	buf_done(&abc);
	keys_free(key);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("journal");
	TCase *tc = tcase_create("journal");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_cut_leaves_the_last_or_the_one_before);
	tcase_add_test(tc, every_shorter_file_is_what_it_was);
	tcase_add_test(tc, what_was_changed_is_not_ours);
	tcase_add_test(tc, nothing_is_moved);
	tcase_add_test(tc, another_key_is_another_server);
	tcase_add_test(tc, a_file_goes_on_behind_its_end);
	tcase_add_test(tc, the_seal_is_of_the_key);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
