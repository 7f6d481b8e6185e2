#include "core/view/rib.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"

const char *
route_kind_word(enum route_kind kind)
{
	static const char *const words[] = { "remote", "here", "way", "hold" };

	return words[kind];
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
route_hop_same(const struct route_hop *a, const struct route_hop *b)
{
	return addr_equal(&a->addr, &b->addr) && same_text(a->by, b->by);
}

bool
route_same(const struct route *a, const struct route *b)
{
	if (a->kind != b->kind || a->relay != b->relay ||
	    a->nhops != b->nhops || a->bare != b->bare || a->own != b->own)
		return false;
	if (a->kind == ROUTE_HOLD && !same_text(a->reason, b->reason))
		return false;
	if (a->kind == ROUTE_WAY && !same_text(a->way, b->way))
		return false;
	for (size_t i = 0; i < a->nhops; i++)
		if (!route_hop_same(&a->hop[i], &b->hop[i]))
			return false;
	return true;
}

static bool
claim_same(const struct route_claim *a, const struct route_claim *b)
{
	return strcmp(a->server, b->server) == 0 && a->known == b->known &&
	       a->own == b->own && a->here == b->here && a->local == b->local &&
	       memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

bool
route_is_local(const struct route *r)
{
	for (size_t i = 0; i < r->nclaims; i++)
		if (!r->claims[i].local)
			return false;
	return r->nclaims > 0;
}

bool
route_same_kept(const struct route *a, const struct route *b)
{
	if (!route_same(a, b) || a->leaves != b->leaves || a->over != b->over ||
	    a->revoked != b->revoked || a->nclaims != b->nclaims)
		return false;
	for (size_t i = 0; i < a->nclaims; i++)
		if (!claim_same(&a->claims[i], &b->claims[i]))
			return false;
	return true;
}

const struct route *
rib_find(const struct rib *rib, const char *pattern)
{
	size_t at;

	if (rib == NULL)
		return NULL;
	at = find_text(FIND_LIST(route, pattern, rib->routes, rib->n), pattern);
	return at == FIND_NONE ? NULL : &rib->routes[at];
}

const struct route *
rib_next(const struct rib *rib, size_t *from, const char *pattern)
{
	*from += find_text_near(
	    FIND_LIST(route, pattern, rib->routes + *from, rib->n - *from),
	    pattern);
	if (*from == rib->n || strcmp(rib->routes[*from].pattern, pattern) != 0)
		return NULL;
	return &rib->routes[*from];
}

void
rib_key_gone(struct rib *rib, const struct lsa *claim, const char *pattern)
{
	const struct route *r = rib_find(rib, pattern);

	for (size_t i = 0; r != NULL && i < r->nclaims; i++) {
		struct route_claim *c = &r->claims[i];

		if (strcmp(c->server, claim->key.origin) == 0 &&
		    c->seq <= claim->seq &&
		    memcmp(c->key, lsa_signer(claim), sizeof(c->key)) == 0)
			c->seq = 0;
	}
}

void
rib_key_forgotten(
    struct rib *rib, const char *server, const uint8_t key[CRYPTO_DIGEST])
{
	for (size_t i = 0; rib != NULL && i < rib->n; i++)
		for (size_t k = 0; k < rib->routes[i].nclaims; k++) {
			struct route_claim *c = &rib->routes[i].claims[k];

			if (c->known && c->seq == 0 &&
			    strcmp(c->server, server) == 0)
				memcpy(c->key, key, sizeof(c->key));
		}
}

size_t
rib_diff(const struct rib *from, const struct rib *to,
    void (*moved)(void *ctx, const struct route *from, const struct route *to),
    void *ctx)
{
	size_t i = 0, k = 0, calls = 0;
	size_t nfrom = from == NULL ? 0 : from->n, nto = to == NULL ? 0 : to->n;

	while (i < nfrom || k < nto) {
		const struct route *a = i < nfrom ? &from->routes[i] : NULL;
		const struct route *b = k < nto ? &to->routes[k] : NULL;
		int c = a == NULL   ? 1
		        : b == NULL ? -1
		                    : strcmp(a->pattern, b->pattern);

		i += c <= 0;
		k += c >= 0;
		if (c == 0 && route_same_kept(a, b))
			continue;
		calls++;
		if (moved != NULL)
			moved(ctx, c <= 0 ? a : NULL, c >= 0 ? b : NULL);
	}
	return calls;
}

void
rib_number(struct rib *rib, const struct rib *old, bool other)
{
	rib->generation = old == NULL ? 1 : old->generation + other;
}

/* A route has a dozen names in it, and thousands of routes may move at once:
 * of each piece on its own the allocator is dearer than the search. */
void
route_path_set(struct route *r, const char *const *names, size_t n)
{
	size_t octets = 0, at = n * sizeof(*r->path);
	char **path = NULL;

	for (size_t i = 0; i < n; i++)
		octets += strlen(names[i]) + 1;
	if (n > 0)
		path = mem_new(at, octets, 1);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]) + 1;

		path[i] = memcpy((char *)path + at, names[i], len);
		at += len;
	}
	mem_free(r->path);
	r->path = path;
	r->npath = n;
}

