#include "core/node/phase.h"

#include "core/node/asked.h"
#include "core/node/compute.h"
#include "core/node/contest.h"
#include "core/node/due.h"
#include "core/node/early.h"
#include "core/node/fx.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/probing.h"

#define RETURN_MS 10000 /* coming back waits no longer (lsrd-protocol(7) 7) */
#define MISSING_NAMED 4

bool
phase_any_full(const struct engine *e)
{
	for (size_t i = 0; i < e->sessions.n; i++)
		if (e->sessions.v[i]->state == SESSION_FULL)
			return true;
	return e->sessions.n == 0;
}

bool
phase_all_back(struct engine *e, struct buf *missing)
{
	struct lsa_key key = { e->setup->server, "", LSA_SERVER };
	struct lsa *lsa = lsdb_find(&e->db, &key);
	const struct lsa_server *s = lsa == NULL ? NULL : lsa_server(lsa);
	size_t n = 0;

	if (s == NULL)
		return false; /* a first start: whoever comes */
	for (size_t i = 0; i < s->nneighbours; i++) {
		struct nbr *nbr = nbrs_find(e, s->neighbours[i]);

		if (nbr != NULL && nbr->session != NULL &&
		    nbr->session->state == SESSION_FULL)
			continue;
		if (missing != NULL && n < MISSING_NAMED)
			buf_printf(missing, "%s%s", n > 0 ? ", " : "",
			    s->neighbours[i]);
		n++;
	}
	if (missing != NULL && n > MISSING_NAMED)
		buf_printf(missing, " and %zu more", n - MISSING_NAMED);
	return n == 0;
}

static bool
is_back(struct engine *e)
{
	struct mono limit = mono_after(e->turn.started, RETURN_MS);
	bool first;
	struct lsa_key key = { e->setup->server, "", LSA_SERVER };

	first = lsdb_find(&e->db, &key) == NULL;
	if (!mono_due(limit, e->now))
		fx_wake(e, limit);
	/* What cannot be probed for a shortage of our own is not waited for. */
	if (!phase_any_full(e) || !asked_ready(e) ||
	    (!probing_connectors_tried(e) &&
		!(e->evidence.shortage != NULL && mono_due(limit, e->now))))
		return false;
	if (mono_due(limit, e->now))
		return true;
	return first ? e->sessions.n > 0 : phase_all_back(e, NULL);
}

static void
publish_first(struct engine *e)
{
	contest_start(e);
	compute_now(e, true);
}

/* Our LSAs follow the table, or the alarm that there is none. */
static bool
has_table(struct engine *e)
{
	return e->table.published >= e->table.rib->generation ||
	       e->table.late.behind;
}

/* When a phase is over, and what the next one begins with. */
static const struct {
	bool (*is_over)(struct engine *e);
	void (*next)(struct engine *e);
} phases[] = {
	[PHASE_BOOT] = { NULL, NULL }, /* phase_restored() ends it */
	[PHASE_RETURNING] = { is_back, publish_first },
	[PHASE_PUBLISHING] = { has_table, due_say },
	[PHASE_RUNNING] = { NULL, NULL },
};

void
phase_restored(struct engine *e)
{
	e->phase = PHASE_RETURNING;
	early_begin(e);
}

void
phase_tick(struct engine *e)
{
	enum phase was;

	while (was = e->phase,
	    phases[was].is_over != NULL && phases[was].is_over(e)) {
		e->phase = was + 1;
		phases[was].next(e);
	}
}

const struct setup_drain *
phase_drain(const struct engine *e)
{
	const struct override *frozen = override_freeze(&e->overrides);

	if (e->setup->drain.on)
		return &e->setup->drain;
	return frozen != NULL && e->overrides.differ > 0 ? &frozen->why : NULL;
}

enum lsa_state
phase_state(const struct engine *e)
{
	if (phase_drain(e) != NULL)
		return LSA_DRAIN;
	if (e->table.late.behind || !e->table.published_once || !asked_may(e))
		return LSA_STARTING;
	return LSA_UP;
}

const char *
phase_state_word(const struct engine *e)
{
	return e->phase < PHASE_RUNNING ? "returning"
	                                : lsa_state_word(phase_state(e));
}
