#include "core/view/refusal.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"

static const struct damp_rule damping = { .free = 0,
	.first_ms = REFUSAL_ROW_MS,
	.most_ms = 7200000,
	.calm_ms = 86400000 };

static int
refusal_order(
    const struct refusal *r, const char *pattern, const struct addr *hop)
{
	int c = strcmp(r->pattern, pattern);

	return c != 0 ? c : addr_order(&r->hop, hop);
}

struct sought {
	const struct refusals *all;
	const char *pattern;
	const struct addr *hop;
};

static bool
refusal_before(const void *ctx, size_t i)
{
	const struct sought *sought = ctx;

	return refusal_order(
		   &sought->all->list.v[i], sought->pattern, sought->hop) < 0;
}

/* Where it stands, or would stand. */
static size_t
refusal_place(
    const struct refusals *all, const char *pattern, const struct addr *hop)
{
	return find_from(
	    all->list.n, refusal_before, &(struct sought){ all, pattern, hop });
}

static struct refusal *
refusal_find(
    const struct refusals *all, const char *pattern, const struct addr *hop)
{
	size_t at = refusal_place(all, pattern, hop);

	if (at == all->list.n ||
	    refusal_order(&all->list.v[at], pattern, hop) != 0)
		return NULL;
	return &all->list.v[at];
}

static void
take_out(struct refusals *all, size_t at)
{
	struct refusal *r = &all->list.v[at];

	mem_free(r->pattern);
	mem_free(r->name);
	all->list.n--;
	memmove(r, r + 1, (all->list.n - at) * sizeof(*r));
}

/* NULL: there is no room. */
static struct refusal *
refusal_put(struct refusals *all, const struct refusal_told *told)
{
	struct refusal new = { .hop = told->hop, .first = told->now };
	size_t at = refusal_place(all, told->pattern, &told->hop);

	if (all->list.n == LIMIT_REFUSALS)
		return NULL;
	new.pattern = mem_str(told->pattern);
	new.name = mem_str(told->name);
	vec_push(&all->list, new);
	memmove(&all->list.v[at + 1], &all->list.v[at],
	    (all->list.n - 1 - at) * sizeof(new));
	all->list.v[at] = new;
	return &all->list.v[at];
}

static void
row_begin(struct refusal *r, struct mono now)
{
	r->nseen = 0;
	r->first = now;
}

/* True if that makes the row long enough. */
static bool
refusal_row_add(struct refusal *r, const struct refusal_told *told)
{
	if (told->recipient == 0) { /* they come ten minutes apart */
		if (mono_since(r->asked, told->now) > REFUSAL_ASKED_MS)
			r->probes = 0;
		r->asked = told->now;
		return ++r->probes >= REFUSAL_PROBES;
	}
	if (mono_since(r->first, told->now) > REFUSAL_ROW_MS)
		row_begin(r, told->now);
	for (size_t i = 0; i < r->nseen; i++)
		if (r->seen[i] == told->recipient)
			return false;
	r->seen[r->nseen++] = told->recipient;
	return r->nseen == REFUSAL_RECIPIENTS;
}

const struct refusal *
refusal_add(struct refusals *all, const struct refusal_told *told)
{
	struct refusal *r = refusal_find(all, told->pattern, &told->hop);

	if (r == NULL)
		r = refusal_put(all, told);
	if (r == NULL)
		return NULL;
	r->last = told->now;
	if (r->off) { /* a RCPT of our own says that it is so still */
		if (told->recipient == 0)
			r->until = mono_after(
			    told->now, damp_hold_off(&r->damp, &damping));
		return NULL;
	}
	if (!refusal_row_add(r, told) && !r->trial)
		return NULL;
	damp_failed(&r->damp, &damping, told->now);
	r->off = true;
	r->until = mono_after(told->now, damp_hold_off(&r->damp, &damping));
	return r;
}

const struct refusal *
refusal_end(struct refusals *all, const struct refusal_told *told)
{
	struct refusal *r = refusal_find(all, told->pattern, &told->hop);
	bool was_off = r != NULL && r->off;

	if (r == NULL)
		return NULL;
	row_begin(r, told->now);
	r->probes = 0;
	r->off = r->trial = false;
	return was_off ? r : NULL;
}

const struct refusal *
refusal_over(struct refusals *all, struct mono now)
{
	for (size_t i = all->list.n; i-- > 0;) {
		struct refusal *r = &all->list.v[i];

		if (!r->off && mono_since(r->last, now) > damping.calm_ms) {
			take_out(all, i);
			continue;
		}
		if (!r->off || !mono_due(r->until, now))
			continue;
		row_begin(r, now);
		r->probes = 0;
		r->off = false;
		r->trial = true;
		return r;
	}
	return NULL;
}

struct mono
refusal_due(const struct refusals *all)
{
	struct mono due = MONO_NEVER;

	for (size_t i = 0; i < all->list.n; i++)
		if (all->list.v[i].off)
			due = mono_min(due, all->list.v[i].until);
	return due;
}

