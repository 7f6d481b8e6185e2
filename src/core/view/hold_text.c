#include "core/view/hold_text.h"

#include <string.h>

#include "base/buf.h"
#include "base/find.h"
#include "base/mem.h"

/* Room for `2026-11-21T12:00:03Z` and a little. */
#define SINCE_MAX 32

/* The connector to blame for a group: ours rather than another's, one that
 * is down rather than one that is drained, then the first by owner. */
struct blame {
	const struct facts_connector *connector;
	uint32_t weight;
};

struct hold_text_book {
	const struct facts *facts;
	const struct steps_presence *presence;
	const struct net *net;
	uint32_t *drained;   /* by server: the first on the way to it that gives
			      no transit since it drains; FACTS_NONE */
	struct blame *blame; /* by group */
	bool *led_to;        /* by group: some connector goes there */
};

/* The group's number, or FACTS_NONE. */
static uint32_t
group_find(const struct facts *f, const char *name)
{
	size_t at = find_text(FIND_TEXTS(f->groups.v, f->groups.n), name);

	return at == FIND_NONE ? FACTS_NONE : (uint32_t)at;
}

static bool
any_up(const struct facts_connector *c)
{
	for (size_t i = 0; i < c->body->nbridgeheads; i++)
		if (facts_up(c, i))
			return true;
	return false;
}

static uint32_t
hold_text_weight_of(
    const struct hold_text_book *b, const struct facts_connector *c)
{
	if (c->body->state == LSA_UP && any_up(c))
		return 0; /* it works: not to be blamed */
	return 1u + (c->body->state == LSA_UP ? 1 : 0) +
	       (b->presence->present[c->owner] ? 2 : 0) +
	       (c->owner == b->facts->self ? 4 : 0);
}

/* Most tables hold nothing, so it is made for the first one who asks. */
static void
blame_find(struct hold_text_book *b)
{
	const struct facts *f = b->facts;

	b->blame = mem_new(0, f->groups.n, sizeof(*b->blame));
	b->led_to = mem_new(0, f->groups.n, sizeof(*b->led_to));
	for (size_t i = 0; i < f->connectors.n; i++) {
		const struct facts_connector *c = &f->connectors.v[i];
		uint32_t group = group_find(f, c->body->group);
		uint32_t weight = hold_text_weight_of(b, c);

		if (group == FACTS_NONE)
			continue;
		b->led_to[group] = true;
		if (weight > b->blame[group].weight)
			b->blame[group] = (struct blame){ c, weight };
	}
}

/* Who is reached from here if drained servers gave transit, in rounds: by each
 * of them whom a hold is to name. */
static void
drained_find(struct hold_text_book *b)
{
	const struct net *net = b->net;
	size_t n = net->servers.n + net->parts;
	uint32_t *by = mem_new(0, n + 1, sizeof(*by));
	bool *seen = mem_new(0, n + 1, sizeof(*seen)), more = true;

	for (size_t i = 0; i < n; i++)
		by[i] = FACTS_NONE;
	seen[b->facts->self] = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < net->steps.n; i++) {
			const struct net_step *s = &net->steps.v[i];

			if (!seen[s->from] || seen[s->to])
				continue;
			more = seen[s->to] = true;
			by[s->to] = by[s->from];
			if (by[s->to] == FACTS_NONE &&
			    s->from < net->servers.n &&
			    s->from != b->facts->self &&
			    !net->servers.v[s->from].transit)
				by[s->to] = s->from;
		}
	}
	mem_free(seen);
	b->drained = by;
}

/* The server on the way that drains, by whom and why. */
static bool
drained_tell(struct hold_text_book *b, uint32_t server, struct buf *out)
{
	const struct lsa_server *s;
	uint32_t who;

	if (b->drained == NULL)
		drained_find(b);
	who = b->drained[server];
	if (who == FACTS_NONE)
		return false;
	s = b->facts->servers.v[who].body;
	if (s == NULL || s->state != LSA_DRAIN)
		return false;
	buf_printf(out, ", server %s drained", b->facts->servers.v[who].name);
	lsa_drain_text(out, &(struct lsa_drain_told){ s->drain_since,
				s->drain_until, s->drain_who, s->reason });
	return true;
}

