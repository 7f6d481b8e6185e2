#include "core/trace/backlog.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "core/lsa/match.h"

static struct backlog_hop *
backlog_hop_get(struct backlog *b, const struct addr *addr)
{
	struct backlog_hop new = { .addr = *addr };

	for (size_t i = 0; i < b->hops.n; i++)
		if (addr_equal(&b->hops.v[i].addr, addr))
			return &b->hops.v[i];
	vec_push(&b->hops, new);
	return &b->hops.v[b->hops.n - 1];
}

static void
ways_free(struct backlog *b)
{
	for (size_t i = 0; i < b->ways.n; i++)
		mem_free(b->ways.v[i].pattern);
	vec_done(&b->ways);
}

/* The way of this pattern until now, taken out of the old ones; both lists
 * are sorted. */
static struct backlog_way
way_take(struct backlog *old, size_t *at, const char *pattern)
{
	struct backlog_way none = { .n = 0 }, way;

	while (
	    *at < old->ways.n && strcmp(old->ways.v[*at].pattern, pattern) < 0)
		++*at;
	if (*at == old->ways.n ||
	    strcmp(old->ways.v[*at].pattern, pattern) != 0)
		return none;
	way = old->ways.v[*at];
	old->ways.v[(*at)++].pattern = NULL;
	return way;
}

static void
way_turn(struct backlog_way *way, const struct addr *hop, uint64_t now)
{
	if (way->n > 0 && addr_equal(&way->turn[0].hop, hop))
		return;
	if (way->n < BACKLOG_TURNS)
		way->n++;
	memmove(way->turn + 1, way->turn, (way->n - 1) * sizeof(way->turn[0]));
	way->turn[0].hop = *hop;
	way->turn[0].since = now;
}

static void
held_done(struct backlog *b)
{
	mem_free(b->held.pattern);
	memset(&b->held, 0, sizeof(b->held));
}

/* A message without a time of arrival tells nothing of its end. */
static void
held_see(struct backlog *b, const struct backlog_way *way,
    const struct backlog_wait *wait)
{
	size_t n = wait->id == NULL ? 0 : strlen(wait->id);

	if (!way->hold || wait->came == 0)
		return;
	if (b->held.pattern != NULL && b->held.came <= wait->came)
		return;
	held_done(b);
	b->held.pattern = mem_str(way->pattern);
	b->held.came = wait->came;
	if (n < sizeof(b->held.id))
		memcpy(b->held.id, wait->id == NULL ? "" : wait->id, n + 1);
}

void
backlog_clock(struct backlog *b, struct mono now, uint64_t wall)
{
	uint64_t epoch = wall - now.ms / 1000;
	bool was_set = b->epoch != 0 && (epoch > b->epoch + BACKLOG_DRIFT_S ||
					    epoch + BACKLOG_DRIFT_S < b->epoch);

	b->epoch = epoch;
	if (!was_set)
		return;
	b->set = wall;
	for (size_t i = 0; i < b->ways.n; i++)
		for (size_t k = 0; k < b->ways.v[i].n; k++)
			if (b->ways.v[i].turn[k].since > wall)
				b->ways.v[i].turn[k].since = wall;
}

void
backlog_table(struct backlog *b, const struct rib *rib, uint64_t now)
{
	struct backlog old = { .ways = b->ways };
	size_t at = 0;

	memset(&b->ways, 0, sizeof(b->ways));
	held_done(b); /* it may have a path now */
	for (size_t i = 0; i < b->hops.n; i++)
		b->hops.v[i].used = false;
	for (size_t i = 0; i < rib->n; i++) {
		const struct route *r = &rib->routes[i];
		struct backlog_way way = way_take(&old, &at, r->pattern);
		struct addr hop = { .family = 0 };

		if (way.pattern == NULL)
			way.pattern = mem_str(r->pattern);
		way.heard &= r->over && way.ended == r->leaves;
		way.ended = r->over ? r->leaves : 0;
		way.hold = r->kind == ROUTE_HOLD;
		if (r->kind == ROUTE_REMOTE && r->nhops > 0)
			hop = r->hop[0].addr;
		way_turn(&way, &hop, now);
		vec_push(&b->ways, way);
		for (size_t k = 0; k < way.n; k++)
			if (way.turn[k].hop.family != 0)
				backlog_hop_get(b, &way.turn[k].hop)->used =
				    true;
	}
	ways_free(&old);
}

static void
seen_done(struct backlog_seen *seen)
{
	mem_free(seen->slots);
	*seen = (struct backlog_seen){ 0 };
}

static bool
seen_put(struct backlog_seen *seen, uint64_t digest)
{
	size_t at = (size_t)digest & (seen->room - 1);

	while (seen->slots[at] != 0 && seen->slots[at] != digest)
		at = (at + 1) & (seen->room - 1);
	if (seen->slots[at] == digest)
		return false;
	seen->slots[at] = digest;
	seen->n++;
	return true;
}

