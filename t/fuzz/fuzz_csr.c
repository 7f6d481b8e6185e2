/*
 * fuzz_csr.c - a request for a certificate, as somebody brings it to the
 * authority. What is accepted holds to the grammar of names.
 */

#include "base/rc.h"
#include "base/str.h"
#include "crypt/csr.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_DER);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct claims *wishes;
	int rc = csr_read(p, n, &wishes);

	FUZZ_CHECK((rc == RC_OK) == (wishes != NULL));
	if (rc != RC_OK)
		return 0;
	FUZZ_CHECK(wishes->name == NULL || str_is_host(wishes->name));
	FUZZ_CHECK(wishes->group == NULL || str_is_word(wishes->group));
	for (size_t i = 0; i < wishes->nspaces; i++)
		FUZZ_CHECK(str_is_pattern(wishes->spaces[i]));
	for (size_t i = 0; i < wishes->nrelays; i++)
		FUZZ_CHECK(str_is_pattern(wishes->relays[i]));
	claims_free(wishes);
	return 0;
}
