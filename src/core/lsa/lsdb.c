#include "core/lsa/lsdb.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "core/lsa/lsa_list.h"

static int
lsdb_order(const void *key, const struct tree_node *node)
{
	return lsa_key_order(key, &tree_entry(node, struct lsa, node)->key);
}

static struct lsa *
lsdb_entry(struct tree_node *node)
{
	return node == NULL ? NULL : tree_entry(node, struct lsa, node);
}

/* XOR: installing and taking out are the same, and order does not matter. */
static void
fold(struct lsdb *db, const struct lsa *lsa)
{
	if (lsa_is_list(lsa->key.type))
		return;
	for (size_t i = 0; i < CRYPTO_DIGEST; i++)
		db->digest[i] ^= lsa->digest[i];
}

static int
share_order(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct lsdb_share, node)->origin);
}

static struct lsdb_share *
share_find(const struct lsdb *db, const char *origin)
{
	struct tree_node *n = tree_find(&db->shares, origin, share_order);

	return n == NULL ? NULL : tree_entry(n, struct lsdb_share, node);
}

const struct lsdb_share *
lsdb_share(const struct lsdb *db, const char *origin)
{
	const struct lsdb_share *s = share_find(db, origin);

	return s == NULL || s->plain.n + s->lists.n == 0 ? NULL : s;
}

struct lsdb_use *
lsdb_account(struct lsdb_share *share, const struct lsa *lsa)
{
	if (lsa_is_authority(lsa))
		return NULL;
	return lsa->key.type == LSA_LIST ? &share->lists : &share->plain;
}

uint64_t
lsdb_takes(const struct lsa *lsa)
{
	if (lsa->key.type != LSA_LIST)
		return lsa->len;
	return lsa->purge ? LIMIT_LISTED_EACH : lsa_list(lsa)->weight;
}

static struct lsdb_share *
share_get(struct lsdb *db, const struct lsa *lsa)
{
	struct lsdb_share *s = share_find(db, lsa->key.origin);
	size_t n = strlen(lsa->key.origin) + 1;

	if (s != NULL)
		return s;
	s = mem_new(sizeof(*s), n, 1);
	memcpy(s->origin, lsa->key.origin, n);
	s->part = lsa->part;
	tree_insert(&db->shares, &s->node, s->origin, share_order);
	parts_join(&db->parts, s);
	return s;
}

struct in_group {
	const char *group, *origin;
};

static int
group_order(const void *key, const struct tree_node *node)
{
	const struct in_group *k = key;
	const struct lsdb_share *s =
	    tree_entry(node, struct lsdb_share, group_node);
	int c = strcmp(k->group, lsa_server(s->server)->group);

	return c != 0 ? c : strcmp(k->origin, s->origin);
}

static void
group_join(struct lsdb *db, struct lsdb_share *s, const struct lsa *lsa)
{
	struct in_group key;

	if (lsa_server(lsa) == NULL)
		return;
	key = (struct in_group){ lsa_server(lsa)->group, s->origin };
	s->server = lsa;
	tree_insert(&db->groups, &s->group_node, &key, group_order);
}

static void
group_leave(struct lsdb *db, struct lsdb_share *s, const struct lsa *lsa)
{
	if (s->server != lsa)
		return;
	tree_remove(&db->groups, &s->group_node);
	s->server = NULL;
}

static bool
addresses_same(const struct addr *a, const struct addr *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!addr_equal(&a[i], &b[i]))
			return false;
	return true;
}

/* Whether both say that the server is where it is. */
static bool
places_same(const struct lsa *a, const struct lsa *b)
{
	const struct lsa_server *x = a == NULL ? NULL : lsa_server(a);
	const struct lsa_server *y = b == NULL ? NULL : lsa_server(b);

	if (x == NULL || y == NULL)
		return x == y;
	return x->nsmtp == y->nsmtp && x->npeer == y->npeer &&
	       addresses_same(x->smtp, y->smtp, x->nsmtp) &&
	       addresses_same(x->peer, y->peer, x->npeer);
}

const struct lsa *
lsdb_group(const struct lsdb *db, const char *group)
{
	struct in_group key = { group, "" };
	struct tree_node *n = tree_from(&db->groups, &key, group_order);

	return n == NULL ? NULL
	                 : tree_entry(n, struct lsdb_share, group_node)->server;
}

const struct lsa *
lsdb_group_next(const struct lsa *server)
{
	struct tree_node *n = tree_next(&server->share->group_node);

	return n == NULL ? NULL
	                 : tree_entry(n, struct lsdb_share, group_node)->server;
}

static void
share_add(struct lsdb *db, struct lsa *lsa)
{
	struct lsdb_share *s = share_get(db, lsa);
	struct lsdb_use *use = lsdb_account(s, lsa);

	lsa->share = s;
	group_join(db, s, lsa);
	s->all++;
	db->lists += lsa_is_list(lsa->key.type);
	parts_come(&db->parts, lsa);
	if (use == NULL)
		return;
	use->n++;
	use->octets += lsdb_takes(lsa);
}

