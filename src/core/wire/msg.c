#include "core/wire/msg.h"

#include <string.h>

#include "base/rc.h"

/* n octets as a string into out, which has room for max and a NUL. */
static int
msg_string_read(struct cur *in, size_t n, char *out, size_t max)
{
	const uint8_t *p = cur_bytes(in, n);

	if (p == NULL)
		return RC_SHORT;
	if (n > max)
		return RC_LONG;
	if (memchr(p, 0, n) != NULL)
		return RC_NAME;
	memcpy(out, p, n);
	out[n] = '\0';
	return RC_OK;
}

int
msg_hello_read(struct cur *in, struct msg_hello *out)
{
	const uint8_t *org;
	uint8_t n;
	int rc;

	out->lowest = cur_u16(in);
	out->highest = cur_u16(in);
	org = cur_bytes(in, CRYPTO_DIGEST);
	n = cur_u8(in);
	rc = msg_string_read(in, n, out->name, STR_HOST_MAX);
	if (rc != RC_OK)
		return rc;
	out->keepalive_ms = cur_u32(in);
	out->dead_ms = cur_u32(in);
	if (in->bad)
		return RC_SHORT;
	out->begins = in->left >= 4 ? cur_u32(in) : 0;
	memcpy(out->org, org, CRYPTO_DIGEST);
	if (out->lowest > MSG_VERSION || out->highest < MSG_VERSION_LOWEST ||
	    out->highest < out->lowest)
		return RC_VERSION;
	/* What a later version adds behind is for a later version. */
	return RC_OK;
}

void
msg_hello_write(struct buf *out, const struct msg_hello *hello)
{
	buf_u16(out, hello->lowest);
	buf_u16(out, hello->highest);
	buf_bytes(out, hello->org, CRYPTO_DIGEST);
	buf_u8(out, (uint8_t)strlen(hello->name));
	buf_text(out, hello->name);
	buf_u32(out, hello->keepalive_ms);
	buf_u32(out, hello->dead_ms);
	if (hello->begins > 0)
		buf_u32(out, hello->begins);
}

int
msg_key_read(struct cur *in, struct msg_key *out)
{
	uint8_t origin;
	uint16_t id;
	int rc;

	out->key.type = cur_u8(in);
	origin = cur_u8(in);
	rc = msg_string_read(in, origin, out->origin, STR_HOST_MAX);
	if (rc != RC_OK)
		return rc;
	id = cur_u16(in);
	rc = msg_string_read(in, id, out->id, STR_PATTERN_MAX);
	out->key.origin = out->origin;
	out->key.id = out->id;
	return rc;
}

void
msg_key_write(struct buf *out, const struct lsa_key *key)
{
	buf_u8(out, key->type);
	buf_u8(out, (uint8_t)strlen(key->origin));
	buf_text(out, key->origin);
	buf_u16(out, (uint16_t)strlen(key->id));
	buf_text(out, key->id);
}

size_t
msg_short_digest(unsigned version)
{
	return version == 1 ? MSG_SHORT_DIGEST_1 : MSG_SHORT_DIGEST;
}

int
msg_entry_read(struct cur *in, unsigned version, struct msg_entry *out)
{
	int rc = msg_key_read(in, &out->key);
	const uint8_t *digest;

	if (rc != RC_OK)
		return rc;
	out->seq = cur_u64(in);
	digest = cur_bytes(in, msg_short_digest(version));
	if (digest == NULL)
		return RC_SHORT;
	memcpy(out->digest, digest, msg_short_digest(version));
	return RC_OK;
}

int
msg_part_read(struct cur *in, int last, struct msg_part *out)
{
	const uint8_t *digest;

	out->number = cur_u8(in);
	out->lsas = cur_u32(in);
	digest = cur_bytes(in, CRYPTO_DIGEST);
	if (digest == NULL)
		return RC_SHORT;
	if ((int)out->number <= last)
		return RC_RANGE;
	memcpy(out->digest, digest, CRYPTO_DIGEST);
	return RC_OK;
}

void
msg_entry_write(struct buf *out, unsigned version, const struct lsa *lsa)
{
	msg_key_write(out, &lsa->key);
	buf_u64(out, lsa->seq);
	buf_bytes(out, lsa->digest, msg_short_digest(version));
}
