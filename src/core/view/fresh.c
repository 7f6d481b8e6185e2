#include "core/view/fresh.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"

#define REASON "new here, its next hops may not know it yet"

static void
make_hold(struct route *route)
{
	struct route hold = { .pattern = mem_str(route->pattern),
		.kind = ROUTE_HOLD,
		.relay = route->relay,
		.reason = mem_str(REASON) };

	route_claims_copy(&hold, route);
	route_done(route);
	*route = hold;
}

static const struct lsa *
lsa_of(const struct lsdb *db, const char *server, const char *id, uint8_t type)
{
	struct lsa_key key = { server, id, type };

	return lsdb_find(db, &key);
}

/*
 * Its server said it after other words of that life of its: one of them had been
 * said anew by then, so that there are more numbers than words, or its clock had
 * gone on since the identity, which is said first. And it was not long ago: of
 * what it has said since nothing shows that.
 */
static bool
is_later_word(const struct fresh_look *look, const struct route_claim *claim,
    const char *pattern)
{
	const struct lsdb *db = look->db;
	const struct lsdb_share *share = lsdb_share(db, claim->server);
	const struct lsa *space = lsa_of(db, claim->server, pattern, LSA_SPACE);
	const struct lsa *first = lsa_of(db, claim->server, "", LSA_IDENTITY);
	const struct lsa *last = lsa_of(db, claim->server, "", LSA_SERVER);

	if (space == NULL || first == NULL || last == NULL ||
	    lsa_issued(last) >= lsa_issued(space) + look->transit_ms / 1000)
		return false;
	return lsa_issued(space) > lsa_issued(first) ||
	       (uint32_t)space->seq > share->plain.n + share->lists.n;
}

/* Nobody can have had it before we began. */
static bool
fresh_is_news(const struct fresh_look *look, const struct route *r)
{
	for (size_t i = 0; i < r->nclaims; i++)
		if (!is_later_word(look, &r->claims[i], r->pattern))
			return false;
	return r->nclaims > 0;
}

static bool
fresh_is_outside(const struct fresh_look *look, const char *server)
{
	const struct lsa *l = lsa_of(look->db, server, "", LSA_SERVER);

	return l == NULL || strcmp(lsa_server(l)->group, look->group) != 0;
}

/* It was of our routing group alone, and leads out of it. */
static bool
fresh_is_widened(const struct fresh_look *look, const struct route *was,
    const struct route *r)
{
	if (!route_is_local(was) || route_is_local(r))
		return false;
	for (size_t i = 0; i < r->nhops; i++)
		if (fresh_is_outside(look, r->hop[i].name))
			return true;
	return false;
}

/* False: it is known here for long enough. */
static bool
fresh_find(const struct fresh *fresh, const struct fresh_look *look,
    const struct route *r, struct fresh_pattern *out)
{
	bool first = look->old == NULL;
	const struct route *was =
	    first ? NULL : rib_find(look->old, r->pattern);
	/* how long that had waited is lost with the life before */
	bool read = !fresh->begun && was != NULL && was->kind == ROUTE_HOLD;
	bool soon = read || !mono_due(fresh->begin_until, look->now);
	size_t at;

	if (was == NULL || read || fresh_is_widened(look, was, r)) {
		*out = (struct fresh_pattern){ .since = look->now,
			.direct = mono_after(look->now, first ? 0 : FRESH_MS),
			.begin = first || (soon && !fresh_is_news(look, r)) };
		return true;
	}
	at = find_text(
	    FIND_LIST(fresh_pattern, pattern, fresh->list.v, fresh->list.n),
	    r->pattern);
	if (at != FIND_NONE)
		*out = fresh->list.v[at];
	return at != FIND_NONE;
}

/*
 * It has lived for so long, by its own words, that it had published what it found at
 * its own beginning, or was known as starting. Its server LSA names its neighbours,
 * and is said anew as we become one.
 */
static bool
fresh_is_settled(const struct fresh_look *look, const char *server)
{
	const struct lsa *first = lsa_of(look->db, server, "", LSA_IDENTITY);
	const struct lsa *last = lsa_of(look->db, server, "", LSA_SERVER);

	return first != NULL && last != NULL &&
	       lsa_issued(last) >= lsa_issued(first) + look->transit_ms / 1000;
}

/* New to us alone: each next hop has it. */
static bool
fresh_is_old_there(const struct fresh_look *look, const struct route *r)
{
	for (size_t i = 0; i < r->nhops; i++)
		if (!fresh_is_settled(look, r->hop[i].name))
			return false;
	return r->nhops > 0;
}

static struct mono
fresh_until(const struct fresh_look *look, const struct fresh_pattern *p,
    const struct route *r)
{
	if (p->begin && fresh_is_old_there(look, r))
		return p->direct;
	return mono_after(p->since, look->transit_ms);
}

static bool
fresh_is_claimant(const struct route *r, const struct route_hop *hop)
{
	for (size_t i = 0; i < r->nclaims; i++)
		if (strcmp(r->claims[i].server, hop->name) == 0)
			return true;
	return false;
}

/* The way leads to who claims it: what else is in the list waits. */
static bool
fresh_goes_direct(struct route *r)
{
	size_t kept = 0;

	if (r->nhops == 0 || !fresh_is_claimant(r, &r->hop[0]))
		return false;
	for (size_t i = 0; i < r->nhops; i++)
		if (fresh_is_claimant(r, &r->hop[i]))
			r->hop[kept++] = r->hop[i];
	r->nhops = kept;
	return true;
}

/* What becomes of it until then; returns when to look again. */
static struct mono
fresh_apply(struct route *r, const struct fresh_pattern *p, struct mono until,
    struct mono now)
{
	bool waits = !mono_due(p->direct, now);

	if (r->kind == ROUTE_REMOTE && (waits || !fresh_goes_direct(r)))
		make_hold(r);
	return waits ? p->direct : until;
}

struct mono
fresh_hold(struct fresh *fresh, const struct fresh_look *look, struct rib *rib)
{
	struct mono now = look->now;
	struct fresh next = { .begun = true,
		.begin_until = fresh->begin_until };
	struct mono due = MONO_NEVER;

	if (look->old == NULL)
		next.begin_until = mono_after(now, FRESH_BEGIN_MS);
	for (size_t i = 0; i < rib->n; i++) {
		struct route *r = &rib->routes[i];
		struct fresh_pattern p;
		struct mono until;

		if ((r->kind != ROUTE_REMOTE && r->kind != ROUTE_HOLD) ||
		    !fresh_find(fresh, look, r, &p))
			continue;
		until = fresh_until(look, &p, r);
		if (mono_due(until, now))
			continue;
		p.pattern = mem_str(r->pattern);
		vec_push(&next.list, p);
		due = mono_min(due, fresh_apply(r, &p, until, now));
	}
	fresh_done(fresh);
	*fresh = next;
	return due;
}

struct fresh
fresh_copy(const struct fresh *from)
{
	struct fresh to = { .begun = from->begun,
		.begin_until = from->begin_until };

	for (size_t i = 0; i < from->list.n; i++) {
		struct fresh_pattern p = from->list.v[i];

		p.pattern = mem_str(p.pattern);
		vec_push(&to.list, p);
	}
	return to;
}

void
fresh_done(struct fresh *fresh)
{
	for (size_t i = 0; i < fresh->list.n; i++)
		mem_free(fresh->list.v[i].pattern);
	vec_done(&fresh->list);
}
