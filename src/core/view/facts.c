#include "core/view/facts.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "core/view/facts_read.h"

/* Sorts and drops repetitions; returns what is left. */
static size_t
text_unique(const char **v, size_t n)
{
	size_t kept = 0;

	find_sort_texts(v, n);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || strcmp(v[kept - 1], v[i]) != 0)
			v[kept++] = v[i];
	return kept;
}

/* The place in a sorted list, or FACTS_NONE. */
static uint32_t
text_find(const char *const *v, size_t n, const char *name)
{
	size_t at = find_text(FIND_TEXTS(v, n), name);

	return at == FIND_NONE ? FACTS_NONE : (uint32_t)at;
}

/* FNV-1a, 32 bits (G. Fowler, L. C. Noll, K.-P. Vo). */
static uint32_t
facts_hash_text(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

uint32_t
facts_find(const struct facts *f, const char *name)
{
	uint32_t hash = facts_hash_text(name);

	for (uint32_t i = hash & f->mask;; i = (i + 1) & f->mask) {
		const struct facts_slot *slot = &f->slots[i];

		if (slot->server == FACTS_NONE)
			return FACTS_NONE;
		if (slot->hash == hash && strcmp(slot->name, name) == 0)
			return slot->server;
	}
}

/* In the database each name is in a place of its own, far from the others:
 * most of the time of looking one up was waiting for memory. */
static void
names_gather(struct facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->servers.n; i++)
		n += strlen(f->servers.v[i].name) + 1;
	f->names = mem_new(n, 0, 0);
	n = 0;
	for (size_t i = 0; i < f->servers.n; i++) {
		size_t len = strlen(f->servers.v[i].name) + 1;

		memcpy(f->names + n, f->servers.v[i].name, len);
		f->servers.v[i].name = f->names + n;
		n += len;
	}
}

/* At most half full, so that every search ends. */
static void
slots_fill(struct facts *f)
{
	uint32_t n = 16;

	while (n < 2 * f->servers.n)
		n *= 2;
	f->mask = n - 1;
	f->slots = mem_new(0, n, sizeof(*f->slots));
	memset(f->slots, 0xff, n * sizeof(*f->slots)); /* FACTS_NONE */
	for (uint32_t s = 0; s < f->servers.n; s++) {
		uint32_t hash = facts_hash_text(f->servers.v[s].name);
		uint32_t i = hash & f->mask;

		while (f->slots[i].server != FACTS_NONE)
			i = (i + 1) & f->mask;
		f->slots[i] =
		    (struct facts_slot){ hash, s, f->servers.v[s].name };
	}
}

