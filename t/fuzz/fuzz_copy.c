/*
 * fuzz_copy.c - the publisher's copy of the table, as it lies on a disk that was
 * full, torn or turned. The last octet says how: 'f', all before it is the file;
 * else what is before are groups, a u32 of octets before each, whose heads are
 * right; 'x', of the second the head is not, 'y', an octet in it is another; else
 * of the last one so many octets are missing. What is taken can be written, and read again as the same table;
 * a table that has less has none of the rest.
 */

#include <string.h>

#include "base/crc64.h"
#include "base/rc.h"
#include "publish/copy.h"
#include "t/fuzz/file.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 2000;
PIECES(PIECES_FRAMES);

#define MAGIC 0x4c535231u
#define HEAD 16

static void
group_put(struct buf *out, const uint8_t *p, size_t n)
{
	buf_u32(out, MAGIC);
	buf_u32(out, (uint32_t)n);
	buf_u64(out, crc64(p, n));
	buf_bytes(out, p, n);
}

static int
load(const struct buf *file, struct got *got)
{
	struct plugin_setup setup = { .nown = 0 };
	struct copy copy;
	int rc;

	copy_init(&copy, "/nonexistent");
	mem_free(copy.path);
	copy.path = mem_str(file_of(file->p, file->n));
	rc = copy_load(&copy, got, &setup);
	FUZZ_CHECK(rc == RC_OK || got->tree.n == 0);
	copy_done(&copy);
	return rc;
}

static void
again(struct got *got)
{
	struct buf frames = { 0 }, file = { 0 };
	struct got other = { .generation = 0 };
	bool any;

	got_put(got, &frames);
	group_put(&file, frames.p, frames.n);
	FUZZ_CHECK(load(&file, &other) == RC_OK);
	FUZZ_CHECK(
	    other.tree.n == got->tree.n && other.generation == got->generation);
	FUZZ_CHECK(!got_narrow(got, &other) && !got_narrow(&other, got));
	got_clear(&other);
	any = got->tree.n > 0;
	FUZZ_CHECK(got_narrow(got, &other) == any && got->tree.n == 0);
	buf_done(&file);
	buf_done(&frames);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n == 0 ? 0 : n - 1);
	struct got got = { .generation = 0 };
	uint8_t how = n == 0 ? 0 : p[n - 1];
	struct buf file = { 0 };
	size_t second = 0, spoiled;

	if (how == 'f')
		buf_bytes(&file, in.p, in.left);
	while (how != 'f' && in.left > 0) {
		size_t octets = cur_u32(&in);
		struct cur group =
		    cur_sub(&in, octets < in.left ? octets : in.left);

		group_put(&file, group.p, group.left);
		if (second == 0)
			second = file.n;
	}
	spoiled = second + (how == 'x' ? 0 : HEAD);
	if ((how == 'x' || how == 'y') && spoiled < file.n)
		file.p[spoiled] ^= 1;
	else if (how != 'f')
		file.n -= how < file.n ? how : file.n;
	if (load(&file, &got) == RC_OK)
		again(&got);
	got_clear(&got);
	buf_done(&file);
	return 0;
}
