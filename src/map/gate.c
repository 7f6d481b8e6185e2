#include "map/gate.h"

#include <string.h>
#include <strings.h>

#include "sys/host.h"

/* Of an origin what Host would be; NULL: it has none, as `null` has not. */
static const char *
gate_authority(const char *origin)
{
	if (strncasecmp(origin, "http://", 7) == 0)
		return origin + 7;
	if (strncasecmp(origin, "https://", 8) == 0)
		return origin + 8;
	return NULL;
}

/* Who Host is, or a name that was given us: behind a proxy both may differ. A
 * literal address is not enough, for that may be anybody's. */
static bool
gate_origin(
    const char *origin, const char *host, const char *const *names, size_t n)
{
	const char *authority = gate_authority(origin);
	size_t length;

	if (authority == NULL)
		return false;
	if (host != NULL && strcasecmp(authority, host) == 0)
		return true;
	length = strcspn(authority, ":");
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == length &&
		    strncasecmp(names[i], authority, length) == 0)
			return host_is_ours(authority, names, n);
	return false;
}

const char *
gate_judge(const struct gate_request *r, const char *const *names, size_t n)
{
	if (r->host != NULL && !host_is_ours(r->host, names, n))
		return "Host is no address and no name given with -n";
	if (r->origin != NULL && !gate_origin(r->origin, r->host, names, n))
		return "Origin is another than Host";
	if (r->site == NULL || strcmp(r->site, "same-origin") == 0 ||
	    strcmp(r->site, "none") == 0)
		return NULL;
	/* who follows a link to us reads the answer himself */
	if (r->mode != NULL && strcmp(r->mode, "navigate") == 0)
		return NULL;
	return "asked by a page of another site";
}
