#include "core/node/sync.h"

#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "core/node/differ.h"
#include "core/node/fx.h"
#include "core/node/node.h"

/* The parts that are not empty, each with its digest. */
static void
parts_write(struct engine *e, const struct session *s, struct buf *out)
{
	struct parts_one one = { session_parts(s), 0 };
	const uint32_t *n = e->db.parts.of[one.of].n;
	uint32_t full = 0;

	for (unsigned i = 0; i < PARTS; i++)
		full += n[i] > 0 ? 1 : 0;
	buf_u16(out, (uint16_t)full);
	for (; one.number < PARTS; one.number++) {
		if (n[one.number] == 0)
			continue;
		buf_u8(out, (uint8_t)one.number);
		buf_u32(out, n[one.number]);
		buf_bytes(
		    out, parts_digest(&e->db, one, e->crypto), CRYPTO_DIGEST);
	}
}

/* LSAs that a peer of version 1 is told of. */
static size_t
plain_count(const struct engine *e)
{
	return lsdb_count(&e->db) - e->db.lists;
}

static void
digest_send(struct engine *e, struct session *s, uint8_t flags)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, MSG_DIGEST);

	s->sync.round++;
	if (s->version < 2) {
		buf_bytes(&out, e->db.digest, CRYPTO_DIGEST);
		buf_u32(&out, (uint32_t)plain_count(e));
	} else {
		buf_u8(&out, flags);
		parts_write(e, s, &out);
	}
	frame_close(&out, hole);
	fx_send(e, s, &out);
	buf_done(&out);
}

void
sync_digest_send(struct engine *e, struct session *s)
{
	/* In SYNC both have said theirs. */
	digest_send(e, s, s->state == SESSION_FULL ? MSG_ASKS : 0);
	s->sync.summary_sent = s->sync.synced_sent = false;
	s->sync.digest_at = mono_after(
	    e->now, e->setup->times.digest_ms + rng_below(&e->rng, 1000));
}

void
sync_compare_soon(struct engine *e, struct session *s)
{
	s->sync.digest_at =
	    mono_min(s->sync.digest_at, mono_after(e->now, LIMIT_SAY_EACH_MS));
}

static void
empty_send(struct engine *e, struct session *s, uint8_t type)
{
	struct buf out = { 0 };

	frame_close(&out, frame_open(&out, type));
	fx_send(e, s, &out);
	buf_done(&out);
}

/*
 * The summary named more than we ask for at once, and nothing of that is kept:
 * what we still lack is named in another round. The peer's SYNCED of this one
 * comes first, so that the next is known to mean that nothing differs.
 */
static bool
more_ask(struct engine *e, struct session *s)
{
	if (s->state == SESSION_FULL) {
		s->sync.more = false;
		sync_compare_soon(e, s);
		return false;
	}
	if (s->sync.synced_heard) {
		s->sync.more = s->sync.synced_heard = s->sync.summary_whole =
		    false;
		s->sync.again = true;
		s->sync.read = 0;
		sync_digest_send(e, s);
	}
	return true;
}

/* Says SYNCED when there is nothing left to ask for. */
static void
synced_check(struct engine *e, struct session *s)
{
	if (!s->sync.summary_whole || s->sync.wanted.tree.n > 0 ||
	    s->sync.synced_sent)
		return;
	if (s->sync.more && more_ask(e, s))
		return;
	s->sync.synced_sent = true;
	empty_send(e, s, MSG_SYNCED);
}

/* In another round, without a summary: the databases are equal. */
static void
on_synced(struct engine *e, struct session *s)
{
	s->sync.synced_heard = true;
	differ_synced(e, s);
	if (s->sync.again)
		s->sync.summary_whole = true;
	s->sync.again = false;
	synced_check(e, s);
}

static void
summary_begin(struct session *s)
{
	if (s->sync.summary_sent)
		return;
	s->sync.summary_sent = s->sync.summary_open = true;
	s->sync.summary_part = 0;
	s->sync.told = 0;
	s->sync.summary_at.origin[0] = s->sync.summary_at.id[0] = '\0';
	s->sync.summary_at.key = (struct lsa_key){ s->sync.summary_at.origin,
		s->sync.summary_at.id, 0 };
}

