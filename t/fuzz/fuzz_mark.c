/*
 * fuzz_mark.c - the values of LSR-Trace fields, one a line, as strangers
 * send them. What is read is written the same; without a key nothing
 * stands; with keys for all, of one signature, the rule has a verdict.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/mark.h"
#include "t/core/cheap.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 3000;

/* Most keys are known, and have signed nothing. */
static bool
find_some(void *ctx, const uint8_t key[CRYPTO_DIGEST],
    uint8_t public_key[CRYPTO_PUBLIC])
{
	(void)ctx;
	memset(public_key, 0x7f, CRYPTO_PUBLIC);
	return key[0] != 0xff;
}

static bool
any_next_hop(void *ctx, const uint8_t key[CRYPTO_DIGEST])
{
	(void)ctx;
	return key[0] & 1;
}

/* Blanks and line ends around the word are all that may differ. */
static void
comes_back(const char *text, size_t n)
{
	struct buf again = { 0 };
	struct visit visit;
	const char *word = text;

	if (mark_decode(text, n, &visit) != RC_OK)
		return;
	while (strchr(" \t\r\n", *word) != NULL)
		word++;
	mark_encode(&visit, &again);
	FUZZ_CHECK((size_t)(word - text) + again.n <= n);
	FUZZ_CHECK(memcmp(word, again.p, again.n) == 0);
	FUZZ_CHECK(strlen(visit.sender) <= LIMIT_SENDER_OCTETS);
	buf_done(&again);
}

static bool
one_route(void *ctx, size_t i, struct mtable_version *out)
{
	(void)ctx;
	*out = (struct mtable_version){ 1, 1 };
	return i == 0;
}

static void
judge(struct mark_trace *trace)
{
	struct mark_present present = { .time_ms = UINT64_C(1) << 40,
		.nself = 1,
		.received = (unsigned)trace->fields.n,
		.hop_limit = 100,
		.since = one_route,
		.next_hop = any_next_hop };

	for (size_t i = 0; i < trace->fields.n; i++) {
		struct mark_field *f = &trace->fields.v[i];

		FUZZ_CHECK(!f->stands);
		f->stands = f->visit.length > 0;
		memcpy(present.self[0].key, f->visit.key, CRYPTO_DIGEST);
		memcpy(present.self[0].recipients, f->visit.recipients,
		    MARK_RECIPIENTS);
	}
	FUZZ_CHECK(mark_word(mark_judge(trace, &present)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct mark_keys keys = { NULL, find_some };
	struct crypto crypto = cheap_seal("A");
	struct mark_trace trace = { 0 };
	uint8_t message[CRYPTO_DIGEST];

	for (size_t at = 0, end; at < n; at = end + 1) {
		char *line;

		for (end = at; end < n && p[end] != '\n';)
			end++;
		line = mem_new(0, end - at + (end == at), 1);
		memcpy(line, p + at, end - at);
		comes_back(line, end - at);
		mark_trace_add(&trace, line, end - at);
		mem_free(line);
	}
	mark_message((const char *)p, n, &crypto, message);
	mark_trace_verify(&trace, message, &keys, &crypto);
	judge(&trace);
	mark_trace_done(&trace);
	return 0;
}
