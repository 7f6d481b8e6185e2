/*
 * stranger.h - a certified server that runs no engine: what it says stands in
 * an input, frame by frame, and some frames are no messages but what it does.
 * So mutations reach what is behind a valid HELLO, certificate or signature.
 *
 * A frame is as on the wire (u32 octets behind it, u8 type), and the type is
 *
 *     1 to 0x3f       a message of p1, the honest peer, on its session; so is
 *                     what is no frame
 *     0x40 + type     the same on the stranger's session, as long as it has one
 *     STRANGER_...    what it does
 */

#ifndef T_FUZZ_STRANGER_H
#define T_FUZZ_STRANGER_H

#include "t/sim/world.h"

#define STRANGER_SAYS 0x40

enum stranger_does {
	STRANGER_CERTIFIED = 0x80, /* lines of a certificate: it has that now */
	STRANGER_OPENS,   /* u8 of enum stranger_opens: another session */
	STRANGER_CLOSES,  /* its session */
	STRANGER_WAITS,   /* u16 milliseconds, 20 s at most */
	STRANGER_VOUCHED, /* u64 sequence: UPDATE of its identity */
	STRANGER_SIGNED,  /* an LSA: UPDATE of it, signed with its key, or with
			     the authority's if it is the authority's */
	STRANGER_TWIN,    /* the same, signed with the key of l1 */
	STRANGER_TAKES,   /* all that was said to it is written */
	STRANGER_NAMES    /* u16 n, u8 version: SUMMARY of so many keys that
			     nobody has, in frames of 400, without an end;
			     of version 0: NONE of each */
};

enum stranger_opens {
	STRANGER_DIALLED = 1, /* by l1 */
	STRANGER_BARE = 2,    /* without a certificate */
	STRANGER_NAMED = 4    /* as the server of the octets behind */
};

/* Adds it to the world: x1, a peer of l1. */
void stranger_add(struct world *world);

/* Plays the octets; true if it did something. Fails the world if a rule does
 * not hold. */
bool stranger_play(struct world *world, const uint8_t *p, size_t n);

#endif
