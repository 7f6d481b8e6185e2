/*
 * sync.c - what two databases lack of each other, and the exchange.
 *
 *     A                             B
 *     DIGEST  --------------------> equal: SYNCED, nothing else
 *             <-------------------- DIGEST
 *     SUMMARY -------------------->
 *             <-------------------- SUMMARY
 *     REQUEST -------------------->
 *             <-------------------- UPDATE ... (or NONE)
 *     SYNCED  -------------------->            and the same the other way
 *
 * Each side asks for what it lacks; it says SYNCED once the other's summary
 * was seen to its end and everything asked for came or was refused.
 */

#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "core/node.h"

static int
by_key(const void *key, const struct tree_node *node)
{
	return lsa_key_order(
	    key, &tree_entry(node, struct keyset_entry, node)->key);
}

struct keyset_entry *
keyset_find(const struct keyset *set, const struct lsa_key *key)
{
	struct tree_node *n = tree_find(&set->tree, key, by_key);

	return n == NULL ? NULL : tree_entry(n, struct keyset_entry, node);
}

bool
keyset_add(struct keyset *set, const struct lsa_key *key)
{
	size_t origin = strlen(key->origin) + 1, id = strlen(key->id) + 1;
	struct keyset_entry *entry;
	char *text;

	if (keyset_find(set, key) != NULL)
		return false;
	entry = mem_new(sizeof(*entry), origin + id, 1);
	text = (char *)(entry + 1);
	memcpy(text, key->origin, origin);
	memcpy(text + origin, key->id, id);
	entry->key = (struct lsa_key){ text, text + origin, key->type };
	tree_insert(&set->tree, &entry->node, &entry->key, by_key);
	return true;
}

void
keyset_remove(struct keyset *set, struct keyset_entry *entry)
{
	tree_remove(&set->tree, &entry->node);
	mem_free(entry);
}

void
keyset_done(struct keyset *set)
{
	while (set->tree.root != NULL)
		keyset_remove(
		    set, tree_entry(set->tree.root, struct keyset_entry, node));
}

void
sync_digest_send(struct engine *e, struct session *s)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, MSG_DIGEST);

	buf_bytes(&out, e->db.digest, SEAL_DIGEST);
	buf_u32(&out, (uint32_t)lsdb_count(&e->db));
	frame_close(&out, hole);
	fx_send(e, s, &out);
	buf_done(&out);
	s->summary_sent = s->synced_sent = false;
	s->digest_at =
	    mono_after(e->now, e->setup->digest_ms + rng_below(&e->rng, 1000));
}

static void
empty_send(struct engine *e, struct session *s, uint8_t type)
{
	struct buf out = { 0 };

	frame_close(&out, frame_open(&out, type));
	fx_send(e, s, &out);
	buf_done(&out);
}

/* Says SYNCED when there is nothing left to ask for. */
static void
synced_check(struct engine *e, struct session *s)
{
	if (!s->summary_whole || s->wanted.tree.n > 0 || s->synced_sent)
		return;
	s->synced_sent = true;
	empty_send(e, s, MSG_SYNCED);
}

static void
summary_begin(struct session *s)
{
	if (s->summary_sent)
		return;
	s->summary_sent = s->summary_open = true;
	s->summary_at.origin[0] = s->summary_at.id[0] = '\0';
	s->summary_at.key =
	    (struct lsa_key){ s->summary_at.origin, s->summary_at.id, 0 };
}

static struct lsa *
after(const struct engine *e, const struct lsa_key *key)
{
	struct lsa *lsa = lsdb_from(&e->db, key);

	if (lsa != NULL && lsa_key_order(&lsa->key, key) == 0)
		lsa = lsdb_next(lsa);
	return lsa;
}

/* The next piece of our summary. What changes meanwhile is flooded anyway. */
static void
summary_send(struct engine *e, struct session *s)
{
	bool first = s->summary_at.key.type == 0;
	struct lsa *lsa = after(e, &s->summary_at.key), *last = NULL;
	struct buf out = { 0 }, entries = { 0 };
	uint16_t n = 0;
	size_t hole;

	for (; lsa != NULL && n < LIMIT_SUMMARY_ENTRIES &&
	       entries.n < LIMIT_FRAME_OCTETS / 2;
	     lsa = lsdb_next(lsa), n++) {
		msg_entry_write(&entries, lsa);
		last = lsa;
	}
	hole = frame_open(&out, MSG_SUMMARY);
	buf_u8(&out,
	    (uint8_t)((first ? MSG_FIRST : 0) | (lsa == NULL ? MSG_LAST : 0)));
	buf_u16(&out, n);
	buf_bytes(&out, entries.p, entries.n);
	frame_close(&out, hole);
	fx_send(e, s, &out);
	if (last != NULL) {
		memcpy(s->summary_at.origin, last->key.origin,
		    strlen(last->key.origin) + 1);
		memcpy(
		    s->summary_at.id, last->key.id, strlen(last->key.id) + 1);
		s->summary_at.key.type = last->key.type;
	}
	s->summary_open = lsa != NULL;
	buf_done(&entries);
	buf_done(&out);
}

static void
update_send(struct engine *e, struct session *s, const struct lsa *lsa)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, MSG_UPDATE);

	buf_bytes(&out, lsa->octets, lsa->len);
	frame_close(&out, hole);
	fx_send(e, s, &out);
	buf_done(&out);
}

static void
none_send(struct engine *e, struct session *s, const struct lsa_key *key)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, MSG_NONE);

	msg_key_write(&out, key);
	frame_close(&out, hole);
	fx_send(e, s, &out);
	buf_done(&out);
}

