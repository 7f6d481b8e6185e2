#include "base/crc64.h"

#define POLYNOMIAL 0xc96c5795d7870f42u

/* Eight octets at a time ("slicing by 8", M. Kounavis and F. Berry, 2005):
 * t[k][b] is what the octet b does k octets later. */
static void
tables_make(uint64_t t[8][256])
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t v = i;

		for (int bit = 0; bit < 8; bit++)
			v = v >> 1 ^ ((v & 1) ? POLYNOMIAL : 0);
		t[0][i] = v;
	}
	for (unsigned k = 1; k < 8; k++)
		for (unsigned i = 0; i < 256; i++)
			t[k][i] = t[0][t[k - 1][i] & 255] ^ t[k - 1][i] >> 8;
}

uint64_t
crc64(const void *octets, size_t n)
{
	const uint8_t *p = octets;
	uint64_t crc = ~(uint64_t)0;
	uint64_t t[8][256];

	tables_make(t);
	for (; n >= 8; p += 8, n -= 8) {
		for (unsigned i = 0; i < 8; i++)
			crc ^= (uint64_t)p[i] << 8 * i;
		crc = t[7][crc & 255] ^ t[6][crc >> 8 & 255] ^
		      t[5][crc >> 16 & 255] ^ t[4][crc >> 24 & 255] ^
		      t[3][crc >> 32 & 255] ^ t[2][crc >> 40 & 255] ^
		      t[1][crc >> 48 & 255] ^ t[0][crc >> 56];
	}
	for (; n > 0; p++, n--)
		crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
	return ~crc;
}