static void
share_take(struct lsdb *db, struct lsa *lsa)
{
	/* Not by the name: its memory may be what went bad. */
	struct lsdb_share *s = lsa->share;
	struct lsdb_use *use;

	CHECK(s != NULL && s->all > 0);
	use = lsdb_account(s, lsa);
	group_leave(db, s, lsa);
	lsa->share = NULL;
	s->all--;
	db->lists -= lsa_is_list(lsa->key.type);
	parts_go(&db->parts, lsa);
	if (use != NULL) {
		CHECK(use->n > 0 && use->octets >= lsdb_takes(lsa));
		use->n--;
		use->octets -= lsdb_takes(lsa);
	}
	if (s->all > 0)
		return;
	parts_leave(&db->parts, s);
	tree_remove(&db->shares, &s->node);
	mem_free(s);
}

void
lsdb_init(struct lsdb *db)
{
	memset(db, 0, sizeof(*db));
}

void
lsdb_done(struct lsdb *db)
{
	db->news = NULL;
	while (db->tree.root != NULL)
		lsdb_remove(db, lsdb_entry(db->tree.root));
}

struct lsa *
lsdb_find(const struct lsdb *db, const struct lsa_key *key)
{
	return lsdb_entry(tree_find(&db->tree, key, lsdb_order));
}

static void
lsdb_take_out(struct lsdb *db, struct lsa *lsa)
{
	fold(db, lsa);
	db->octets -= lsa->len;
	share_take(db, lsa);
	tree_remove(&db->tree, &lsa->node);
	if (db->news != NULL)
		news_gone(db->news, lsa);
	else
		lsa_free(lsa);
}

void
lsdb_install(struct lsdb *db, struct lsa *lsa)
{
	struct lsa *old = lsdb_find(db, &lsa->key);

	db->places += !places_same(old, lsa);
	if (old != NULL) {
		CHECK(lsa_compare(lsa, old) > 0);
		lsdb_take_out(db, old);
	} else if (db->news != NULL) {
		news_add(db->news, &lsa->key);
	}
	tree_insert(&db->tree, &lsa->node, &lsa->key, lsdb_order);
	db->octets += lsa->len;
	share_add(db, lsa);
	fold(db, lsa);
}

void
lsdb_remove(struct lsdb *db, struct lsa *lsa)
{
	db->places += lsa_server(lsa) != NULL;
	lsdb_take_out(db, lsa);
}

struct lsa *
lsdb_first(const struct lsdb *db)
{
	return lsdb_entry(tree_first(&db->tree));
}

struct lsa *
lsdb_next(const struct lsa *lsa)
{
	return lsdb_entry(tree_next(&lsa->node));
}

struct lsa *
lsdb_from(const struct lsdb *db, const struct lsa_key *key)
{
	return lsdb_entry(tree_from(&db->tree, key, lsdb_order));
}

struct lsa *
lsdb_before(const struct lsdb *db, const struct lsa_key *key)
{
	return lsdb_entry(tree_before(&db->tree, key, lsdb_order));
}

struct lsa *
lsdb_origin(const struct lsdb *db, const char *origin)
{
	struct lsa_key key = { .origin = origin, .id = "", .type = 0 };

	return lsdb_from(db, &key);
}

size_t
lsdb_count(const struct lsdb *db)
{
	return db->tree.n;
}

const struct lsa *
lsdb_forget(const struct lsdb *db, const char *origin)
{
	struct lsa_key key = { origin, "", LSA_FORGET };
	const struct lsa *most = NULL;

	for (const struct lsa *l = lsdb_from(db, &key);
	     l != NULL && l->key.type == LSA_FORGET &&
	     strcmp(l->key.origin, origin) == 0;
	     l = lsdb_next(l))
		if (most == NULL || lsa_epoch(l) > lsa_epoch(most))
			most = l;
	return most;
}

uint32_t
lsdb_epoch(const struct lsdb *db, const char *origin)
{
	struct lsa *lsa = lsdb_origin(db, origin);
	uint32_t most = 0;

	for (; lsa != NULL; lsa = lsdb_next(lsa)) {
		if (strcmp(lsa->key.origin, origin) != 0)
			break;
		if (lsa_epoch(lsa) > most)
			most = lsa_epoch(lsa);
	}
	return most;
}

bool
lsdb_leaps(const struct lsdb *db, const char *origin, uint32_t epoch)
{
	return epoch > LIMIT_EPOCH + LIMIT_EPOCH_STEP &&
	       epoch - LIMIT_EPOCH_STEP > lsdb_epoch(db, origin);
}

size_t
lsdb_recheck(struct lsdb *db, const struct crypto *crypto)
{
	uint8_t digest[CRYPTO_DIGEST];
	struct lsa *next;
	size_t bad = 0;

	for (struct lsa *l = lsdb_first(db); l != NULL; l = next) {
		next = lsdb_next(l);
		crypto->digest(crypto->ctx, l->octets, l->len, digest);
		if (memcmp(digest, l->digest, sizeof(digest)) == 0)
			continue;
		lsdb_remove(db, l);
		bad++;
	}
	return bad;
}
