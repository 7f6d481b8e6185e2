/*
 * ad_links.c - the site links of Active Directory: a connector for each two sites
 * of a link, and one for each way across sites that have no server.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/limits.h"
#include "ctl/import/ad.h"
#include "ctl/import/week.h"

#define SITES_OF_LINK 1000
#define COST_UNSAID 100
#define LINKS_OF_WAY 16 /* across at most so many */
#define FAR INT64_MAX
#define PAIRS_TEXT 64

struct site_link {
	const struct entry *entry;
	VEC(const struct ad_group *) sites; /* that are known, each once */
	uint32_t cost;
	uint64_t most;
	char *schedule; /* NULL: always */
	bool never;
};

/* How a site is reached from one: by which link, from which site before it. */
struct reached {
	int64_t cost; /* FAR: not */
	size_t before;
	const struct site_link *by;
};

/* Pairs of sites, of which the first is named. */
struct pairs {
	size_t n, one, other;
	int64_t cost;
};

/* What is told of a site that ways lead across, once: of a hub with 400 spokes
 * each two have a way. */
struct crossing {
	struct pairs joined, apart, dear;
};

struct ways {
	struct ad *ad;
	VEC(struct site_link) links;
	struct reached *reached;   /* of each site */
	struct crossing *crossing; /* of each site */
	size_t from;
};

char *
ad_week(struct ad *ad, const struct entry *entry, const char *name, bool *never)
{
	const struct entry_value *value = entry_value(entry, name, 0);
	char *text = NULL;
	enum week_kind kind;

	if (value == NULL)
		return NULL;
	kind = week_text(value->p, value->n, &text);
	*never = kind == WEEK_NEVER;
	if (kind == WEEK_NEVER)
		import_note(ad->im, entry->where,
		    "open it at some time, or take the link away",
		    "its schedule never opens: its connectors are drained");
	if (kind == WEEK_BAD)
		import_note(ad->im, entry->where, "set it anew",
		    "its schedule of %zu octets is none: always is taken",
		    value->n);
	if (kind == WEEK_LONG)
		import_note(ad->im, entry->where,
		    "let it change less often in a week",
		    "its schedule is longer than one of lsrd can be: always "
		    "is taken");
	return text;
}

static void
link_site_take(struct ad *ad, struct site_link *link, const char *dn)
{
	const struct ad_group *group = ad_group(ad, dn);

	if (group == NULL || link->sites.n == SITES_OF_LINK) {
		import_note(ad->im, link->entry->where,
		    "name sites that are there, at most 1000",
		    "%.200s is no site of the import", dn);
		return;
	}
	for (size_t i = 0; i < link->sites.n; i++)
		if (link->sites.v[i] == group) {
			import_note(ad->im, link->entry->where, "name it once",
			    "%s is in it twice", group->word);
			return;
		}
	vec_push(&link->sites, group);
}

static void
site_link_read(struct ad *ad, const struct entry *entry, struct site_link *out)
{
	const struct entry_value *value;

	*out = (struct site_link){ .entry = entry };
	for (size_t i = 0; (value = entry_value(entry, "sitelist", i)) != NULL;
	     i++)
		link_site_take(ad, out, value->p);
	if (out->sites.n < 2)
		import_note(ad->im, entry->where,
		    "name a second site, or take it away",
		    "this link has %zu sites, and leads nowhere", out->sites.n);
	out->cost = ad_cost(ad, entry, COST_UNSAID);
	out->most = ad_most(ad, entry);
	if (!ad->any_time)
		out->schedule = ad_week(ad, entry, "schedule", &out->never);
}

static void
link_connect(struct ad *ad, const struct site_link *l)
{
	const struct ad_link link = { .entry = l->entry,
		.cost = l->cost,
		.most = l->most,
		.schedule = l->schedule,
		.never = l->never };

	for (size_t i = 0; i < l->sites.n; i++)
		for (size_t k = 0; k < l->sites.n; k++)
			if (i != k)
				ad_connect(
				    ad, &link, l->sites.v[i], l->sites.v[k]);
}

