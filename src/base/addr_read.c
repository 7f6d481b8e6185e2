/*
 * addr_read.c - the text of an address, read without the C library's help
 * (inet_pton(3) is outside of what base may call).
 */

#include <string.h>

#include "base/addr.h"

/* A number of one to `digits` digits in this base; NULL: there is none. */
static const char *
addr_read_number(const char *p, unsigned base, int digits, unsigned *out)
{
	const char *start = p;

	*out = 0;
	for (; p - start < digits; p++) {
		unsigned v;

		if (*p >= '0' && *p <= '9')
			v = (unsigned)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			v = (unsigned)(*p - 'a') + 10;
		else if (*p >= 'A' && *p <= 'F')
			v = (unsigned)(*p - 'A') + 10;
		else
			break;
		if (v >= base)
			break;
		*out = *out * base + v;
	}
	return p == start ? NULL : p;
}

/* What follows the address, or NULL: there is none. */
static const char *
ip4(const char *p, uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned v;

		if (i > 0 && *p++ != '.')
			return NULL;
		if (p[0] == '0' && p[1] >= '0' && p[1] <= '9')
			return NULL; /* octal to some */
		p = addr_read_number(p, 10, 3, &v);
		if (p == NULL || v > 255)
			return NULL;
		ip[i] = (uint8_t)v;
	}
	return p;
}

static const char *
ip6(const char *p, uint8_t ip[16])
{
	uint8_t octets[16] = { 0 };
	size_t n = 0, gap = 16;

	if (p[0] == ':' && p[1] != ':')
		return NULL;
	while (n < 16) {
		const char *next;
		unsigned v;

		if (gap == 16 && p[0] == ':' && p[1] == ':') {
			gap = n;
			p += 2;
		} else if (n > 0 && n != gap) {
			if (*p != ':')
				break;
			p++;
		}
		next = addr_read_number(p, 16, 4, &v);
		if (next == NULL && n == gap)
			break;
		if (next == NULL)
			return NULL;
		octets[n++] = (uint8_t)(v >> 8);
		octets[n++] = (uint8_t)v;
		p = next;
	}
	if (n < 16 ? gap == 16 : gap < 16)
		return NULL;
	memset(ip, 0, 16);
	memcpy(ip, octets, gap < n ? gap : n);
	if (gap < 16)
		memcpy(ip + 16 - (n - gap), octets + gap, n - gap);
	return p;
}

bool
addr_read(struct addr *out, const char *text)
{
	bool brackets = text[0] == '[', six = brackets;
	const char *colon = strchr(text, ':');
	unsigned port = 0;

	memset(out, 0, sizeof(*out));
	if (!six)
		six = colon != NULL && strchr(colon + 1, ':') != NULL;
	text = six ? ip6(text + brackets, out->ip) : ip4(text, out->ip);
	if (text != NULL && brackets)
		text = *text == ']' ? text + 1 : NULL;
	if (text != NULL && *text == ':' && text[1] != '0' &&
	    (brackets || !six)) {
		text = addr_read_number(text + 1, 10, 5, &port);
		if (port > 65535)
			text = NULL;
	} else if (brackets) {
		text = NULL; /* they are there for the port's sake */
	}
	if (text == NULL || *text != '\0')
		return false;
	out->family = six ? 6 : 4;
	out->port = (uint16_t)port;
	return true;
}
