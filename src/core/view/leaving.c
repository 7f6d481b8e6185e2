#include "core/view/leaving.h"

#include <stdlib.h>
#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "base/wall.h"
#include "core/view/fate.h"

/* The calendar is set when it says another end by more than this. */
#define SET_S 60

/* Until this long after a start mail that waits keeps its hold. */
#define CARE_S 3600

struct leaving_work {
	const struct facts *facts;
	const struct view_input *in;
	struct view_pending was, now;
	struct fates fates;
	size_t at;    /* in `was` */
	size_t claim; /* in facts->claims */
	struct leaving_routes *routes;
};

static uint64_t
queue_s(const struct view_input *in)
{
	return in->setup->mta.queue_s > 0 ? in->setup->mta.queue_s
	                                  : VIEW_QUEUE_S;
}

static uint64_t
until_s(uint64_t end, uint64_t wall)
{
	return end > wall ? end - wall : 0;
}

static uint64_t
at_most(uint64_t n, uint64_t most)
{
	return n < most ? n : most;
}

/* Of a key that begins to leave, or did so in an earlier life. */
static struct view_removal
removal_new(const struct view_input *in, const struct route *old)
{
	uint64_t queue = queue_s(in), left = VIEW_REMOVAL_MS, rest;

	rest = left / 1000 + queue;
	if (old->leaves != 0) {
		left = until_s(old->leaves, in->wall);
		left = at_most(left, VIEW_REMOVAL_MS / 1000) * 1000;
		rest = at_most(until_s(old->leaves + queue, in->wall), rest);
		if (rest < CARE_S)
			rest = CARE_S;
	}
	return (struct view_removal){
		.until = old->over ? in->now : mono_after(in->now, left),
		.gone = mono_after(in->now, rest * 1000),
	};
}

/* What was known of this pattern's removal; asked for in order of patterns. */
static const struct view_removal *
removal_find(struct leaving_work *k, const char *pattern)
{
	const struct view_pending *was = &k->was;

	while (k->at < was->n && strcmp(was->v[k->at].pattern, pattern) < 0)
		k->at++;
	return k->at < was->n && strcmp(was->v[k->at].pattern, pattern) == 0
	           ? &was->v[k->at]
	           : NULL;
}

static struct view_removal
removal_of(struct leaving_work *k, const struct route *old)
{
	const struct view_removal *r = removal_find(k, old->pattern);

	return r != NULL && !r->renewed ? *r : removal_new(k->in, old);
}

static void
removal_add(
    struct leaving_work *k, const char *pattern, struct view_removal removal)
{
	struct view_pending *now = &k->now;

	if ((now->n & (now->n - 1)) == 0) /* room doubles at powers of two */
		now->v = mem_grow(
		    now->v, now->n == 0 ? 1 : 2 * now->n, sizeof(*now->v));
	removal.pattern = mem_str(pattern);
	now->v[now->n++] = removal;
}

/* Takes over `reason`. */
static struct route
hold_of(const struct route *old, char *reason)
{
	struct route r = { .pattern = mem_str(old->pattern),
		.kind = ROUTE_HOLD,
		.relay = old->relay,
		.reason = reason };

	route_claims_copy(&r, old);
	return r;
}

/* Down by one probe of ours, and up by none. */
static bool
found_down(const struct view_input *in, const char *name)
{
	bool down = false;

	for (size_t i = 0; i < in->nprobes; i++) {
		const struct view_probe *p = &in->probes[i];

		if (strcmp(p->name, name) != 0)
			continue;
		if (p->verdict == VIEW_UP)
			return false;
		down |= p->verdict == VIEW_DOWN;
	}
	return down;
}

/* The first of a path is who made the route. What is saved beside the table has
 * none, and is sealed with our key. */
static bool
is_made_here(const struct setup *setup, const struct route *old)
{
	return old->npath == 0 || strcmp(old->path[0], setup->server) == 0;
}

