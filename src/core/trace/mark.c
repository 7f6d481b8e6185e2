#include "core/trace/mark.h"

#include <string.h>

#include "base/base64.h"
#include "base/check.h"
#include "base/cur.h"
#include "base/find.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"

#define FORMAT 1
#define FLAG_FIRST 0x01

/* What is signed begins so: a signature of ours means nothing elsewhere. */
static const char for_visit[] = "lsrd-trace/1";
static const char for_secret[] = "lsrd-trace-secret/1";

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
mark_message(const char *id, size_t n, const struct crypto *crypto,
    uint8_t message[CRYPTO_DIGEST])
{
	struct buf text = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!is_space(id[i]))
			buf_u8(&text, (uint8_t)id[i]);
	crypto->digest(crypto->ctx, n == 0 ? (const uint8_t *)"" : text.p,
	    text.n, message);
	buf_done(&text);
}

void
mark_secret(const struct crypto *crypto, uint8_t secret[CRYPTO_DIGEST])
{
	uint8_t sig[CRYPTO_SIGNATURE];

	crypto->sign(crypto->ctx, for_secret, sizeof(for_secret), sig);
	crypto->digest(crypto->ctx, sig, sizeof(sig), secret);
	memset(sig, 0, sizeof(sig));
}

void
mark_recipients(const char *const *recipients, size_t n,
    const uint8_t secret[CRYPTO_DIGEST], const struct crypto *crypto,
    uint8_t out[MARK_RECIPIENTS])
{
	char **sorted = mem_new(0, n + 1, sizeof(*sorted));
	uint8_t digest[CRYPTO_DIGEST];
	struct buf all = { 0 };

	for (size_t i = 0; i < n; i++) {
		sorted[i] = mem_str(recipients[i]);
		str_lower(sorted[i]);
	}
	find_sort_texts(sorted, n);
	buf_bytes(&all, secret, CRYPTO_DIGEST);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(sorted[i - 1], sorted[i]) != 0)
			buf_bytes(&all, sorted[i], strlen(sorted[i]) + 1);
	crypto->digest(crypto->ctx, all.p, all.n, digest);
	memcpy(out, digest, MARK_RECIPIENTS);
	for (size_t i = 0; i < n; i++)
		mem_free(sorted[i]);
	mem_free(sorted);
	buf_done(&all);
}

/* --- octets ---------------------------------------------------------------- */

static void
version_put(struct buf *out, struct mtable_version v)
{
	buf_u64(out, v.epoch);
	buf_u64(out, v.generation);
}

static struct mtable_version
version_get(struct cur *in)
{
	struct mtable_version v;

	v.epoch = cur_u64(in);
	v.generation = cur_u64(in);
	return v;
}

/* All but the signature. */
static void
body_put(const struct visit *v, struct buf *out)
{
	size_t n = strlen(v->sender);

	buf_u8(out, FORMAT);
	buf_u8(out, v->first ? FLAG_FIRST : 0);
	buf_bytes(out, v->key, CRYPTO_DIGEST);
	version_put(out, v->now);
	version_put(out, v->before);
	buf_u64(out, v->time_ms);
	buf_bytes(out, v->recipients, MARK_RECIPIENTS);
	if (!v->first)
		return;
	CHECK(n <= LIMIT_SENDER_OCTETS);
	buf_u64(out, v->size);
	buf_u8(out, v->priority);
	buf_u16(out, (uint16_t)n);
	buf_bytes(out, v->sender, n);
}

/* What the signature is over. */
static void
signed_put(const struct visit *v, const struct visit *previous,
    const uint8_t message[CRYPTO_DIGEST], struct buf *out)
{
	buf_bytes(out, for_visit, sizeof(for_visit));
	buf_bytes(out, message, CRYPTO_DIGEST);
	buf_bytes(out, v->octets, v->length - CRYPTO_SIGNATURE);
	if (previous != NULL)
		buf_bytes(out, previous->octets, previous->length);
}

void
mark_sign(struct visit *visit, const struct visit *previous,
    const uint8_t message[CRYPTO_DIGEST], const struct crypto *crypto)
{
	struct buf out = { 0 };

	body_put(visit, &out);
	CHECK(out.n + CRYPTO_SIGNATURE <= sizeof(visit->octets));
	memcpy(visit->octets, out.p, out.n);
	visit->length = out.n + CRYPTO_SIGNATURE;
	buf_reset(&out);
	signed_put(visit, previous, message, &out);
	crypto->sign(crypto->ctx, out.p, out.n,
	    visit->octets + visit->length - CRYPTO_SIGNATURE);
	buf_done(&out);
}

