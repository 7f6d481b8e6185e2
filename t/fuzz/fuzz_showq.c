/*
 * fuzz_showq.c - a listing of Postfix's queue: whatever senders and next hops
 * have put into it, and however the stream is cut, the same is found.
 */

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "plugins/postfix/showq.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 8000;

static void
on_found(void *ctx, const struct plugin_queued *found)
{
	FUZZ_CHECK(found->recipient[0] != '\0' && found->id[0] != '\0');
	FUZZ_CHECK(found->deferred || !found->answered);
	buf_printf(ctx, "%s %s %llu %d %d\n", found->id, found->recipient,
	    (unsigned long long)found->came, found->deferred, found->answered);
}

/* In pieces of so many octets. */
static int
listing(const uint8_t *p, size_t n, size_t piece, struct buf *out)
{
	void *state = mem_new(showq_postfix.state_size, 0, 0);
	int rc = RC_OK;

	for (size_t at = 0; rc == RC_OK && at < n; at += piece)
		rc = showq_postfix.feed(state, p + at,
		    n - at < piece ? n - at : piece, on_found, out);
	mem_free(state);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf whole = { 0 }, cut = { 0 };

	FUZZ_CHECK(listing(p, n, n + 1, &whole) == listing(p, n, 3, &cut));
	FUZZ_CHECK(whole.n == cut.n);
	FUZZ_CHECK(whole.n == 0 || memcmp(whole.p, cut.p, cut.n) == 0);
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