/* Our own configuration leads mail there, as far as that is known. */
static bool
is_neighbour(
    const struct facts *facts, const struct setup *setup, const char *name)
{
	uint32_t at = facts_find(facts, name);

	if (at != FACTS_NONE && facts->servers.v[at].group_name != NULL &&
	    strcmp(facts->servers.v[at].group_name, setup->group) == 0)
		return true;
	for (size_t i = 0; i < setup->nconnectors; i++)
		for (size_t b = 0; b < setup->connectors[i].nbridgeheads; b++)
			if (strcmp(setup->connectors[i].bridgeheads[b].name,
				name) == 0)
				return true;
	return false;
}

bool
leaving_is_hop(const struct facts *facts, const struct setup *setup,
    const struct route *old, const char *name)
{
	return strcmp(name, setup->server) != 0 &&
	       (is_made_here(setup, old) || is_neighbour(facts, setup, name));
}

/* Nothing is known of the key any more: its route stays as it was, less the
 * next hops that do not answer. */
static void
route_keep(struct leaving_work *k, const struct route *old)
{
	struct route r;
	size_t kept = 0;

	route_copy(&r, old);
	for (size_t i = 0; i < r.nhops; i++) {
		const char *name = r.hop[i].name;

		if (leaving_is_hop(k->facts, k->in->setup, old, name) &&
		    !found_down(k->in, name))
			r.hop[kept++] = r.hop[i];
	}
	r.nhops = kept;
	if (r.kind == ROUTE_REMOTE && kept == 0) {
		route_done(&r);
		r = hold_of(
		    old, mem_str("no path: no claim known, no next hop left"));
	}
	vec_push(&k->routes->v, r);
}

/* A key that was stolen is no domain given up. */
static void
revoked(struct leaving_work *k, const struct route *old, const char *who)
{
	struct buf why = { 0 };

	struct route r;

	buf_printf(&why,
	    "no path: the key of its server was revoked, held until that has "
	    "a new one or lsrctl forget %s",
	    who);
	r = hold_of(old, buf_string(&why));
	r.revoked = true;
	vec_push(&k->routes->v, r);
}

static bool
was_here(const struct route *old)
{
	for (size_t i = 0; i < old->nclaims; i++)
		if (old->claims[i].own && old->claims[i].here)
			return true;
	return false;
}

static char *
leaving_text(uint64_t end, bool over)
{
	char at[WALL_TEXT];
	struct buf why = { 0 };

	if (over)
		buf_printf(&why,
		    "no path: its last claim was withdrawn, given up at %s, "
		    "kept for mail of before",
		    wall_text(end, at));
	else
		buf_printf(&why,
		    "no path: its last claim was withdrawn, held until %s, "
		    "then given up unless a server claims it",
		    wall_text(end, at));
	return buf_string(&why);
}

/* When the key's hour ends, as the calendar has it now. */
static uint64_t
leaving_end_of(
    const struct leaving_work *k, const struct route *old, struct mono until)
{
	uint64_t end = k->in->wall + mono_since(k->in->now, until) / 1000;
	uint64_t apart =
	    end > old->leaves ? end - old->leaves : old->leaves - end;

	return old->leaves == 0 || apart > SET_S ? end : old->leaves;
}

static void
leaving_add(struct leaving_work *k, const struct route *old)
{
	struct view_removal removal = removal_of(k, old);
	bool over = mono_due(removal.until, k->in->now);
	bool here = was_here(old);
	struct route r;

	if (over &&
	    (here || removal.idle || mono_due(removal.gone, k->in->now)))
		return;
	removal_add(k, old->pattern, removal);
	r = hold_of(old, NULL);
	r.leaves =
	    old->over ? old->leaves : leaving_end_of(k, old, removal.until);
	/* The key's hour may have ended while we were down, and mail came
	 * since. */
	if (over && !old->over && r.leaves < k->in->wall)
		r.leaves = k->in->wall;
	r.over = over;
	if (over)
		r.relay = false;
	if (here) {
		r.kind = ROUTE_HERE;
		r.server = mem_str(k->in->setup->server);
	} else {
		r.reason = leaving_text(r.leaves, over);
	}
	vec_push(&k->routes->v, r);
}

