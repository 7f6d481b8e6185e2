#include "core/node/services.h"

#include "base/find.h"
#include "core/node/group.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/service.h"

static struct service *
services_want(struct engine *e, const char *name, const struct addr *addr,
    enum service_use use)
{
	struct service *s;

	/* A way out whose name has no address yet has a port. */
	if (addr->family == 0 && (use != SERVICE_SPACE || addr->port == 0))
		return NULL;
	s = service_get(e, name, addr);
	s->use |= use;
	return s;
}

static void
want_server(struct engine *e, const char *name, enum service_use use)
{
	struct addr addrs[LIMIT_ADDRESSES];
	size_t n = group_mail(&e->db, e->setup, name, addrs);

	for (size_t i = 0; i < n; i++)
		services_want(e, name, &addrs[i], use);
}

/* Of two connectors to one mail service the first says how it is asked. */
static void
services_want_at(
    struct engine *e, const struct setup_bridgehead *b, const struct addr *addr)
{
	struct service *s = services_want(e, b->name, addr, SERVICE_CONNECTOR);

	if (s == NULL || s->way.named)
		return;
	s->way.named = true;
	s->way.asks = b->asks;
	s->way.by = b->by;
}

static void
want_bridgehead(struct engine *e, const struct setup_bridgehead *b)
{
	struct addr addrs[LIMIT_ADDRESSES];
	size_t n;

	for (size_t i = 0; i < b->nsmtp; i++)
		services_want_at(e, b, &b->smtp[i]);
	n = b->nsmtp > 0 ? 0 : group_mail(&e->db, e->setup, b->name, addrs);
	for (size_t i = 0; i < n; i++)
		services_want_at(e, b, &addrs[i]);
}

static void
want_connectors(struct engine *e)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			want_bridgehead(e, &c->bridgeheads[k]);
		}
	}
}

static void
want_members(struct engine *e)
{
	struct names members = { 0 }, chosen = { 0 };

	group_members(&e->db, e->setup, &members);
	group_chosen(e->setup->server, &members, &chosen);
	for (size_t i = 0; i < chosen.list.n; i++)
		want_server(e, chosen.list.v[i], SERVICE_MEMBER);
	vec_done(&members.list);
	vec_done(&chosen.list);
}

/* Its mail service, if nobody probes it else. */
static void
want_neighbour(struct engine *e, const struct nbr *nbr)
{
	struct service *s =
	    service_find(e, nbr->name, SERVICE_CONNECTOR | SERVICE_MEMBER);

	if (s == NULL)
		want_server(e, nbr->name, SERVICE_SILENT);
	for (; s != NULL; s = service_next_of(s))
		if (s->use & (SERVICE_CONNECTOR | SERVICE_MEMBER))
			s->use |= SERVICE_SILENT;
}

static void
want_silent(struct engine *e)
{
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);

		if (nbr->adjacency == ADJACENT_SILENT)
			want_neighbour(e, nbr);
	}
}

/* What the MTA looks up: the name of a next hop that is published so, or that
 * of a way out. */
static const char *
host_of(const struct engine *e, const struct service *s)
{
	size_t at;

	if (s->use & SERVICE_SELF)
		return NULL;
	if (s->way.asks.at.family != 0)
		return NULL;
	if (!(s->use & SERVICE_SPACE))
		return e->setup->mta.by_name ? s->name : NULL;
	at = find_text(FIND_LIST(setup_space, pattern, e->setup->spaces,
			   e->setup->nspaces),
	    s->name);
	return at == FIND_NONE ? NULL : e->setup->spaces[at].probe_name;
}

/* Our MTA can connect to it, by its families; where it is given a name, the
 * addresses of that count, which a probe finds out. */
static bool
is_possible(const struct engine *e, const struct service *s)
{
	return !e->asked.mta.read || s->host != NULL ||
	       (s->addr.family == 4 ? e->asked.mta.ipv4 : e->asked.mta.ipv6);
}

static void
services_judge(struct engine *e, struct service *s)
{
	s->host = host_of(e, s);
	probing_bar(e, s, !is_possible(e, s));
}

void
services_silent(struct engine *e, const struct nbr *nbr)
{
	want_neighbour(e, nbr);
	for (struct service *s = service_of(e, nbr->name); s != NULL;
	     s = service_next_of(s))
		if (s->use & SERVICE_SILENT)
			services_judge(e, s);
}

void
services_refresh(struct engine *e)
{
	struct service *next;

	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		s->use = 0;
		s->way = (struct service_way){ .named = false };
	}
	want_connectors(e);
	want_members(e);
	want_silent(e);
	for (size_t i = 0; i < e->setup->announced.nsmtp; i++)
		services_want(e, e->setup->server, &e->setup->announced.smtp[i],
		    SERVICE_SELF);
	for (size_t i = 0; i < e->setup->nspaces; i++)
		if (!e->setup->spaces[i].listed)
			services_want(e, e->setup->spaces[i].pattern,
			    &e->setup->spaces[i].probe, SERVICE_SPACE);
	for (struct service *s = service_first(e); s != NULL; s = next) {
		next = service_next(s);
		if (s->use == 0) {
			service_drop(e, s);
			continue;
		}
		services_judge(e, s);
	}
}

void
services_done(struct engine *e)
{
	while (e->evidence.services.root != NULL)
		service_drop(e, service_first(e));
}
