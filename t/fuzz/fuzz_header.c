/*
 * fuzz_header.c - a message in a file, whose marks lsrctl reads. What is kept
 * is bounded, and stands nowhere without a key.
 */

#include <string.h>

#include "ctl/header.h"
#include "t/core/cheap.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct crypto crypto = cheap_seal("A");
	uint8_t message[CRYPTO_DIGEST];
	struct header h;

	header_read((const char *)p, n, &h);
	FUZZ_CHECK(h.trace.fields.n <= LIMIT_TRACE_FIELDS + 1);
	FUZZ_CHECK(h.trace.fields.n <= h.traces);
	FUZZ_CHECK(h.id == NULL || strlen(h.id) <= LIMIT_ID_OCTETS);
	FUZZ_CHECK((h.oldest != NULL) == (h.received > 0));
	FUZZ_CHECK(header_message(&h, &crypto, message) ==
		   (h.id != NULL || h.oldest != NULL));
	header_done(&h);
	return 0;
}
