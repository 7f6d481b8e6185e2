/*
 * fuzz_report.c - one line of a reporter, of lsrd-probe, and of who asks that.
 * What is taken reads the same when it is written and read again; so does an
 * address.
 */

#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/wire/helper.h"
#include "core/wire/report.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 8000;
PIECES(PIECES_LINES);

static void
address(const uint8_t *p, size_t n)
{
	char *text = mem_dup(p, n), again[ADDR_TEXT];
	struct addr a, b;

	if (addr_read(&a, text)) {
		a.port == 0 ? addr_ip_text(&a, again) : addr_text(&a, again);
		FUZZ_CHECK(addr_read(&b, again) && addr_equal(&a, &b));
	}
	mem_free(text);
}

static void
helper(const uint8_t *p, size_t n)
{
	struct helper_question question;
	struct helper_answer answer;
	struct buf again = { 0 };

	if (helper_question_read(&question, p, n) == RC_OK) {
		helper_ask(&again, question.name, question.server);
		FUZZ_CHECK(again.n == n && memcmp(again.p, p, n) == 0);
	} else if (helper_answer_read(&answer, p, n) == RC_OK) {
		helper_say(&again, &answer);
		FUZZ_CHECK(again.n == n && memcmp(again.p, p, n) == 0);
	}
	buf_done(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct report r, again;
	struct buf out = { 0 };

	address(p, n);
	helper(p, n);
	if (n > 13)
		address(p + 13, n - 13); /* past `evidence hop=` */
	if (report_decode(&r, p, n) != RC_OK)
		return 0;
	report_encode(&out, &r);
	FUZZ_CHECK(out.n <= LIMIT_REPORT_OCTETS);
	FUZZ_CHECK(report_decode(&again, out.p, out.n) == RC_OK);
	FUZZ_CHECK(r.kind == again.kind && addr_equal(&r.hop, &again.hop));
	FUZZ_CHECK(memcmp(r.count, again.count, sizeof(r.count)) == 0);
	buf_done(&out);
	return 0;
}
