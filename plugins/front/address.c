#include "plugins/front/address.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/rc.h"

int
address_of_ip(const char *text, struct addr *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, out->ip) == 1)
		out->family = 4;
	else if (inet_pton(AF_INET6, text, out->ip) == 1)
		out->family = 6;
	return out->family == 0 ? RC_NAME : RC_OK;
}

static int
port_of_text(const char *text, uint16_t *port)
{
	unsigned long n = 0;

	if (text[0] == '\0' || strlen(text) > 5 ||
	    strspn(text, "0123456789") != strlen(text))
		return RC_NAME;
	n = strtoul(text, NULL, 10);
	if (n == 0 || n > 65535)
		return RC_NAME;
	*port = (uint16_t)n;
	return RC_OK;
}

int
address_of_text(const char *text, struct addr *out)
{
	char ip[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);
	bool bracket = n > 2 && text[0] == '[' && text[n - 1] == ']';

	memset(out, 0, sizeof(*out));
	if (n == 0 || n >= sizeof(ip))
		return RC_NAME;
	memcpy(ip, text + bracket, n - 2 * (size_t)bracket);
	ip[n - 2 * (size_t)bracket] = '\0';
	if (address_of_ip(ip, out) != RC_OK || (out->family == 6) != bracket)
		return RC_NAME;
	return port_of_text(colon + 1, &out->port);
}

socklen_t
address_to_system(const struct addr *addr, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	memset(out, 0, sizeof(*out));
	if (addr->family == 4) {
		v4.sin_port = htons(addr->port);
		memcpy(&v4.sin_addr, addr->ip, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	v6.sin6_port = htons(addr->port);
	memcpy(&v6.sin6_addr, addr->ip, 16);
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

struct addr
address_of_system(const struct sockaddr_storage *from)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct addr addr = { 0 };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (from->ss_family == AF_INET) {
		memcpy(&v4, from, sizeof(v4));
		addr.family = 4;
		addr.port = ntohs(v4.sin_port);
		memcpy(addr.ip, &v4.sin_addr, 4);
	} else if (from->ss_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		addr.family = 6;
		addr.port = ntohs(v6.sin6_port);
		memcpy(addr.ip, &v6.sin6_addr, 16);
		if (memcmp(addr.ip, mapped, sizeof(mapped)) == 0) {
			addr.family = 4;
			memmove(addr.ip, addr.ip + 12, 4);
			memset(addr.ip + 4, 0, 12);
		}
	}
	return addr;
}
