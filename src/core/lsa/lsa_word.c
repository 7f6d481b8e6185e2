/*
 * lsa_word.c - the words of the authority that are not lists, and the reading
 * of TLVs that they share with the other bodies.
 */

#include <string.h>

#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa_tlv.h"

struct cur
lsa_tlv_over(const struct lsa *lsa)
{
	return cur_over(lsa->octets + lsa->body_at, lsa->body_len);
}

int
lsa_tlv_next(struct cur *in, struct lsa_tlv *tlv)
{
	uint16_t len;

	if (in->left == 0)
		return 0;
	tlv->last = tlv->type;
	tlv->type = cur_u16(in);
	len = cur_u16(in);
	tlv->value = cur_sub(in, len);
	if (in->bad)
		return RC_SHORT;
	return tlv->type < tlv->last ? RC_RANGE : 1;
}

int
lsa_word_check(const struct lsa *lsa)
{
	struct cur in = lsa_tlv_over(lsa);
	struct lsa_tlv tlv = { 0 };
	const uint8_t type = lsa->key.type;
	const size_t octets = type == LSA_FORGET ? 4 : type == LSA_RULE ? 1 : 8;
	bool seen = false;
	int rc;

	while ((rc = lsa_tlv_next(&in, &tlv)) == 1) {
		if (tlv.type != 1) /* the one TLV of each type */
			continue;
		if (seen)
			return RC_TWICE;
		if (tlv.value.left != octets)
			return RC_SHORT;
		if (type == LSA_RULE && cur_u8(&tlv.value) > 1)
			return RC_RANGE;
		seen = true;
	}
	if (rc == RC_OK && type != LSA_REVOCATION && !seen)
		rc = RC_MISSING;
	return rc;
}

static bool
tlv_find(const struct lsa *lsa, uint16_t type, struct cur *value)
{
	struct cur in = lsa_tlv_over(lsa);
	struct lsa_tlv tlv = { 0 };

	while (lsa_tlv_next(&in, &tlv) == 1 && tlv.type != type)
		;
	*value = tlv.value;
	return tlv.type == type;
}

bool
lsa_rule_on(const struct lsa *lsa)
{
	struct cur value;

	return tlv_find(lsa, LSA_RULE_ON, &value) && cur_u8(&value) == 1;
}

uint32_t
lsa_forget_epoch(const struct lsa *lsa)
{
	struct cur value;

	return tlv_find(lsa, LSA_FORGET_EPOCH, &value) ? cur_u32(&value) : 0;
}

uint64_t
lsa_revocation_end(const struct lsa *lsa)
{
	struct cur value;

	return tlv_find(lsa, LSA_REVOCATION_END, &value) ? cur_u64(&value) : 0;
}

bool
lsa_revocation_server(const struct lsa *lsa, char out[STR_HOST_MAX + 1])
{
	struct cur in;
	size_t n = tlv_find(lsa, LSA_REVOCATION_SERVER, &in) ? in.left : 0;

	if (n == 0 || n > STR_HOST_MAX)
		return false;
	memcpy(out, cur_bytes(&in, n), n);
	out[n] = '\0';
	return strlen(out) == n && str_is_host(out);
}
