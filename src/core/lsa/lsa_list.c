#include "core/lsa/lsa_list.h"

#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa_tlv.h"

/* One in so many patterns begins a chunk. */
#define CUT_MASK 255u

struct lsa_list_walk
lsa_list_walk(const struct lsa_list *list)
{
	return (struct lsa_list_walk){ .in = list->packed };
}

const char *
lsa_list_next(struct lsa_list_walk *walk)
{
	size_t same, n;
	const uint8_t *p;

	if (walk->in.left == 0)
		return NULL;
	same = cur_u8(&walk->in);
	n = cur_u8(&walk->in);
	p = cur_bytes(&walk->in, n);
	CHECK(p != NULL && same + n <= LIMIT_LISTED_OCTETS);
	memcpy(walk->text + same, p, n);
	walk->text[same + n] = '\0';
	return walk->text;
}

bool
lsa_list_takes(const char *pattern)
{
	return str_is_pattern(pattern) && strcmp(pattern, "*") != 0 &&
	       strlen(pattern) <= LIMIT_LISTED_OCTETS;
}

/* FNV-1a, 32 bits (G. Fowler, L. C. Noll, K.-P. Vo), its halves folded: of
 * the last octet the low bits alone would tell too much. */
static uint32_t
lsa_list_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ h >> 16;
}

bool
lsa_list_begins(const char *pattern, size_t packed)
{
	return (lsa_list_hash(pattern) & CUT_MASK) == 0 ||
	       packed + LIMIT_LISTED_OCTETS + 2 > LIMIT_LIST_PACKED;
}

static size_t
same_octets(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

void
lsa_list_pack(struct buf *packed, const char *last, const char *pattern)
{
	size_t same = same_octets(last, pattern);
	size_t n = strlen(pattern) - same;

	CHECK(same + n <= LIMIT_LISTED_OCTETS);
	buf_u8(packed, (uint8_t)same);
	buf_u8(packed, (uint8_t)n);
	buf_bytes(packed, pattern + same, n);
}

void
lsa_list_encode(struct buf *out, uint8_t type, const struct lsa_space *space,
    const struct buf *packed)
{
	unsigned flags = space->relay ? LSA_SPACE_RELAY : 0u;

	if (type == LSA_LIST) {
		buf_u16(out, LSA_LIST_COST);
		buf_u16(out, 4);
		buf_u32(out, space->cost);
		flags |= space->down ? LSA_SPACE_DOWN : 0u;
		flags |= space->local ? LSA_SPACE_LOCAL : 0u;
		flags |= space->fallback ? LSA_SPACE_FALLBACK : 0u;
	}
	buf_u16(out, LSA_LIST_FLAGS);
	buf_u16(out, 1);
	buf_u8(out, (uint8_t)flags);
	buf_u16(out, LSA_LIST_PATTERNS);
	buf_u16(out, (uint16_t)packed->n);
	buf_bytes(out, packed->p, packed->n);
}

/* --- reading ------------------------------------------------------------------ */

static int
cost_read(struct cur value, struct lsa_list *out)
{
	out->space.cost = cur_u32(&value);
	if (value.bad || value.left > 0)
		return RC_SHORT;
	return out->space.cost > LIMIT_COST_MAX ? RC_RANGE : RC_OK;
}

static int
flags_read(struct cur value, uint8_t type, struct lsa_list *out)
{
	uint8_t may = type == LSA_GRANT ? LSA_SPACE_RELAY : LSA_SPACE_KNOWN;
	uint8_t flags = cur_u8(&value);

	if (value.bad || value.left > 0)
		return RC_SHORT;
	out->space.down = flags & LSA_SPACE_DOWN;
	out->space.local = flags & LSA_SPACE_LOCAL;
	out->space.fallback = flags & LSA_SPACE_FALLBACK;
	out->space.relay = flags & LSA_SPACE_RELAY;
	return (flags & ~may) != 0 ? RC_RANGE : RC_OK;
}

/* One of them, behind `last`, which becomes it. */
static int
pattern_read(struct cur *in, char last[LIMIT_LISTED_OCTETS + 1])
{
	size_t had = strlen(last), same = cur_u8(in), n = cur_u8(in);
	const uint8_t *p = cur_bytes(in, n);

	if (in->bad)
		return RC_SHORT;
	if (same > had || same + n > LIMIT_LISTED_OCTETS || n == 0)
		return RC_RANGE;
	/* As many as there are, and ascending. */
	if (same < had && p[0] <= (uint8_t)last[same])
		return RC_TWICE;
	if (memchr(p, 0, n) != NULL)
		return RC_NAME;
	memcpy(last + same, p, n);
	last[same + n] = '\0';
	return lsa_list_takes(last) ? RC_OK : RC_NAME;
}

static int
patterns_read(struct cur value, const char *id, struct lsa_list *out)
{
	char last[LIMIT_LISTED_OCTETS + 1] = "";
	int rc = value.left == 0 ? RC_MISSING : RC_OK;

	out->packed = value;
	while (rc == RC_OK && value.left > 0) {
		rc = pattern_read(&value, last);
		if (rc == RC_OK && out->n == 0 &&
		    strcmp(id, LSA_LIST_FIRST) != 0 && strcmp(last, id) < 0)
			rc = RC_RANGE;
		out->weight += (uint32_t)strlen(last) + LIMIT_LISTED_EACH;
		out->n++;
	}
	return rc;
}

/* Of those that an LSA of this type must have: one bit each. */
static unsigned
list_needs(uint8_t type)
{
	unsigned both = 1u << LSA_GRANT_FLAGS | 1u << LSA_GRANT_PATTERNS;

	return type == LSA_LIST ? both | 1u << LSA_LIST_COST : both;
}

static bool
list_reads(uint8_t type, uint16_t tlv)
{
	return tlv <= LSA_LIST_PATTERNS && (list_needs(type) >> tlv & 1) != 0;
}

static int
list_tlv(const struct lsa *lsa, const struct lsa_tlv *tlv, struct lsa_list *out)
{
	if (!list_reads(lsa->key.type, tlv->type))
		return RC_OK; /* of a later version */
	if (tlv->type == tlv->last)
		return RC_TWICE;
	switch (tlv->type) {
	case LSA_LIST_COST:
		return cost_read(tlv->value, out);
	case LSA_LIST_FLAGS:
		return flags_read(tlv->value, lsa->key.type, out);
	default: /* LSA_LIST_PATTERNS */
		return patterns_read(tlv->value, lsa->key.id, out);
	}
}

int
lsa_list_decode(const struct lsa *lsa, struct lsa_list *out)
{
	unsigned need = list_needs(lsa->key.type), seen = 0;
	struct cur in = lsa_tlv_over(lsa);
	struct lsa_tlv tlv = { 0 };
	int rc;

	while ((rc = lsa_tlv_next(&in, &tlv)) == 1) {
		rc = list_tlv(lsa, &tlv, out);
		if (rc != RC_OK)
			return rc;
		if (list_reads(lsa->key.type, tlv.type))
			seen |= 1u << tlv.type;
	}
	if (rc != RC_OK)
		return rc;
	return (seen & need) == need ? RC_OK : RC_MISSING;
}
