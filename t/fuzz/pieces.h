/*
 * pieces.h - mutations that know how an input is built. A target that says what
 * its input is has pieces dropped, doubled, moved and changed, with the lengths
 * around them right, half of the time; octets change anywhere the other half.
 *
 * Both drivers ask for it, libFuzzer's and driver.c; for the changes of octets
 * they are asked in turn (LLVMFuzzerMutate).
 */

#ifndef T_FUZZ_PIECES_H
#define T_FUZZ_PIECES_H

#include "t/fuzz/fuzz.h"

enum pieces_kind {
	PIECES_LINES,  /* each to its line feed; of words */
	PIECES_WORDS,  /* each to its space */
	PIECES_FRAMES, /* u32 octets behind it; of octets */
	PIECES_TLVS,   /* u16 type, u16 octets behind it */
	PIECES_SAVED,  /* u32 octets behind it; of items */
	PIECES_ITEMS,  /* u8 kind, u32 octets behind it */
	PIECES_LSA,    /* one LSA: the body is TLVs, the rest stays */
	PIECES_DER,    /* ASN.1: tag, length, what is in it */
	PIECES_OCTETS  /* has none */
};

/* What the target's input is; by PIECES(kind) of the target, which has this
 * linked, too. */
extern const struct pieces_of {
	enum pieces_kind kind;
	size_t (*mutate)(uint8_t *p, size_t n, size_t room, unsigned seed);
} pieces_of;

#define PIECES(kind)                                                           \
	const struct pieces_of pieces_of = { kind, LLVMFuzzerCustomMutator }

#endif
