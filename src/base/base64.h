/*
 * base64.h - octets as text: base64 (RFC 4648 4) with padding, and
 * only as an encoder writes it: no blank, no other alphabet, the unused bits
 * zero. So there is one text for each string of octets.
 */

#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The length of the text for n octets. */
#define BASE64_LENGTH(n) (((n) + 2) / 3 * 4)

/* Appends the octets of the text; false, and nothing, for other text. */
bool base64_decode(const uint8_t *text, size_t n, struct buf *octets);

/* Appends the text of n octets. */
void base64_encode(struct buf *out, const uint8_t *p, size_t n);

#endif
