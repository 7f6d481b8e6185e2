/*
 * cheap.h - a crypto for tests: digests and signatures that cost nothing and
 * prove nothing, but differ when the octets differ. A "certificate" is text:
 * `name group space,space,... relay,relay,... key`, where key is one letter; and
 * ` N`, if it is said: not valid before.
 */

#ifndef T_CORE_CHEAP_H
#define T_CORE_CHEAP_H

#include "core/lsa/crypto.h"
#include "core/lsa/setup.h"

/* A crypto that signs as the key of this letter. Nothing to free. */
struct crypto cheap_seal(const char *letter);

/* The public key of a letter, and its digest. */
void cheap_public(char letter, uint8_t out[CRYPTO_PUBLIC]);
void cheap_key(char letter, uint8_t out[CRYPTO_DIGEST]);

/* The setup of one server, with the times that tests have. What is handed in
 * is lent to it: `group` is its organization, too. */
struct setup cheap_setup(char *server, char *group, struct claims *claims);

#endif
