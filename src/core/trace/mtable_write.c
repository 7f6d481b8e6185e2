/* mtable_write.c - the milter's table and its annex, to octets. */

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/crc64.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_form.h"

void
mtable_history_add(
    struct mtable_history *h, struct mtable_version version, uint64_t wall_ms)
{
	if (h->n > 0 && mtable_order(version, h->v[0].version) <= 0)
		return;
	if (h->n == MTABLE_HISTORY)
		h->n--;
	memmove(h->v + 1, h->v, h->n * sizeof(h->v[0]));
	h->v[0] = (struct mtable_since){ version, wall_ms };
	h->n++;
}

static int
key_order(const void *a, const void *b)
{
	const struct mtable_key *x = a, *y = b;
	int c = memcmp(x->digest, y->digest, CRYPTO_DIGEST);

	return c != 0 ? c : strcmp(x->name, y->name);
}

void
mtable_keys_encode(struct buf *out, struct mtable_key *keys, size_t n)
{
	struct buf list = { 0 };
	uint32_t kept = 0;

	if (n > 1)
		qsort(keys, n, sizeof(*keys), key_order);
	for (size_t i = 0; i < n; i++) {
		const struct mtable_key *k = &keys[i];

		if (i > 0 &&
		    memcmp(k[-1].digest, k->digest, CRYPTO_DIGEST) == 0)
			continue;
		buf_bytes(&list, k->digest, CRYPTO_DIGEST);
		buf_bytes(&list, k->public_key, CRYPTO_PUBLIC);
		buf_u8(&list, (uint8_t)strlen(k->name));
		buf_text(&list, k->name);
		kept++;
	}
	buf_u32(out, kept);
	buf_bytes(out, list.p, list.n);
	buf_done(&list);
}

static void
mta_put(struct buf *out, const struct mtable_mta *mta)
{
	buf_u8(out, (uint8_t)strlen(mta->delimiters));
	buf_text(out, mta->delimiters);
	buf_u8(out, (uint8_t)((mta->filters_smtp ? MTABLE_FILTERS_SMTP : 0) |
			      (mta->filters_local ? MTABLE_FILTERS_LOCAL : 0) |
			      (mta->copies ? MTABLE_COPIES : 0)));
}

void
mtable_annex_encode(struct buf *out, struct mtable_version version,
    const struct mtable_mta *mta, const struct buf *keys, const struct buf *net)
{
	buf_u64(out, version.epoch);
	buf_u64(out, version.generation);
	mta_put(out, mta);
	buf_bytes(out, keys->p, keys->n);
	buf_bytes(out, net->p, net->n);
}

/* One mark key of an annex; NULL when there is none. */
static const uint8_t *
key_next(struct cur *in, struct cur *name)
{
	const uint8_t *p = cur_bytes(in, CRYPTO_DIGEST + CRYPTO_PUBLIC);

	*name = cur_sub(in, cur_u8(in));
	return in->bad ? NULL : p;
}

static int
annex_head_get(struct cur *in, struct mtable_annex *out)
{
	int rc;

	out->head = *in;
	out->transport = "lsrd";
	out->by_name = false;
	out->version.epoch = cur_u64(in);
	out->version.generation = cur_u64(in);
	rc = mtable_mta_get(in, &out->mta);
	out->head.left -= in->left;
	return rc;
}

static int
annex_keys_get(struct cur *in, struct mtable_annex *out)
{
	const uint8_t *last = NULL, *key;
	struct cur name;

	out->nkeys = cur_u32(in);
	out->keys = *in;
	for (uint32_t i = 0; i < out->nkeys; i++) {
		char text[STR_HOST_MAX + 3] = "";

		key = key_next(in, &name);
		if (key == NULL)
			return RC_SHORT;
		if (last != NULL && memcmp(last, key, CRYPTO_DIGEST) >= 0)
			return RC_RANGE;
		if (name.left > 0)
			memcpy(text, name.p, name.left);
		if (strlen(text) != name.left || !str_is_host(text))
			return RC_NAME;
		last = key;
	}
	out->keys.left -= in->left;
	return in->bad ? RC_SHORT : RC_OK;
}

int
mtable_annex_decode(const void *p, size_t n, struct mtable_annex *out)
{
	struct cur in = cur_over(p, n);
	int rc = annex_head_get(&in, out);

	if (rc == RC_OK)
		rc = annex_keys_get(&in, out);
	out->net = in;
	return rc;
}

struct cur
mtable_annex_part(const struct mtable_annex *annex, enum mtable_part part)
{
	if (part == MTABLE_HEAD)
		return annex->head;
	if (part == MTABLE_NET)
		return annex->net;
	return cur_over(annex->keys.p - 4, annex->keys.left + 4);
}

int
mtable_annex_take(
    struct mtable_annex *out, enum mtable_part part, struct cur in)
{
	int rc = RC_OK;

	if (part == MTABLE_NET) {
		out->net = in;
		return RC_OK;
	}
	rc = part == MTABLE_HEAD ? annex_head_get(&in, out)
	                         : annex_keys_get(&in, out);
	return rc == RC_OK && in.left > 0 ? RC_LONG : rc;
}