bool
facts_has(const struct facts *f, struct facts_set set, uint32_t server)
{
	const uint32_t *v = f->pool.v;
	uint32_t low = set.at, high = set.at + set.n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (v[mid] == server)
			return true;
		if (server < v[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

/* Numbers of the names that are known, without `self`. */
static struct facts_set
set_read(struct facts *f, char *const *names, size_t n, uint32_t self)
{
	struct facts_set set = { .at = (uint32_t)f->pool.n };

	for (size_t i = 0; i < n; i++) {
		uint32_t k = facts_find(f, names[i]);

		if (k != FACTS_NONE && k != self)
			vec_push(&f->pool, k);
	}
	set.n = (uint32_t)f->pool.n - set.at;
	return set;
}

/* Reports count within the group alone (lsrd-protocol(7) 5). */
static struct facts_set
reports_read(struct facts *f, char *const *names, size_t n, uint32_t who)
{
	struct facts_set all = set_read(f, names, n, who);
	uint32_t *v = f->pool.v + all.at;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < all.n; i++)
		if (f->servers.v[v[i]].group == f->servers.v[who].group)
			v[kept++] = v[i];
	f->pool.n = all.at + kept;
	all.n = kept;
	return all;
}

/* Who is reported both up and down is down. */
static void
drop_contradictions(struct facts *f, struct facts_server *s)
{
	uint32_t *v = f->pool.v + s->up.at;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->up.n; i++)
		if (!facts_has(f, s->down, v[i]))
			v[kept++] = v[i];
	s->up.n = kept;
}

/* The last server, if it is the one of this name. */
static uint32_t
server_last(const struct facts *f, const char *name)
{
	size_t n = f->servers.n;

	if (n == 0 || strcmp(f->servers.v[n - 1].name, name) != 0)
		return FACTS_NONE;
	return (uint32_t)n - 1;
}

static uint32_t
server_new(struct facts *f, const char *name)
{
	struct facts_server s = { .name = name, .group = FACTS_NONE };

	vec_push(&f->servers, s);
	return (uint32_t)f->servers.n - 1;
}

/*
 * The number of an LSA's origin: every origin of a server LSA or a claim is
 * a server, and we are. The database is in the order of origins, so that is
 * the last one or the next. FACTS_NONE for others.
 */
static uint32_t
origin_of(struct facts *f, const struct view_input *in, const struct lsa *lsa)
{
	const char *self = in->setup->server;
	uint32_t at = server_last(f, lsa->key.origin);

	if (at != FACTS_NONE)
		return at;
	if (f->self == FACTS_NONE && strcmp(self, lsa->key.origin) <= 0) {
		f->self = server_new(f, self);
		if (strcmp(self, lsa->key.origin) == 0)
			return f->self;
	}
	if (lsa->key.type != LSA_SERVER && lsa->key.type != LSA_SPACE &&
	    lsa->key.type != LSA_LIST)
		return FACTS_NONE; /* a connector without its server LSA */
	return server_new(f, lsa->key.origin);
}

void
facts_server_read(struct facts_server *s, const struct lsa *lsa)
{
	s->lsa = lsa;
	s->body = lsa_server(lsa);
	s->transit = s->body->state == LSA_UP;
	s->unasked = s->body->state == LSA_STARTING && s->body->unasked;
}

/* Ours may be shorter than what we said last: what is no more configured is
 * used no more, before its purge is out. */
static const struct setup_connector *
own_connector(const struct setup *setup, const char *name)
{
	for (size_t i = 0; i < setup->nconnectors; i++)
		if (strcmp(setup->connectors[i].name, name) == 0)
			return &setup->connectors[i];
	return NULL;
}

bool
facts_connector_read(const struct facts *f, const struct view_input *in,
    const struct lsa *lsa, struct facts_connector *c)
{
	c->name = lsa->key.id;
	c->body = lsa_connector(lsa);
	c->limits = policy_has_limits(c->body->policy) ? c->body->policy : NULL;
	c->barred = 0;
	if (c->owner != f->self)
		return true;
	c->own = own_connector(in->setup, c->name);
	return c->own != NULL;
}

static void
connector_add(struct facts *f, const struct view_input *in, uint32_t owner,
    const struct lsa *lsa)
{
	struct facts_connector c = { .owner = owner };

	if (facts_connector_read(f, in, lsa, &c))
		vec_push(&f->connectors, c);
}

static void
lsa_read(struct facts *f, const struct view_input *in, uint32_t origin,
    const struct lsa *lsa)
{
	if (lsa->key.type == LSA_SERVER)
		facts_server_read(&f->servers.v[origin], lsa);
	else if (lsa->key.type == LSA_CONNECTOR)
		connector_add(f, in, origin, lsa);
	else if (lsa->key.type == LSA_SPACE)
		facts_claim_add(f, in, origin, lsa);
}

static bool
facts_is_read(uint8_t type)
{
	return (type >= LSA_SERVER && type <= LSA_SPACE) || type == LSA_LIST;
}

static void
database_read(struct facts *f, const struct view_input *in)
{
	uint32_t origin, listed = FACTS_NONE;

	for (struct lsa *l = lsdb_first(in->db); l; l = lsdb_next(l)) {
		if (l->purge || !facts_is_read(l->key.type))
			continue;
		origin = origin_of(f, in, l);
		if (origin == FACTS_NONE)
			continue;
		if (l->key.type != LSA_LIST)
			lsa_read(f, in, origin, l);
		else if (origin != listed) /* with its first chunk all */
			facts_list_add(f, in, listed = origin);
	}
	if (f->self == FACTS_NONE)
		f->self = server_new(f, in->setup->server);
	names_gather(f);
	slots_fill(f);
	facts_claims_gather(f, in);
}

/* Side by side, as those of servers are: what lends from a body would end
 * with its LSA. */
static void
groups_gather(struct facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->groups.n; i++)
		n += strlen(f->groups.v[i]) + 1;
	f->group_names = mem_new(n + 1, 0, 0);
	n = 0;
	for (size_t i = 0; i < f->groups.n; i++) {
		size_t len = strlen(f->groups.v[i]) + 1;

		memcpy(f->group_names + n, f->groups.v[i], len);
		f->groups.v[i] = f->group_names + n;
		n += len;
	}
}

/* The name that is its own or, of ourselves, the setup's. */
static const char *
group_said(const struct facts *f, uint32_t server, const struct setup *setup)
{
	const struct lsa_server *body = f->servers.v[server].body;

	if (body != NULL)
		return body->group;
	return server == f->self ? setup->group : NULL;
}

/* Groups by number. */
static void
facts_groups_number(struct facts *f, const struct setup *setup)
{
	for (uint32_t i = 0; i < f->servers.n; i++)
		if (group_said(f, i, setup) != NULL)
			vec_push(&f->groups, group_said(f, i, setup));
	f->groups.n = text_unique(f->groups.v, f->groups.n);
	groups_gather(f);
	for (uint32_t i = 0; i < f->servers.n; i++) {
		struct facts_server *s = &f->servers.v[i];
		const char *said = group_said(f, i, setup);

		if (said == NULL)
			continue;
		s->group = text_find(f->groups.v, f->groups.n, said);
		s->group_name = f->groups.v[s->group];
	}
}

