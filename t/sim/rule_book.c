/*
 * rule_book.c - what databases hold: signed by whom it says, never older than
 * before, and nothing of who is forgotten. Read from the octets themselves.
 */

#include <stdio.h>
#include <string.h>

#include "base/cur.h"
#include "core/node/node.h"
#include "t/sim/plan.h"
#include "t/sim/rule.h"

#define HASH_BEGIN 0xcbf29ce484222325u

/* Everything that was ever signed, as hashes of what identifies it. */
struct book {
	VEC(uint64_t) entries; /* sorted */
};

/* What one database was seen to hold, by LSA. */
struct seen {
	uint64_t key, seq;
	uint64_t word;   /* the LSA that would revoke its signer */
	uint64_t octets; /* the digest of them all begins so */
	bool purge;
};

#define JUDGED 2048

/* Numbers of one key only grow; and those of who is whom, of whatever key. */
struct ledger {
	uint64_t
	    judged[JUDGED]; /* what is the last seen of its key, by `octets` */
	VEC(struct seen) seen; /* sorted by key */
};

/* What the octets of an LSA say of it. */
struct head {
	uint64_t name; /* a hash of origin, type and id */
	uint64_t seq;
	uint64_t whole; /* the same of all that identifies it */
	uint64_t word;  /* the name of what would revoke its signer */
	uint8_t signer[CRYPTO_DIGEST];
	bool purge;
};

