#include "sys/host.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"

#define HOST_TEXT 256 /* longer than a name with a port */

static bool
is_literal(const char *host)
{
	struct addr addr;
	char text[ADDR_TEXT];

	if (strlen(host) >= sizeof(text))
		return false;
	return addr_read(&addr, host);
}

bool
host_is_ours(const char *host, const char *const *names, size_t n)
{
	char name[HOST_TEXT];
	size_t length = strcspn(host, ":");

	if (host[0] == '[' || is_literal(host)) {
		const char *end = strchr(host, ']');

		if (host[0] != '[' || end == NULL)
			return is_literal(host);
		length = (size_t)(end - host) + 1;
		if (length >= sizeof(name))
			return false;
		memcpy(name, host + 1, length - 2);
		name[length - 2] = '\0';
		return is_literal(name) && (end[1] == '\0' || end[1] == ':');
	}
	if (length == 0 || length >= sizeof(name))
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	if (strcasecmp(name, "localhost") == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}
