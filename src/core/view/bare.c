#include "core/view/bare.h"

#include <string.h>

#include "base/str.h"
#include "core/view/view_state.h"

static bool
leads_away(const struct route *r)
{
	return r != NULL && r->kind != ROUTE_HERE;
}

/* An address with an extension meets the key without it, too. What begins an
 * extension is the MTA's setting: here it may be any octet that could. */
static bool
without_extension(const struct rib *rib, const char *pattern)
{
	const char *at = strchr(pattern, '@');
	size_t n = at == NULL ? 0 : (size_t)(at - pattern);

	for (; n > 1; n--) {
		char key[STR_PATTERN_MAX + 1];

		if (strchr("+-=_.#%", pattern[n - 1]) == NULL)
			continue;
		memcpy(key, pattern, n - 1);
		memcpy(key + n - 1, at, strlen(at) + 1);
		if (leads_away(rib_find(rib, key)))
			return true;
	}
	return false;
}

/* The route whose key the MTA would find instead leads away. */
static bool
is_met(const struct rib *rib, const char *pattern)
{
	const char *p = pattern;
	const struct route *r = NULL;

	while (r == NULL && (p = view_less_specific(p)) != NULL &&
	       strcmp(p, "*") != 0)
		r = rib_find(rib, p);
	return leads_away(r) || without_extension(rib, pattern);
}

static bool
is_bare(const struct rib *rib, const struct route *r, const struct mta *mta)
{
	if (r->kind != ROUTE_HERE)
		return false;
	if (mta != NULL && mta_routes(mta, r->pattern))
		return true;
	return !is_met(rib, r->pattern);
}

static bool
has_own(const struct route *r, const struct mta *mta)
{
	return r->kind == ROUTE_HERE && mta != NULL && mta_has(mta, r->pattern);
}

bool
bare_differs(
    const struct rib *rib, const struct route *r, const struct mta *mta)
{
	return r->bare != is_bare(rib, r, mta) || r->own != has_own(r, mta);
}

void
bare_set(const struct rib *rib, struct route *r, const struct mta *mta)
{
	r->bare = is_bare(rib, r, mta);
	r->own = has_own(r, mta);
}

void
bare_mark(struct rib *rib, const struct mta *mta)
{
	for (size_t i = 0; i < rib->n; i++)
		bare_set(rib, &rib->routes[i], mta);
}
