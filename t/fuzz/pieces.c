#include "t/fuzz/pieces.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/rng.h"
#include "base/vec.h"
#include "t/fuzz/fuzz.h"

#define DEPTH_MAX 12
#define LSA_FIXED 36 /* before the name of the origin */
#define LSA_BEHIND 48
#define SIGNATURE 64

struct piece {
	const uint8_t *p; /* what it has inside */
	size_t n;
	uint16_t tag;
};

struct pieces {
	VEC(struct piece) v;
	struct cur rest; /* is no piece, and stays at the end */
};

static void piece_level(
    struct rng *, enum pieces_kind, struct cur, struct buf *, int);
static void lsa_level(
    struct rng *rng, const uint8_t *p, size_t n, struct buf *out);

/* The next piece at the cursor; false if there is none. */
static bool
next_text(struct cur *in, uint8_t end, struct piece *out)
{
	const uint8_t *at = in->left == 0 ? NULL : memchr(in->p, end, in->left);

	if (in->left == 0)
		return false;
	out->p = in->p;
	out->n = at == NULL ? in->left : (size_t)(at - in->p) + 1;
	cur_bytes(in, out->n);
	return true;
}

static size_t
der_length(struct cur *in)
{
	size_t n = cur_u8(in);

	if (n == 0x81)
		return cur_u8(in);
	if (n == 0x82)
		return cur_u16(in);
	if (n >= 0x80)
		in->bad = true;
	return n;
}

static bool
piece_next(enum pieces_kind kind, struct cur *in, struct piece *out)
{
	struct cur c = *in;

	*out = (struct piece){ 0 };
	switch (kind) {
	case PIECES_LINES:
		return next_text(in, '\n', out);
	case PIECES_WORDS:
		return next_text(in, ' ', out);
	case PIECES_ITEMS:
		out->tag = cur_u8(&c);
		out->n = cur_u32(&c);
		break;
	case PIECES_FRAMES:
	case PIECES_SAVED:
		out->n = cur_u32(&c);
		break;
	case PIECES_TLVS:
		out->tag = cur_u16(&c);
		out->n = cur_u16(&c);
		break;
	case PIECES_DER:
		out->tag = cur_u8(&c);
		out->n = der_length(&c);
		break;
	case PIECES_LSA:
	case PIECES_OCTETS:
		return false;
	}
	if (c.bad || c.left < out->n)
		return false;
	out->p = cur_bytes(&c, out->n);
	*in = c;
	return true;
}

static void
piece_put(enum pieces_kind kind, uint16_t tag, const struct buf *inside,
    struct buf *out)
{
	size_t n = inside->n;

	if (kind == PIECES_ITEMS)
		buf_u8(out, (uint8_t)tag);
	if (kind == PIECES_FRAMES || kind == PIECES_SAVED ||
	    kind == PIECES_ITEMS)
		buf_u32(out, (uint32_t)n);
	if (kind == PIECES_TLVS) {
		buf_u16(out, tag);
		buf_u16(out, (uint16_t)n);
	}
	if (kind == PIECES_DER) {
		buf_u8(out, (uint8_t)tag);
		if (n > 0xff)
			buf_u8(out, 0x82);
		else if (n > 0x7f)
			buf_u8(out, 0x81);
		if (n > 0xff)
			buf_u16(out, (uint16_t)n);
		else
			buf_u8(out, (uint8_t)n);
	}
	buf_bytes(out, inside->p, n);
}

/* What a piece is made of in turn. */
static enum pieces_kind
piece_within(enum pieces_kind kind, const struct piece *piece)
{
	if (kind == PIECES_LINES)
		return PIECES_WORDS;
	if (kind == PIECES_SAVED)
		return PIECES_ITEMS;
	if (kind == PIECES_DER && (piece->tag & 0x20) != 0)
		return PIECES_DER;
	if (kind == PIECES_DER && piece->tag == 4 && piece->n > 1 &&
	    piece->p[0] == 0x30)
		return PIECES_DER; /* an extension's value */
	return PIECES_OCTETS;
}

/* The octets with some changed, by the driver. */
static void
piece_changed(struct rng *rng, struct cur in, struct buf *out)
{
	size_t n = in.left, room = n + 1 + rng_below(rng, 32);
	uint8_t *p = mem_new(room, 0, 0);

	if (n > 0)
		memcpy(p, in.p, n);
	buf_bytes(out, p, LLVMFuzzerMutate(p, n, room));
	mem_free(p);
}

/* What a piece has behind `head` octets, where that is an LSA. */
static void
piece_lsa(
    struct rng *rng, const struct piece *piece, size_t head, struct buf *out)
{
	struct buf lsa = { 0 };

