#include "core/node/hear.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/fx.h"
#include "core/node/node.h"
#include "core/node/signers.h"
#include "core/node/sync.h"

/* Those that wait are looked at so often, and so many asked for then. */
#define LOOK_MS 100
#define ASK_MAX 64

static bool
is_paced(const struct engine *e, const struct lsa_key *key)
{
	return key->origin[0] != '\0' && key->type != LSA_FORGET &&
	       key->type != LSA_GRANT && !node_is_own(e, key);
}

static bool
server_leaves(const struct lsa *lsa, const struct lsa *mine)
{
	const struct lsa_server *now = lsa_server(lsa);
	const struct lsa_server *was = mine == NULL ? NULL : lsa_server(mine);

	return now->state != LSA_UP || now->nmail_down > 0 ||
	       (was != NULL && now->nneighbours < was->nneighbours);
}

static bool
connector_leaves(const struct lsa *lsa)
{
	const struct lsa_connector *c = lsa_connector(lsa);
	bool leaves = c->state != LSA_UP;

	for (size_t i = 0; i < c->nbridgeheads; i++)
		leaves |= !c->bridgeheads[i].up;
	return leaves;
}

/* It takes something out of use. */
static bool
leaves_use(const struct lsa *lsa, const struct lsa *mine)
{
	if (lsa->purge)
		return true;
	switch (lsa->key.type) {
	case LSA_SERVER:
		return server_leaves(lsa, mine);
	case LSA_CONNECTOR:
		return connector_leaves(lsa);
	case LSA_SPACE:
		return lsa_space(lsa)->down;
	default:
		return false;
	}
}

/* Of one LSA; what it keeps of it says the rest. */
static struct bucket
heard_of(const struct lsa *mine)
{
	struct bucket b = { .burst = LIMIT_HEAR_BURST,
		.each_ms = LIMIT_HEAR_EACH_MS };

	if (mine != NULL) {
		b.spent = mine->heard;
		b.since = mine->heard_since;
	}
	return b;
}

/* Both buckets have a token, beyond the reserve where that is asked. */
static bool
has_tokens(struct engine *e, const struct lsa *mine, struct signer *origin,
    bool reserve, struct mono *when)
{
	struct mono one = { 0 }, all = { 0 };
	struct bucket heard = heard_of(mine);
	bool has =
	    bucket_has(&heard, e->now, reserve ? LIMIT_HEAR_RESERVE : 0, &one);

	has &= bucket_has(
	    &origin->heard, e->now, reserve ? LIMIT_ORIGIN_RESERVE : 0, &all);
	*when = one.ms > all.ms ? one : all;
	return has;
}

static void
late_at(struct engine *e, struct mono when)
{
	struct mono soon = mono_after(e->now, LOOK_MS);

	e->due.hear_at =
	    mono_min(e->due.hear_at, when.ms > soon.ms ? when : soon);
}

/* Its key waits; without room for it, the databases are compared soon. */
static void
hear_wait_for(struct engine *e, struct session *from, const struct lsa *lsa,
    struct mono when)
{
	struct keyset_entry *entry = keyset_find(&from->sync.late, &lsa->key);

	if (entry == NULL && from->sync.late.tree.n < LIMIT_LATE) {
		keyset_add(&from->sync.late, &lsa->key);
		entry = keyset_find(&from->sync.late, &lsa->key);
	}
	if (entry == NULL) {
		sync_compare_soon(e, from);
		return;
	}
	if (entry->seq < lsa->seq)
		entry->seq = lsa->seq;
	late_at(e, when);
}

bool
hear_now(struct engine *e, struct session *from, const struct lsa *lsa)
{
	struct signer *origin = signers_find(&e->signers, lsa->key.origin);
	struct lsa *mine = lsdb_find(&e->db, &lsa->key);
	struct mono when;

	if (from == NULL || origin == NULL || !is_paced(e, &lsa->key) ||
	    has_tokens(e, mine, origin, true, &when))
		return true;
	if (leaves_use(lsa, mine) && has_tokens(e, mine, origin, false, &when))
		return true;
	hear_wait_for(e, from, lsa, when);
	return false;
}

void
hear_spend(struct engine *e, struct lsa *lsa)
{
	struct bucket heard = heard_of(lsdb_find(&e->db, &lsa->key));
	struct signer *origin = signers_find(&e->signers, lsa->key.origin);
	struct mono when;

	bucket_take(&heard, e->now, &when);
	lsa->heard = (uint8_t)heard.spent;
	lsa->heard_since = heard.since;
	if (origin != NULL)
		bucket_take(&origin->heard, e->now, &when);
}

/* Whether this one's time has come; then, or when it came another way, it
 * waits no more. */
static bool
is_due(struct engine *e, struct session *s, struct keyset_entry *entry)
{
	struct signer *origin = signers_find(&e->signers, entry->key.origin);
	struct lsa *mine = lsdb_find(&e->db, &entry->key);
	struct mono when;

	if (origin == NULL || (mine != NULL && mine->seq >= entry->seq)) {
		keyset_remove(&s->sync.late, entry);
		return false;
	}
	if (has_tokens(e, mine, origin, true, &when))
		return true;
	late_at(e, when);
	return false;
}

/*
 * The one to look at from this key on. All of an origin's wait while that has
 * no token: they are not looked at one by one, for there may be thousands, at
 * each session, ten times a second.
 */
static struct tree_node *
look_from(struct engine *e, struct session *s, struct tree_node *n)
{
	while (n != NULL) {
		const char *name =
		    tree_entry(n, struct keyset_entry, node)->key.origin;
		struct signer *origin = signers_find(&e->signers, name);
		struct mono when;

		if (origin == NULL || bucket_has(&origin->heard, e->now,
					  LIMIT_ORIGIN_RESERVE, &when))
			break;
		late_at(e, when);
		n = keyset_behind(&s->sync.late, name);
	}
	return n;
}

static void
hear_ask(struct engine *e, struct session *s)
{
	struct tree_node *n = look_from(e, s, tree_first(&s->sync.late.tree)),
			 *next;
	struct keyset asked = { 0 };

	for (; n != NULL && asked.tree.n < ASK_MAX; n = next) {
		struct keyset_entry *entry =
		    tree_entry(n, struct keyset_entry, node);

		next = look_from(e, s, tree_next(n));
		if (!is_due(e, s, entry))
			continue;
		keyset_add(&asked, &entry->key);
		keyset_remove(&s->sync.late, entry);
	}
	if (n != NULL)
		late_at(e, e->now);
	if (asked.tree.n > 0)
		sync_request(e, s, &asked);
	keyset_done(&asked);
}

void
hear_tick(struct engine *e)
{
	if (mono_due(e->due.hear_at, e->now)) {
		e->due.hear_at = MONO_NEVER;
		for (size_t i = 0; i < e->sessions.n; i++)
			hear_ask(e, e->sessions.v[i]);
	}
	fx_wake(e, e->due.hear_at);
}
