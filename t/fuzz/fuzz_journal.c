/*
 * fuzz_journal.c - the journal as a file may be: it is read to an end, and
 * within its octets. The seed's codes are by the key of this target, so what
 * follows a frame of ours that was changed is read, too.
 */

#include "base/rc.h"
#include "io/journal.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 5000;

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct seal seal = { { 1 } };
	struct journal journal = { .seal = &seal };
	struct journal_frame frame;
	struct cur in = cur_over(p, n);

	if (journal_get_head(&journal, &in) != RC_OK)
		return 0;
	while (journal_get(&journal, &in, &frame)) {
		FUZZ_CHECK(frame.n > 0 && (journal.ours || !frame.ours));
		FUZZ_CHECK(frame.octets > p && frame.octets + frame.n < p + n);
		FUZZ_CHECK(in.p > frame.octets && in.p + in.left == p + n);
	}
	return 0;
}