/* The claiming server has another signing key: its route stays as published
 * until all that it says with that has come. */
static void
leaving_renewed(struct leaving_work *k, const struct route *old)
{
	const struct view_removal *was = removal_find(k, old->pattern);
	struct view_removal removal = { .renewed = true,
		.until = mono_after(k->in->now, VIEW_RENEWED_MS),
		.gone = MONO_NEVER };

	if (was != NULL && was->renewed)
		removal.until = was->until;
	if (mono_due(removal.until, k->in->now)) {
		leaving_add(k, old);
		return;
	}
	removal_add(k, old->pattern, removal);
	route_keep(k, old);
}

/* If it stays it does not rest: it is a matter of time, and of what is said of
 * its claims. */
static void
restless_add(struct leaving_work *k, size_t routes, const struct route *old)
{
	if (k->routes->v.n > routes)
		vec_push(&k->now.restless, mem_str(old->pattern));
}

/* A key that was published and that nobody visible claims now. */
static void
unclaimed(struct leaving_work *k, const struct route *old)
{
	const char *who = NULL;
	enum fate fate = fate_of(&k->fates, old, &who);
	size_t routes = k->routes->v.n;

	if (fate == FATE_REVOKED && !old->over)
		revoked(k, old, who);
	else if (fate == FATE_UNKNOWN && old->leaves == 0)
		route_keep(k, old);
	else if (fate == FATE_RENEWED && old->leaves == 0)
		leaving_renewed(k, old);
	else
		leaving_add(k, old);
	restless_add(k, routes, old);
}

static const struct route_claim *
claim_of(const struct route *r, const char *server)
{
	for (size_t i = 0; i < r->nclaims; i++)
		if (strcmp(r->claims[i].server, server) == 0)
			return &r->claims[i];
	return NULL;
}

/*
 * The database is older than the table, as after a start in the seconds in
 * which it was not saved: what it has of this pattern are the claims that the
 * table says are gone. Where a peer has them still, nobody knows of their end
 * any more, and they stand; but a key that was revoked stays a hold, unless its
 * revocation is here: then these are the claims of others.
 */
static bool
is_stale(const struct leaving_work *k, const struct route *old, size_t n)
{
	if (k->in->agreed && (!old->revoked || fate_is_told(k->in, old)))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct facts_claim *c = &k->facts->claims.v[k->claim + i];
		const struct route_claim *was =
		    claim_of(old, k->facts->servers.v[c->server].name);

		if (c->own != NULL || c->lsa == NULL || was == NULL ||
		    !was->known || c->lsa->seq > was->seq ||
		    memcmp(lsa_signer(c->lsa), was->key, CRYPTO_DIGEST) != 0)
			return false;
	}
	return true;
}

static void
leaving_claim_add(
    struct leaving_work *k, struct route *r, const struct facts_claim *c)
{
	struct route_claim *to = &r->claims[r->nclaims++];

	to->server = mem_str(k->facts->servers.v[c->server].name);
	to->own = c->server == k->facts->self;
	to->here = c->own != NULL && c->own->way == NULL;
	to->local = c->space.local;
	if (c->lsa == NULL)
		return; /* of our own, and not said yet */
	to->known = true;
	to->seq = c->lsa->seq;
	memcpy(to->key, lsa_signer(c->lsa), sizeof(to->key));
}

struct leaving_place {
	const struct facts_claim *v;
	const char *pattern;
};

static bool
leaving_before(const void *ctx, size_t i)
{
	const struct leaving_place *p = ctx;

	return strcmp(p->v[i].pattern, p->pattern) < 0;
}

/* Where those of the pattern stand, or would: not far behind the last one, if
 * all are asked for. */
static size_t
leaving_claims_from(const struct leaving_work *k, const char *pattern)
{
	size_t at = k->claim;
	struct leaving_place p = { k->facts->claims.v + at, pattern };

	return at + find_near(k->facts->claims.n - at, leaving_before, &p);
}

