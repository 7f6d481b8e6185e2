#include "base/base64.h"

/* The value of a digit of base64, or 64. */
static unsigned
digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - (unsigned)'A';
	if (c >= 'a' && c <= 'z')
		return c - (unsigned)'a' + 26;
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : 64;
}

/* Four digits, of which the last `pads` are padding. */
static bool
quad_decode(const uint8_t *p, size_t pads, struct buf *octets)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned value = i < 4 - pads ? digit(p[i]) : 0;

		if (value == 64)
			return false;
		bits = bits << 6 | value;
	}
	if ((pads == 1 && (bits & 0xff) != 0) ||
	    (pads == 2 && (bits & 0xffff) != 0))
		return false;
	for (size_t i = 0; i < 3 - pads; i++)
		buf_u8(octets, (uint8_t)(bits >> (16 - 8 * i)));
	return true;
}

bool
base64_decode(const uint8_t *text, size_t n, struct buf *octets)
{
	size_t before = octets->n, pads = 0;

	if (n % 4 != 0)
		return false;
	if (n > 0 && text[n - 1] == '=')
		pads = text[n - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < n; i += 4) {
		if (!quad_decode(text + i, i + 4 == n ? pads : 0, octets)) {
			octets->n = before;
			return false;
		}
	}
	return true;
}

void
base64_encode(struct buf *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t bits = (uint32_t)p[i] << 16;

		bits |= have > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		bits |= have > 2 ? p[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			buf_u8(out,
			    k > have
				? '='
				: (uint8_t)digits[bits >> (18 - 6 * k) & 63]);
	}
}
