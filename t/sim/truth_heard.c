#include "t/sim/truth_heard.h"

#include <stdio.h>
#include <string.h>

#include "base/cur.h"
#include "core/node/node.h"
#include "t/sim/plan.h"

/* A word of this type about this key. */
static bool
has_word(const struct lsdb *db, uint8_t type, const char *key)
{
	for (struct lsa *l = lsdb_first(db); l != NULL; l = lsdb_next(l))
		if (l->key.type == type && strcmp(l->key.id, key) == 0)
			return true;
	return false;
}

bool
truth_has_claimed(const struct node *node, const char *pattern)
{
	for (size_t i = 0; i < node->claimed.n; i++)
		if (strcmp(node->claimed.v[i], pattern) == 0)
			return true;
	return false;
}

void
truth_claimed(struct node *node, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n), id;
	const uint8_t *head = cur_bytes(&in, 4);
	char text[300];

	cur_bytes(&in, CRYPTO_DIGEST);
	cur_sub(&in, cur_u8(&in));
	id = cur_sub(&in, cur_u16(&in));
	if (in.bad || head[1] != LSA_SPACE || head[2] != 0)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)id.left, (const char *)id.p);
	if (!truth_has_claimed(node, text))
		vec_push(&node->claimed, world_text(node->world, text));
}

/* What became of those who have had the pattern. A key that is revoked holds it
 * until its own server is forgotten, with all that it said since. */
static void
words_hear(const struct world *world, const struct lsdb *db,
    const char *pattern, struct truth_heard *h)
{
	char key[2 * CRYPTO_DIGEST + 1];

	for (size_t i = 0; i < world->n; i++) {
		if (!truth_has_claimed(&world->nodes[i], pattern))
			continue;
		h->forgotten |=
		    lsdb_forget(db, world->nodes[i].conf.server) != NULL;
		plan_key(&world->nodes[i], key);
		h->revoked |= has_word(db, LSA_REVOCATION, key);
	}
	if (h->revoked)
		h->forgotten = false;
}

struct truth_heard
truth_hear(
    const struct world *world, const struct node *node, const char *pattern)
{
	struct truth_heard h = { false };
	const struct lsdb *db;

	if (!world_runs(node))
		return h;
	db = &node->engine->db;
	for (struct lsa *l = lsdb_first(db); l != NULL; l = lsdb_next(l)) {
		if (l->key.type != LSA_SPACE || strcmp(l->key.id, pattern) != 0)
			continue;
		h.claim |= !l->purge;
		h.purge |= l->purge;
	}
	if (!h.claim)
		words_hear(world, db, pattern, &h);
	return h;
}

static bool
is_set_scoped(const struct setup *conf, const char *pattern)
{
	for (size_t k = 0; k < conf->nspaces; k++)
		if (strcmp(conf->spaces[k].pattern, pattern) == 0 &&
		    (conf->spaces[k].local || conf->spaces[k].fallback ||
			conf->spaces[k].way != NULL))
			return true;
	return false;
}

bool
truth_is_scoped(const struct node *node, const char *pattern)
{
	const struct world *world = node->world;

	for (size_t i = 0; i < world->n; i++)
		if (is_set_scoped(&world->nodes[i].conf, pattern))
			return true;
	if (!world_runs(node))
		return false;
	for (struct lsa *l = lsdb_first(&node->engine->db); l != NULL;
	     l = lsdb_next(l))
		if (l->key.type == LSA_SPACE && !l->purge &&
		    strcmp(l->key.id, pattern) == 0 &&
		    (lsa_space(l)->local || lsa_space(l)->fallback))
			return true;
	return false;
}

bool
truth_is_lost(const struct node *node, const char *pattern)
{
	return (node->lacks || node->rolled_back) &&
	       !truth_hear(node->world, node, pattern).claim;
}

/* Somebody of that name has claimed it: also a twin. */
static bool
is_made(const struct world *world, const char *server, const char *pattern)
{
	for (size_t i = 0; i < world->n; i++)
		if (strcmp(world->nodes[i].conf.server, server) == 0 &&
		    truth_has_claimed(&world->nodes[i], pattern))
			return true;
	return false;
}

