#include "core/node/adjacent.h"

#include <string.h>

#include "core/node/due.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/service.h"
#include "core/node/services.h"

bool
adjacent_announced(const struct nbr *nbr)
{
	return nbr->adjacency == ADJACENT_UP ||
	       nbr->adjacency == ADJACENT_SILENT;
}

static void
withdraw(struct engine *e, struct nbr *nbr)
{
	nbr->adjacency = ADJACENT_WITHDRAWN;
	due_peers_soon(e);
	due_say(e);
}

void
adjacent_missed(struct engine *e, struct nbr *nbr)
{
	probing_urgent(e, nbr->name);
}

/*
 * Whether the silent server knows of every change so far: nothing waits to be
 * sent to it, it has confirmed all that was, and it was heard a keep-alive's
 * time after the last change. One of version 1 confirms nothing.
 */
static bool
has_followed(const struct engine *e, const struct nbr *nbr)
{
	const struct session *s = nbr->session;

	/* One that took another's place may have come to no version yet. */
	if (s->pulse.owes ||
	    (s->version > 1 && s->pulse.confirmed < s->pulse.update_end))
		return false;
	return s->sync.queue.tree.n == 0 &&
	       mono_since(nbr->changed, s->pulse.heard) >=
	           e->setup->times.keepalive_ms;
}

/* Something of others has changed since it fell silent, or was heard of anew. */
static bool
is_behind(const struct nbr *nbr)
{
	return mono_due(nbr->since, nbr->changed);
}

/* A session that is not FULL yet may be with another life. */
bool
adjacent_owes(const struct engine *e, const struct nbr *nbr)
{
	return !has_followed(e, nbr) ||
	       (nbr->session->state != SESSION_FULL && is_behind(nbr));
}

void
adjacent_lost(struct engine *e, struct nbr *nbr)
{
	if (nbr->adjacency != ADJACENT_UP)
		return; /* nothing to lose, or lost before */
	if (has_followed(e, nbr)) {
		nbr->adjacency = ADJACENT_SILENT;
		services_silent(e, nbr);
	} else {
		withdraw(e, nbr);
	}
	probing_deadline(e, nbr->name);
	if (service_mail(e, nbr->name) != SERVICE_DOWN)
		probing_urgent(e, nbr->name);
}

static uint32_t
life_known(const struct engine *e, const char *name)
{
	struct lsa_key key = { name, "", LSA_IDENTITY };
	const struct lsa *said = lsdb_find(&e->db, &key);

	return said == NULL ? 0 : lsa_epoch(said);
}

/* The words of another life say nothing of its table now, and it may never come to
 * take them back: its disk may be full. */
bool
adjacent_has_begun(const struct engine *e, const struct nbr *nbr)
{
	uint32_t known;

	if (nbr->session == NULL || nbr->session->begins == 0)
		return true;
	known = life_known(e, nbr->name);
	return known == 0 || known >= nbr->session->begins;
}

void
adjacent_hello(const struct engine *e, struct session *s, uint32_t begins)
{
	uint32_t known = life_known(e, s->peer);

	s->begins = begins;
	/* Of the same epoch it may have been said since, and have come first. */
	if (begins > 0 && begins < known && known < UINT32_MAX)
		s->begins = known + 1;
}

static void
adjacent_up(struct engine *e, struct nbr *nbr)
{
	if (!adjacent_has_begun(e, nbr)) {
		adjacent_lost(e, nbr); /* another session took its place */
		return;
	}
	if (!adjacent_announced(nbr))
		due_say(e);
	if (nbr->adjacency == ADJACENT_SILENT)
		due_peers_soon(e);
	nbr->adjacency = ADJACENT_UP;
	probing_back(e, nbr->name);
}

void
adjacent_full(struct engine *e, struct nbr *nbr)
{
	uint32_t known = life_known(e, nbr->name);

	if (nbr->session->begins > known && known < UINT32_MAX)
		nbr->session->begins = known + 1;
	adjacent_up(e, nbr);
}

void
adjacent_tick(struct engine *e)
{
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);

		if (nbr->adjacency != ADJACENT_UP && nbr->session != NULL &&
		    nbr->session->state == SESSION_FULL)
			adjacent_up(e, nbr);
		if (nbr->adjacency == ADJACENT_SILENT &&
		    (is_behind(nbr) ||
			service_mail(e, nbr->name) == SERVICE_DOWN))
			withdraw(e, nbr);
	}
}
