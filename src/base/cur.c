#include "base/cur.h"

#include <string.h>

struct cur
cur_over(const void *p, size_t n)
{
	return (struct cur){ .p = p, .left = n };
}

const uint8_t *
cur_bytes(struct cur *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->bad || n > c->left) {
		c->bad = true;
		c->left = 0;
		return NULL;
	}
	c->left -= n;
	if (n > 0)
		c->p += n;
	return p;
}

static uint64_t
cur_number(struct cur *c, size_t n)
{
	const uint8_t *p = cur_bytes(c, n);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
cur_u8(struct cur *c)
{
	return (uint8_t)cur_number(c, 1);
}

uint16_t
cur_u16(struct cur *c)
{
	return (uint16_t)cur_number(c, 2);
}

uint32_t
cur_u32(struct cur *c)
{
	return (uint32_t)cur_number(c, 4);
}

uint64_t
cur_u64(struct cur *c)
{
	return cur_number(c, 8);
}

struct cur
cur_sub(struct cur *c, size_t n)
{
	const uint8_t *p = cur_bytes(c, n);

	return (struct cur){ .p = p, .left = c->bad ? 0 : n, .bad = c->bad };
}

struct cur
cur_line(struct cur *c)
{
	const uint8_t *end = c->left == 0 ? NULL : memchr(c->p, '\n', c->left);
	struct cur line =
	    cur_sub(c, end == NULL ? c->left : (size_t)(end - c->p));

	cur_bytes(c, end == NULL ? 0 : 1);
	return line;
}
