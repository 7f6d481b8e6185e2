#include "base/utf8.h"

#include <stdbool.h>

/* By the first octet: how long, and the least that is so long. */
static const struct {
	uint8_t from, to;
	uint8_t more;
	uint32_t least;
} rows[] = {
	{ 0x01, 0x7f, 0, 0x01 },
	{ 0xc2, 0xdf, 1, 0x80 },
	{ 0xe0, 0xef, 2, 0x800 },
	{ 0xf0, 0xf4, 3, 0x10000 },
};

size_t
utf8_read(const char *s, uint32_t *c)
{
	const uint8_t *o = (const uint8_t *)s;
	uint32_t point;
	size_t row = 0;

	*c = UTF8_NONE;
	while (row < sizeof(rows) / sizeof(rows[0]) &&
	       (o[0] < rows[row].from || o[0] > rows[row].to))
		row++;
	if (row == sizeof(rows) / sizeof(rows[0]))
		return 1;
	point = rows[row].more == 0 ? o[0] : o[0] & (0x3fu >> rows[row].more);
	for (size_t i = 1; i <= rows[row].more; i++) {
		if ((o[i] & 0xc0) != 0x80)
			return 1;
		point = point << 6 | (o[i] & 0x3fu);
	}
	if (point < rows[row].least || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 1;
	*c = point;
	return (size_t)rows[row].more + 1;
}

/* C0, DEL, C1; marks and overrides of direction, separators of lines. */
static bool
steers(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c ||
	       (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == UTF8_NONE;
}

void
utf8_show(struct buf *out, const char *s)
{
	while (*s != '\0') {
		uint32_t c;
		size_t n = utf8_read(s, &c);

		if (steers(c))
			buf_u8(out, '?');
		else
			buf_bytes(out, s, n);
		s += n;
	}
}
