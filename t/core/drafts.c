#include "t/core/drafts.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "t/core/cheap.h"

void
draft_encode(struct buf *out, const struct lsa_key *key, uint64_t seq,
    const struct buf *body)
{
	struct crypto crypto = cheap_seal("a");
	uint8_t org[CRYPTO_DIGEST] = { 1 }, signer[CRYPTO_DIGEST] = { 2 };
	struct lsa_draft draft = { .key = *key,
		.org = org,
		.signer = signer,
		.seq = seq,
		.issued = 1000,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n,
		.purge = body == NULL };

	lsa_encode(out, &draft, &crypto);
}

int
draft_decode(const uint8_t *p, size_t n, struct lsa **out)
{
	struct crypto crypto = cheap_seal("a");
	uint8_t *copy = malloc(n + (n == 0));
	int rc;

	if (n > 0)
		memcpy(copy, p, n);
	rc = lsa_decode(copy, n, &crypto, out);
	free(copy);
	return rc;
}

struct lsa *
draft_install(
    struct lsdb *db, const struct lsa_key *key, uint64_t seq, struct buf *body)
{
	struct buf out = { 0 };
	struct lsa *lsa;

	draft_encode(&out, key, seq, body);
	CHECK(draft_decode(out.p, out.n, &lsa) == RC_OK);
	lsdb_install(db, lsa);
	buf_done(&out);
	buf_done(body);
	return lsa;
}
