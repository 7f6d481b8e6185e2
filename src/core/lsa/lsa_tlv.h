/*
 * lsa_tlv.h - a body taken apart into its TLVs: for the files lsa_*.c alone.
 */

#ifndef CORE_LSA_TLV_H
#define CORE_LSA_TLV_H

#include "core/lsa/lsa.h"

struct lsa_room;

struct lsa_tlv {
	uint16_t type;
	uint16_t last; /* type of the one before */
	struct cur value;
	struct lsa_room *room;
	struct policy *policy; /* of a connector, if it has limits */
};

/* The body of an LSA. */
struct cur lsa_tlv_over(const struct lsa *lsa);

/* The next TLV: 1, or 0 at the end, or a reason. */
int lsa_tlv_next(struct cur *in, struct lsa_tlv *tlv);

/* Whether what the authority says has its form. */
int lsa_word_check(const struct lsa *lsa);

#endif
