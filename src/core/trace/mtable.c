#include "core/trace/mtable.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/crc64.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/match.h"
#include "core/trace/mtable_form.h"

int
mtable_order(struct mtable_version a, struct mtable_version b)
{
	if (a.epoch != b.epoch)
		return a.epoch < b.epoch ? -1 : 1;
	if (a.generation != b.generation)
		return a.generation < b.generation ? -1 : 1;
	return 0;
}

static uint32_t
u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* --- one record ----------------------------------------------------------- */

/* n octets as a string of at most max; false for what does not fit. */
static bool
table_text_get(struct cur *in, size_t n, char *out, size_t max)
{
	const uint8_t *p = cur_bytes(in, n);

	out[0] = '\0';
	if (p == NULL || n > max || memchr(p, 0, n) != NULL)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

static bool
table_name_get(struct cur *in, size_t n, char out[STR_HOST_MAX + 1])
{
	return table_text_get(in, n, out, STR_HOST_MAX) && str_is_host(out);
}

static int
table_hop_get(struct cur *in, struct mtable_hop *hop)
{
	uint8_t alternate;

	if (!table_name_get(in, cur_u16(in), hop->name))
		return RC_NAME;
	addr_decode(in, &hop->addr);
	alternate = cur_u8(in);
	if (in->bad)
		return RC_SHORT;
	hop->alternate = alternate == 1;
	return alternate <= 1 && addr_is_hop(&hop->addr, true) ? RC_OK
	                                                       : RC_RANGE;
}

static struct mtable_version
mtable_version_get(struct cur *in)
{
	struct mtable_version v = { .epoch = cur_u64(in) };

	v.generation = cur_u64(in);
	return v;
}

static int
record_get(struct cur *in, struct mtable_route *r)
{
	uint8_t kind, flags;
	size_t n;
	int rc = RC_OK;

	if (!table_text_get(in, cur_u16(in), r->pattern, STR_PATTERN_MAX) ||
	    !str_is_pattern(r->pattern))
		return RC_NAME;
	kind = cur_u8(in);
	flags = cur_u8(in);
	n = cur_u16(in);
	r->server[0] = '\0';
	if (n > 0 && !table_name_get(in, n, r->server))
		return RC_NAME;
	n = cur_u8(in);
	if (in->bad)
		return RC_SHORT;
	if (kind > ROUTE_HOLD || flags > MTABLE_FLAGS || n > LIMIT_NEXT_HOPS ||
	    (kind == ROUTE_REMOTE && n == 0))
		return RC_RANGE;
	r->kind = (enum route_kind)kind;
	r->relay = (flags & MTABLE_RELAY) != 0;
	r->last_resort = (flags & MTABLE_LAST_RESORT) != 0;
	for (r->nhops = 0; r->nhops < n && rc == RC_OK; r->nhops++)
		rc = table_hop_get(in, &r->hop[r->nhops]);
	return rc;
}

/* What stands at an offset of the file, as far as its end. */
static struct cur
cur_at(const struct mtable *t, uint32_t at)
{
	return at < t->n ? cur_over(t->p + at, t->n - at) : cur_over(t->p, 0);
}

/* The record of a route; what stands before it goes into *since. */
static struct cur
record_at(const struct mtable *t, uint32_t i, struct mtable_version *since)
{
	struct cur in = cur_at(t, u32_at(t->routes + (size_t)i * 4));

	*since =
	    t->format < MTABLE_FORMAT_SINCE ? t->now : mtable_version_get(&in);
	return in;
}

static int
route_get(const struct mtable *t, uint32_t i, struct mtable_route *out)
{
	struct cur in = record_at(t, i, &out->since);

	if (mtable_order(out->since, t->now) > 0)
		return RC_RANGE;
	return record_get(&in, out);
}

static int
key_get(const struct mtable *t, uint32_t i, struct mtable_key *out)
{
	const uint8_t *p = t->keys + (size_t)i * MTABLE_KEY;
	struct cur in = cur_at(t, u32_at(p + CRYPTO_DIGEST + CRYPTO_PUBLIC));

	memcpy(out->digest, p, CRYPTO_DIGEST);
	memcpy(out->public_key, p + CRYPTO_DIGEST, CRYPTO_PUBLIC);
	return table_name_get(&in, cur_u8(&in), out->name) ? RC_OK : RC_NAME;
}

static struct mtable_since
since_get(const struct mtable *t, uint32_t i)
{
	struct cur in =
	    cur_over(t->history + (size_t)i * MTABLE_SINCE, MTABLE_SINCE);
	struct mtable_since s = { .version = mtable_version_get(&in) };

	s.wall_ms = cur_u64(&in);
	return s;
}

int
mtable_mta_get(struct cur *in, struct mtable_mta *out)
{
	uint8_t flags;

	*out = (struct mtable_mta){ 0 };
	if (!table_text_get(in, cur_u8(in), out->delimiters, MTABLE_DELIMITERS))
		return in->bad ? RC_SHORT : RC_RANGE;
	flags = cur_u8(in);
	out->filters_smtp = (flags & MTABLE_FILTERS_SMTP) != 0;
	out->filters_local = (flags & MTABLE_FILTERS_LOCAL) != 0;
	out->copies = (flags & MTABLE_COPIES) != 0;
	return in->bad ? RC_SHORT : RC_OK;
}

/* --- the file ------------------------------------------------------------- */

/* What is summed; before it stands what kind of file it is. */
static int
table_kind_get(struct mtable *t, uint32_t magic, struct cur *in)
{
	bool news = magic == MTABLE_NEWS_MAGIC;
	uint32_t is = cur_u32(in);
	uint64_t octets;

	t->format = cur_u32(in);
	octets = cur_u64(in);
	t->sum = cur_u64(in);
	if (in->bad || is != magic)
		return RC_FORMAT;
	if (t->format < (news ? MTABLE_FORMAT : MTABLE_FORMAT_PLAIN) ||
	    t->format > MTABLE_FORMAT)
		return RC_VERSION;
	if (octets != t->n)
		return octets > t->n ? RC_SHORT : RC_LONG;
	if (crc64(in->p, in->left) != t->sum)
		return RC_DIGEST;
	t->of = news ? cur_u64(in) : 0;
	return RC_OK;
}

/* The head, and where the parts begin. */
static int
table_head_get(struct mtable *t, uint32_t magic)
{
	struct cur in = cur_over(t->p, t->n);
	int rc = table_kind_get(t, magic, &in);
	uint32_t net;

	if (rc != RC_OK)
		return rc;
	t->now.epoch = cur_u64(&in);
	t->now.generation = cur_u64(&in);
	t->nhistory = cur_u32(&in);
	t->nkeys = cur_u32(&in);
	t->nroutes = cur_u32(&in);
	net = cur_u32(&in);
	t->by_name = cur_u8(&in) != 0;
	if (!table_text_get(
		&in, cur_u8(&in), t->transport, sizeof(t->transport) - 1))
		return RC_NAME;
	if (t->format >= MTABLE_FORMAT_MTA &&
	    mtable_mta_get(&in, &t->mta) != RC_OK)
		return RC_RANGE;
	if (t->nhistory == 0 || t->nhistory > MTABLE_HISTORY)
		return RC_RANGE;
	t->history = cur_bytes(&in, (size_t)t->nhistory * MTABLE_SINCE);
	t->keys = cur_bytes(&in, (size_t)t->nkeys * MTABLE_KEY);
	t->routes = cur_bytes(&in, (size_t)t->nroutes * 4);
	t->net = cur_sub(&in, net);
	return in.bad ? RC_SHORT : RC_OK;
}

static int
history_check(const struct mtable *t)
{
	struct mtable_since last = since_get(t, 0);

	if (mtable_order(last.version, t->now) != 0)
		return RC_RANGE;
	for (uint32_t i = 1; i < t->nhistory; i++) {
		struct mtable_since s = since_get(t, i);

		if (mtable_order(s.version, last.version) >= 0)
			return RC_RANGE;
		last = s;
	}
	return RC_OK;
}

static int
keys_check(const struct mtable *t)
{
	struct mtable_key key;
	int rc = RC_OK;

	for (uint32_t i = 0; i < t->nkeys && rc == RC_OK; i++) {
		const uint8_t *p = t->keys + (size_t)i * MTABLE_KEY;

		if (i > 0 && memcmp(p - MTABLE_KEY, p, CRYPTO_DIGEST) >= 0)
			return RC_RANGE;
		rc = key_get(t, i, &key);
	}
	return rc;
}

static int
routes_check(const struct mtable *t)
{
	char last[STR_PATTERN_MAX + 1] = "";
	struct mtable_route r;
	int rc = RC_OK;

	for (uint32_t i = 0; i < t->nroutes && rc == RC_OK; i++) {
		rc = route_get(t, i, &r);
		if (rc == RC_OK && str_order(last, r.pattern) >= 0)
			rc = RC_RANGE;
		memcpy(last, r.pattern, sizeof(last));
	}
	return rc;
}

static int
table_open(struct mtable *t, uint32_t magic, const void *p, size_t n)
{
	int rc;

	*t = (struct mtable){ .p = p, .n = n };
	rc = table_head_get(t, magic);
	if (rc == RC_OK)
		rc = history_check(t);
	if (rc == RC_OK)
		rc = keys_check(t);
	if (rc == RC_OK)
		rc = routes_check(t);
	return rc;
}

int
mtable_open(struct mtable *t, const void *p, size_t n)
{
	return table_open(t, MTABLE_MAGIC, p, n);
}

uint64_t
mtable_sum(const void *p, size_t n)
{
	struct cur in = cur_over(p, n);

	cur_bytes(&in, MTABLE_SUM);
	return cur_u64(&in);
}

struct mtable_version
mtable_then(const struct mtable *t, uint64_t wall_ms)
{
	for (uint32_t i = 0; i < t->nhistory; i++) {
		struct mtable_since s = since_get(t, i);

		if (s.wall_ms <= wall_ms || i + 1 == t->nhistory)
			return s.version;
	}
	return t->now;
}

void
mtable_history(const struct mtable *t, struct mtable_history *out)
{
	out->n = t->nhistory;
	for (uint32_t i = 0; i < t->nhistory; i++)
		out->v[i] = since_get(t, i);
}

bool
mtable_key(const struct mtable *t, const uint8_t digest[CRYPTO_DIGEST],
    struct mtable_key *out)
{
	uint32_t low = 0, high = t->nkeys;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = memcmp(
		    digest, t->keys + (size_t)mid * MTABLE_KEY, CRYPTO_DIGEST);

		if (c == 0)
			return key_get(t, mid, out) == RC_OK;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

/* As str_order() of the pattern and that of the record. */
static int
order_at(const struct mtable *t, const char *pattern, uint32_t i)
{
	struct mtable_version since;
	struct cur in = record_at(t, i, &since);
	size_t n = strlen(pattern), k = cur_u16(&in);
	int c = memcmp(pattern, in.p, n < k ? n : k);

	return c != 0 ? c : n < k ? -1 : n > k;
}

static bool
table_find(const struct mtable *t, const char *pattern, uint32_t *at)
{
	uint32_t low = 0, high = t->nroutes;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int c = order_at(t, pattern, mid);

		*at = mid;
		if (c == 0)
			return true;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

int
mtable_route(
    const struct mtable *t, const char *address, struct mtable_route *out)
{
	const char *pattern;
	struct match m;
	uint32_t at;

	if (!match_is_address(address))
		return RC_NONE;
	m = match_over(address, t->mta.delimiters);
	while ((pattern = match_next(&m)) != NULL) {
		if (t->news != NULL && table_find(t->news, pattern, &at))
			return route_get(t->news, at, out);
		if (table_find(t, pattern, &at))
			return route_get(t, at, out);
	}
	return RC_NONE;
}

void
mtable_at(const struct mtable *t, uint32_t i, struct mtable_route *out)
{
	CHECK(i < t->nroutes && route_get(t, i, out) == RC_OK);
}

struct cur
mtable_record_at(const struct mtable *t, uint32_t i)
{
	struct mtable_version since;
	struct cur record = record_at(t, i, &since), rest = record;
	struct mtable_route route;

	CHECK(i < t->nroutes && record_get(&rest, &route) == RC_OK);
	record.left -= rest.left;
	return record;
}

/* --- news ----------------------------------------------------------------- */

/* They speak of this table, and are later. */
static int
news_fit(const struct mtable *t, const struct mtable *news)
{
	if (news->nkeys > 0 || news->net.left > 0)
		return RC_RANGE;
	return t->format >= MTABLE_FORMAT && news->of == t->sum &&
	               mtable_order(news->now, t->now) >= 0
	           ? RC_OK
	           : RC_STATE;
}

int
mtable_follow(struct mtable *t, struct mtable *news, const void *p, size_t n)
{
	struct mtable_walk walk = { 0 };
	int rc = table_open(news, MTABLE_NEWS_MAGIC, p, n);
	uint32_t i, all = 0;

	if (rc == RC_OK)
		rc = news_fit(t, news);
	if (rc != RC_OK)
		return rc;
	t->news = news;
	t->now = news->now;
	t->by_name = news->by_name;
	memcpy(t->transport, news->transport, sizeof(t->transport));
	t->mta = news->mta;
	t->nhistory = news->nhistory;
	t->history = news->history;
	while (mtable_next(t, &walk, &i) != NULL)
		all++;
	t->more = all - t->nroutes;
	return RC_OK;
}

/* As str_order() of the patterns of two records. */
static int
walk_order(const struct mtable *t, const struct mtable_walk *walk)
{
	struct mtable_version since;
	struct cur a = record_at(t, walk->at, &since);
	struct cur b = record_at(t->news, walk->news, &since);
	struct cur x = cur_sub(&a, cur_u16(&a)), y = cur_sub(&b, cur_u16(&b));
	int c = memcmp(x.p, y.p, x.left < y.left ? x.left : y.left);

	return c != 0 ? c : (x.left > y.left) - (x.left < y.left);
}

const struct mtable *
mtable_next(const struct mtable *t, struct mtable_walk *walk, uint32_t *i)
{
	bool old = walk->at < t->nroutes;
	bool moved = t->news != NULL && walk->news < t->news->nroutes;
	int c = old && moved ? walk_order(t, walk) : old ? -1 : 1;

	if (!old && !moved)
		return NULL;
	if (c <= 0)
		*i = walk->at++;
	if (c < 0)
		return t;
	*i = walk->news++;
	return t->news;
}

bool
mtable_next_hop(const struct mtable_route *route, const char *server)
{
	for (size_t i = 0; i < route->nhops; i++)
		if (strcmp(route->hop[i].name, server) == 0)
			return true;
	return false;
}
