/*
 * fuzz_smtp.c - what a mail service says to our probe. However TCP cuts it,
 * the verdict and what we say are the same, and we say nothing but EHLO, HELO
 * and QUIT, in this order.
 */

#include <string.h>

#include "plugins/probe/smtp.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 3000;

#define OWN "mx1.london.example.org"
#define EHLO "EHLO " OWN "\r\n"
#define HELO "HELO " OWN "\r\n"
#define QUIT "QUIT\r\n"

static enum plugin_verdict
talk(const uint8_t *p, size_t n, size_t step, struct buf *say)
{
	void *state = calloc(1, smtp_probe.state_size);
	enum plugin_verdict verdict = PLUGIN_MORE;

	smtp_probe.begin(state, OWN);
	for (size_t at = 0; at < n && verdict == PLUGIN_MORE; at += step)
		verdict = smtp_probe.feed(
		    state, p + at, step < n - at ? step : n - at, say);
	if (verdict == PLUGIN_MORE) {
		verdict = smtp_probe.feed(state, p, 0, say);
		FUZZ_CHECK(verdict == PLUGIN_FAILED);
	}
	free(state);
	return verdict;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const said[] = { "", EHLO, EHLO HELO, QUIT,
		EHLO QUIT, EHLO HELO QUIT };
	struct buf whole = { 0 }, cut = { 0 };
	enum plugin_verdict one = talk(p, n, n == 0 ? 1 : n, &whole);
	enum plugin_verdict two = talk(p, n, 1 + n / 9, &cut);
	size_t i = 0;

	FUZZ_CHECK(one == two && whole.n == cut.n);
	while (i < sizeof(said) / sizeof(said[0]) &&
	       (whole.n != strlen(said[i]) ||
		   (whole.n > 0 && memcmp(whole.p, said[i], whole.n) != 0)))
		i++;
	FUZZ_CHECK(i < sizeof(said) / sizeof(said[0]));
	FUZZ_CHECK(one != PLUGIN_OK || i >= 4);
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
