#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "core/view/facts_read.h"

/* So much waste is not worth reading everything. */
#define WASTE_MIN 1024

/* So many claims that come or go: each moves all that stand behind it. */
#define CLAIMS_MOVED 512

/* --- what is sorted ----------------------------------------------------------- */

/* Where a connector stands, or would. */
struct place {
	const struct facts *facts;
	uint32_t server;
	const char *name;
};

static bool
connector_before(const void *ctx, size_t i)
{
	const struct place *p = ctx;
	const struct facts_connector *c = &p->facts->connectors.v[i];

	if (c->owner != p->server)
		return c->owner < p->server;
	return strcmp(c->name, p->name) < 0;
}

static size_t
connector_place(const struct facts *f, uint32_t owner, const char *name)
{
	return find_from(f->connectors.n, connector_before,
	    &(struct place){ f, owner, name });
}

static bool
claim_before(const void *ctx, size_t i)
{
	const struct place *p = ctx;
	const struct facts_claim *c = &p->facts->claims.v[i];
	int order = strcmp(c->pattern, p->name);

	return order != 0 ? order < 0 : c->server < p->server;
}

static size_t
claim_place(const struct facts *f, uint32_t server, const char *pattern)
{
	return find_from(
	    f->claims.n, claim_before, &(struct place){ f, server, pattern });
}

size_t
facts_connectors(const struct facts *f, uint32_t owner)
{
	return connector_place(f, owner, "");
}

size_t
facts_claims(const struct facts *f, const char *pattern, size_t *n)
{
	size_t first = claim_place(f, 0, pattern), end = first;

	while (
	    end < f->claims.n && strcmp(f->claims.v[end].pattern, pattern) == 0)
		end++;
	*n = end - first;
	return first;
}

void
facts_own_find(struct facts *f)
{
	f->own_at = (uint32_t)facts_connectors(f, f->self);
	f->own_n = (uint32_t)facts_connectors(f, f->self + 1) - f->own_at;
}

static void
connector_insert(struct facts *f, size_t at, struct facts_connector c)
{
	vec_push(&f->connectors, c);
	memmove(&f->connectors.v[at + 1], &f->connectors.v[at],
	    (f->connectors.n - 1 - at) * sizeof(c));
	f->connectors.v[at] = c;
	facts_own_find(f);
}

static void
connector_take(struct facts *f, size_t at)
{
	f->waste += f->connectors.v[at].room;
	f->connectors.n--;
	memmove(&f->connectors.v[at], &f->connectors.v[at + 1],
	    (f->connectors.n - at) * sizeof(f->connectors.v[0]));
	facts_own_find(f);
}

/* The text that claims of this pattern share: those beside this place are of
 * it, or none is. */
static const char *
pattern_text(struct facts *f, size_t at, const char *pattern)
{
	for (size_t i = at > 0 ? at - 1 : 0; i <= at && i < f->claims.n; i++)
		if (strcmp(f->claims.v[i].pattern, pattern) == 0)
			return f->claims.v[i].pattern;
	vec_push(&f->coined, mem_str(pattern));
	f->waste++;
	return f->coined.v[f->coined.n - 1];
}

static void
claim_insert(struct facts *f, size_t at, struct facts_claim c)
{
	vec_push(&f->claims, c);
	memmove(&f->claims.v[at + 1], &f->claims.v[at],
	    (f->claims.n - 1 - at) * sizeof(c));
	f->claims.v[at] = c;
}

static void
claim_take(struct facts *f, size_t at)
{
	f->claims.n--;
	memmove(&f->claims.v[at], &f->claims.v[at + 1],
	    (f->claims.n - at) * sizeof(f->claims.v[0]));
}

/* --- what was said anew ------------------------------------------------------- */

/* Keys that have changed, one after the other. */
struct renewal {
	struct facts *facts;
	const struct view_input *in;
	size_t moved; /* claims that came or went */
	const struct lsa_key *key;
	const struct lsa *said;   /* now; NULL: nothing, or a purge */
	uint32_t server;          /* whose it is; FACTS_NONE: of none */
	const char *pattern;      /* of a claim; lent */
	struct facts_lists lists; /* of the server, from the first pattern on */
	bool listed;              /* that there are */
};

static bool
server_renew(const struct renewal *r)
{
	struct facts *f = r->facts;
	struct facts_server *s;

	if (r->server == FACTS_NONE)
		return r->said == NULL;
	s = &f->servers.v[r->server];
	if ((s->body != NULL) != (r->said != NULL))
		return false;
	if (r->said == NULL)
		return true;
	facts_server_read(s, r->said);
	if (strcmp(s->body->group, s->group_name) != 0)
		return false;
	f->waste += s->neighbours.n + s->up.n + s->down.n;
	facts_sets_read(f, r->server);
	return true;
}