struct hold_text_book *
hold_text_new(const struct facts *facts, const struct steps_presence *presence,
    const struct net *net)
{
	struct hold_text_book *b = mem_new(sizeof(*b), 0, 0);

	b->facts = facts;
	b->presence = presence;
	b->net = net;
	return b;
}

void
hold_text_free(struct hold_text_book *b)
{
	if (b == NULL)
		return;
	mem_free(b->drained);
	mem_free(b->blame);
	mem_free(b->led_to);
	mem_free(b);
}

static bool
is_time(const char *s)
{
	return s != NULL && s[0] != '\0' && strlen(s) <= SINCE_MAX &&
	       s[strspn(s, "0123456789:.TZ-")] == '\0';
}

/* By whom and why, if an operator did it: the connector, or all that it leads
 * to. */
static bool
drains_tell(const struct lsa_connector *c, struct buf *out)
{
	const struct lsa_drain *d = c->drains;
	struct lsa_drain_words words;

	if (c->ndrains == 0 || !(d->whole || c->ndrains == c->nbridgeheads) ||
	    !lsa_drain_read(d->text, d->whole, &words))
		return false;
	buf_text(out, " drained");
	lsa_drain_text(out, &(struct lsa_drain_told){
				d->since, d->until, words.who, words.reason });
	return true;
}

static void
group_say(const struct hold_text_book *b, uint32_t group, struct buf *out)
{
	const struct facts *f = b->facts;
	const struct facts_connector *c = b->blame[group].connector;

	if (group == f->servers.v[f->self].group) {
		buf_text(out, " in our own group");
		return;
	}
	if (!b->led_to[group]) {
		buf_text(out, ": no connector");
		return;
	}
	if (c == NULL)
		return;
	buf_printf(out, ", connector %s", c->name);
	if (drains_tell(c->body, out))
		return;
	buf_text(out, c->body->state == LSA_UP ? " down" : " drained");
	if (c->body->state == LSA_UP && is_time(c->body->since))
		buf_printf(out, " since %s", c->body->since);
}

/* The claim to speak of: one that could be used, else the first visible. */
static const struct net_claim *
claim_pick(const struct hold_text_book *b, const struct reach_claims *claims)
{
	const struct net_claim *pick = NULL;

	for (size_t i = 0; i < claims->n; i++) {
		const struct net_claim *c = &claims->v[i];

		if (c->local && b->facts->servers.v[c->server].group !=
				    b->facts->servers.v[b->facts->self].group)
			continue;
		if (!c->down)
			return c;
		if (pick == NULL)
			pick = c;
	}
	return pick;
}

char *
hold_text_text(struct hold_text_book *b, const struct reach_claims *claims)
{
	const struct net_claim *c = claim_pick(b, claims);
	const struct facts *f = b->facts;
	const struct facts_server *s;
	struct buf out = { 0 };

	if (c == NULL)
		return mem_str("no path");
	if (b->blame == NULL)
		blame_find(b);
	s = &f->servers.v[c->server];
	if (c->down) {
		buf_printf(&out, "no path: the way out at %s is down", s->name);
	} else if (s->group == FACTS_NONE) {
		buf_printf(&out, "no path to %s: unknown server", s->name);
	} else if (s->group == f->servers.v[f->self].group) {
		buf_printf(&out, "no path to %s", s->name);
		group_say(b, s->group, &out);
	} else {
		buf_printf(&out, "no path to %s", s->group_name);
		if (!drained_tell(b, c->server, &out))
			group_say(b, s->group, &out);
	}
	if (b->presence->alone && !c->down)
		buf_text(&out, ", no neighbour answers");
	return buf_string(&out);
}
