#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static uint8_t *
buf_more(struct buf *b, size_t n)
{
	if (n > b->room - b->n) {
		b->room = 2 * b->room + n + 64;
		b->p = mem_grow(b->p, b->room, 1);
	}
	b->n += n;
	return b->p + b->n - n;
}

static void
buf_put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = n; i > 0; i--) {
		p[i - 1] = (uint8_t)(v & 0xff);
		v >>= 8;
	}
}

void
buf_u8(struct buf *b, uint8_t v)
{
	*buf_more(b, 1) = v;
}

void
buf_u16(struct buf *b, uint16_t v)
{
	buf_put(buf_more(b, 2), v, 2);
}

void
buf_u32(struct buf *b, uint32_t v)
{
	buf_put(buf_more(b, 4), v, 4);
}

void
buf_u64(struct buf *b, uint64_t v)
{
	buf_put(buf_more(b, 8), v, 8);
}

void
buf_bytes(struct buf *b, const void *p, size_t n)
{
	if (n > 0)
		memcpy(buf_more(b, n), p, n);
}

void
buf_text(struct buf *b, const char *s)
{
	buf_bytes(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *at;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	CHECK(n >= 0);
	at = (char *)buf_more(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(at, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n--; /* the NUL */
}

size_t
buf_hole16(struct buf *b)
{
	buf_u16(b, 0);
	return b->n;
}

size_t
buf_hole32(struct buf *b)
{
	buf_u32(b, 0);
	return b->n;
}

void
buf_fill16(struct buf *b, size_t hole)
{
	CHECK(hole >= 2 && b->n - hole <= UINT16_MAX);
	buf_put(b->p + hole - 2, b->n - hole, 2);
}

void
buf_fill32(struct buf *b, size_t hole)
{
	CHECK(hole >= 4 && b->n - hole <= UINT32_MAX);
	buf_put(b->p + hole - 4, b->n - hole, 4);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
buf_hex(struct buf *b, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		buf_u8(b, (uint8_t)digits[p[i] >> 4]);
		buf_u8(b, (uint8_t)digits[p[i] & 15]);
	}
}

bool
buf_unhex(struct buf *b, const char *text)
{
	for (; *text != '\0'; text += 2) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return false;
		buf_u8(b, (uint8_t)(high << 4 | low));
	}
	return true;
}

char *
buf_string(struct buf *b)
{
	char *s;

	buf_u8(b, 0);
	s = (char *)b->p;
	*b = (struct buf){ 0 };
	return s;
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
}

void
buf_done(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){ 0 };
}
