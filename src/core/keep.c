#include "core/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"

/* Removals in a saved file: no more than there can be LSAs. */
#define REMOVALS_MAX LIMIT_LSDB_LSAS

struct keeping {
	const struct facts *facts;
	const struct view_input *in;
	struct view_pending was, now;
	size_t at; /* in `was` */
	struct keep_routes *routes;
};

static int
pattern_order(const void *key, const void *item)
{
	return strcmp(key, *(const char *const *)item);
}

static int
claim_order(const void *key, const void *item)
{
	return strcmp(key, ((const struct facts_claim *)item)->pattern);
}

/* A purge of it is known, or a claim that does not exist for us. */
static bool
is_spoken_of(const struct facts *f, const char *pattern)
{
	return (f->purged.n > 0 &&
		   bsearch(pattern, f->purged.v, f->purged.n,
		       sizeof(f->purged.v[0]), pattern_order) != NULL) ||
	       (f->claims.n > 0 &&
		   bsearch(pattern, f->claims.v, f->claims.n,
		       sizeof(f->claims.v[0]), claim_order) != NULL);
}

/* Until when it is a hold, if it is one of those that leave. */
static const struct view_removal *
removal_of(struct keeping *k, const char *pattern)
{
	const struct view_pending *was = &k->was;

	while (k->at < was->n && strcmp(was->v[k->at].pattern, pattern) < 0)
		k->at++;
	if (k->at < was->n && strcmp(was->v[k->at].pattern, pattern) == 0)
		return &was->v[k->at];
	return NULL;
}

static void
removal_add(struct keeping *k, const char *pattern, struct mono until)
{
	struct view_pending *now = &k->now;

	if ((now->n & (now->n - 1)) == 0) /* room doubles at powers of two */
		now->v = mem_grow(
		    now->v, now->n == 0 ? 1 : 2 * now->n, sizeof(*now->v));
	now->v[now->n++] = (struct view_removal){ mem_str(pattern), until };
}

static void
hold_add(struct keeping *k, const struct route *old, const char *reason)
{
	struct route r = { .pattern = mem_str(old->pattern),
		.kind = ROUTE_HOLD,
		.relay = old->relay,
		.reason = mem_str(reason) };

	vec_push(&k->routes->v, r);
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

/* Nothing is known of it any more: as it was, less what does not answer. */
static void
route_keep(struct keeping *k, const struct route *old)
{
	struct route r;
	size_t kept = 0;

	route_copy(&r, old);
	r.claimed = false;
	for (size_t i = 0; i < r.nhops; i++) {
		if (found_down(k->in, r.hop[i].name))
			mem_free(r.hop[i].name);
		else
			r.hop[kept++] = r.hop[i];
	}
	r.nhops = kept;
	if (r.kind == ROUTE_REMOTE && kept == 0) {
		route_done(&r);
		hold_add(k, old, "no path: no claim known, next hops down");
		return;
	}
	vec_push(&k->routes->v, r);
}

/* A key that was published and that nobody visible claims now. */
static void
unclaimed(struct keeping *k, const struct route *old)
{
	const struct view_removal *leaving = removal_of(k, old->pattern);
	struct mono until;

	if (leaving == NULL && !old->claimed &&
	    !is_spoken_of(k->facts, old->pattern)) {
		route_keep(k, old);
		return;
	}
	until = leaving != NULL ? leaving->until
	                        : mono_after(k->in->now, VIEW_REMOVAL_MS);
	if (mono_due(until, k->in->now))
		return;
	removal_add(k, old->pattern, until);
	hold_add(k, old, "no path: its last claim was withdrawn");
}

void
keep_merge(const struct facts *facts, const struct view_input *in,
    const struct rib *old, struct view_pending *pending,
    struct keep_routes *fresh)
{
	struct keep_routes all = { 0 };
	struct keeping k = {
		.facts = facts, .in = in, .was = *pending, .routes = &all
	};
	size_t i = 0, o = 0, nold = old == NULL ? 0 : old->n;

	while (i < fresh->v.n || o < nold) {
		int c = i == fresh->v.n ? 1
		        : o == nold     ? -1
		                        : strcmp(fresh->v.v[i].pattern,
					      old->routes[o].pattern);

		if (c <= 0)
			vec_push(&all.v, fresh->v.v[i++]);
		else
			unclaimed(&k, &old->routes[o]);
		o += c >= 0;
	}
	vec_done(&fresh->v);
	*fresh = all;
	view_pending_done(pending);
	*pending = k.now;
}

struct mono
view_pending_due(const struct view_pending *pending)
{
	struct mono due = MONO_NEVER;

	for (size_t i = 0; i < pending->n; i++)
		due = mono_min(due, pending->v[i].until);
	return due;
}

void
view_pending_encode(
    struct buf *out, const struct view_pending *pending, struct mono now)
{
	buf_u32(out, (uint32_t)pending->n);
	for (size_t i = 0; i < pending->n; i++) {
		size_t hole = buf_hole16(out);

		buf_text(out, pending->v[i].pattern);
		buf_fill16(out, hole);
		buf_u32(out, (uint32_t)mono_since(now, pending->v[i].until));
	}
}

static int
removal_decode(struct cur *in, struct mono now, struct view_removal *out)
{
	size_t n = cur_u16(in);
	const uint8_t *p = cur_bytes(in, n);
	uint32_t left = cur_u32(in);

	if (in->bad)
		return RC_SHORT;
	if (left > VIEW_REMOVAL_MS)
		return RC_RANGE;
	if (memchr(p, 0, n) != NULL)
		return RC_NAME;
	out->pattern = mem_dup(p, n);
	out->until = mono_after(now, left);
	return str_is_pattern(out->pattern) ? RC_OK : RC_NAME;
}

int
view_pending_decode(struct cur *in, struct mono now, struct view_pending *out)
{
	struct view_pending got = { 0 };
	uint32_t n = cur_u32(in);
	int rc = RC_OK;

	*out = got;
	if (in->bad || n > in->left)
		return RC_SHORT;
	if (n > REMOVALS_MAX)
		return RC_LIMIT;
	got.v = mem_new(0, n, sizeof(*got.v));
	while (rc == RC_OK && got.n < n) {
		rc = removal_decode(in, now, &got.v[got.n++]);
		if (rc == RC_OK && got.n > 1 &&
		    strcmp(got.v[got.n - 2].pattern,
			got.v[got.n - 1].pattern) >= 0)
			rc = RC_TWICE;
	}
	if (rc == RC_OK)
		*out = got;
	else
		view_pending_done(&got);
	return rc;
}

void
view_pending_done(struct view_pending *pending)
{
	for (size_t i = 0; i < pending->n; i++)
		mem_free(pending->v[i].pattern);
	mem_free(pending->v);
	*pending = (struct view_pending){ 0 };
}
