/* rib_octets.c - a route as octets, and back (rib.h). */

#include "core/view/rib.h"

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/way.h"

#define FLAG_RELAY 1
#define FLAG_LAST_RESORT 2
#define FLAG_KEPT 4 /* leaves, over and the claims stand behind the path */
#define FLAG_BARE 8
#define FLAG_OWN 16
#define FLAG_BY 32 /* the transports of hops stand at the end */
#define FLAGS 63

enum kept_flag { KEPT_OVER = 1, KEPT_REVOKED = 2 };

enum claim_flag {
	CLAIM_KNOWN = 1,
	CLAIM_OWN = 2,
	CLAIM_HERE = 4,
	CLAIM_LOCAL = 8
};

/* A way or a reason: a line of a table is not longer. */
#define TEXT_MAX 1000
#define PATH_MAX_NAMES 1000

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
				      (c->here ? CLAIM_HERE : 0) |
				      (c->local ? CLAIM_LOCAL : 0)));
		buf_u64(out, c->seq);
		buf_bytes(out, c->key, sizeof(c->key));
	}
}

static bool
has_by(const struct route *r)
{
	for (size_t i = 0; i < r->nhops; i++)
		if (r->hop[i].by != NULL)
			return true;
	return false;
}

void
route_encode(struct buf *out, const struct route *r)
{
	bool by = has_by(r);

	text_put(out, r->pattern);
	buf_u8(out, (uint8_t)r->kind);
	buf_u8(
	    out, (uint8_t)((r->relay ? FLAG_RELAY : 0) |
			   (r->last_resort ? FLAG_LAST_RESORT : 0) |
			   (r->bare ? FLAG_BARE : 0) | (r->own ? FLAG_OWN : 0) |
			   (by ? FLAG_BY : 0) | FLAG_KEPT));
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
	for (size_t i = 0; by && i < r->nhops; i++)
		text_put(out, r->hop[i].by);
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
	if (flags > (CLAIM_KNOWN | CLAIM_OWN | CLAIM_HERE | CLAIM_LOCAL))
		return RC_RANGE;
	memcpy(c->key, key, sizeof(c->key));
	c->known = (flags & CLAIM_KNOWN) != 0;
	c->own = (flags & CLAIM_OWN) != 0;
	c->here = (flags & CLAIM_HERE) != 0;
	c->local = (flags & CLAIM_LOCAL) != 0;
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

static bool
is_by(const char *s)
{
	return way_by(s) == RC_OK;
}

static int
bys_get(struct cur *in, struct route *r)
{
	char *names = r->names, *by[LIMIT_NEXT_HOPS] = { NULL };
	int rc = RC_OK;

	for (size_t i = 0; i < r->nhops && rc == RC_OK; i++) {
		rc = rib_text_get(in, is_by, &by[i]);
		r->hop[i].by = by[i];
	}
	route_hops_own(r);
	mem_free(names);
	for (size_t i = 0; i < r->nhops; i++)
		mem_free(by[i]);
	/* who has none does not say that there are some */
	return rc == RC_OK && !has_by(r) ? RC_MISSING : rc;
}

/* What of a route stands behind its path. */
struct behind {
	bool kept, by;
};

static int
rib_head_get(struct cur *in, struct route *r, struct behind *behind)
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
	behind->kept = (flags & FLAG_KEPT) != 0;
	behind->by = (flags & FLAG_BY) != 0;
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
	struct behind behind = { false, false };
	int rc = rib_head_get(in, &r, &behind);

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
	if (rc == RC_OK && behind.kept)
		rc = claims_get(in, &r);
	if (rc == RC_OK && behind.by)
		rc = bys_get(in, &r);
	if (rc == RC_OK)
		rc = in->bad ? RC_SHORT : whole(&r);
	if (rc == RC_OK && !behind.kept)
		claims_guess(&r);
	if (rc != RC_OK)
		route_done(&r);
	*out = r;
	return rc;
}
