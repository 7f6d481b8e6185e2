#include "plugins/log/tally.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/match.h"
#include "idn/labels.h"

/*
 * A recipient that a report can say: no blank, nothing quoted. Postfix writes
 * it as it came: a domain in UTF-8 is a pattern of ours in its other spelling,
 * and of a user like that no pattern is.
 */
void
tally_recipient(struct tally_line *line, const char *p, size_t n)
{
	char *out = line->to;
	const char *at;
	char *spelt;

	out[0] = '\0';
	if (n > LIMIT_REPORT_RECIPIENT)
		return;
	memcpy(out, p, n);
	out[n] = '\0';
	spelt = labels_to_a(out);
	n = strlen(spelt) <= LIMIT_REPORT_RECIPIENT ? strlen(spelt) : 0;
	at = strrchr(spelt, '@');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)spelt[i];
		bool foreign = c > '~' && at != NULL && spelt + i < at;

		if (c <= ' ' || c == '"' || c == '\\' || (c > '~' && !foreign))
			n = 0;
		out[i] = foreign ? '_' : spelt[i];
	}
	out[n] = '\0';
	mem_free(spelt);
	if (!match_is_address(out))
		out[0] = '\0';
}

static bool
tally_by_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct tally_hop *
tally_hop_get(struct tally *tally, const struct tally_line *line)
{
	const struct addr *addr = &line->hop;
	struct tally_hop new = { .by = line->by, .addr = *addr }, *idle = NULL;

	new.used = ++tally->used;
	for (size_t i = 0; i < tally->hops.n; i++) {
		struct tally_hop *h = &tally->hops.v[i];

		if (tally_by_same(h->by, line->by) &&
		    (addr_equal(&h->addr, addr) ||
			(addr->port == 0 && addr_same_ip(&h->addr, addr)))) {
			h->used = new.used;
			return h;
		}
		if (h->ok + h->failed + h->refused + h->replies == 0 &&
		    (idle == NULL || h->used < idle->used))
			idle = h;
	}
	if (tally->hops.n < TALLY_HOPS) {
		vec_push(&tally->hops, new);
		return &tally->hops.v[tally->hops.n - 1];
	}
	if (idle != NULL)
		*idle = new;
	return idle;
}

/* A delivery there tells of the address without a port, too. */
static void
forget_refusals(struct tally *tally, const struct tally_line *line)
{
	const struct addr *addr = &line->hop;

	for (size_t i = 0; i < tally->hops.n; i++) {
		struct tally_hop *h = &tally->hops.v[i];

		if (!tally_by_same(h->by, line->by) ||
		    !addr_same_ip(&h->addr, addr) ||
		    (h->addr.port != 0 && h->addr.port != addr->port))
			continue;
		h->refused = 0;
		h->nseen = 0;
	}
}

static bool
is_seen(const struct tally_hop *h, const char *id)
{
	for (size_t i = 0; i < h->nseen && i < TALLY_SEEN; i++)
		if (strcmp(h->seen[i], id) == 0)
			return true;
	return false;
}

/* Of the recipient alone, not of the hop. */
static void
route_count(struct tally *tally, const struct tally_line *line)
{
	struct tally_route route = { .hop = line->hop,
		.refused = line->what == TALLY_UNRELAYED };

	if (tally->routes.n == TALLY_ROUTES || line->to[0] == '\0')
		return;
	memcpy(route.to, line->to, sizeof(route.to));
	vec_push(&tally->routes, route);
}

void
tally_count(struct tally *tally, const struct tally_line *line)
{
	struct tally_hop *h;

	if (line->what == TALLY_NOTHING)
		return;
	h = tally_hop_get(tally, line);
	if (h == NULL)
		return;
	if (line->what == TALLY_OK) {
		forget_refusals(tally, line);
		h->ok++;
		if (h->watch > 0) {
			h->watch--;
			route_count(tally, line);
		}
	} else if (line->what == TALLY_FAILED) {
		h->failed++;
	} else if (line->what == TALLY_REPLIED) {
		h->replies++;
	} else if (line->what == TALLY_UNRELAYED) {
		h->watch = TALLY_WATCH;
		route_count(tally, line);
	} else if (!is_seen(h, line->id)) {
		memcpy(h->seen[h->nseen++ % TALLY_SEEN], line->id, TALLY_ID);
		h->refused++;
	}
}

static bool
route_next(struct tally *tally, struct report *out)
{
	const struct tally_route *route;

	if (tally->told == tally->routes.n) {
		tally->told = tally->routes.n = 0;
		return false;
	}
	route = &tally->routes.v[tally->told++];
	memset(out, 0, sizeof(*out));
	out->kind = REPORT_ROUTE;
	out->hop = route->hop;
	memcpy(out->to, route->to, sizeof(out->to));
	out->count[route->refused ? REPORT_UNRELAYED : REPORT_RELAYED] = 1;
	return true;
}

static void
hop_told(struct report *out, const struct tally_hop *h)
{
	out->hop = h->addr;
	snprintf(out->by, sizeof(out->by), "%s", h->by == NULL ? "" : h->by);
}

bool
tally_next(struct tally *tally, struct report *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = REPORT_EVIDENCE;
	for (size_t i = 0; i < tally->hops.n; i++) {
		struct tally_hop *h = &tally->hops.v[i];

		hop_told(out, h);
		if (h->ok > 0 || h->failed > 0) {
			out->count[REPORT_OK] = h->ok;
			out->count[REPORT_FAILED] = h->failed;
			h->ok = h->failed = 0;
			return true;
		}
	}
	for (size_t i = 0; i < tally->hops.n; i++) {
		struct tally_hop *h = &tally->hops.v[i];

		hop_told(out, h);
		if (h->refused > 0 || h->replies > 0) {
			out->count[REPORT_TURNED] = h->refused;
			out->count[REPORT_REPLIES] = h->replies;
			h->refused = h->replies = 0;
			return true;
		}
	}
	return route_next(tally, out);
}

void
tally_done(struct tally *tally)
{
	vec_done(&tally->hops);
	vec_done(&tally->routes);
}