/* Of a peer of version 1. */
static struct lsa *
after(const struct engine *e, const struct lsa_key *key)
{
	struct lsa *lsa = lsdb_from(&e->db, key);

	if (lsa != NULL && lsa_key_order(&lsa->key, key) == 0)
		lsa = lsdb_next(lsa);
	while (lsa != NULL && lsa_is_list(lsa->key.type))
		lsa = lsdb_next(lsa);
	return lsa;
}

/* What our summary names next, or NULL. */
static struct lsa *
summary_next(const struct engine *e, struct session *s)
{
	struct msg_key *at = &s->sync.summary_at;
	struct lsa *lsa;

	if (s->version < 2)
		return after(e, &at->key);
	for (; s->sync.summary_part < PARTS; s->sync.summary_part++) {
		lsa = NULL;
		if (s->sync.differs[s->sync.summary_part])
			lsa = parts_after(&e->db,
			    (struct parts_one){
				session_parts(s), s->sync.summary_part },
			    &at->key);
		if (lsa != NULL)
			return lsa;
		at->key.type = 0;
		at->origin[0] = at->id[0] = '\0';
	}
	return NULL;
}

static void
summary_name(struct session *s, struct buf *out, const struct lsa *lsa)
{
	struct msg_key *at = &s->sync.summary_at;

	msg_entry_write(out, s->version, lsa);
	memcpy(at->origin, lsa->key.origin, strlen(lsa->key.origin) + 1);
	memcpy(at->id, lsa->key.id, strlen(lsa->key.id) + 1);
	at->key.type = lsa->key.type;
	s->sync.told++;
}

