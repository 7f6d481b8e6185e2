#include "core/node/epoch.h"

#include <string.h>

#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/node.h"

#define FIGHT_MS 60000

static void
epoch_save(struct engine *e)
{
	struct buf out = { 0 };

	e->origin.epoch.save = ++e->fx.saves;
	buf_u32(&out, e->origin.epoch.now);
	fx_add(e, (struct effect){ .kind = FX_SAVE,
		      .who = e->origin.epoch.save,
		      .what = SAVE_EPOCH,
		      .bytes = fx_copy(e, out.p, out.n),
		      .len = out.n });
	buf_done(&out);
}

void
epoch_raise(struct engine *e, uint32_t seen)
{
	if (seen < e->origin.epoch.now || seen == UINT32_MAX)
		return;
	e->origin.epoch.now = seen + 1;
	e->origin.epoch.counter = 0;
	epoch_save(e);
}

uint32_t
epoch_begins(const struct engine *e)
{
	return e->origin.epoch.said ? 0 : e->origin.epoch.now;
}

bool
epoch_has(const struct engine *e, const struct lsa *l)
{
	return e->origin.epoch.counter < UINT32_MAX &&
	       (l == NULL || l->seq >> 32 < e->origin.epoch.now ||
		   (l->seq >> 32 == e->origin.epoch.now &&
		       (uint32_t)l->seq < UINT32_MAX));
}

uint64_t
epoch_next(struct engine *e, const struct lsa *l)
{
	if (l != NULL && l->seq >> 32 == e->origin.epoch.now &&
	    (uint32_t)l->seq > e->origin.epoch.counter)
		e->origin.epoch.counter =
		    (uint32_t)l->seq; /* heard above our own */
	e->origin.epoch.said = true;
	return (uint64_t)e->origin.epoch.now << 32 | ++e->origin.epoch.counter;
}

void
epoch_start(struct engine *e)
{
	/* A number that others would refuse was not saved by us: a bad disk. */
	if (e->origin.epoch.now == UINT32_MAX ||
	    lsdb_leaps(&e->db, e->setup->server, e->origin.epoch.now + 1))
		e->origin.epoch.now = lsdb_epoch(&e->db, e->setup->server);
	if (e->origin.epoch.now < UINT32_MAX)
		e->origin.epoch.now++;
	epoch_save(e);
	for (struct lsa *l = lsdb_origin(&e->db, e->setup->server);
	     l != NULL && node_is_own(e, &l->key); l = lsdb_next(l))
		if (!lsa_is_authority(l))
			epoch_raise(e, lsa_epoch(l));
}

void
epoch_saved(struct engine *e, uint32_t number)
{
	if (number != e->origin.epoch.save)
		return;
	e->origin.epoch.saved = e->origin.epoch.now;
	due_say(e);
}

/* Three within a minute: somebody else has our key (lsrd-protocol(7) 7). */
static void
fight(struct engine *e, const struct lsa *lsa)
{
	struct fight *f = &e->origin.epoch.fight;

	if (mono_since(f->since, e->now) > FIGHT_MS) {
		f->since = e->now;
		f->n = 0;
	}
	/* Many LSAs of one exchange are one time. */
	if (f->n > 0 && mono_since(f->last, e->now) < 1000)
		return;
	f->last = e->now;
	f->n++;
	if (f->n == 1 || f->n == EPOCH_FIGHT)
		fx_event(e, (struct event){
				.kind = f->n == 1 ? EVENT_FIGHT : EVENT_CLONE,
				.origin = lsa->key.origin,
				.name = lsa->key.id,
				.value = f->n });
}

void
epoch_calm(struct engine *e)
{
	if (mono_since(e->origin.epoch.fight.since, e->now) > FIGHT_MS)
		e->origin.epoch.fight.n = 0;
}

struct mono
epoch_calm_at(const struct engine *e)
{
	const struct fight *fight = &e->origin.epoch.fight;

	return fight->n < EPOCH_FIGHT ? MONO_NEVER
	                              : mono_after(fight->since, FIGHT_MS + 1);
}

void
epoch_breach(struct engine *e, const struct lsa *lsa)
{
	if (!mono_due(e->origin.epoch.fight.breach_at, e->now))
		return;
	e->origin.epoch.fight.breach_at = mono_after(e->now, FIGHT_MS);
	fx_event(e, (struct event){ .kind = EVENT_BREACH,
			.origin = lsa->key.origin,
			.name = lsa->key.id,
			.value = lsa_epoch(lsa) });
}

void
epoch_heard(struct engine *e, const struct lsa *lsa)
{
	uint32_t seen = lsa_epoch(lsa);
	bool forget = lsa->key.type == LSA_FORGET;
	bool other = !forget && memcmp(lsa_signer(lsa), e->setup->claims->key,
				    CRYPTO_DIGEST) != 0;

	if (forget || other || e->phase != PHASE_RUNNING ||
	    seen > e->origin.epoch.now)
		epoch_raise(e, seen);
	/* Who believes our key of before has dropped what this one signed. */
	if (other)
		e->origin.epoch.anew = e->origin.epoch.now;
	if (e->phase == PHASE_RUNNING)
		fight(e, lsa);
	/* Taken, and no life of ours could have come to it. */
	if (seen > LIMIT_EPOCH && lsa->key.type != LSA_FORGET)
		epoch_breach(e, lsa);
	due_say(e);
}
