/*
 * fuzz_schedule.c - the text of a connector's schedule, and patterns of
 * senders. A schedule that is accepted is open or closed at any time, and
 * the same a week later.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "core/lsa/policy.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

#define WEEK ((int64_t)7 * 86400)

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = mem_dup(p, n);
	int rc = policy_schedule_check(text);

	FUZZ_CHECK(rc == RC_OK || rc == RC_FORMAT || rc == RC_LONG);
	FUZZ_CHECK(rc != RC_OK || strlen(text) <= LIMIT_SCHEDULE_OCTETS);
	for (int64_t t = -WEEK; rc == RC_OK && t < WEEK; t += 7200 - 60)
		FUZZ_CHECK(policy_schedule_open(text, t) ==
			   policy_schedule_open(text, t + WEEK));
	if (str_is_pattern(text))
		FUZZ_CHECK(str_covers(text, text));
	policy_sender_meets(text, "user@dom.example");
	FUZZ_CHECK(
	    policy_sender_meets(text, "") == policy_sender_meets(text, "<>"));
	mem_free(text);
	return 0;
}
