#include "core/view/rib.h"

#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"

#define FLAG_RELAY 1
#define FLAG_LAST_RESORT 2
#define FLAG_KEPT 4 /* leaves, over and the claims stand behind the path */
#define FLAG_BARE 8
#define FLAG_OWN 16
#define FLAGS 31

enum kept_flag { KEPT_OVER = 1, KEPT_REVOKED = 2 };

enum claim_flag { CLAIM_KNOWN = 1, CLAIM_OWN = 2, CLAIM_HERE = 4 };

/* A way or a reason: a line of a table is not longer. */
#define TEXT_MAX 1000
#define PATH_MAX_NAMES 1000

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
		if (!addr_equal(&a->hop[i].addr, &b->hop[i].addr))
			return false;
	return true;
}

static bool
claim_same(const struct route_claim *a, const struct route_claim *b)
{
	return strcmp(a->server, b->server) == 0 && a->known == b->known &&
	       a->own == b->own && a->here == b->here &&
	       memcmp(a->key, b->key, sizeof(a->key)) == 0;
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
rib_key_gone(struct rib *rib, const struct lsa *claim)
{
	const struct route *r = rib_find(rib, claim->key.id);

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

static void
text_put(struct buf *out, const char *s)
{
	size_t hole = buf_hole16(out);

	if (s != NULL)
		buf_text(out, s);
	buf_fill16(out, hole);
}

static void
claims_put(struct buf *out, const struct route *r)
{
	buf_u64(out, r->leaves);
	buf_u8(out, (uint8_t)((r->over ? KEPT_OVER : 0) |
			      (r->revoked ? KEPT_REVOKED : 0)));
	buf_u16(out, (uint16_t)r->nclaims);
	for (size_t i = 0; i < r->nclaims; i++) {
		const struct route_claim *c = &r->claims[i];

		text_put(out, c->server);
		buf_u8(out, (uint8_t)((c->known ? CLAIM_KNOWN : 0) |
				      (c->own ? CLAIM_OWN : 0) |
				      (c->here ? CLAIM_HERE : 0)));
		buf_u64(out, c->seq);
		buf_bytes(out, c->key, sizeof(c->key));
	}
}

void
route_encode(struct buf *out, const struct route *r)
{
	text_put(out, r->pattern);
	buf_u8(out, (uint8_t)r->kind);
	buf_u8(out, (uint8_t)((r->relay ? FLAG_RELAY : 0) |
			      (r->last_resort ? FLAG_LAST_RESORT : 0) |
			      (r->bare ? FLAG_BARE : 0) |
			      (r->own ? FLAG_OWN : 0) | FLAG_KEPT));
	text_put(out, r->way);
	text_put(out, r->reason);
	text_put(out, r->server);
	buf_u32(out, r->cost);
	buf_u32(out, r->hops);
	buf_u8(out, (uint8_t)r->nhops);
	for (size_t i = 0; i < r->nhops; i++) {
		const struct route_hop *hop = &r->hop[i];

		text_put(out, hop->name);
		addr_encode(out, &hop->addr);
		buf_u8(out, hop->alternate);
	}
	buf_u16(out, (uint16_t)r->npath);
	for (size_t i = 0; i < r->npath; i++)
		text_put(out, r->path[i]);
	claims_put(out, r);
}

typedef bool grammar(const char *s);

/* What may stand in a table's value: printable ASCII, not all blank. */
static bool
is_line(const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return s[0] != ' ' && strlen(s) <= TEXT_MAX;
}

/* An empty text is NULL, and RC_OK. */
static int
rib_text_get(struct cur *in, grammar *good, char **out)
{
	size_t n = cur_u16(in);
	const uint8_t *p = cur_bytes(in, n);

	*out = NULL;
	if (p == NULL)
		return RC_SHORT;
	if (n == 0)
		return RC_OK;
	if (memchr(p, 0, n) != NULL)
		return RC_NAME;
	*out = mem_dup(p, n);
	return good(*out) ? RC_OK : RC_NAME;
}

static int
rib_name_get(struct cur *in, char **out)
{
	int rc = rib_text_get(in, str_is_host, out);

	return rc == RC_OK && *out == NULL ? RC_MISSING : rc;
}

static int
rib_hop_get(struct cur *in, struct route_hop *hop, char **name)
{
	uint8_t alternate;
	int rc = rib_name_get(in, name);

	if (rc != RC_OK)
		return rc;
	hop->name = *name;
	addr_decode(in, &hop->addr);
	alternate = cur_u8(in);
	if (in->bad)
		return RC_SHORT;
	if (alternate > 1)
		return RC_RANGE;
	hop->alternate = alternate == 1;
	/* Loopback is for labs; who builds the table has judged. */
	return addr_is_hop(&hop->addr, true) ? RC_OK : RC_RANGE;
}

static int
hops_get(struct cur *in, struct route *r)
{
	char *names[LIMIT_NEXT_HOPS] = { NULL };
	size_t n = cur_u8(in);
	int rc = RC_OK;

	if (n > LIMIT_NEXT_HOPS)
		return RC_LIMIT;
	for (size_t i = 0; i < n && rc == RC_OK; i++)
		rc = rib_hop_get(in, &r->hop[i], &names[i]);
	if (rc == RC_OK) {
		r->nhops = n;
		route_hops_own(r);
	}
	for (size_t i = 0; i < n; i++)
		mem_free(names[i]);
	return rc;
}

static int
path_get(struct cur *in, struct route *r)
{
	size_t n = cur_u16(in), got = 0;
	char **names;
	int rc = RC_OK;

	if (in->bad || n > in->left)
		return RC_SHORT;
	if (n > PATH_MAX_NAMES)
		return RC_LIMIT;
	names = n == 0 ? NULL : mem_new(0, n, sizeof(*names));
	for (size_t i = 0; i < n && rc == RC_OK; i++)
		rc = rib_name_get(in, &names[got++]);
	if (rc == RC_OK)
		route_path_set(r, (const char *const *)names, n);
	while (got > 0)
		mem_free(names[--got]);
	mem_free(names);
	return rc;
}

static int
claim_get(struct cur *in, struct route_claim *c)
{
	int rc = rib_name_get(in, &c->server);
	const uint8_t *key;
	uint8_t flags;

	if (rc != RC_OK)
		return rc;
	flags = cur_u8(in);
	c->seq = cur_u64(in);
	key = cur_bytes(in, sizeof(c->key));
	if (in->bad)
		return RC_SHORT;
	if (flags > (CLAIM_KNOWN | CLAIM_OWN | CLAIM_HERE))
		return RC_RANGE;
	memcpy(c->key, key, sizeof(c->key));
	c->known = (flags & CLAIM_KNOWN) != 0;
	c->own = (flags & CLAIM_OWN) != 0;
	c->here = (flags & CLAIM_HERE) != 0;
	return RC_OK;
}

static int
claims_get(struct cur *in, struct route *r)
{
	int rc = RC_OK;
	uint8_t flags;
	size_t n;

	r->leaves = cur_u64(in);
	flags = cur_u8(in);
	n = cur_u16(in);
	if (in->bad || n > in->left)
		return RC_SHORT;
	if (flags > (KEPT_OVER | KEPT_REVOKED))
		return RC_RANGE;
	if (n > LIMIT_ROUTE_CLAIMS)
		return RC_LIMIT;
	r->over = (flags & KEPT_OVER) != 0;
	r->revoked = (flags & KEPT_REVOKED) != 0;
	r->claims = n == 0 ? NULL : mem_new(0, n, sizeof(*r->claims));
	for (size_t i = 0; i < n && rc == RC_OK; i++)
		rc = claim_get(in, &r->claims[r->nclaims++]);
	return rc;
}

/* A table of before claims were kept. */
static void
claims_guess(struct route *r)
{
	bool own = r->kind == ROUTE_HERE || r->kind == ROUTE_WAY;

	if (r->server == NULL)
		return;
	r->claims = mem_new(0, 1, sizeof(*r->claims));
	r->claims[r->nclaims++] =
	    (struct route_claim){ .server = mem_str(r->server),
		    .own = own,
		    .here = r->kind == ROUTE_HERE };
}

static int
rib_head_get(struct cur *in, struct route *r, bool *kept)
{
	uint8_t kind, flags;
	int rc = rib_text_get(in, str_is_pattern, &r->pattern);

	if (rc != RC_OK)
		return rc;
	kind = cur_u8(in);
	flags = cur_u8(in);
	if (in->bad)
		return RC_SHORT;
	if (r->pattern == NULL)
		return RC_MISSING;
	if (kind > ROUTE_HOLD || flags > FLAGS)
		return RC_RANGE;
	r->kind = (enum route_kind)kind;
	r->relay = (flags & FLAG_RELAY) != 0;
	r->last_resort = (flags & FLAG_LAST_RESORT) != 0;
	r->bare = (flags & FLAG_BARE) != 0;
	r->own = (flags & FLAG_OWN) != 0;
	*kept = (flags & FLAG_KEPT) != 0;
	return RC_OK;
}

/* Whether a route has what its kind needs: a server, next hops, a reason. */
static int
whole(const struct route *r)
{
	bool has = r->server != NULL;

	if (r->kind == ROUTE_REMOTE)
		has = has && r->nhops > 0;
	else if (r->kind == ROUTE_WAY)
		has = has && r->way != NULL;
	else if (r->kind == ROUTE_HOLD)
		has = r->reason != NULL;
	return has ? RC_OK : RC_MISSING;
}

int
route_decode(struct cur *in, struct route *out)
{
	struct route r = { 0 };
	bool kept = false;
	int rc = rib_head_get(in, &r, &kept);

	if (rc == RC_OK)
		rc = rib_text_get(in, is_line, &r.way);
	if (rc == RC_OK)
		rc = rib_text_get(in, is_line, &r.reason);
	if (rc == RC_OK)
		rc = rib_text_get(in, str_is_host, &r.server);
	if (rc == RC_OK) {
		r.cost = cur_u32(in);
		r.hops = cur_u32(in);
		rc = hops_get(in, &r);
	}
	if (rc == RC_OK)
		rc = path_get(in, &r);
	if (rc == RC_OK && kept)
		rc = claims_get(in, &r);
	if (rc == RC_OK)
		rc = in->bad ? RC_SHORT : whole(&r);
	if (rc == RC_OK && !kept)
		claims_guess(&r);
	if (rc != RC_OK)
		route_done(&r);
	*out = r;
	return rc;
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

void
route_hops_own(struct route *r)
{
	size_t octets = 0, at = 0;

	for (size_t i = 0; i < r->nhops; i++)
		octets += strlen(r->hop[i].name) + 1;
	r->names = octets == 0 ? NULL : mem_new(0, octets, 1);
	for (size_t i = 0; i < r->nhops; i++) {
		size_t len = strlen(r->hop[i].name) + 1;

		r->hop[i].name = memcpy(r->names + at, r->hop[i].name, len);
		at += len;
	}
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
