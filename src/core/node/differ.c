#include "core/node/differ.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/node/fx.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/wire/msg.h"

enum diff_state { DIFF_ASKED, DIFF_SUMMARY, DIFF_SAME, DIFF_DONE, DIFF_LOST };

static const char *const diff_words[] = { "asked", "summary", "same", "differs",
	"closed" };

/* One question of lsrctl's. */
struct diff {
	enum diff_state state;
	unsigned part;     /* of ours, looked at next */
	struct msg_key at; /* ours that was looked at last */
	struct buf lines;  /* JSON, one a line */
	size_t found; /* differences; LIMIT_DIFF_LINES of them in `lines` */
};

/* --- the alarm ------------------------------------------------------------------ */

static void
differ_tell(struct engine *e, struct nbr *nbr, bool differs)
{
	struct differing *d = &nbr->differing;

	fx_event(e, (struct event){ .kind = EVENT_DIFFERS,
			.peer = nbr->name,
			.to = differs ? "differs" : "agrees",
			.value = mono_since(d->since, e->now) / 1000 });
	d->told = differs;
}

/* The parts that differed in every DIGEST since: true if there is one. */
static bool
parts_stay(struct differing *d, const struct session *s)
{
	bool first = d->since.ms == 0, any = false;

	for (unsigned i = 0; i < PARTS; i++) {
		d->part[i] = s->version < 2 ||
		             (s->sync.differs[i] && (first || d->part[i]));
		any |= d->part[i];
	}
	return any;
}

static void
differ_watch(
    struct engine *e, struct nbr *nbr, const struct session *s, bool same)
{
	struct differing *d = &nbr->differing;

	if (same) {
		if (d->told)
			differ_tell(e, nbr, false);
		d->since.ms = 0;
		return;
	}
	if (d->since.ms != 0 && !parts_stay(d, s))
		d->since.ms = 0; /* what differed agrees, and others differ */
	if (d->since.ms == 0) {
		parts_stay(d, s);
		d->since = e->now;
	} else if (!d->told && s->state == SESSION_FULL &&
		   mono_since(d->since, e->now) >= LIMIT_DIFFERS_MS) {
		differ_tell(e, nbr, true);
	}
}

/* The digest of the whole, from those of its parts, which have been read. */
static void
digest_of(struct engine *e, struct differing *d, struct cur body)
{
	uint16_t n = cur_u16(&body);
	struct buf all = { 0 };
	struct msg_part part;
	int last = -1;

	for (uint16_t i = 0; i < n; i++) {
		(void)msg_part_read(&body, last, &part);
		last = part.number;
		buf_u8(&all, part.number);
		buf_bytes(&all, part.digest, CRYPTO_DIGEST);
	}
	e->crypto->digest(e->crypto->ctx, all.p, all.n, d->digest);
	d->known = true;
	buf_done(&all);
}

void
differ_digest(struct engine *e, struct session *s, struct cur body, bool same)
{
	struct nbr *nbr = nbrs_find(e, s->peer);
	struct diff *diff;

	if (nbr == NULL || nbr->session != s)
		return;
	differ_watch(e, nbr, s, same);
	if (s->version > 1)
		digest_of(e, &nbr->differing, body);
	diff = nbr->differing.diff;
	if (diff == NULL || diff->state > DIFF_SUMMARY)
		return;
	diff->state = same ? DIFF_SAME : DIFF_SUMMARY;
	buf_reset(&diff->lines);
	diff->found = 0;
	diff->part = 0;
	diff->at.origin[0] = diff->at.id[0] = '\0';
	diff->at.key = (struct lsa_key){ diff->at.origin, diff->at.id, 0 };
}

/* --- the question ---------------------------------------------------------------- */

/* The one that hears of it, while its summary is read. */
static struct diff *
diff_of(const struct engine *e, const struct session *s)
{
	struct nbr *nbr = nbrs_find(e, s->peer);
	struct diff *diff =
	    nbr == NULL || nbr->session != s ? NULL : nbr->differing.diff;

	return diff != NULL && diff->state == DIFF_SUMMARY ? diff : NULL;
}