/* A forget of the life before says nothing of a claim. */
static bool
is_buried(const struct lsdb *db, const struct route_claim *c, const char *hex)
{
	struct lsa_key key = { c->server, hex, LSA_FORGET };
	const struct lsa *word = lsdb_find(db, &key);

	return word != NULL && lsa_forget_epoch(word) >= c->seq >> 32;
}

static bool
is_ended(
    const struct lsdb *db, const struct route_claim *c, const char *pattern)
{
	struct lsa_key space = { c->server, pattern, LSA_SPACE };
	struct lsa_key server = { c->server, "", LSA_SERVER };
	const struct lsa *word = lsdb_find(db, &space);
	const struct lsa *self = lsdb_find(db, &server);
	char key[2 * CRYPTO_DIGEST + 1];

	lsa_digest_text(c->key, key);
	return (word != NULL && word->purge &&
		   (word->seq > c->seq ||
		       memcmp(lsa_signer(word), c->key, CRYPTO_DIGEST) != 0)) ||
	       (self != NULL &&
		   memcmp(lsa_signer(self), c->key, CRYPTO_DIGEST) != 0) ||
	       is_buried(db, c, key) || has_word(db, LSA_REVOCATION, key);
}

bool
truth_is_open(
    const struct world *world, const struct node *node, const struct route *r)
{
	if (!world_runs(node))
		return false;
	for (size_t i = 0; i < r->nclaims; i++) {
		const struct route_claim *c = &r->claims[i];

		if (!c->own && c->known &&
		    strcmp(c->server, node->conf.server) != 0 &&
		    is_made(world, c->server, r->pattern) &&
		    !is_ended(&node->engine->db, c, r->pattern))
			return true;
	}
	return false;
}

bool
truth_heard_of(const struct node *node, const char *server, const char *pattern)
{
	struct lsa_key key = { server, pattern, LSA_SPACE };
	const struct lsa *lsa =
	    world_runs(node) ? lsdb_find(&node->engine->db, &key) : NULL;

	return lsa != NULL && !lsa->purge;
}

/* Somebody's mail service answers where this server's last word has its own. */
static bool
is_answered(
    const struct world *world, const struct node *at, const char *server)
{
	struct lsa_key key = { server, "", LSA_SERVER };
	const struct lsa *lsa =
	    world_runs(at) ? lsdb_find(&at->engine->db, &key) : NULL;
	const struct lsa_server *s = lsa == NULL ? NULL : lsa_server(lsa);

	for (size_t i = 0; s != NULL && i < s->nsmtp; i++) {
		const struct node *host =
		    world_at((struct world *)(uintptr_t)world, &s->smtp[i]);

		if (host != NULL && host->host_up && host->mail_up)
			return true;
	}
	return false;
}

bool
truth_misleads(const struct world *world)
{
	if (world->insider == NULL || world_runs(world->insider))
		return false;
	for (size_t i = 0; i < world->n; i++)
		if (is_answered(
			world, &world->nodes[i], world->insider->conf.server))
			return true;
	return false;
}

void
truth_leaving(struct world *world, struct node *node)
{
	for (size_t k = 0; k < node->table.n && !node->refused; k++) {
		const struct route *r = &node->table.routes[k];
		struct truth_heard h;

		if (r->leaves != 0 || r->kind == ROUTE_HERE)
			continue;
		h = truth_hear(world, node, r->pattern);
		if (h.claim || (!h.purge && !h.forgotten && !h.revoked) ||
		    truth_is_open(world, node, r))
			continue;
		if (!h.revoked || h.forgotten)
			world_fail(world, "%s: %s is %s for ever", node->name,
			    r->pattern, route_kind_word(r->kind));
		else if (r->kind != ROUTE_HOLD)
			world_fail(world, "%s: %s is %s, and its key revoked",
			    node->name, r->pattern, route_kind_word(r->kind));
	}
}