static void
seen_grow(struct backlog_seen *seen)
{
	struct backlog_seen more = { .room = seen->room == 0 ? 64
		                                             : 2 * seen->room };

	more.slots = mem_new(0, more.room, sizeof(*more.slots));
	for (size_t i = 0; i < seen->room; i++)
		if (seen->slots[i] != 0)
			seen_put(&more, seen->slots[i]);
	seen_done(seen);
	*seen = more;
}

/* The first deferred message for this recipient at this hop. FNV-1a, 64 bits
 * (G. Fowler, L. C. Noll, K.-P. Vo), stirred: its low bits choose the slot. */
static bool
is_first(struct backlog *b, const char *recipient, size_t hop)
{
	uint64_t h = 14695981039346656037u ^ hop;

	for (; *recipient != '\0'; recipient++)
		h = (h ^ (uint8_t)*recipient) * 1099511628211u;
	h ^= h >> 32;
	if (2 * b->seen.n >= b->seen.room)
		seen_grow(&b->seen);
	return seen_put(&b->seen, h == 0 ? 1 : h);
}

/* Whether a message that has waited too long for a hop counts. */
static bool
backlog_is_late(struct backlog *b, const struct backlog_wait *wait, size_t hop)
{
	return !wait->deferred || wait->put_off ||
	       (!wait->answered && is_first(b, wait->recipient, hop));
}

/* The age of a message, whatever hops it has waited for. */
static void
oldest_see(const struct backlog *b, struct backlog_hop *hop,
    const struct backlog_wait *wait)
{
	uint64_t came = wait->came;

	if (b->set != 0 && (came < b->set || came > wait->now))
		came = b->set;
	if (came != 0 && came < wait->now && wait->now - came > hop->oldest_s)
		hop->oldest_s = wait->now - came;
}

void
backlog_begin(struct backlog *b)
{
	b->next = 0;
	seen_done(&b->seen);
	held_done(b);
	for (size_t i = 0; i < b->hops.n; i++)
		b->hops.v[i].waiting = b->hops.v[i].late =
		    b->hops.v[i].oldest_s = 0;
	for (size_t i = 0; i < b->ways.n; i++) {
		b->ways.v[i].heard = b->ways.v[i].ended != 0;
		b->ways.v[i].before = 0;
	}
}

static struct backlog_way *
way_find(struct backlog *b, const char *pattern)
{
	size_t at = find_text(
	    FIND_LIST(backlog_way, pattern, b->ways.v, b->ways.n), pattern);

	return at == FIND_NONE ? NULL : &b->ways.v[at];
}

void
backlog_add(struct backlog *b, const struct backlog_wait *wait)
{
	struct backlog_way *way = NULL;
	uint64_t from = wait->came;
	struct backlog_hop *hop;
	const char *pattern;
	struct match m;
	size_t turn = 0;
	bool stays = !wait->deferred || wait->put_off;

	if (!match_is_address(wait->recipient))
		return;
	m = match_over(wait->recipient, wait->delimiters);
	while (way == NULL && (pattern = match_next(&m)) != NULL)
		way = way_find(b, pattern);
	if (way == NULL)
		return;
	held_see(b, way, wait);
	/* When it came may not be known. */
	way->before += wait->came <= way->ended + BACKLOG_LATER_S;
	while (stays && turn + 1 < way->n && way->turn[turn].since > wait->came)
		turn++;
	if (way->turn[turn].hop.family == 0)
		return;
	if (from < way->turn[turn].since)
		from = way->turn[turn].since;
	if (b->set != 0 && (from < b->set || from > wait->now))
		from = b->set;
	hop = backlog_hop_get(b, &way->turn[turn].hop);
	hop->waiting++;
	oldest_see(b, hop, wait);
	if (from < wait->now && wait->now - from >= wait->late_s)
		hop->late +=
		    backlog_is_late(b, wait, (size_t)(hop - b->hops.v));
}

bool
backlog_next(struct backlog *b, struct report *out)
{
	struct backlog_hop *hop;

	if (b->next == b->hops.n)
		return false;
	hop = &b->hops.v[b->next];
	*out = (struct report){ .kind = REPORT_QUEUE, .hop = hop->addr };
	if (!hop->used) { /* nothing waits there any more: said once */
		*hop = b->hops.v[--b->hops.n];
		return true;
	}
	out->count[REPORT_WAITING] = hop->waiting;
	out->count[REPORT_LATE] = hop->late;
	out->count[REPORT_OLDEST] = hop->oldest_s;
	b->next++;
	return true;
}

const char *
backlog_over(const struct backlog *b, size_t *at, uint64_t *n)
{
	while (*at < b->ways.n) {
		const struct backlog_way *way = &b->ways.v[(*at)++];

		*n = way->before;
		if (way->heard)
			return way->pattern;
	}
	return NULL;
}

bool
backlog_ends(const struct backlog *b)
{
	for (size_t i = 0; i < b->ways.n; i++)
		if (b->ways.v[i].ended != 0)
			return true;
	return false;
}

bool
backlog_holds(const struct backlog *b)
{
	for (size_t i = 0; i < b->ways.n; i++)
		if (b->ways.v[i].hold)
			return true;
	return false;
}

void
backlog_done(struct backlog *b)
{
	ways_free(b);
	vec_done(&b->hops);
	seen_done(&b->seen);
	held_done(b);
}
