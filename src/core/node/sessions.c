#include "core/node/sessions.h"

#include <string.h>

#include "core/node/node.h"
#include "core/node/sync.h"

void
sessions_flood(
    struct engine *e, const struct lsa *lsa, const struct session *from)
{
	for (size_t i = 0; i < e->sessions.n; i++) {
		struct session *s = e->sessions.v[i];

		if (s == from || s->state < SESSION_SYNC || s->over != NULL ||
		    !session_tells(s, lsa->key.type))
			continue;
		keyset_add(&s->sync.queue, &lsa->key);
		sync_pump(e, s);
	}
}

void
sessions_offer(struct engine *e, struct session *s, const struct lsa_key *key)
{
	if (!session_tells(s, key->type))
		return;
	keyset_add(&s->sync.queue, key);
	sync_pump(e, s);
}

void
sessions_compare(struct engine *e)
{
	for (size_t i = 0; i < e->sessions.n; i++)
		sync_compare_soon(e, e->sessions.v[i]);
}

const char *
sessions_revoke(struct engine *e, const char *key)
{
	char hex[2 * CRYPTO_DIGEST + 1];
	const char *peer = NULL;

	for (size_t i = 0; i < e->sessions.n; i++) {
		struct session *s = e->sessions.v[i];

		lsa_digest_text(s->key, hex);
		if (strcmp(hex, key) != 0)
			continue;
		s->over = "revoked-key";
		peer = s->peer;
	}
	return peer;
}
