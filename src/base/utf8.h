/*
 * utf8.h - text of others: read as UTF-8 (RFC 3629 4), and shown on a terminal
 * without steering it.
 */

#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define UTF8_NONE UINT32_MAX /* an octet that begins no character */

/*
 * The character at `s`, which is not at its NUL, to *c; how many octets it
 * takes: 1 for UTF8_NONE.
 */
size_t utf8_read(const char *s, uint32_t *c);

/*
 * Appends the text. What a terminal obeys, what turns the direction of writing
 * and what is no UTF-8 becomes a question mark each; a line feed is one, too.
 */
void utf8_show(struct buf *out, const char *s);

#endif