static void
number_write(struct json *j, const char *key, bool is, uint64_t seq)
{
	if (!is)
		return;
	json_open(j, key, '{');
	json_uint(j, "epoch", seq >> 32);
	json_uint(j, "counter", seq & 0xffffffffu);
	json_close(j, '}');
}

/* One of the two may be NULL. */
static void
differ_difference(
    struct diff *diff, const struct lsa *mine, const struct msg_entry *theirs)
{
	const struct lsa_key *key =
	    mine != NULL ? &mine->key : &theirs->key.key;
	const char *what = "content";
	struct json j = { .out = &diff->lines };

	if (mine == NULL)
		what = "missing-here";
	else if (theirs == NULL)
		what = "missing-there";
	else if (mine->seq != theirs->seq)
		what = mine->seq > theirs->seq ? "newer-here" : "newer-there";
	if (diff->found++ >= LIMIT_DIFF_LINES)
		return;
	json_open(&j, NULL, '{');
	json_str(&j, "origin", key->origin);
	json_str(&j, "type", lsa_type_word(key->type));
	json_str(&j, "id", key->id);
	json_str(&j, "what", what);
	number_write(&j, "here", mine != NULL, mine == NULL ? 0 : mine->seq);
	number_write(
	    &j, "there", theirs != NULL, theirs == NULL ? 0 : theirs->seq);
	json_close(&j, '}');
	json_line(&j);
}

/* Ours that stands behind the last one, among what is compared; or NULL. */
static struct lsa *
ours_next(const struct engine *e, const struct session *s, struct diff *diff)
{
	struct lsa *lsa = NULL;

	if (s->version < 2) {
		lsa = lsdb_from(&e->db, &diff->at.key);
		if (lsa != NULL && lsa_key_order(&lsa->key, &diff->at.key) == 0)
			lsa = lsdb_next(lsa);
		while (lsa != NULL && !session_tells(s, lsa->key.type))
			lsa = lsdb_next(lsa);
		return lsa;
	}
	for (; diff->part < PARTS; diff->part++) {
		if (s->sync.differs[diff->part])
			lsa = parts_after(&e->db,
			    (struct parts_one){ session_parts(s), diff->part },
			    &diff->at.key);
		if (lsa != NULL)
			return lsa;
		diff->at.origin[0] = diff->at.id[0] = '\0';
		diff->at.key.type = 0;
	}
	return NULL;
}

static void
ours_seen(struct diff *diff, const struct lsa_key *key)
{
	memcpy(diff->at.origin, key->origin, strlen(key->origin) + 1);
	memcpy(diff->at.id, key->id, strlen(key->id) + 1);
	diff->at.key.type = key->type;
}

static unsigned
differ_part(const struct engine *e, const struct session *s, const char *origin)
{
	uint8_t digest[CRYPTO_DIGEST];

	if (s->version < 2 || origin[0] == '\0')
		return 0;
	e->crypto->digest(e->crypto->ctx, origin, strlen(origin), digest);
	return digest[0];
}

/* What of ours stands before the entry is not there; the entries come in the
 * same order, and where they do not less is found. */
static void
ours_before(struct engine *e, const struct session *s, struct diff *diff,
    const struct msg_entry *entry)
{
	unsigned part = differ_part(e, s, entry->key.key.origin);
	struct lsa *mine;

	while ((mine = ours_next(e, s, diff)) != NULL) {
		if (diff->part > part ||
		    ((s->version < 2 || diff->part == part) &&
			lsa_key_order(&mine->key, &entry->key.key) >= 0))
			return;
		differ_difference(diff, mine, NULL);
		ours_seen(diff, &mine->key);
	}
}