static bool
holds(const struct visit *v, const struct visit *previous,
    const uint8_t message[CRYPTO_DIGEST], const struct mark_keys *keys,
    const struct crypto *crypto)
{
	uint8_t public_key[CRYPTO_PUBLIC];
	struct buf out = { 0 };
	bool ok;

	if (!keys->find(keys->ctx, v->key, public_key))
		return false;
	signed_put(v, previous, message, &out);
	ok = crypto->verify(crypto->ctx, public_key, out.p, out.n,
	    v->octets + v->length - CRYPTO_SIGNATURE);
	buf_done(&out);
	return ok;
}

void
mark_encode(const struct visit *visit, struct buf *out)
{
	base64_encode(out, visit->octets, visit->length);
}

static int
first_get(struct cur *in, struct visit *out)
{
	uint16_t n;
	const uint8_t *sender;

	out->size = cur_u64(in);
	out->priority = cur_u8(in);
	n = cur_u16(in);
	sender = cur_bytes(in, n);
	if (in->bad)
		return RC_SHORT;
	if (n > LIMIT_SENDER_OCTETS)
		return RC_RANGE;
	for (size_t i = 0; i < n; i++)
		if (sender[i] <= ' ' || sender[i] == 0x7f)
			return RC_RANGE;
	memcpy(out->sender, sender, n);
	return RC_OK;
}

static int
octets_decode(struct visit *out)
{
	struct cur in = cur_over(out->octets, out->length);
	uint8_t format = cur_u8(&in), flags = cur_u8(&in);
	const uint8_t *key = cur_bytes(&in, CRYPTO_DIGEST), *recipients;
	int rc = RC_OK;

	out->now = version_get(&in);
	out->before = version_get(&in);
	out->time_ms = cur_u64(&in);
	recipients = cur_bytes(&in, MARK_RECIPIENTS);
	if (in.bad)
		return RC_SHORT;
	if (format != FORMAT)
		return RC_VERSION;
	if (flags & ~FLAG_FIRST)
		return RC_RANGE;
	memcpy(out->key, key, CRYPTO_DIGEST);
	memcpy(out->recipients, recipients, MARK_RECIPIENTS);
	out->first = flags & FLAG_FIRST;
	if (out->first)
		rc = first_get(&in, out);
	if (rc != RC_OK)
		return rc;
	cur_bytes(&in, CRYPTO_SIGNATURE);
	return in.bad ? RC_SHORT : in.left > 0 ? RC_LONG : RC_OK;
}

int
mark_decode(const char *text, size_t n, struct visit *out)
{
	struct buf octets = { 0 };
	int rc = RC_FORMAT;

	memset(out, 0, sizeof(*out));
	for (; n > 0 && is_space(text[n - 1]); n--)
		;
	for (; n > 0 && is_space(*text); n--)
		text++;
	if (n > BASE64_LENGTH(MARK_OCTETS_MAX))
		return RC_LONG;
	if (base64_decode((const uint8_t *)text, n, &octets)) {
		if (octets.n > sizeof(out->octets))
			rc = RC_LONG;
		else if (octets.n == 0)
			rc = RC_SHORT;
		else {
			memcpy(out->octets, octets.p, octets.n);
			out->length = octets.n;
			rc = octets_decode(out);
		}
	}
	buf_done(&octets);
	return rc;
}

/* --- the trace ------------------------------------------------------------- */

void
mark_trace_add(struct mark_trace *trace, const char *text, size_t n)
{
	struct mark_field field = { 0 };

	if (trace->fields.n > LIMIT_TRACE_FIELDS)
		return;
	/* A field that cannot be read counts for its place alone. */
	if (mark_decode(text, n, &field.visit) != RC_OK)
		field.visit.length = 0;
	vec_push(&trace->fields, field);
}

void
mark_trace_verify(struct mark_trace *trace,
    const uint8_t message[CRYPTO_DIGEST], const struct mark_keys *keys,
    const struct crypto *crypto)
{
	const struct visit *previous = NULL;

	if (trace->fields.n > LIMIT_TRACE_FIELDS)
		return;
	for (size_t i = trace->fields.n; i-- > 0;) {
		struct mark_field *f = &trace->fields.v[i];

		f->stands = f->visit.length > 0 &&
		            holds(&f->visit, previous, message, keys, crypto);
		if (f->stands)
			previous = &f->visit;
	}
}

const struct visit *
mark_trace_newest(const struct mark_trace *trace)
{
	for (size_t i = 0; i < trace->fields.n; i++)
		if (trace->fields.v[i].stands)
			return &trace->fields.v[i].visit;
	return NULL;
}

const struct visit *
mark_trace_first(const struct mark_trace *trace)
{
	for (size_t i = trace->fields.n; i-- > 0;)
		if (trace->fields.v[i].stands)
			return &trace->fields.v[i].visit;
	return NULL;
}

void
mark_trace_done(struct mark_trace *trace)
{
	vec_done(&trace->fields);
}