static size_t
site_number(const struct ways *w, const struct ad_group *site)
{
	return (size_t)(site - w->ad->groups.v);
}

/* Nobody there hands mail on: ways lead across it, and not to it. */
static bool
is_crossed(const struct ad_group *site)
{
	return site->servers.n == 0;
}

/* The cheapest way into this link from what is reached; SIZE_MAX: none. */
static size_t
link_entered(const struct ways *w, const struct site_link *link)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < link->sites.n; i++) {
		size_t site = site_number(w, link->sites.v[i]);

		if ((site != w->from && !is_crossed(link->sites.v[i])) ||
		    w->reached[site].cost == FAR)
			continue;
		if (best == SIZE_MAX ||
		    w->reached[site].cost < w->reached[best].cost)
			best = site;
	}
	return best;
}

/* Each of its sites that this link makes cheaper; true: one is. */
static bool
link_relax(struct ways *w, const struct site_link *link)
{
	size_t before = link_entered(w, link);
	bool changed = false;

	for (size_t i = 0; before != SIZE_MAX && i < link->sites.n; i++) {
		struct reached *r =
		    &w->reached[site_number(w, link->sites.v[i])];
		int64_t cost = w->reached[before].cost + link->cost;

		if (cost < r->cost) {
			*r = (struct reached){ cost, before, link };
			changed = true;
		}
	}
	return changed;
}

static void
ways_reach(struct ways *w, size_t from)
{
	bool changed = true;

	for (size_t i = 0; i < w->ad->groups.n; i++)
		w->reached[i] = (struct reached){ FAR, SIZE_MAX, NULL };
	w->from = from;
	w->reached[from].cost = 0;
	for (size_t n = 0; changed && n < LINKS_OF_WAY; n++) {
		changed = false;
		for (size_t i = 0; i < w->links.n; i++)
			changed = link_relax(w, &w->links.v[i]) || changed;
	}
}

/* True if a link with both costs no more than the way. */
static bool
is_joined(const struct ways *w, size_t to, int64_t cost)
{
	for (size_t i = 0; i < w->links.n; i++) {
		const struct site_link *l = &w->links.v[i];
		size_t met = 0;

		for (size_t k = 0; k < l->sites.n; k++) {
			size_t site = site_number(w, l->sites.v[k]);

			met += site == w->from || site == to;
		}
		if (met == 2 && l->cost <= cost)
			return true;
	}
	return false;
}

/* One link more of a way: the smallest size, and the time of all. */
static void
way_join(struct ad_link *way, const struct site_link *link, bool *apart)
{
	if (link->most > 0 && (way->most == 0 || link->most < way->most))
		way->most = link->most;
	way->never = way->never || link->never;
	if (link->schedule == NULL)
		return;
	if (way->schedule != NULL && strcmp(way->schedule, link->schedule) != 0)
		*apart = true;
	way->schedule = link->schedule;
}

static void
pairs_add(struct pairs *pairs, size_t one, size_t other, int64_t cost)
{
	if (pairs->n++ == 0)
		*pairs = (struct pairs){ 1, one, other, cost };
}

/* How many there are beside the first. */
static const char *
pairs_more(const struct pairs *pairs, char out[PAIRS_TEXT])
{
	out[0] = '\0';
	if (pairs->n > 1)
		snprintf(out, PAIRS_TEXT, " (and %zu pair%s more)",
		    pairs->n - 1, pairs->n == 2 ? "" : "s");
	return out;
}

