/*
 * fuzz_claim.c - a certificate, and what it lets its holder claim. What is
 * accepted holds to the grammar of names.
 */

#include <string.h>

#include "base/rc.h"
#include "base/str.h"
#include "crypt/claim.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_DER);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct x509_st *cert;
	struct claims *claims;
	int rc = claim_x509(p, n, &cert);

	if (rc != RC_OK)
		return 0;
	rc = claim_read(cert, &claims);
	claim_x509_free(cert);
	FUZZ_CHECK((rc == RC_OK) == (claims != NULL));
	if (rc != RC_OK)
		return 0;
	FUZZ_CHECK(str_is_host(claims->name) && str_is_word(claims->group));
	for (size_t i = 0; i < claims->nspaces; i++) {
		FUZZ_CHECK(str_is_pattern(claims->spaces[i]));
		FUZZ_CHECK(claims_space(claims, claims->spaces[i]));
	}
	for (size_t i = 0; i < claims->nrelays; i++)
		FUZZ_CHECK(str_is_pattern(claims->relays[i]));
	for (size_t i = 0; i < claims->nconnectors; i++)
		FUZZ_CHECK(claims_connector(claims, claims->connectors[i]) &&
			   (str_is_word(claims->connectors[i]) ||
			       strcmp(claims->connectors[i], "*") == 0));
	claims_free(claims);
	return 0;
}