	if (piece->n > head + LSA_FIXED + LSA_BEHIND + SIGNATURE)
		lsa_level(rng, piece->p + head, piece->n - head, &lsa);
	if (lsa.n > 0)
		buf_bytes(out, piece->p, head);
	buf_bytes(out, lsa.p, lsa.n);
	buf_done(&lsa);
}

static void
piece_inside(struct rng *rng, enum pieces_kind kind, const struct piece *piece,
    struct buf *out, int depth)
{
	enum pieces_kind of = piece_within(kind, piece);
	struct cur in = cur_over(piece->p, piece->n);

	if ((kind == PIECES_FRAMES || kind == PIECES_ITEMS) &&
	    rng_below(rng, 2) == 0)
		piece_lsa(rng, piece, kind == PIECES_FRAMES ? 1 : 0, out);
	if (out->n > 0)
		return;
	if (of == PIECES_OCTETS || depth >= DEPTH_MAX || rng_below(rng, 4) == 0)
		piece_changed(rng, in, out);
	else
		piece_level(rng, of, in, out, depth + 1);
}

/* One piece goes, comes twice, moves, has another's tag, or changes inside. */
static void
pieces_reorder(struct rng *rng, struct pieces *all, size_t at)
{
	size_t other = rng_below(rng, all->v.n);
	struct piece one = all->v.v[at];

	switch (rng_below(rng, 4)) {
	case 0:
		memmove(&all->v.v[at], &all->v.v[at + 1],
		    (all->v.n - at - 1) * sizeof(one));
		all->v.n--;
		break;
	case 1:
		vec_push(&all->v, one);
		memmove(&all->v.v[at + 1], &all->v.v[at],
		    (all->v.n - at - 1) * sizeof(one));
		break;
	case 2:
		all->v.v[at] = all->v.v[other];
		all->v.v[other] = one;
		break;
	default:
		all->v.v[at].tag =
		    (uint16_t)(one.tag + 1 - 2 * (int)rng_below(rng, 2));
		break;
	}
}

static void
piece_level(struct rng *rng, enum pieces_kind kind, struct cur in,
    struct buf *out, int depth)
{
	struct pieces all = { 0 };
	struct piece piece;
	bool deeper;
	size_t at;

	while (piece_next(kind, &in, &piece))
		vec_push(&all.v, piece);
	deeper = rng_below(rng, 8) < 5;
	at = all.v.n == 0 ? 0 : rng_below(rng, all.v.n);
	if (all.v.n > 0 && !deeper)
		pieces_reorder(rng, &all, at);
	for (size_t i = 0; i < all.v.n; i++) {
		struct buf within = { 0 };

		if (deeper && i == at)
			piece_inside(rng, kind, &all.v.v[i], &within, depth);
		else
			buf_bytes(&within, all.v.v[i].p, all.v.v[i].n);
		piece_put(kind, all.v.v[i].tag, &within, out);
		buf_done(&within);
	}
	if (all.v.n == 0)
		piece_changed(rng, in, out);
	else
		buf_bytes(out, in.p, in.left);
	vec_done(&all.v);
}

/* The TLVs of the body, or nothing where this is no LSA. */
static void
lsa_level(struct rng *rng, const uint8_t *p, size_t n, struct buf *out)
{
	struct cur in = cur_over(p, n), body;
	struct buf tlvs = { 0 };
	size_t head;

	cur_bytes(&in, LSA_FIXED);
	cur_bytes(&in, cur_u8(&in));
	cur_bytes(&in, cur_u16(&in));
	cur_bytes(&in, LSA_BEHIND);
	head = n - in.left;
	body = cur_sub(&in, cur_u32(&in));
	if (in.bad || in.left < SIGNATURE)
		return;
	piece_level(rng, PIECES_TLVS, body, &tlvs, 0);
	buf_bytes(out, p, head);
	buf_u32(out, (uint32_t)tlvs.n);
	buf_bytes(out, tlvs.p, tlvs.n);
	buf_bytes(out, in.p, in.left);
	buf_done(&tlvs);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t room, unsigned seed)
{
	struct rng rng = { seed };
	struct buf out = { 0 };
	size_t made;

	if (rng_below(&rng, 2) == 0 || n == 0)
		return LLVMFuzzerMutate(p, n, room);
	if (pieces_of.kind == PIECES_LSA)
		lsa_level(&rng, p, n, &out);
	else
		piece_level(&rng, pieces_of.kind, cur_over(p, n), &out, 0);
	made = out.n;
	if (made > 0 && made <= room)
		memcpy(p, out.p, made);
	buf_done(&out);
	return made > 0 && made <= room ? made : LLVMFuzzerMutate(p, n, room);
}
