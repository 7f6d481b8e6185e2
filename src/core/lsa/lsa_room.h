/*
 * lsa_room.h - what a body needs behind the octets of its LSA, to be kept
 * decoded: so that an LSA is one block, and no larger than it has to be.
 */

#ifndef CORE_LSA_ROOM_H
#define CORE_LSA_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cur.h"

#define ROOM_TYPES 32 /* of TLVs; those above are of later versions */

struct lsa_room {
	char *text; /* for texts that are copied */
	size_t text_len;
	uint8_t *fixed; /* for structs and arrays; any may stand there */
	size_t fixed_len;
	uint16_t of[ROOM_TYPES]; /* so many TLVs of each type */
};

/* Counts the TLVs of a body: how much of either kind is needed. */
void lsa_room_count(uint8_t type, struct cur body, struct lsa_room *out);

/* Whether a connector has a TLV of its policy; of its drains so many. */
bool lsa_room_policy(const struct lsa_room *room);
size_t lsa_room_drains(const struct lsa_room *room);

/* Of the room that was counted, all zero; NULL for none. */
void *lsa_room_take(struct lsa_room *room, size_t n, size_t each);

#endif