static void
record_text(struct buf *out, const char *text)
{
	size_t n = text == NULL ? 0 : strlen(text);

	buf_u16(out, (uint16_t)n);
	buf_bytes(out, text, n);
}

/* What a message asks of a route: no way, reason, metric, path, claims. */
void
mtable_record(struct buf *out, const struct route *r)
{
	record_text(out, r->pattern);
	buf_u8(out, (uint8_t)r->kind);
	buf_u8(out, (uint8_t)((r->relay ? MTABLE_RELAY : 0) |
			      (r->last_resort ? MTABLE_LAST_RESORT : 0)));
	record_text(out, r->server);
	buf_u8(out, (uint8_t)r->nhops);
	for (size_t i = 0; i < r->nhops; i++) {
		record_text(out, r->hop[i].name);
		addr_encode(out, &r->hop[i].addr);
		buf_u8(out, r->hop[i].alternate);
	}
}

void
mtable_add(struct mtable_writer *w, const uint8_t *record, size_t n,
    struct mtable_version since)
{
	vec_push(&w->at, (uint32_t)w->records.n);
	buf_u64(&w->records, since.epoch);
	buf_u64(&w->records, since.generation);
	buf_bytes(&w->records, record, n);
}

void
mtable_add_route(struct mtable_writer *w, const struct route *route,
    struct mtable_version since)
{
	struct buf record = { 0 };

	mtable_record(&record, route);
	mtable_add(w, record.p, record.n, since);
	buf_done(&record);
}

static void
u64_put(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* `of`: the table's sum, of which they are news; NULL: it is a table. */
static void
kind_put(struct buf *out, const uint64_t *of)
{
	buf_u32(out, of == NULL ? MTABLE_MAGIC : MTABLE_NEWS_MAGIC);
	buf_u32(out, MTABLE_FORMAT);
	buf_u64(out, 0); /* octets */
	buf_u64(out, 0); /* checksum */
	if (of != NULL)
		buf_u64(out, *of);
}

static void
head_put(struct buf *out, const struct mtable_annex *annex,
    const struct mtable_history *h, size_t nroutes)
{
	buf_u64(out, annex->version.epoch);
	buf_u64(out, annex->version.generation);
	buf_u32(out, (uint32_t)h->n);
	buf_u32(out, annex->nkeys);
	buf_u32(out, (uint32_t)nroutes);
	buf_u32(out, (uint32_t)annex->net.left);
	buf_u8(out, annex->by_name);
	buf_u8(out, (uint8_t)strlen(annex->transport));
	buf_text(out, annex->transport);
	mta_put(out, &annex->mta);
	for (size_t i = 0; i < h->n; i++) {
		buf_u64(out, h->v[i].version.epoch);
		buf_u64(out, h->v[i].version.generation);
		buf_u64(out, h->v[i].wall_ms);
	}
}

/* The keys, and their names behind what `names` has already. */
static void
keys_put(struct buf *out, const struct mtable_annex *annex, size_t base,
    struct buf *names)
{
	struct cur in = annex->keys, name;

	for (uint32_t i = 0; i < annex->nkeys; i++) {
		const uint8_t *p = key_next(&in, &name);

		CHECK(p != NULL);
		buf_bytes(out, p, CRYPTO_DIGEST + CRYPTO_PUBLIC);
		buf_u32(out, (uint32_t)(base + names->n));
		buf_u8(names, (uint8_t)name.left);
		buf_bytes(names, name.p, name.left);
	}
}

static void
writer_end(struct mtable_writer *w, const uint64_t *of,
    const struct mtable_annex *annex, const struct mtable_history *h,
    struct buf *out)
{
	size_t start = out->n, base;

	CHECK(h->n > 0 && mtable_order(h->v[0].version, annex->version) == 0);
	kind_put(out, of);
	head_put(out, annex, h, w->at.n);
	base = out->n - start + (size_t)annex->nkeys * MTABLE_KEY +
	       w->at.n * 4 + annex->net.left;
	keys_put(out, annex, base, &w->records);
	for (size_t i = 0; i < w->at.n; i++)
		buf_u32(out, (uint32_t)(base + w->at.v[i]));
	buf_bytes(out, annex->net.p, annex->net.left);
	CHECK(out->n - start == base);
	buf_bytes(out, w->records.p, w->records.n);
	u64_put(out->p + start + 8, out->n - start);
	u64_put(
	    out->p + start + MTABLE_SUM, crc64(out->p + start + MTABLE_SUMMED,
					     out->n - start - MTABLE_SUMMED));
	vec_done(&w->at);
	buf_done(&w->records);
}

void
mtable_end(struct mtable_writer *w, const struct mtable_annex *annex,
    const struct mtable_history *h, struct buf *out)
{
	writer_end(w, NULL, annex, h, out);
}

void
mtable_end_news(struct mtable_writer *w, uint64_t of,
    const struct mtable_annex *annex, const struct mtable_history *h,
    struct buf *out)
{
	struct mtable_annex bare = *annex;

	bare.nkeys = 0;
	bare.keys.left = bare.net.left = 0;
	writer_end(w, &of, &bare, h, out);
}
