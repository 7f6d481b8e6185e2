/*
 * fuzz_history.c - the history as a file may be: it is read to its begin, each
 * record has a kind and a moment, and a person is shown printable lines.
 */

#include <string.h>

#include "ctl/events.h"
#include "ctl/history_read.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 5000;
PIECES(PIECES_LINES);

int
call_usage(const char *fmt, ...)
{
	(void)fmt;
	return CALL_USAGE;
}

static void
shown(const json_t *record)
{
	struct buf out = { 0 };

	events_record(&out, record, NULL, 0, 80);
	events_record(&out, record, "x.org", 1, 20);
	for (size_t i = 0; i < out.n; i++)
		FUZZ_CHECK(
		    out.p[i] == '\n' || (out.p[i] >= ' ' && out.p[i] <= '~'));
	buf_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct history_want all = { 0 }, some = { .pattern = "x.org" };
	struct history_want between = { .since = 1795952170,
		.until = 1795952171.545,
		.server = "mx1.x.org",
		.last = 2 };
	struct history_found found = { 0 }, fewer = { 0 }, last = { 0 };

	FUZZ_CHECK(!history_take((const char *)p, n, &all, &found));
	for (size_t i = 0; i < found.records.n; i++) {
		FUZZ_CHECK(json_is_string(
		    json_object_get(found.records.v[i], "kind")));
		shown(found.records.v[i]);
	}
	history_take((const char *)p, n, &some, &fewer);
	FUZZ_CHECK(fewer.records.n <= found.records.n);
	history_take((const char *)p, n, &between, &last);
	FUZZ_CHECK(last.records.n <= 2 && last.records.n <= found.records.n);
	history_found_done(&found);
	history_found_done(&last);
	history_found_done(&fewer);
	return 0;
}
