/*
 * fuzz_exim.c - what exim writes of its configuration: nothing in it leads a
 * reading astray, and what is taken from it stays within it.
 */

#include <string.h>

#include "base/mem.h"
#include "plugins/exim/reading.h"
#include "plugins/exim/shown.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

static void
walk(const struct shown *s)
{
	const char *router = NULL;
	size_t n = 0;

	while ((router = shown_next(s, SHOWN_ROUTERS, router)) != NULL &&
	       n++ <= s->lines.n)
		FUZZ_CHECK(*router != '\0');
	for (size_t i = 0; i < s->lines.n; i++) {
		const struct shown_line *l = &s->lines.v[i];

		FUZZ_CHECK(strchr(l->value, '\n') == NULL);
		FUZZ_CHECK(shown_value(s, l->section, l->block, l->name));
	}
	shown_taker(s, shown_router(s, "/var/lib/lsrd/exim/transport.cdb"),
	    "/var/lib/lsrd/exim/domains.cdb");
	shown_admits(s, "/var/lib/lsrd/exim/domains.cdb");
}

/* One text answers all: what is no answer to a question tells nothing. */
static void
fuzz_reading(const char *text)
{
	static const char *const here[] = { "own.example" };
	struct plugin_want want = {
		.tables = "/var/lib/lsrd/exim", .here = here, .nhere = 1
	};
	struct plugin_reading *r = reading_exim.begin(&want);
	struct plugin_question q;
	struct mta mta;

	mta_init(&mta);
	for (size_t n = 0; reading_exim.ask(r, &q); n++) {
		FUZZ_CHECK(n < 8);
		reading_exim.take(r, text);
	}
	reading_exim.end(r, &mta);
	FUZZ_CHECK(mta.asks != MTA_UNKNOWN || mta.missing[0] != '\0');
	mta_done(&mta);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = mem_dup(p, n);
	struct shown s;

	if (shown_read(&s, text))
		walk(&s);
	shown_done(&s);
	fuzz_reading(text);
	mem_free(text);
	return 0;
}