bool
refusal_is_off(
    const struct refusals *all, const char *pattern, const struct addr *hop)
{
	const struct refusal *r = refusal_find(all, pattern, hop);

	return r != NULL && r->off;
}

void
refusal_apply(const struct refusals *all, struct route *r)
{
	const char *gone = NULL;
	size_t kept = 0;

	if (all == NULL || all->list.n == 0 || r->kind != ROUTE_REMOTE)
		return;
	for (size_t i = 0; i < r->nhops; i++) {
		if (!refusal_is_off(all, r->pattern, &r->hop[i].addr)) {
			r->hop[kept++] = r->hop[i];
			continue;
		}
		gone = r->hop[i].name;
	}
	r->nhops = kept;
	if (kept == 0 && gone != NULL)
		route_hold_hop(r, gone, "refuses to relay for this host");
	else if (gone != NULL)
		r->hop[0].alternate = false; /* it is the way now */
}

void
refusal_encode(
    const struct refusals *all, struct mono now, uint64_t wall, struct buf *out)
{
	uint32_t n = 0;

	for (size_t i = 0; i < all->list.n; i++)
		n += all->list.v[i].off;
	buf_u32(out, n);
	for (size_t i = 0; i < all->list.n; i++) {
		const struct refusal *r = &all->list.v[i];

		if (!r->off)
			continue;
		buf_u16(out, (uint16_t)strlen(r->pattern));
		buf_text(out, r->pattern);
		buf_u16(out, (uint16_t)strlen(r->name));
		buf_text(out, r->name);
		buf_u8(out, r->hop.family);
		buf_bytes(out, r->hop.ip, sizeof(r->hop.ip));
		buf_u16(out, r->hop.port);
		buf_u64(out, wall + mono_since(now, r->until) / 1000);
	}
}

static char *
refusal_text_get(struct cur *in, bool (*good)(const char *s))
{
	struct cur text = cur_sub(in, cur_u16(in));
	char *s;

	if (in->bad || text.left == 0 || memchr(text.p, 0, text.left) != NULL)
		return NULL;
	s = mem_dup(text.p, text.left);
	if (good(s))
		return s;
	mem_free(s);
	return NULL;
}

/* What is left of it in ms; 0: nothing. A calendar that was set meanwhile
 * makes it no longer than a first one. */
static uint64_t
left_of(uint64_t until, uint64_t wall)
{
	uint64_t s = until > wall ? until - wall : 0;

	return s < damping.first_ms / 1000 ? s * 1000 : damping.first_ms;
}

static void
left_out(struct refusals *all, const struct refusal_told *told, uint64_t ms)
{
	struct refusal *r = NULL;

	if (ms > 0 && refusal_find(all, told->pattern, &told->hop) == NULL)
		r = refusal_put(all, told);
	if (r == NULL)
		return;
	r->last = told->now;
	r->off = true;
	r->until = mono_after(told->now, ms);
	damp_failed(&r->damp, &damping, told->now);
}

static int
one_get(struct refusals *all, struct cur *in, struct mono now, uint64_t wall)
{
	char *pattern = refusal_text_get(in, str_is_pattern);
	char *name = refusal_text_get(in, str_is_host);
	struct refusal_told told = {
		.pattern = pattern, .name = name, .now = now
	};
	const uint8_t *ip;
	uint64_t until;
	int rc = RC_RANGE;

	told.hop.family = cur_u8(in);
	ip = cur_bytes(in, sizeof(told.hop.ip));
	told.hop.port = cur_u16(in);
	until = cur_u64(in);
	if (ip != NULL)
		memcpy(told.hop.ip, ip, sizeof(told.hop.ip));
	if (!in->bad && pattern != NULL && name != NULL &&
	    addr_is_hop(&told.hop, true)) {
		left_out(all, &told, left_of(until, wall));
		rc = RC_OK;
	}
	mem_free(pattern);
	mem_free(name);
	return rc;
}

int
refusal_decode(
    struct refusals *all, struct cur *in, struct mono now, uint64_t wall)
{
	uint32_t n = cur_u32(in);
	int rc = in->bad ? RC_SHORT : n > LIMIT_REFUSALS ? RC_LIMIT : RC_OK;

	for (uint32_t i = 0; i < n && rc == RC_OK; i++)
		rc = one_get(all, in, now, wall);
	return rc;
}

/* FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo). */
uint64_t
refusal_digest(const char *recipient)
{
	uint64_t h = 14695981039346656037u;

	for (; *recipient != '\0'; recipient++)
		h = (h ^ (uint8_t)*recipient) * 1099511628211u;
	return h != 0 ? h : 1;
}

void
refusal_done(struct refusals *all)
{
	while (all->list.n > 0)
		take_out(all, all->list.n - 1);
	vec_done(&all->list);
}
