#include "front/address.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

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
