/*
 * cheap.h - a seal for tests: digests and signatures that cost nothing and
 * prove nothing, but differ when the octets differ. A "certificate" is text:
 * `name group space,space,... relay,relay,... key`, where key is one letter.
 */

#ifndef T_CORE_CHEAP_H
#define T_CORE_CHEAP_H

#include "core/lsa/seal.h"

/* A seal that signs as the key of this letter. Nothing to free. */
struct seal cheap_seal(const char *letter);

/* The public key of a letter, and its digest. */
void cheap_public(char letter, uint8_t out[SEAL_PUBLIC]);
void cheap_key(char letter, uint8_t out[SEAL_DIGEST]);

#endif
