#include "core/node/dial.h"

#include <string.h>

#include "base/rc.h"
#include "core/node/due.h"
#include "core/node/found.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/signers.h"

#define RETRY_MS 1000
#define RETRY_MAX_MS 15000
/* So long a peer that has gone may take to come back before its absence is worth
 * a warning: an upgrade of its host starts it anew. */
#define CALM_MS 30000
/* The server with the greater name waits, so that one dial is enough. */
#define YIELD_MS 300
#define ALLOW_EACH_MS 1000
#define FEW_MS 10000

static size_t
own_addresses(const struct setup_peer *p, struct addr *out)
{
	size_t n = p->naddrs < LIMIT_ADDRESSES ? p->naddrs : LIMIT_ADDRESSES;

	if (n > 0)
		memcpy(out, p->addrs, n * sizeof(*out));
	return n;
}

static bool
is_among(const struct addr *a, const struct addr *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(a, &list[i]))
			return true;
	return false;
}

/* Who is wanted first says how; `n` is 0 where nobody knows where. */
static void
want_at(struct engine *e, const char *name, enum setup_carrier carrier,
    const struct addr *addrs, size_t n)
{
	bool yield = strcmp(e->setup->server, name) > 0;
	struct nbr *nbr;

	if (n == 0 || strcmp(name, e->setup->server) == 0)
		return;
	nbr = nbrs_get(e, name);
	if (nbr->wanted)
		return;
	memcpy(nbr->addrs, addrs, n * sizeof(*addrs));
	nbr->naddrs = n;
	nbr->carrier = carrier;
	nbr->wanted = true;
	if (nbr->session == NULL && !nbr->dialling &&
	    nbr->dial_at.ms == MONO_NEVER.ms)
		nbr->dial_at = mono_after(e->now, yield ? YIELD_MS : 0);
}

/* `own`: what our configuration says of a peer. Peers are wanted first, so who
 * is wanted as something else later, NULL, has nothing said of it. */
static void
dial_want(struct engine *e, const char *name, const struct setup_peer *own)
{
	struct addr addrs[2 * LIMIT_ADDRESSES];
	struct addr said[LIMIT_ADDRESSES];
	size_t n = own == NULL ? 0 : own_addresses(own, addrs), k;

	k = group_listens(&e->db, e->setup, name, said);
	for (size_t i = 0; i < k; i++)
		if (!is_among(&said[i], addrs, n))
			addrs[n++] = said[i];
	want_at(e, name, SETUP_TCP, addrs, n);
}

/*
 * At the address for the verb alone, or the mail service that the connector
 * names, or that it says itself.
 */
static void
want_by_mail(struct engine *e, const struct setup_bridgehead *b)
{
	struct addr addrs[LIMIT_ADDRESSES] = { b->verb };
	size_t n = 1;

	if (b->verb.family == 0 && b->nsmtp > 0)
		memcpy(addrs, b->smtp, (n = b->nsmtp) * sizeof(*addrs));
	else if (b->verb.family == 0)
		n = group_mail(&e->db, e->setup, b->name, addrs);
	want_at(e, b->name, SETUP_XLSA2, addrs, n);
}

static void
want_bridgeheads(struct engine *e, enum setup_carrier carrier)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			const struct setup_bridgehead *b = &c->bridgeheads[k];

			if (b->carrier != carrier)
				continue;
			if (carrier == SETUP_XLSA2)
				want_by_mail(e, b);
			else
				dial_want(e, b->name, NULL);
		}
	}
}

static void
want_group(struct engine *e)
{
	struct names members = { 0 }, chosen = { 0 };
	uint32_t more = e->dial.more;

	group_members(&e->db, e->setup, &members);
	group_chosen(e->setup->server, &members, &chosen);
	for (size_t i = 0; i < chosen.list.n; i++)
		dial_want(e, chosen.list.v[i], NULL);
	for (size_t i = 0; i < members.list.n && more > 0; i++) {
		struct nbr *nbr = nbrs_get(e, members.list.v[i]);

		if (nbr->wanted)
			continue;
		dial_want(e, members.list.v[i], NULL);
		more--;
	}
	vec_done(&members.list);
	vec_done(&chosen.list);
}

void
dial_refresh(struct engine *e)
{
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n))
		tree_entry(n, struct nbr, node)->wanted = false;
	want_bridgeheads(e, SETUP_XLSA2);
	for (size_t i = 0; i < e->setup->npeers; i++)
		dial_want(e, e->setup->peers[i].name, &e->setup->peers[i]);
	want_bridgeheads(e, SETUP_TCP);
	want_group(e);
	e->dial.allow_at = mono_min(e->dial.allow_at, e->now);
}

/* Whom we look for follows what this server says. */
static bool
concerns_us(struct engine *e, const char *name, const struct lsa_server *s)
{
	if (s == NULL || strcmp(s->group, e->setup->group) == 0 ||
	    nbrs_find(e, name) != NULL || found_concerns(e->setup, s->group))
		return true;
	for (size_t i = 0; i < e->setup->nconnectors; i++)
		for (size_t k = 0; k < e->setup->connectors[i].nbridgeheads;
		     k++)
			if (strcmp(e->setup->connectors[i].bridgeheads[k].name,
				name) == 0)
				return true;
	return false;
}

