#include "metrics/host.h"

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

/* Of one entry of the list, up to its end. */
static bool
is_refused(const char *entry, size_t n)
{
	const char *q = memmem(entry, n, "q=0", 3);
	size_t left = q == NULL ? 0 : n - (size_t)(q - entry) - 3;

	/* q=0, q=0.0: nothing but zeros behind */
	return q != NULL && strspn(q + 3, ".0") >= left;
}

bool
host_wants_open(const char *accept)
{
	static const char type[] = "application/openmetrics-text";

	while (accept != NULL && *accept != '\0') {
		size_t n = strcspn(accept, ",");
		size_t blank = strspn(accept, " \t");

		if (blank < n && n - blank >= sizeof(type) - 1 &&
		    strncasecmp(accept + blank, type, sizeof(type) - 1) == 0)
			return !is_refused(accept + blank, n - blank);
		accept += n + (accept[n] == ',');
	}
	return false;
}
