/*
 * fuzz_smtp.c - what a mail service says to our probe, whatever the probe asks
 * (the first octet says what). However TCP cuts it, the verdict and what we say
 * are the same, and we say nothing but lines of our own, QUIT last and once,
 * and never DATA.
 */

#include <string.h>

#include "plugins/probe/smtp.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

#define OWN "mx1.london.example.org"

static const char *const lines[] = { "EHLO " OWN "\r\n", "HELO " OWN "\r\n",
	"MAIL FROM:<postmaster@" OWN ">\r\n", "MAIL FROM:<>\r\n",
	"RCPT TO:<postmaster@x.example>\r\n", "RSET\r\n", "QUIT\r\n" };

#define LINES (sizeof(lines) / sizeof(lines[0]))

static enum plugin_verdict
talk(const uint8_t *p, size_t n, size_t step, struct buf *say)
{
	struct plugin_errand errand = { OWN, PLUGIN_ASK_NOTHING,
		"postmaster@x.example" };
	void *state = calloc(1, smtp_probe.state_size);
	enum plugin_verdict verdict = PLUGIN_MORE;

	if (n > 0 && p[0] < 3) /* else it is said, too */
		errand.ask = (enum plugin_ask)p[0];
	smtp_probe.begin(state, &errand);
	for (size_t at = 0; at < n && verdict == PLUGIN_MORE; at += step)
		verdict = smtp_probe.feed(
		    state, p + at, step < n - at ? step : n - at, say);
	if (verdict == PLUGIN_MORE) {
		verdict = smtp_probe.feed(state, p, 0, say);
		FUZZ_CHECK(verdict != PLUGIN_MORE && verdict != PLUGIN_BUSY);
	}
	free(state);
	return verdict;
}

/* Each line once, in this order. */
static void
check_said(const struct buf *say, enum plugin_verdict verdict)
{
	size_t at = 0, line = 0;

	while (at < say->n) {
		size_t n;

		while (line < LINES &&
		       ((n = strlen(lines[line])) > say->n - at ||
			   memcmp(say->p + at, lines[line], n) != 0))
			line++;
		FUZZ_CHECK(line < LINES);
		at += n;
		line++;
	}
	FUZZ_CHECK(verdict != PLUGIN_BUSY || line == LINES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf whole = { 0 }, cut = { 0 };
	enum plugin_verdict one = talk(p, n, n == 0 ? 1 : n, &whole);
	enum plugin_verdict two = talk(p, n, 1 + n / 9, &cut);

	FUZZ_CHECK(one == two && whole.n == cut.n);
	check_said(&whole, one);
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