static void
crossing_tell(const struct ways *w, size_t site)
{
	const struct ad_group *groups = w->ad->groups.v;
	const char *where = groups[site].entry->where;
	const struct pairs *joined = &w->crossing[site].joined;
	const struct pairs *apart = &w->crossing[site].apart;
	const struct pairs *dear = &w->crossing[site].dear;
	char more[PAIRS_TEXT];

	if (joined->n > 0)
		import_note(w->ad->im, where,
		    "see that mail between them goes so",
		    "%s and %s have one connector across it, of cost %" PRId64
		    ", the sum of the links%s",
		    groups[joined->one].word, groups[joined->other].word,
		    joined->cost, pairs_more(joined, more));
	if (apart->n > 0)
		import_note(w->ad->im, where,
		    "write its schedule, and undrain it",
		    "%s and %s: the links between are open at different "
		    "times, and the connector is drained%s",
		    groups[apart->one].word, groups[apart->other].word,
		    pairs_more(apart, more));
	if (dear->n > 0)
		import_note(w->ad->im, where,
		    "costs go from 1 to 65535: choose one",
		    "%s and %s: cost %" PRId64 " is %d here%s",
		    groups[dear->one].word, groups[dear->other].word,
		    dear->cost, LIMIT_COST_MAX, pairs_more(dear, more));
}

/* From w->from to this site, across what is on the way. */
static void
way_connect(struct ways *w, size_t to)
{
	const struct ad_group *groups = w->ad->groups.v;
	const struct reached *r = w->reached;
	struct crossing *crossing = &w->crossing[r[to].before];
	struct ad_link way = { .entry = groups[r[to].before].entry };
	int64_t cost = 0;
	bool apart = false;

	for (size_t at = to; at != w->from; at = r[at].before) {
		cost += r[at].by->cost;
		way_join(&way, r[at].by, &apart);
	}
	if (is_joined(w, to, cost))
		return;
	way.cost = (uint32_t)(cost < LIMIT_COST_MAX ? cost : LIMIT_COST_MAX);
	if (apart) {
		way.schedule = NULL;
		way.never = true;
	}
	/* Once for both directions: site links have none. */
	if (w->from < to)
		pairs_add(&crossing->joined, w->from, to, way.cost);
	if (w->from < to && apart)
		pairs_add(&crossing->apart, w->from, to, way.cost);
	if (w->from < to && cost > LIMIT_COST_MAX)
		pairs_add(&crossing->dear, w->from, to, cost);
	ad_connect(w->ad, &way, &groups[w->from], &groups[to]);
}

static bool
is_beside_crossed(const struct ways *w, const struct ad_group *site)
{
	for (size_t i = 0; i < w->links.n; i++) {
		const struct site_link *l = &w->links.v[i];
		bool here = false, crossed = false;

		for (size_t k = 0; k < l->sites.n; k++) {
			here = here || l->sites.v[k] == site;
			crossed = crossed || is_crossed(l->sites.v[k]);
		}
		if (here && crossed)
			return true;
	}
	return false;
}

/* What is cheapest over one link alone has its connector by then. */
static void
ways_take(struct ways *w, size_t from)
{
	const struct ad_group *groups = w->ad->groups.v;

	if (is_crossed(&groups[from]) || !is_beside_crossed(w, &groups[from]))
		return;
	ways_reach(w, from);
	for (size_t to = 0; to < w->ad->groups.n; to++)
		if (to != from && !is_crossed(&groups[to]) &&
		    w->reached[to].cost != FAR && w->reached[to].before != from)
			way_connect(w, to);
}

void
ad_links_take(struct ad *ad)
{
	struct ways w = { .ad = ad };

	for (size_t i = 0; i < ad->entries->list.n; i++) {
		struct site_link link;

		if (!entry_is(&ad->entries->list.v[i], "sitelink"))
			continue;
		site_link_read(ad, &ad->entries->list.v[i], &link);
		link_connect(ad, &link);
		vec_push(&w.links, link);
	}
	w.reached = mem_new(0, ad->groups.n, sizeof(*w.reached));
	w.crossing = mem_new(0, ad->groups.n, sizeof(*w.crossing));
	for (size_t i = 0; i < ad->groups.n; i++)
		ways_take(&w, i);
	for (size_t i = 0; i < ad->groups.n; i++)
		crossing_tell(&w, i);
	for (size_t i = 0; i < w.links.n; i++) {
		mem_free(w.links.v[i].schedule);
		vec_done(&w.links.v[i].sites);
	}
	vec_done(&w.links);
	mem_free(w.reached);
	mem_free(w.crossing);
}
