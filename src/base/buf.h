/*
 * buf.h - a growing write buffer. All integers are big-endian. Lengths that
 * are known only afterwards are reserved with buf_hole16/32 and filled in
 * with buf_fill16/32, which count the octets written since.
 */

#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *p;
	size_t n, room;
};

void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_bytes(struct buf *b, const void *p, size_t n);

/* The octets of a string without its NUL. */
void buf_text(struct buf *b, const char *s);

/* As printf; no NUL is kept behind. */
__attribute__((format(printf, 2, 3))) void buf_printf(
    struct buf *b, const char *fmt, ...);

size_t buf_hole16(struct buf *b);
size_t buf_hole32(struct buf *b);
void buf_fill16(struct buf *b, size_t hole);
void buf_fill32(struct buf *b, size_t hole);

/* Octets as hexadecimal digits, lower case. */
void buf_hex(struct buf *b, const uint8_t *p, size_t n);

/* The octets of a text in hexadecimal, lower case; false: it is none. */
bool buf_unhex(struct buf *b, const char *text);

/* The content as a string that the caller owns; the buffer is empty then. */
char *buf_string(struct buf *b);

/* Empties it and keeps its room. */
void buf_reset(struct buf *b);
void buf_done(struct buf *b);

#endif