static size_t
text_octets(const char *s)
{
	return s == NULL ? 0 : strlen(s) + 1;
}

/* Behind what is at *at already. */
static const char *
text_move(char *block, size_t *at, const char *s)
{
	size_t len = text_octets(s);
	char *to = block + *at;

	if (s == NULL)
		return NULL;
	*at += len;
	return memcpy(to, s, len);
}

void
route_hops_own(struct route *r)
{
	size_t octets = 0, at = 0;
	char *block;

	for (size_t i = 0; i < r->nhops; i++)
		octets +=
		    text_octets(r->hop[i].name) + text_octets(r->hop[i].by);
	block = octets == 0 ? NULL : mem_new(0, octets, 1);
	for (size_t i = 0; i < r->nhops; i++) {
		r->hop[i].name = text_move(block, &at, r->hop[i].name);
		r->hop[i].by = text_move(block, &at, r->hop[i].by);
	}
	r->names = block;
}

void
route_claims_copy(struct route *to, const struct route *from)
{
	to->nclaims = from->nclaims;
	to->claims = NULL;
	if (from->nclaims > 0)
		to->claims = mem_new(0, from->nclaims, sizeof(*to->claims));
	for (size_t i = 0; i < from->nclaims; i++) {
		to->claims[i] = from->claims[i];
		to->claims[i].server = mem_str(from->claims[i].server);
	}
}

void
route_claims_done(struct route *r)
{
	for (size_t i = 0; i < r->nclaims; i++)
		mem_free(r->claims[i].server);
	mem_free(r->claims);
	r->claims = NULL;
	r->nclaims = 0;
}

void
route_copy(struct route *to, const struct route *from)
{
	*to = *from;
	to->pattern = mem_str(from->pattern);
	to->way = mem_str(from->way);
	to->reason = mem_str(from->reason);
	to->server = mem_str(from->server);
	route_hops_own(to);
	to->path = NULL;
	to->npath = 0;
	route_path_set(to, (const char *const *)from->path, from->npath);
	route_claims_copy(to, from);
}

void
route_done(struct route *r)
{
	mem_free(r->names);
	mem_free(r->path);
	route_claims_done(r);
	mem_free(r->pattern);
	mem_free(r->way);
	mem_free(r->reason);
	mem_free(r->server);
	*r = (struct route){ 0 };
}

void
rib_free(struct rib *rib)
{
	if (rib == NULL)
		return;
	for (size_t i = 0; i < rib->n; i++)
		route_done(&rib->routes[i]);
	mem_free(rib->routes);
	mem_free(rib);
}

struct rib *
rib_copy(const struct rib *from)
{
	struct rib *to;

	if (from == NULL)
		return NULL;
	to = mem_new(sizeof(*to), 0, 0);
	to->generation = from->generation;
	to->n = from->n;
	to->routes = mem_new(0, from->n + 1, sizeof(*to->routes));
	for (size_t i = 0; i < from->n; i++)
		route_copy(&to->routes[i], &from->routes[i]);
	return to;
}

/* Names that have passed their grammar. */
void
route_hold_hop(struct route *r, const char *hop, const char *why)
{
	struct buf out = { 0 };

	buf_text(&out, "no path");
	if (r->server != NULL)
		buf_printf(&out, " to %s", r->server);
	buf_printf(&out, ": %s %s", hop, why);
	mem_free(r->reason);
	r->reason = buf_string(&out);
	r->kind = ROUTE_HOLD;
	r->nhops = 0;
	r->cost = r->hops = 0;
	r->last_resort = false;
	route_path_set(r, NULL, 0);
}
