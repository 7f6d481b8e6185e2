/*
 * addr_octets.c - an address as octets: what LSAs, tables and saved routes have.
 */

#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cur.h"

static size_t
length(const struct addr *a)
{
	return a->family == 4 ? 4 : 16;
}

void
addr_encode(struct buf *out, const struct addr *a)
{
	buf_u8(out, a->family);
	buf_bytes(out, a->ip, length(a));
	buf_u16(out, a->port);
}

void
addr_decode(struct cur *in, struct addr *out)
{
	const uint8_t *ip;

	*out = (struct addr){ .family = cur_u8(in) };
	ip = cur_bytes(in, length(out));
	out->port = cur_u16(in);
	if (!in->bad)
		memcpy(out->ip, ip, length(out));
}
