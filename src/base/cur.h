/*
 * cur.h - a read cursor over borrowed octets. All integers are big-endian.
 *
 * A read past the end sets `bad` and gives zero; every later read does too.
 * So a decoder reads what it wants and looks at `bad` once, before it uses
 * anything.
 */

#ifndef BASE_CUR_H
#define BASE_CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cur {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct cur cur_over(const void *p, size_t n);
uint8_t cur_u8(struct cur *c);
uint16_t cur_u16(struct cur *c);
uint32_t cur_u32(struct cur *c);
uint64_t cur_u64(struct cur *c);

/* The next n octets, lent; NULL (and bad) when there are not so many. */
const uint8_t *cur_bytes(struct cur *c, size_t n);

/* A cursor over the next n octets, which are skipped here. */
struct cur cur_sub(struct cur *c, size_t n);

/* The same of a line, without its end; the last one needs none. */
struct cur cur_line(struct cur *c);

#endif