bool
facts_may_step(const struct facts *f, const struct view_input *in,
    const char *origin, const struct facts_way *way)
{
	const char *group;
	uint32_t to;

	if (in->may_connect == NULL)
		return true;
	to = facts_find(f, way->bridgehead);
	group = to == FACTS_NONE ? NULL : f->servers.v[to].group_name;
	return in->may_connect(
	    in->ctx, origin, group == NULL ? way->group : group);
}

bool
facts_up(const struct facts_connector *c, size_t k)
{
	return c->body->bridgeheads[k].up && (c->barred >> k & 1) == 0;
}

uint32_t
facts_cost(const struct lsa_connector *c, const struct lsa_bridgehead *b)
{
	uint64_t cost = (uint64_t)b->cost << (c->congestion & 3);

	return cost > UINT32_MAX ? UINT32_MAX : (uint32_t)cost;
}

/* Looked up once, and side by side: bodies are far from each other. */
static void
edges_read(struct facts *f, struct facts_connector *c)
{
	const struct lsa_connector *body = c->body;

	c->n = 0;
	if (body->state != LSA_UP || (c->own != NULL && c->own->drain))
		return;
	for (size_t k = 0; k < body->nbridgeheads; k++) {
		const struct lsa_bridgehead *b = &body->bridgeheads[k];
		uint32_t to = facts_find(f, b->name);

		if (facts_up(c, k) && to != FACTS_NONE && to != c->owner)
			f->edges.v[c->at + c->n++] =
			    (struct facts_edge){ to, facts_cost(body, b) };
	}
}

static void
edges_room(struct facts *f, struct facts_connector *c)
{
	if (c->body->nbridgeheads <= c->room)
		return;
	f->waste += c->room;
	c->at = (uint32_t)f->edges.n;
	c->room = (uint32_t)c->body->nbridgeheads;
	for (uint32_t k = 0; k < c->room; k++)
		vec_push(&f->edges, ((struct facts_edge){ FACTS_NONE, 0 }));
}

static bool
is_configured(const struct setup_connector *own, const char *bridgehead)
{
	for (size_t k = 0; k < own->nbridgeheads; k++)
		if (strcmp(own->bridgeheads[k].name, bridgehead) == 0)
			return true;
	return false;
}

/* A bridgehead that the owner's certificate does not let it lead to is down,
 * for everybody alike: what counts is the group that it is of. Of ours, one that
 * is no more configured is, before that is said. */
void
facts_connector_judge(
    struct facts *f, const struct view_input *in, struct facts_connector *c)
{
	const char *owner = f->servers.v[c->owner].name;

	for (size_t k = 0; k < c->body->nbridgeheads; k++) {
		const struct lsa_bridgehead *b = &c->body->bridgeheads[k];
		struct facts_way way = { b->name, c->body->group };

		if ((c->own != NULL && !is_configured(c->own, b->name)) ||
		    !facts_may_step(f, in, owner, &way))
			c->barred |= UINT64_C(1) << k;
	}
	edges_room(f, c);
	edges_read(f, c);
}

void
facts_sets_read(struct facts *f, uint32_t server)
{
	struct facts_server *s = &f->servers.v[server];
	const struct lsa_server *b = s->body;

	s->neighbours = set_read(f, b->neighbours, b->nneighbours, server);
	s->down = reports_read(f, b->mail_down, b->nmail_down, server);
	s->up = reports_read(f, b->mail_up, b->nmail_up, server);
	drop_contradictions(f, s);
}

void
facts_init(struct facts *f, const struct view_input *in)
{
	memset(f, 0, sizeof(*f));
	vec_push(&f->pool, FACTS_NONE); /* so that v is never NULL */
	f->self = FACTS_NONE;
	database_read(f, in);
	facts_own_find(f);
	facts_groups_number(f, in->setup);
	for (size_t i = 0; i < f->connectors.n; i++) {
		facts_connector_judge(f, in, &f->connectors.v[i]);
		f->limited += f->connectors.v[i].limits != NULL;
	}
	for (uint32_t i = 0; i < f->servers.n; i++)
		if (f->servers.v[i].body != NULL)
			facts_sets_read(f, i);
}

void
facts_done(struct facts *f)
{
	mem_free(f->slots);
	mem_free(f->names);
	mem_free(f->group_names);
	mem_free(f->patterns);
	for (size_t i = 0; i < f->coined.n; i++)
		mem_free(f->coined.v[i]);
	vec_done(&f->coined);
	vec_done(&f->servers);
	vec_done(&f->connectors);
	vec_done(&f->claims);
	vec_done(&f->groups);
	vec_done(&f->pool);
	vec_done(&f->edges);
}