void
differ_entry(struct engine *e, struct session *s, const struct msg_entry *entry)
{
	struct diff *diff = diff_of(e, s);
	const struct lsa *mine;

	if (diff == NULL)
		return;
	ours_before(e, s, diff, entry);
	mine = lsdb_find(&e->db, &entry->key.key);
	if (mine == NULL || mine->seq != entry->seq ||
	    memcmp(mine->digest, entry->digest, msg_short_digest(s->version)) !=
		0)
		differ_difference(diff, mine, entry);
	if (mine != NULL)
		ours_seen(diff, &mine->key);
}

void
differ_end(struct engine *e, struct session *s)
{
	struct diff *diff = diff_of(e, s);
	struct lsa *mine;

	if (diff == NULL)
		return;
	while ((mine = ours_next(e, s, diff)) != NULL) {
		differ_difference(diff, mine, NULL);
		ours_seen(diff, &mine->key);
	}
	diff->state = diff->found > 0 ? DIFF_DONE : DIFF_SAME;
}

void
differ_synced(struct engine *e, struct session *s)
{
	struct nbr *nbr = nbrs_find(e, s->peer);

	if (nbr == NULL || nbr->session != s)
		return;
	if (nbr->differing.diff != NULL &&
	    nbr->differing.diff->state == DIFF_ASKED)
		nbr->differing.diff->state = DIFF_SAME;
}

static void
diff_free(struct diff *diff)
{
	if (diff == NULL)
		return;
	buf_done(&diff->lines);
	mem_free(diff);
}

void
differ_ask(struct nbr *nbr)
{
	diff_free(nbr->differing.diff);
	nbr->differing.diff = mem_new(sizeof(struct diff), 0, 0);
}

void
differ_show(struct engine *e, struct nbr *nbr, struct json *j)
{
	const struct diff *diff = nbr->differing.diff;
	uint8_t ours[CRYPTO_DIGEST];
	bool over = diff != NULL && diff->state >= DIFF_SAME;

	parts_whole(&e->db,
	    nbr->session == NULL ? PARTS_ALL : session_parts(nbr->session),
	    e->crypto, ours);
	json_open(j, NULL, '{');
	json_str(j, "peer", nbr->name);
	json_str(
	    j, "state", diff == NULL ? "unasked" : diff_words[diff->state]);
	json_hex(j, "digest", ours, CRYPTO_DIGEST);
	if (diff != NULL && diff->state == DIFF_SAME)
		json_hex(j, "digest_there", ours, CRYPTO_DIGEST);
	else if (nbr->differing.known)
		json_hex(
		    j, "digest_there", nbr->differing.digest, CRYPTO_DIGEST);
	json_uint(j, "found", over ? diff->found : 0);
	json_close(j, '}');
	json_line(j);
	if (over)
		buf_bytes(j->out, diff->lines.p, diff->lines.n);
}

/* --- what others ask -------------------------------------------------------------- */

uint64_t
differ_ms(const struct engine *e, const struct nbr *nbr)
{
	struct mono since = nbr->differing.since;

	return since.ms == 0 ? 0 : mono_since(since, e->now);
}

void
differ_peer(const struct engine *e, const struct nbr *nbr, struct json *j)
{
	const struct differing *d = &nbr->differing;

	if (d->known)
		json_hex(j, "digest", d->digest, CRYPTO_DIGEST);
	if (d->since.ms != 0)
		json_uint(j, "differs_s", differ_ms(e, nbr) / 1000);
}

unsigned
differ_count(const struct engine *e)
{
	unsigned n = 0;

	for (struct tree_node *t = tree_first(&e->nbrs); t; t = tree_next(t))
		n += tree_entry(t, struct nbr, node)->differing.told;
	return n;
}

void
differ_reset(struct engine *e, struct nbr *nbr)
{
	struct diff *diff = nbr->differing.diff;

	if (nbr->differing.told)
		differ_tell(e, nbr, false);
	if (diff != NULL && diff->state < DIFF_SAME)
		diff->state = DIFF_LOST;
	nbr->differing = (struct differing){ .diff = diff };
}

void
differ_done(struct engine *e)
{
	for (struct tree_node *t = tree_first(&e->nbrs); t; t = tree_next(t))
		diff_free(tree_entry(t, struct nbr, node)->differing.diff);
}
