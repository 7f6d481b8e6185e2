#include "milter/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MOST 107 /* of sockaddr_un, with its NUL 108 */

static bool
is_port(const char *text, size_t n)
{
	return n > 0 && n <= 5 && strspn(text, "0123456789") >= n &&
	       atoi(text) > 0 && atoi(text) <= 65535;
}

static bool
is_host(const char *text, size_t n)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.-_:";

	return n > 0 && n <= 253 && strspn(text, legal) >= n;
}

static bool
path_set(struct place *place, const char *path)
{
	if (path[0] != '/' || strlen(path) > PATH_MOST)
		return false;
	snprintf(place->text, sizeof(place->text), "unix:%s", path);
	place->path = place->text + strlen("unix:");
	return true;
}

static bool
port_set(struct place *place, bool six, const char *port, const char *host)
{
	size_t n = strspn(port, "0123456789");
	size_t len = host == NULL ? 0 : strcspn(host, "]");

	if (!is_port(port, n) || (host != NULL && !is_host(host, len)))
		return false;
	snprintf(place->text, sizeof(place->text), "%s:%.*s%s%.*s",
	    six ? "inet6" : "inet", (int)n, port, host == NULL ? "" : "@",
	    (int)len, host == NULL ? "" : host);
	return true;
}

/* What follows "inet:" or "inet6:". */
static bool
place_port_read(struct place *place, bool six, const char *text)
{
	const char *at = strchr(text, '@'), *last = strrchr(text, ':');
	char host[256];
	size_t n;

	if (at != NULL)
		return is_port(text, (size_t)(at - text)) &&
		       port_set(place, six, text, at + 1);
	if (last == NULL)
		return is_port(text, strlen(text)) &&
		       port_set(place, six, text, NULL);
	if (!is_port(last + 1, strlen(last + 1)))
		return false;
	n = (size_t)(last - text);
	if (text[0] == '[') {
		if (n < 2 || last[-1] != ']')
			return false;
		return port_set(place, true, last + 1, text + 1);
	}
	if (n == 0 || n >= sizeof(host) || memchr(text, ':', n) != NULL)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	return port_set(place, six, last + 1, host);
}

bool
place_read(struct place *place, const char *text)
{
	memset(place, 0, sizeof(*place));
	if (strncmp(text, "unix:", 5) == 0)
		return path_set(place, text + 5);
	if (strncmp(text, "local:", 6) == 0)
		return path_set(place, text + 6);
	if (strncmp(text, "inet:", 5) == 0)
		return place_port_read(place, false, text + 5);
	if (strncmp(text, "inet6:", 6) == 0)
		return place_port_read(place, true, text + 6);
	return path_set(place, text);
}
