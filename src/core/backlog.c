#include "core/backlog.h"

#include <string.h>

#include "base/mem.h"
#include "core/match.h"

static struct backlog_hop *
hop_get(struct backlog *b, const struct addr *addr)
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

void
backlog_table(struct backlog *b, const struct rib *rib, uint64_t now)
{
	struct backlog old = { .ways = b->ways };
	size_t at = 0;

	memset(&b->ways, 0, sizeof(b->ways));
	for (size_t i = 0; i < b->hops.n; i++)
		b->hops.v[i].used = false;
	for (size_t i = 0; i < rib->n; i++) { /* both are sorted */
		const struct route *r = &rib->routes[i];
		struct backlog_way way = { .since = now };

		if (r->kind == ROUTE_REMOTE && r->nhops > 0)
			way.hop = r->hop[0].addr;
		while (at < old.ways.n &&
		       strcmp(old.ways.v[at].pattern, r->pattern) < 0)
			at++;
		if (at < old.ways.n &&
		    strcmp(old.ways.v[at].pattern, r->pattern) == 0 &&
		    addr_equal(&old.ways.v[at].hop, &way.hop))
			way.since = old.ways.v[at].since;
		way.pattern = mem_str(r->pattern);
		vec_push(&b->ways, way);
		if (way.hop.family != 0)
			hop_get(b, &way.hop)->used = true;
	}
	ways_free(&old);
}

void
backlog_begin(struct backlog *b)
{
	b->next = 0;
	for (size_t i = 0; i < b->hops.n; i++)
		b->hops.v[i].waiting = b->hops.v[i].late = 0;
}

static const struct backlog_way *
way_find(const struct backlog *b, const char *pattern)
{
	size_t low = 0, high = b->ways.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(pattern, b->ways.v[mid].pattern);

		if (c == 0)
			return &b->ways.v[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

void
backlog_add(struct backlog *b, const char *recipient, uint64_t came,
    uint64_t now, uint64_t late_s)
{
	const struct backlog_way *way = NULL;
	struct backlog_hop *hop;
	const char *pattern;
	struct match m;

	if (!match_is_address(recipient))
		return;
	m = match_over(recipient);
	while (way == NULL && (pattern = match_next(&m)) != NULL)
		way = way_find(b, pattern);
	if (way == NULL || way->hop.family == 0)
		return;
	if (came < way->since)
		came = way->since;
	hop = hop_get(b, &way->hop);
	hop->waiting++;
	hop->late += came < now && now - came >= late_s;
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
	b->next++;
	return true;
}

void
backlog_done(struct backlog *b)
{
	ways_free(b);
	vec_done(&b->hops);
}