static uint64_t
hash(uint64_t h, const void *octets, size_t n)
{
	const uint8_t *p = octets;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

static uint64_t
name_of(uint8_t type, struct cur origin, struct cur id)
{
	uint64_t h = hash(HASH_BEGIN, &type, 1);

	h = hash(h, origin.p, origin.left);
	h = hash(h, "", 1);
	return hash(h, id.p, id.left);
}

/* By our own reading; false: it is no LSA. */
static bool
head_read(struct head *out, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n), origin, id;
	const uint8_t *head = cur_bytes(&in, 4), *signer;
	char hex[2 * CRYPTO_DIGEST + 1];

	cur_bytes(&in, CRYPTO_DIGEST);
	origin = cur_sub(&in, cur_u8(&in));
	id = cur_sub(&in, cur_u16(&in));
	out->seq = cur_u64(&in);
	signer = cur_bytes(&in, CRYPTO_DIGEST);
	if (in.bad || head[0] != 1)
		return false;
	out->purge = head[2] != 0;
	memcpy(out->signer, signer, CRYPTO_DIGEST);
	out->name = name_of(head[1], origin, id);
	out->whole = hash(out->name, &out->seq, sizeof(out->seq));
	out->whole = hash(out->whole, signer, CRYPTO_DIGEST);
	out->whole = hash(out->whole, head + 2, 1);
	for (size_t i = 0; i < CRYPTO_DIGEST; i++) {
		hex[2 * i] = "0123456789abcdef"[signer[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[signer[i] & 15];
	}
	out->word = name_of(
	    LSA_REVOCATION, cur_over("", 0), cur_over(hex, sizeof(hex) - 1));
	return true;
}

void
rule_init(struct world *world)
{
	world->book = mem_new(sizeof(struct book), 0, 0);
}

void
rule_done(struct world *world)
{
	struct book *book = world->book;

	for (size_t i = 0; i < world->n; i++)
		rule_ended(&world->nodes[i]);
	vec_done(&book->entries);
	mem_free(book);
}

void
rule_ended(struct node *node)
{
	struct ledger *ledger = node->ledger;

	node->mta_down = false;
	if (ledger == NULL)
		return;
	vec_done(&ledger->seen);
	mem_free(ledger);
	node->ledger = NULL;
}

static size_t
place(const struct book *book, uint64_t h)
{
	size_t low = 0, high = book->entries.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (book->entries.v[mid] < h)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_signed(const struct book *book, uint64_t h)
{
	size_t at = place(book, h);

	return at < book->entries.n && book->entries.v[at] == h;
}

void
rule_signed(struct world *world, const uint8_t *p, size_t n)
{
	struct book *book = world->book;
	struct head head;
	size_t at;

	if (!head_read(&head, p, n) || is_signed(book, head.whole))
		return;
	at = place(book, head.whole);
	vec_push(&book->entries, head.whole);
	memmove(book->entries.v + at + 1, book->entries.v + at,
	    (book->entries.n - 1 - at) * sizeof(head.whole));
	book->entries.v[at] = head.whole;
}

static struct seen *
ledger_get(struct ledger *ledger, uint64_t key)
{
	size_t low = 0, high = ledger->seen.n;
	struct seen new = { .key = key };

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (ledger->seen.v[mid].key == key)
			return &ledger->seen.v[mid];
		if (ledger->seen.v[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	vec_push(&ledger->seen, new);
	memmove(ledger->seen.v + low + 1, ledger->seen.v + low,
	    (ledger->seen.n - 1 - low) * sizeof(new));
	ledger->seen.v[low] = new;
	return &ledger->seen.v[low];
}

/* Whether who signed it then is revoked now: its numbers begin anew. */
static bool
is_revoked(struct ledger *ledger, uint64_t key)
{
	uint64_t word = ledger_get(ledger, key)->word;

	return word != 0 && ledger_get(ledger, word)->seq != 0;
}

/*
 * The key that it has last is revoked here. What one before has signed went when
 * that one came, as if it had never been, and is not revoked: it comes again as old
 * as somebody has it who did not hear of the newer key. Databases are equal only so.
 */
static bool
is_last_revoked(
    const struct world *world, struct ledger *ledger, const char *origin)
{
	char key[2 * CRYPTO_DIGEST + 1];

	for (size_t i = 0; i < world->n; i++) {
		struct cur id = cur_over(key, sizeof(key) - 1);

		if (strcmp(world->nodes[i].conf.server, origin) != 0)
			continue;
		plan_key(&world->nodes[i], key);
		if (ledger_get(
			ledger, name_of(LSA_REVOCATION, cur_over("", 0), id))
			->seq != 0)
			return true;
	}
	return false;
}

bool
rule_two_faced(const struct world *world, const char *origin)
{
	const struct setup *first = NULL;

	for (size_t i = 0; world->twins && i < world->n; i++) {
		const struct setup *conf = &world->nodes[i].conf;

		if (strcmp(conf->server, origin) != 0)
			continue;
		if (first == NULL)
			first = conf;
		else if (first->cert.now_len != conf->cert.now_len ||
			 (conf->cert.now_len > 0 &&
			     memcmp(first->cert.now, conf->cert.now,
				 conf->cert.now_len) != 0))
			return true;
	}
	return false;
}

/* Somebody has its key, and says under the next number what it does not: of two
 * that have one number the digest decides. */
static bool
is_forged(struct world *world, const char *origin, uint64_t seq, uint64_t seen)
{
	const struct node *node =
	    seq == seen ? world_find(world, origin) : NULL;

	return node != NULL && node->forged;
}

static uint64_t *
judged_at(struct ledger *ledger, uint64_t octets)
{
	return &ledger->judged[octets % JUDGED];
}

static uint64_t
octets_of(const struct lsa *lsa)
{
	uint64_t octets;

	memcpy(&octets, lsa->digest, sizeof(octets));
	return octets;
}

/* It is the one of its key from now on. */
static void
judged_set(struct ledger *ledger, struct seen *seen, uint64_t octets)
{
	if (*judged_at(ledger, seen->octets) == seen->octets)
		*judged_at(ledger, seen->octets) = 0;
	*judged_at(ledger, octets) = seen->octets = octets;
}

/* Its numbers may begin anew. What lost its place in an insider's share is taken
 * when it has one again, as it is elsewhere. */
static bool
is_anew(struct world *world, const struct lsa *lsa, const struct head *head,
    const struct seen *seen)
{
	const char *origin = lsa->key.origin;

	return (seen->word != head->word && lsa->key.type != LSA_IDENTITY) ||
	       rule_two_faced(world, origin) ||
	       is_forged(world, origin, head->seq, seen->seq) ||
	       (world->insider != NULL &&
		   strcmp(world->insider->conf.server, origin) == 0);
}

static void
lsa_judge(struct world *world, struct node *node, const struct lsa *lsa)
{
	const char *origin = lsa->key.origin, *id = lsa->key.id;
	const char *type = lsa_type_word(lsa->key.type);
	struct head head;
	struct seen *seen;
	bool down, back, revoked;

	if (*judged_at(node->ledger, octets_of(lsa)) == octets_of(lsa))
		return;
	if (!head_read(&head, lsa->octets, lsa->len)) {
		world_fail(
		    world, "%s: %s %s is no LSA", node->name, origin, type);
		return;
	}
	revoked = is_revoked(node->ledger, head.name);
	seen = ledger_get(node->ledger, head.name);
	down = head.seq < seen->seq;
	back = head.seq == seen->seq && seen->purge && !head.purge;
	if ((down || back) && !revoked && !is_anew(world, lsa, &head, seen) &&
	    !is_last_revoked(world, node->ledger, origin))
		world_fail(world,
		    down ? "%s: the sequence of %s %s %s goes down"
			 : "%s: %s %s %s comes back from its purge",
		    node->name, origin, type, id);
	seen = ledger_get(node->ledger, head.name); /* others may be new */
	judged_set(node->ledger, seen, octets_of(lsa));
	seen->seq = head.seq;
	seen->purge = head.purge;
	seen->word = head.word;
	if (!world->older && !is_signed(world->book, head.whole))
		world_fail(world, "%s: nobody signed %s %s %s", node->name,
		    origin, type, id);
}

/* Who is forgotten: no LSA of that epoch is beside it, of whatever key. */
static void
forget_judge(struct world *world, struct node *node, const struct lsa *forget)
{
	const struct lsdb *db = &node->engine->db;
	uint32_t epoch = lsa_forget_epoch(forget);

	for (struct lsa *l = lsdb_origin(db, forget->key.origin);
	     l != NULL && strcmp(l->key.origin, forget->key.origin) == 0;
	     l = lsdb_next(l)) {
		if (l->key.type != LSA_FORGET && !l->purge &&
		    lsa_epoch(l) <= epoch)
			world_fail(world, "%s: %s is back though forgotten",
			    node->name, forget->key.origin);
	}
}

void
rule_database(struct world *world, struct node *node)
{
	const struct lsdb *db = &node->engine->db;

	if (node->ledger == NULL)
		node->ledger = mem_new(sizeof(struct ledger), 0, 0);
	for (struct lsa *l = lsdb_first(db); l != NULL; l = lsdb_next(l)) {
		lsa_judge(world, node, l);
		if (l->key.type == LSA_FORGET)
			forget_judge(world, node, l);
	}
}
