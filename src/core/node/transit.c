#include "core/node/transit.h"

#include <string.h>

#include "base/find.h"
#include "base/rc.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/node.h"
#include "core/node/signers.h"

#define CONNECTORS "connectors"

/* Of so many routes a share is taken: enough, whatever the table has. */
#define LOOK_AT 1000
/* No share of fewer routes, and no less of a jump, is worth an alarm. */
#define FEW 8
#define JUMP_PERCENT 30

bool
transit_enforced(const struct engine *e)
{
	struct lsa_key key = { "", CONNECTORS, LSA_RULE };
	const struct lsa *lsa = lsdb_find(&e->db, &key);

	return lsa != NULL && !lsa->purge && lsa_rule_on(lsa);
}

bool
transit_may(const struct engine *e, const char *origin, const char *group)
{
	const struct claims *claims = signers_claims(&e->signers, origin);

	if (strcmp(origin, e->setup->server) == 0)
		claims = e->setup->claims;
	return claims != NULL && claims_connector(claims, group);
}

/* The group that this connector of the server says it leads to; NULL. */
static const char *
group_of(const struct lsa *lsa)
{
	const struct lsa_connector *c = lsa == NULL ? NULL : lsa_connector(lsa);

	return c == NULL ? NULL : c->group;
}

static void
transit_tell(
    struct engine *e, const char *origin, const char *id, const char *group)
{
	fx_event(e, (struct event){ .kind = EVENT_UNCLAIMED,
			.origin = origin,
			.name = id,
			.from = group,
			.to = transit_enforced(e) ? "refused" : "counts" });
}

void
transit_learnt(struct engine *e, const struct lsa *lsa, const struct lsa *old)
{
	const char *now = group_of(lsa), *was = group_of(old);

	if (e->phase == PHASE_RUNNING && now != NULL &&
	    !node_is_own(e, &lsa->key) &&
	    (was == NULL || strcmp(was, now) != 0) &&
	    !transit_may(e, lsa->key.origin, now))
		transit_tell(e, lsa->key.origin, lsa->key.id, now);
}

void
transit_own(struct engine *e)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		if (!transit_may(e, e->setup->server, c->group))
			transit_tell(e, e->setup->server, c->name, c->group);
	}
}

/* --- whose share of the routes ------------------------------------------------ */

/* Who stands between us and where each route ends, sorted; returns of how
 * many routes. */
static size_t
through(const struct rib *rib, struct names *out)
{
	size_t each = rib->n / LOOK_AT + 1, seen = 0;

	for (size_t i = 0; i < rib->n; i += each) {
		const struct route *r = &rib->routes[i];

		if (r->kind != ROUTE_REMOTE)
			continue;
		seen++;
		for (size_t k = 1; k + 1 < r->npath; k++)
			vec_push(&out->list, r->path[k]);
	}
	find_sort_texts(out->list.v, out->list.n);
	return seen;
}

/* How often the sorted list has the name, from *at on. */
static size_t
transit_count(const struct names *list, size_t *at, const char *name)
{
	size_t n = 0;

	while (*at < list->list.n && strcmp(list->list.v[*at], name) < 0)
		++*at;
	for (; *at < list->list.n && strcmp(list->list.v[*at], name) == 0; n++)
		++*at;
	return n;
}

void
transit_share(struct engine *e, const struct rib *old, const struct rib *new)
{
	struct names was = { 0 }, is = { 0 };
	size_t before, after, at = 0, next = 0;

	if (old == NULL || e->phase != PHASE_RUNNING)
		return;
	before = through(old, &was);
	after = through(new, &is);
	while (next < is.list.n && before >= FEW && after >= FEW) {
		const char *name = is.list.v[next];
		size_t now = transit_count(&is, &next, name) * 100 / after;
		size_t then = transit_count(&was, &at, name) * 100 / before;

		if (now >= then + JUMP_PERCENT)
			fx_event(e, (struct event){ .kind = EVENT_SHARE,
					.origin = name,
					.value = now,
					.total = then });
	}
	vec_done(&was.list);
	vec_done(&is.list);
}

/* --- for lsrctl ---------------------------------------------------------------- */

void
transit_show(struct engine *e, struct json *j)
{
	bool enforced = transit_enforced(e);

	for (struct lsa *l = lsdb_first(&e->db); l != NULL; l = lsdb_next(l)) {
		const char *group = group_of(l);
		bool may;

		if (group == NULL)
			continue;
		json_open(j, NULL, '{');
		json_str(j, "server", l->key.origin);
		json_str(j, "connector", l->key.id);
		json_str(j, "routing_group", group);
		may = transit_may(e, l->key.origin, group);
		json_bool(j, "claimed", may);
		json_bool(j, "counts", may || !enforced);
		json_close(j, '}');
		json_line(j);
	}
}
