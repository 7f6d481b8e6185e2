#include "metrics/accept.h"

#include <string.h>
#include <strings.h>

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
accept_wants_open(const char *accept)
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