/* The next piece of our summary. What changes meanwhile is flooded anyway. */
static void
summary_send(struct engine *e, struct session *s)
{
	bool first = s->sync.told == 0;
	struct buf out = { 0 }, entries = { 0 };
	struct lsa *lsa;
	uint16_t n = 0;
	size_t hole;

	while ((lsa = summary_next(e, s)) != NULL &&
	       n < LIMIT_SUMMARY_ENTRIES &&
	       entries.n < LIMIT_FRAME_OCTETS / 2) {
		summary_name(s, &entries, lsa);
		n++;
	}
	hole = frame_open(&out, MSG_SUMMARY);
	buf_u8(&out,
	    (uint8_t)((first ? MSG_FIRST : 0) | (lsa == NULL ? MSG_LAST : 0)));
	buf_u16(&out, n);
	buf_bytes(&out, entries.p, entries.n);
	frame_close(&out, hole);
	fx_send(e, s, &out);
	s->sync.summary_open = lsa != NULL;
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
	s->pulse.update_end = s->pulse.sent;
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

/* What waits longest: what was asked for, or is new. */
static void
queue_send(struct engine *e, struct session *s, struct keyset_entry *entry)
{
	const struct lsa *lsa = lsdb_find(&e->db, &entry->key);

	if (lsa != NULL)
		update_send(e, s, lsa);
	else /* buried while it waited */
		none_send(e, s, &entry->key);
	keyset_remove(&s->sync.queue, entry);
}

void
sync_pump(struct engine *e, struct session *s)
{
	while (s->unsent < LIMIT_UNSENT_OCTETS) {
		struct tree_node *n = tree_first(&s->sync.queue.tree);

		if (n != NULL)
			queue_send(
			    e, s, tree_entry(n, struct keyset_entry, node));
		else if (s->sync.summary_open)
			summary_send(e, s);
		else
			return;
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
whole_read(struct engine *e, struct session *s, struct cur *body, bool *same)
{
	const uint8_t *digest = cur_bytes(body, CRYPTO_DIGEST);

	s->sync.theirs = cur_u32(body);
	s->sync.ours = plain_count(e);
	if (digest == NULL || body->bad)
		return RC_SHORT;
	*same = memcmp(digest, e->db.digest, CRYPTO_DIGEST) == 0;
	return RC_OK;
}

/* One that the peer has, and we may have too. */
static void
part_compare(struct engine *e, struct session *s, const struct msg_part *part)
{
	const uint8_t *mine = parts_digest(&e->db,
	    (struct parts_one){ session_parts(s), part->number }, e->crypto);
	bool differs =
	    mine == NULL || memcmp(mine, part->digest, CRYPTO_DIGEST) != 0;

	s->sync.differs[part->number] = differs;
	if (differs)
		s->sync.theirs += part->lsas;
}

static int
parts_read(struct engine *e, struct session *s, struct cur *body, bool *same)
{
	uint16_t n = cur_u16(body);
	int last = -1, rc = body->bad ? RC_SHORT : RC_OK;
	const uint32_t *ours = e->db.parts.of[session_parts(s)].n;

	s->sync.theirs = s->sync.ours = 0;
	for (unsigned i = 0; i < PARTS; i++)
		s->sync.differs[i] = ours[i] > 0;
	for (uint16_t i = 0; i < n; i++) {
		struct msg_part part;

		rc = msg_part_read(body, last, &part);
		if (rc != RC_OK)
			break;
		part_compare(e, s, &part);
		last = part.number;
	}
	*same = true;
	for (unsigned i = 0; i < PARTS; i++)
		if (s->sync.differs[i]) {
			*same = false;
			s->sync.ours += ours[i];
		}
	return rc;
}

static int
on_digest(struct engine *e, struct session *s, struct cur *body)
{
	uint8_t flags = s->version < 2 ? 0 : cur_u8(body);
	struct cur whole = *body;
	bool same;
	int rc = s->version < 2 ? whole_read(e, s, body, &same)
	                        : parts_read(e, s, body, &same);

	if (rc == RC_OK && body->left > 0)
		rc = RC_LONG;
	if (rc != RC_OK)
		return rc;
	differ_digest(e, s, whole, same);
	s->sync.round++;
	s->sync.summary_sent = s->sync.synced_sent = false;
	s->sync.read = s->sync.told = 0;
	if (same) {
		wants_done(&s->sync.wanted); /* whatever it was, it is here */
		s->sync.summary_whole = true;
		synced_check(e, s);
		return RC_OK;
	}
	if (!bucket_spend(&s->faults, LIMIT_FAULT_DIGEST, e->now))
		return RC_LIMIT;
	if (flags & MSG_ASKS)
		digest_send(e, s, 0);
	s->sync.summary_whole = s->state == SESSION_FULL;
	summary_begin(s);
	return RC_OK;
}

/* Whether we want what this entry tells of. */
static bool
lacks(const struct engine *e, const struct session *s,
    const struct msg_entry *entry)
{
	const struct lsa *mine = lsdb_find(&e->db, &entry->key.key);

	if (mine == NULL || mine->seq < entry->seq)
		return true;
	/* The same number, another content: look at it (the exchange,
	 * lsrd-protocol(7) 3). */
	return mine->seq == entry->seq &&
	       memcmp(mine->digest, entry->digest,
		   msg_short_digest(s->version)) != 0;
}

/*
 * True: it is to be asked for. Once in a round; what was asked for in one before
 * and is named again has not come, and nothing else would ask for it as long as the
 * session lasts: an octet that went bad in memory makes its answer another's.
 */
static bool
want_anew(struct engine *e, struct session *s, const struct lsa_key *key)
{
	struct want *want = wants_find(&s->sync.wanted, e->crypto, key);

	if (want != NULL && want->round == s->sync.round)
		return false;
	if (want == NULL && s->sync.wanted.tree.n >= LIMIT_WANTED) {
		s->sync.more = true;
		return false;
	}
	if (want == NULL)
		want = wants_add(&s->sync.wanted, e->crypto, key);
	want->round = s->sync.round;
	want->again = false;
	return true;
}

static int
on_summary(struct engine *e, struct session *s, struct cur *body)
{
	struct keyset asked = { 0 };
	uint8_t flags = cur_u8(body);
	uint16_t n = cur_u16(body);
	struct msg_entry entry;
	int rc = body->bad || n > LIMIT_SUMMARY_ENTRIES ? RC_RANGE : RC_OK;

	if (rc == RC_OK && s->sync.read > LIMIT_NAMED)
		rc = RC_LIMIT;
	for (uint16_t i = 0; i < n && rc == RC_OK; i++) {
		rc = msg_entry_read(body, s->version, &entry);
		if (rc == RC_OK)
			differ_entry(e, s, &entry);
		if (rc == RC_OK && lacks(e, s, &entry) &&
		    want_anew(e, s, &entry.key.key))
			keyset_add(&asked, &entry.key.key);
	}
	s->sync.read += n;
	s->sync.again = false;
	if (rc == RC_OK && body->left > 0)
		rc = RC_LONG;
	if (rc == RC_OK) {
		sync_request(e, s, &asked);
		if (flags & MSG_LAST) {
			s->sync.summary_whole = true;
			differ_end(e, s);
		}
		summary_begin(s); /* the other side thinks we differ */
		synced_check(e, s);
	}
	keyset_done(&asked);
	return rc;
}

/* What there is waits its turn; nothing is kept for what there is not. */
static int
on_sync_request(struct engine *e, struct session *s, struct cur *body)
{
	uint16_t n = cur_u16(body);
	struct msg_key key;
	int rc = body->bad || n > LIMIT_SUMMARY_ENTRIES ? RC_RANGE : RC_OK;

	for (uint16_t i = 0; i < n && rc == RC_OK; i++) {
		rc = msg_key_read(body, &key);
		if (rc != RC_OK)
			break;
		if (session_tells(s, key.key.type) &&
		    lsdb_find(&e->db, &key.key) != NULL) {
			keyset_add(&s->sync.queue, &key.key);
			keyset_find(&s->sync.queue, &key.key)->asked = true;
			continue;
		}
		none_send(e, s, &key.key);
		if (!bucket_spend(&s->faults, LIMIT_FAULT_ASKED, e->now))
			rc = RC_LIMIT;
	}
	return rc == RC_OK && body->left > 0 ? RC_LONG : rc;
}

void
sync_settle(struct engine *e, struct session *s, const struct lsa_key *key)
{
	struct want *want = wants_find(&s->sync.wanted, e->crypto, key);

	if (want == NULL)
		return;
	wants_remove(&s->sync.wanted, want);
	synced_check(e, s);
}

void
sync_same(struct engine *e, struct session *s, const struct lsa_key *key)
{
	struct keyset_entry *entry = keyset_find(&s->sync.queue, key);

	if (entry == NULL)
		return;
	if (entry->asked) /* and another was faster: it waits for an answer */
		none_send(e, s, key);
	keyset_remove(&s->sync.queue, entry);
}

bool
sync_wants(
    const struct engine *e, const struct session *s, const struct lsa_key *key)
{
	return s->sync.wanted.tree.n > 0 &&
	       wants_find(&s->sync.wanted, e->crypto, key) != NULL;
}

bool
sync_again(struct engine *e, struct session *s, const struct lsa_key *key)
{
	struct lsa_key identity = {
		.origin = key->origin, .id = "", .type = LSA_IDENTITY
	};
	struct keyset asked = { 0 };
	struct want *want = wants_find(&s->sync.wanted, e->crypto, key);

	if (want == NULL)
		want = wants_add(&s->sync.wanted, e->crypto, key);
	if (want == NULL || want->again)
		return false;
	want->round = s->sync.round;
	want->again = true;
	keyset_add(&asked, &identity);
	keyset_add(&asked, key);
	sync_request(e, s, &asked);
	keyset_done(&asked);
	return true;
}

/* How much of an exchange is done. */
static unsigned
percent(const struct session *s)
{
	uint64_t all = s->sync.theirs + s->sync.ours;
	uint64_t open = s->sync.wanted.tree.n + s->sync.queue.tree.n;
	uint64_t done = s->sync.read + s->sync.told;

	if (s->state == SESSION_FULL)
		return 100;
	if (all == 0)
		return 0;
	done = done > open ? done - open : 0;
	return done >= all ? 99 : (unsigned)(done * 100 / all);
}

void
sync_show(const struct nbr *nbr, struct json *j)
{
	static const struct session none = { 0 };
	const struct session *s = nbr->session != NULL ? nbr->session : &none;

	json_uint(j, "version", s->version);
	json_uint(j, "percent", percent(s));
	json_uint(j, "updates", s->updates);
	json_uint(j, "wanted", s->sync.wanted.tree.n);
	json_uint(j, "queued", s->sync.queue.tree.n);
	json_uint(j, "octets_in", s->pulse.came);
	json_uint(j, "octets_out", s->pulse.sent);
	json_uint(j, "octets_confirmed", s->pulse.confirmed);
	json_bool(j, "large_packets_lost", nbr->large_lost);
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
		return on_sync_request(e, s, body);
	case MSG_NONE:
		rc = msg_key_read(body, &key);
		if (rc == RC_OK && body->left > 0)
			rc = RC_LONG;
		if (rc == RC_OK)
			sync_settle(e, s, &key.key);
		return rc;
	default: /* MSG_SYNCED */
		on_synced(e, s);
		return body->left > 0 ? RC_LONG : RC_OK;
	}
}