/* So many claims of the pattern are in the database: from k->claim on. */
static size_t
claims_find(struct leaving_work *k, const char *pattern)
{
	const struct facts_claim *v = k->facts->claims.v;
	size_t n = 0, end = k->facts->claims.n;

	k->claim = leaving_claims_from(k, pattern);
	if (k->claim == end || strcmp(v[k->claim].pattern, pattern) != 0)
		return 0;
	while (k->claim + n < end && n < LIMIT_ROUTE_CLAIMS &&
	       v[k->claim + n].pattern == v[k->claim].pattern)
		n++;
	return n;
}

/* A route, by the claims of which it was made: all that there are. `old` is
 * that of the table before, or NULL. */
static void
claimed(struct leaving_work *k, struct route *r, const struct route *old)
{
	size_t n = claims_find(k, r->pattern);

	if (old != NULL && (old->leaves != 0 || old->revoked) &&
	    is_stale(k, old, n)) {
		size_t routes = k->routes->v.n;

		route_done(r);
		if (old->revoked)
			route_keep(k, old);
		else
			leaving_add(k, old);
		restless_add(k, routes, old);
		return;
	}
	route_claims_done(r);
	r->claims = n == 0 ? NULL : mem_new(0, n, sizeof(*r->claims));
	for (size_t i = 0; i < n; i++)
		leaving_claim_add(k, r, &k->facts->claims.v[k->claim + i]);
	vec_push(&k->routes->v, *r);
}

void
leaving_merge(const struct facts *facts, const struct view_input *in,
    const struct rib *old, struct view_pending *pending,
    struct leaving_routes *fresh)
{
	struct leaving_routes all = { 0 };
	struct leaving_work k = { .facts = facts,
		.in = in,
		.was = *pending,
		.fates = fates_begin(in),
		.routes = &all };
	size_t i = 0, o = 0, nold = old == NULL ? 0 : old->n;

	while (i < fresh->v.n || o < nold) {
		int c = i == fresh->v.n ? 1
		        : o == nold     ? -1
		                        : strcmp(fresh->v.v[i].pattern,
					      old->routes[o].pattern);

		if (c <= 0)
			claimed(&k, &fresh->v.v[i++],
			    c == 0 ? &old->routes[o] : NULL);
		else
			unclaimed(&k, &old->routes[o]);
		o += c >= 0;
	}
	fates_done(&k.fates);
	vec_done(&fresh->v);
	*fresh = all;
	view_pending_done(pending);
	*pending = k.now;
}

struct mono
view_pending_due(const struct view_pending *pending, struct mono now)
{
	struct mono due = MONO_NEVER;

	for (size_t i = 0; i < pending->n; i++) {
		const struct view_removal *r = &pending->v[i];

		due =
		    mono_min(due, mono_due(r->until, now) ? r->gone : r->until);
	}
	return due;
}

bool
view_pending_waits(
    struct view_pending *pending, const char *pattern, uint64_t n)
{
	size_t at = find_text(
	    FIND_LIST(view_removal, pattern, pending->v, pending->n), pattern);

	if (at == FIND_NONE)
		return false;
	pending->v[at].idle = n == 0 && !pending->v[at].renewed;
	return pending->v[at].idle;
}

struct view_pending
view_pending_copy(const struct view_pending *from)
{
	struct view_pending to = { .n = from->n };

	if (from->n > 0)
		to.v = mem_dup(from->v, from->n * sizeof(*from->v));
	for (size_t i = 0; i < to.n; i++)
		to.v[i].pattern = mem_str(from->v[i].pattern);
	for (size_t i = 0; i < from->restless.n; i++)
		vec_push(&to.restless, mem_str(from->restless.v[i]));
	return to;
}

void
view_pending_done(struct view_pending *pending)
{
	for (size_t i = 0; i < pending->n; i++)
		mem_free(pending->v[i].pattern);
	mem_free(pending->v);
	for (size_t i = 0; i < pending->restless.n; i++)
		mem_free(pending->restless.v[i]);
	vec_done(&pending->restless);
	*pending = (struct view_pending){ 0 };
}
