/*
 * fuzz_lsa.c - one LSA. What is accepted has one encoding: a body without
 * TLVs of a later version is written again to the same octets.
 */

#include <string.h>

#include "base/rc.h"
#include "core/lsa/lsa_list.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"
#include "t/sim/cheap_seal.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LSA);

static void
same(const struct lsa *lsa, struct buf *again)
{
	FUZZ_CHECK(again->n <= lsa->body_len);
	if (again->n == lsa->body_len && again->n > 0)
		FUZZ_CHECK(memcmp(again->p, lsa->octets + lsa->body_at,
			       again->n) == 0);
	buf_done(again);
}

/* Its patterns, packed once more; they ascend. */
static void
list_again(const struct lsa *lsa, struct buf *out)
{
	const struct lsa_list *list = lsa_list(lsa);
	struct lsa_list_walk walk = lsa_list_walk(list);
	char last[LIMIT_LISTED_OCTETS + 1] = "";
	struct buf packed = { 0 };
	const char *p;
	uint32_t n = 0, weight = 0;

	while ((p = lsa_list_next(&walk)) != NULL) {
		FUZZ_CHECK(strcmp(last, p) < 0 && lsa_list_takes(p));
		lsa_list_pack(&packed, last, p);
		strcpy(last, p);
		weight += (uint32_t)strlen(p) + LIMIT_LISTED_EACH;
		n++;
	}
	FUZZ_CHECK(n == list->n && n > 0 && weight == list->weight);
	lsa_list_encode(out, lsa->key.type, &list->space, &packed);
	buf_done(&packed);
}

static void
body_look(const struct lsa *lsa)
{
	struct lsa_identity identity;
	struct buf again = { 0 };

	switch (lsa->key.type) {
	case LSA_IDENTITY:
		FUZZ_CHECK(lsa_identity_decode(lsa, &identity) == RC_OK);
		lsa_identity_encode(&again, &identity);
		break;
	case LSA_SERVER:
		lsa_server_encode(&again, lsa_server(lsa));
		break;
	case LSA_CONNECTOR:
		lsa_connector_encode(&again, lsa_connector(lsa));
		break;
	case LSA_SPACE:
		lsa_space_encode(&again, lsa_space(lsa));
		break;
	case LSA_GRANT:
	case LSA_LIST:
		list_again(lsa, &again);
		break;
	case LSA_FORGET:
		lsa_forget_encode(&again, lsa_forget_epoch(lsa));
		break;
	default:
		return;
	}
	same(lsa, &again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cheap_seal cheap = { .public_key = { 1 } };
	struct crypto crypto = cheap_seal_new(&cheap);
	struct lsa *lsa;
	int rc = lsa_decode(p, n, &crypto, &lsa);

	FUZZ_CHECK((rc == RC_OK) == (lsa != NULL));
	if (lsa == NULL)
		return 0;
	FUZZ_CHECK(lsa->len == n && memcmp(lsa->octets, p, n) == 0);
	FUZZ_CHECK(lsa_compare(lsa, lsa) == 0);
	lsa_verify(lsa, &crypto, cheap.public_key);
	if (!lsa->purge)
		body_look(lsa);
	lsa_free(lsa);
	return 0;
}
