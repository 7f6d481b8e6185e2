#include "front/proxy.h"

static void
put_v1(struct buf *out, const struct addr *client, const struct addr *here)
{
	char from[ADDR_TEXT], to[ADDR_TEXT];

	buf_printf(out, "PROXY TCP%c %s %s %u %u\r\n",
	    client->family == 4 ? '4' : '6', addr_ip_text(client, from),
	    addr_ip_text(here, to), (unsigned)client->port,
	    (unsigned)here->port);
}

static void
put_v2(struct buf *out, const struct addr *client, const struct addr *here)
{
	size_t ip = client->family == 4 ? 4 : 16;

	buf_bytes(out, "\r\n\r\n\0\r\nQUIT\n", 12);
	buf_u8(out, 0x21);                              /* version 2, PROXY */
	buf_u8(out, client->family == 4 ? 0x11 : 0x21); /* over TCP */
	buf_u16(out, (uint16_t)(2 * ip + 4));
	buf_bytes(out, client->ip, ip);
	buf_bytes(out, here->ip, ip);
	buf_u16(out, client->port);
	buf_u16(out, here->port);
}

void
proxy_put(struct buf *out, enum proxy_form form, const struct addr *client,
    const struct addr *here)
{
	if (form == PROXY_V1)
		put_v1(out, client, here);
	else if (form == PROXY_V2)
		put_v2(out, client, here);
}