/* A connector counts only with its owner's server LSA, or if it is ours. */
static bool
connector_renew(const struct renewal *r)
{
	struct facts *f = r->facts;
	struct facts_connector c = { .owner = r->server };
	bool is, was;
	size_t at;

	if (r->server == FACTS_NONE ||
	    (r->server != f->self && f->servers.v[r->server].body == NULL))
		return true;
	at = connector_place(f, r->server, r->key->id);
	was = at < f->connectors.n && f->connectors.v[at].owner == r->server &&
	      strcmp(f->connectors.v[at].name, r->key->id) == 0;
	if (was)
		c = f->connectors.v[at];
	f->limited -= was && c.limits != NULL;
	is = r->said != NULL && facts_connector_read(f, r->in, r->said, &c);
	if (is)
		facts_connector_judge(f, r->in, &c);
	f->limited += is && c.limits != NULL;
	if (is && was)
		f->connectors.v[at] = c;
	else if (is)
		connector_insert(f, at, c);
	else if (was)
		connector_take(f, at);
	return true;
}

static const struct setup_space *
own_space(const struct renewal *r)
{
	const struct setup *setup = r->in->setup;
	size_t at = find_text(
	    FIND_LIST(setup_space, pattern, setup->spaces, setup->nspaces),
	    r->pattern);

	return at == FIND_NONE ? NULL : &setup->spaces[at];
}

/* Whether its server claims the pattern now, by itself or by its list. Patterns
 * of one key are asked for in their order. */
static bool
claim_said_now(struct renewal *r, struct facts_claim *c)
{
	const char *origin = r->facts->servers.v[r->server].name;
	struct lsa_key key = { origin, r->pattern, LSA_SPACE };
	const struct lsa *said = lsdb_find(r->in->db, &key);
	const struct setup_space *own;

	if (r->server != r->facts->self && said != NULL && !said->purge) {
		facts_claim_read(r->in, said, c);
		return true;
	}
	if (!r->listed)
		facts_lists_begin(&r->lists, r->in->db, origin, r->pattern);
	r->listed = true;
	if (r->server != r->facts->self)
		return facts_claim_listed(r->in, &r->lists, r->pattern, c);
	own = own_space(r);
	return own != NULL && facts_claim_own(r->in, &r->lists, own, c);
}

static void
claim_renew(struct renewal *r)
{
	struct facts *f = r->facts;
	struct facts_claim c = { .server = r->server };
	size_t at = claim_place(f, r->server, r->pattern);
	bool was = at < f->claims.n && f->claims.v[at].server == r->server &&
	           strcmp(f->claims.v[at].pattern, r->pattern) == 0;
	bool is = claim_said_now(r, &c);

	r->moved += is != was;
	if (is)
		c.pattern = was ? f->claims.v[at].pattern
		                : pattern_text(f, at, r->pattern);
	if (is && was)
		f->claims.v[at] = c;
	else if (is)
		claim_insert(f, at, c);
	else if (was)
		claim_take(f, at);
}

static void
pattern_renew(void *ctx, const char *pattern)
{
	struct renewal *r = ctx;

	r->pattern = pattern;
	if (r->moved < CLAIMS_MOVED)
		claim_renew(r);
}

/* Of a space, a list or a grant. */
static bool
claims_renew(struct renewal *r, const struct news_one *one)
{
	const struct facts *f = r->facts;

	/* Without a server LSA it is a server by its claims alone; a grant
	 * makes nobody one. */
	if (r->server == FACTS_NONE)
		return r->said == NULL || one->key.type == LSA_GRANT;
	if (r->server != f->self && f->servers.v[r->server].body == NULL)
		return false;
	if (one->key.type == LSA_SPACE)
		pattern_renew(r, one->key.id);
	else
		listed_changed(
		    r->in->db, &one->key, one->was, pattern_renew, r);
	return r->moved < CLAIMS_MOVED;
}

static bool
key_renew(struct renewal *r, const struct news_one *one)
{
	const struct lsa_key *key = &one->key;
	const struct lsa *said = lsdb_find(r->in->db, key);

	r->key = key;
	r->said = said == NULL || said->purge ? NULL : said;
	r->server = facts_find(r->facts, key->origin);
	r->listed = false;
	if (key->type == LSA_SERVER)
		return server_renew(r);
	if (key->type == LSA_CONNECTOR)
		return connector_renew(r);
	if (key->type == LSA_SPACE || lsa_is_list(key->type))
		return claims_renew(r, one);
	return false;
}

bool
facts_renew(
    struct facts *f, const struct view_input *in, const struct news *news)
{
	struct renewal r = { .facts = f, .in = in };

	if (news->many)
		return false;
	for (size_t i = 0; i < news->list.n; i++)
		if (!key_renew(&r, &news->list.v[i]))
			return false;
	return f->waste < WASTE_MIN || f->waste < (f->pool.n + f->edges.n) / 2;
}
