#include "core/lsa/match.h"

#include <string.h>

#include "base/check.h"

static const char anything[] = "*";

bool
match_is_address(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL && at != address && at[1] != '\0' &&
	       strcmp(at + 1, anything) != 0;
}

struct match
match_over(const char *address, const char *delimiters)
{
	struct match m = { .address = address, .delimiters = delimiters };

	CHECK(match_is_address(address));
	return m;
}

/* Users that Postfix never takes an extension from (split_addr.c): n octets.
 * The last two where "-" is a delimiter, and `owners` are users. */
static bool
is_whole(const char *user, size_t n, const char *delimiters, bool owners)
{
	static const char *const reserved[] = { "postmaster", "mailer-daemon",
		"double-bounce" };
	static const char owner[] = "owner-", request[] = "-request";
	size_t o = sizeof(owner) - 1, r = sizeof(request) - 1;

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strlen(reserved[i]) == n &&
		    memcmp(reserved[i], user, n) == 0)
			return true;
	return owners && strchr(delimiters, '-') != NULL &&
	       ((n >= o && memcmp(user, owner, o) == 0) ||
		   (n > r && memcmp(user + n - r, request, r) == 0));
}

/* Fills in m->bare; false: the address has no extension. */
static bool
bare_make(struct match *m)
{
	const char *at = strrchr(m->address, '@'), *any = m->delimiters;
	size_t user = (size_t)(at - m->address), n;
	bool owners = any == NULL || *any != MATCH_NO_OWNERS;

	any += !owners;
	if (any == NULL || *any == '\0' ||
	    is_whole(m->address, user, any, owners))
		return false;
	n = strcspn(m->address, any);
	if (n == 0 || n >= user || n + strlen(at) >= sizeof(m->bare))
		return false;
	memcpy(m->bare, m->address, n);
	memcpy(m->bare + n, at, strlen(at) + 1);
	return true;
}

const char *
match_next(struct match *m)
{
	if (m->at == NULL) {
		m->at = m->address;
	} else if (m->at == m->address && bare_make(m)) {
		m->at = m->bare;
	} else if (m->at == m->address || m->at == m->bare) {
		m->at = strrchr(m->address, '@') + 1;
	} else if (m->at == anything) {
		return NULL;
	} else {
		const char *dot = strchr(m->at + 1, '.');

		m->at = dot != NULL && dot[1] != '\0' ? dot : anything;
	}
	return m->at;
}