void
sync_pump(struct engine *e, struct session *s)
{
	while (s->unsent < LIMIT_UNSENT_OCTETS) {
		struct tree_node *n = tree_first(&s->queue.tree);
		struct keyset_entry *entry;
		const struct lsa *lsa;

		if (s->summary_open) {
			summary_send(e, s);
			continue;
		}
		if (n == NULL)
			return;
		entry = tree_entry(n, struct keyset_entry, node);
		lsa = lsdb_find(&e->db, &entry->key);
		if (lsa != NULL)
			update_send(e, s, lsa);
		else /* buried while it waited */
			none_send(e, s, &entry->key);
		keyset_remove(&s->queue, entry);
	}
}

void
sync_request(struct engine *e, struct session *s, const struct keyset *keys)
{
	struct tree_node *n = tree_first(&keys->tree);

	while (n != NULL) {
		struct buf out = { 0 }, list = { 0 };
		uint16_t count = 0;
		size_t hole;

		for (; n != NULL && count < LIMIT_SUMMARY_ENTRIES &&
		       list.n < LIMIT_FRAME_OCTETS / 2;
		     n = tree_next(n), count++)
			msg_key_write(&list,
			    &tree_entry(n, struct keyset_entry, node)->key);
		hole = frame_open(&out, MSG_REQUEST);
		buf_u16(&out, count);
		buf_bytes(&out, list.p, list.n);
		frame_close(&out, hole);
		fx_send(e, s, &out);
		buf_done(&out);
		buf_done(&list);
	}
}

static int
on_digest(struct engine *e, struct session *s, struct cur *body)
{
	const uint8_t *digest = cur_bytes(body, SEAL_DIGEST);

	cur_u32(body);
	if (digest == NULL || body->bad)
		return RC_SHORT;
	if (body->left > 0)
		return RC_LONG;
	s->summary_sent = s->synced_sent = false;
	if (memcmp(digest, e->db.digest, SEAL_DIGEST) == 0) {
		s->summary_whole = true;
		synced_check(e, s);
	} else {
		s->summary_whole = s->state == NBR_FULL;
		summary_begin(s);
	}
	return RC_OK;
}

/* Whether we want what this entry tells of. */
static bool
lacks(const struct engine *e, const struct msg_entry *entry)
{
	const struct lsa *mine = lsdb_find(&e->db, &entry->key.key);

	if (mine == NULL || mine->seq < entry->seq)
		return true;
	/* The same number, another content: look at it (FAULTS P03). */
	return mine->seq == entry->seq &&
	       memcmp(mine->digest, entry->digest, MSG_SHORT_DIGEST) != 0;
}

static int
on_summary(struct engine *e, struct session *s, struct cur *body)
{
	struct keyset asked = { 0 };
	uint8_t flags = cur_u8(body);
	uint16_t n = cur_u16(body);
	struct msg_entry entry;
	int rc = body->bad || n > LIMIT_SUMMARY_ENTRIES ? RC_RANGE : RC_OK;

	for (uint16_t i = 0; i < n && rc == RC_OK; i++) {
		rc = msg_entry_read(body, &entry);
		if (rc == RC_OK && lacks(e, &entry) &&
		    keyset_add(&s->wanted, &entry.key.key))
			keyset_add(&asked, &entry.key.key);
	}
	if (rc == RC_OK && body->left > 0)
		rc = RC_LONG;
	if (rc == RC_OK) {
		sync_request(e, s, &asked);
		if (flags & MSG_LAST)
			s->summary_whole = true;
		summary_begin(s); /* the other side thinks we differ */
		synced_check(e, s);
	}
	keyset_done(&asked);
	return rc;
}

static int
on_request(struct engine *e, struct session *s, struct cur *body)
{
	uint16_t n = cur_u16(body);
	struct msg_key key;
	int rc = body->bad || n > LIMIT_SUMMARY_ENTRIES ? RC_RANGE : RC_OK;

	for (uint16_t i = 0; i < n && rc == RC_OK; i++) {
		rc = msg_key_read(body, &key);
		if (rc != RC_OK)
			break;
		keyset_add(&s->queue, &key.key); /* NONE if it is gone */
	}
	(void)e;
	return rc == RC_OK && body->left > 0 ? RC_LONG : rc;
}

void
sync_settle(struct engine *e, struct session *s, const struct lsa_key *key)
{
	struct keyset_entry *entry = keyset_find(&s->wanted, key);

	if (entry == NULL)
		return;
	keyset_remove(&s->wanted, entry);
	synced_check(e, s);
}

bool
sync_again(struct engine *e, struct session *s, const struct lsa_key *key)
{
	struct lsa_key identity = {
		.origin = key->origin, .id = "", .type = LSA_IDENTITY
	};
	struct keyset asked = { 0 };
	struct keyset_entry *entry;

	keyset_add(&s->wanted, key);
	entry = keyset_find(&s->wanted, key);
	if (entry->again)
		return false;
	entry->again = true;
	keyset_add(&asked, &identity);
	keyset_add(&asked, key);
	sync_request(e, s, &asked);
	keyset_done(&asked);
	return true;
}

int
sync_message(
    struct engine *e, struct session *s, uint8_t type, struct cur *body)
{
	struct msg_key key;
	int rc;

	switch (type) {
	case MSG_DIGEST:
		return on_digest(e, s, body);
	case MSG_SUMMARY:
		return on_summary(e, s, body);
	case MSG_REQUEST:
		return on_request(e, s, body);
	case MSG_NONE:
		rc = msg_key_read(body, &key);
		if (rc == RC_OK && body->left > 0)
			rc = RC_LONG;
		if (rc == RC_OK)
			sync_settle(e, s, &key.key);
		return rc;
	default: /* MSG_SYNCED */
		s->synced_heard = true;
		return body->left > 0 ? RC_LONG : RC_OK;
	}
}