void
dial_learnt(struct engine *e, const struct lsa *lsa)
{
	const char *name = lsa->key.origin;
	const struct lsa_server *s = group_server(&e->db, name);

	if (concerns_us(e, name, s))
		due_peers(e, signers_turn(&e->signers, name, e->now));
	if (s != NULL)
		probing_learnt(e, name, s->mta_down);
}

/* Whom we dial at its mail service may come from there as well. */
static void
allow_mail(const struct setup_connector *c, struct buf *list)
{
	for (size_t i = 0; i < c->nbridgeheads; i++) {
		const struct setup_bridgehead *b = &c->bridgeheads[i];

		if (b->carrier == SETUP_XLSA2)
			buf_bytes(list, b->smtp, b->nsmtp * sizeof(*b->smtp));
		if (b->carrier == SETUP_XLSA2 && b->verb.family != 0)
			buf_bytes(list, &b->verb, sizeof(b->verb));
	}
}

/* Everybody in the configuration and in the database may come. */
static void
allow(struct engine *e)
{
	struct addr addrs[2 * LIMIT_ADDRESSES];
	struct buf list = { 0 };

	e->dial.allow_at = MONO_NEVER;
	e->dial.places = e->db.places;
	for (size_t i = 0; i < e->setup->npeers; i++)
		buf_bytes(&list, e->setup->peers[i].addrs,
		    e->setup->peers[i].naddrs * sizeof(*addrs));
	for (size_t i = 0; i < e->setup->nconnectors; i++)
		allow_mail(&e->setup->connectors[i], &list);
	for (const struct lsa *l = lsdb_group(&e->db, ""); l != NULL;
	     l = lsdb_group_next(l)) {
		size_t n = group_may_come(lsa_server(l), e->setup, addrs);

		buf_bytes(&list, addrs, n * sizeof(*addrs));
	}
	if (list.n == e->dial.allowed.n &&
	    (list.n == 0 || memcmp(list.p, e->dial.allowed.p, list.n) == 0)) {
		buf_done(&list);
		return;
	}
	buf_done(&e->dial.allowed);
	e->dial.allowed = list;
	fx_add(e, (struct effect){ .kind = FX_ALLOW,
		      .addrs = fx_copy(e, list.p, list.n),
		      .naddrs = list.n / sizeof(*addrs) });
}

static void
core_dial(struct engine *e, struct nbr *nbr)
{
	nbr->dial_at = MONO_NEVER;
	nbr->dialling = true;
	fx_add(e, (struct effect){ .kind = FX_DIAL,
		      .carrier = nbr->carrier,
		      .calm = nbr->reason != NULL &&
	                      mono_since(nbr->since, e->now) < CALM_MS,
		      .name = fx_copy(e, nbr->name, strlen(nbr->name)),
		      .addrs = fx_copy(
			  e, nbr->addrs, nbr->naddrs * sizeof(nbr->addrs[0])),
		      .naddrs = nbr->naddrs });
}

/* In a large group: too few sessions for too long means dialling further. */
static void
further(struct engine *e)
{
	struct names members = { 0 };
	size_t full = 0;

	group_members(&e->db, e->setup, &members);
	for (size_t i = 0; i < members.list.n; i++) {
		struct nbr *nbr = nbrs_find(e, members.list.v[i]);

		full += nbr != NULL && nbr->session != NULL &&
		        nbr->session->state == SESSION_FULL;
	}
	if (members.list.n < LIMIT_GROUP_FULL_MESH ||
	    full >= LIMIT_GROUP_PEERS) {
		e->dial.more = 0;
		e->dial.few_since = mono_after(e->now, FEW_MS);
	} else {
		e->dial.more =
		    (uint32_t)(e->dial.more + LIMIT_GROUP_PEERS - full);
		e->dial.few_since = mono_after(e->now, FEW_MS);
		dial_refresh(e);
	}
	vec_done(&members.list);
}

void
dial_tick(struct engine *e)
{
	if (e->dial.few_since.ms == MONO_NEVER.ms)
		e->dial.few_since = mono_after(e->now, FEW_MS);
	if (mono_due(e->dial.few_since, e->now))
		further(e);
	if (e->dial.places != e->db.places)
		e->dial.allow_at = mono_min(
		    e->dial.allow_at, mono_after(e->now, ALLOW_EACH_MS));
	if (mono_due(e->dial.allow_at, e->now))
		allow(e);
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);

		if (!nbr->wanted || nbr->session != NULL || nbr->dialling)
			continue;
		if (mono_due(nbr->dial_at, e->now))
			core_dial(e, nbr);
		else
			fx_wake(e, nbr->dial_at);
	}
	fx_wake(e, e->dial.few_since);
	fx_wake(e, e->dial.allow_at);
}

void
dial_failed(struct engine *e, const char *name, const char *reason)
{
	struct nbr *nbr = nbrs_find(e, name);
	uint64_t ms = RETRY_MS;

	if (nbr == NULL)
		return;
	nbr->dialling = false;
	if (nbr->session != NULL)
		return;
	for (uint32_t i = 0; i < nbr->dial_fails && ms < RETRY_MAX_MS; i++)
		ms *= 2;
	if (ms > RETRY_MAX_MS)
		ms = RETRY_MAX_MS;
	nbr->dial_fails++;
	nbr->reason = reason;
	nbr->dial_at =
	    mono_after(e->now, ms * 3 / 4 + rng_below(&e->rng, ms / 2));
}
