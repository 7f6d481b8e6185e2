#include "core/node/asked.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/cause.h"
#include "core/node/due.h"
#include "core/node/fx.h"
#include "core/node/node.h"

#define TWICE_MS 10000
#define READY_MS 15000 /* a start waits no longer for a second "no" */

/* The table of `*` matters where we publish something for it. */
static enum mta_asks
reading(const struct engine *e)
{
	const struct route *any =
	    e->table.rib == NULL ? NULL : rib_find(e->table.rib, "*");

	if (e->asked.mta.asks == MTA_YES && any != NULL &&
	    any->kind != ROUTE_HERE)
		return e->asked.mta.asks_default;
	return e->asked.mta.asks;
}

const char *
asked_default_word(const struct setup *setup)
{
	static const char *const words[] = {
		[SETUP_POSTFIX] = "sender_dependent_default_transport_maps",
		[SETUP_EXIM] = "a router with default.cdb",
		[SETUP_BOTH] =
		    ("sender_dependent_default_transport_maps of "
		     "Postfix, or a router of Exim with default.cdb")
	};

	return words[setup->mta.beside];
}

static void
asked_judge(struct engine *e, enum mta_asks to)
{
	if (to == e->asked.verdict)
		return;
	fx_event(e,
	    (struct event){ .kind = EVENT_MTA_ASKS,
		.from = mta_asks_word(e->asked.verdict),
		.to = mta_asks_word(to),
		.reason = e->asked.mta.missing[0] != '\0' ? e->asked.mta.missing
	                  : to == MTA_NO ? asked_default_word(e->setup)
	                                 : NULL });
	e->asked.verdict = to;
	e->asked.once |= to == MTA_YES;
	due_say(e);
}

void
asked_told(struct engine *e, const struct mta *mta)
{
	struct mta old = e->asked.mta;
	enum mta_asks is;

	mta_copy(&e->asked.mta, mta);
	e->asked.told = true;
	if (e->phase != PHASE_BOOT && !mta_same(&old, &e->asked.mta)) {
		cause_other(e, "mta", NULL, "read", NULL);
		due_compute(e);
	}
	mta_done(&old);
	if (e->phase == PHASE_BOOT || e->setup->mta.none)
		return;
	is = reading(e);
	if (is == MTA_YES)
		asked_judge(e, MTA_YES);
	if (is != MTA_NO) {
		if (is == MTA_YES)
			e->asked.no_since = (struct mono){ 0 };
		return;
	}
	if (e->asked.no_since.ms == 0)
		e->asked.no_since = e->now;
	/* Who has given no transit yet loses none by one reading. */
	if (e->asked.verdict == MTA_UNKNOWN ||
	    mono_since(e->asked.no_since, e->now) >= TWICE_MS)
		asked_judge(e, MTA_NO);
}

void
asked_restore(struct engine *e)
{
	struct lsa_key key = { e->setup->server, "", LSA_SERVER };
	struct lsa *lsa = lsdb_find(&e->db, &key);
	const struct lsa_server *s = lsa == NULL ? NULL : lsa_server(lsa);

	if (s == NULL)
		return;
	if (s->unasked)
		e->asked.verdict = MTA_NO;
	else if (s->state == LSA_UP)
		e->asked.verdict = MTA_YES;
	e->asked.once = e->asked.verdict != MTA_UNKNOWN;
}

bool
asked_may(const struct engine *e)
{
	return e->setup->mta.none || e->asked.verdict == MTA_YES;
}

bool
asked_ready(struct engine *e)
{
	struct mono limit = mono_after(e->turn.started, READY_MS);

	if (e->setup->mta.none || mono_due(limit, e->now))
		return true;
	fx_wake(e, limit);
	return e->asked.told &&
	       (e->asked.verdict != MTA_YES || e->asked.no_since.ms == 0);
}
