#include "ctl/keys.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/value.h"
#include "idn/labels.h"

static bool
is_group(const char *s)
{
	return str_is_word(s) || strcmp(s, "*") == 0;
}

int
keys_values(
    const struct call *call, const char *option, char ***list, size_t *n)
{
	bool groups = strcmp(option, "connector") == 0;

	for (size_t i = 0; i < call->ngiven; i++) {
		char *one;

		if (strcmp(call->given[i].name, option) != 0)
			continue;
		one = labels_to_a(call->given[i].value);
		*list = mem_grow(*list, *n + 1, sizeof(**list));
		(*list)[(*n)++] = one;
		if (groups && !is_group(one))
			return call_usage(
			    "--%s %s: not a routing group, or *", option, one);
		if (!groups && !str_is_pattern(one))
			return call_usage("--%s %s: not user@domain, domain, "
					  ".domain or *",
			    option, one);
	}
	return CALL_OK;
}

static int
relays_check(const struct claims *c)
{
	for (size_t i = 0; i < c->nrelays; i++) {
		if (strcmp(c->relays[i], "*") == 0)
			return call_usage(
			    "--relay '*': would relay for anybody");
		if (!claims_space(c, c->relays[i]))
			return call_usage(
			    "--relay %s: no --space covers it", c->relays[i]);
	}
	return CALL_OK;
}

int
keys_claims_check(const struct claims *c)
{
	if (c->name != NULL && !str_is_host(c->name))
		return call_usage(
		    "%s: a server is called by its host name", c->name);
	if (c->group != NULL && !str_is_word(c->group))
		return call_usage("--group %s: write a-z, 0-9, '.', '_' and "
				  "'-', at most 63",
		    c->group);
	return relays_check(c);
}

int
keys_claims_take(const struct call *call, struct claims *c)
{
	const char *name = call_option(call, "server");
	const char *group = call_option(call, "group");

	if (call->noperands > 0 && name != NULL)
		return call_usage(
		    "%s: the server is named twice", call->verb->name);
	if (call->noperands > 0)
		name = call->operands[0];
	c->name = name == NULL ? NULL : mem_str(name);
	c->group = group == NULL ? NULL : mem_str(group);
	if (name != NULL)
		str_lower(c->name);
	if (group != NULL)
		str_lower(c->group);
	if (keys_values(call, "space", &c->spaces, &c->nspaces) != CALL_OK ||
	    keys_values(call, "relay", &c->relays, &c->nrelays) != CALL_OK ||
	    keys_values(call, "connector", &c->connectors, &c->nconnectors) !=
		CALL_OK)
		return CALL_USAGE;
	return keys_claims_check(c);
}

int
keys_claims_none(
    const struct call *call, const char *option, const char *who, bool some)
{
	static const char *const claims[] = { "server", "group", "space",
		"relay", "connector" };
	size_t n = sizeof(claims) / sizeof(claims[0]) - (some ? 1 : 0);

	for (size_t i = 0; i < n; i++)
		if (call_has(call, claims[i]))
			return call_usage(
			    "--%s: %s says what may be claimed; leave --%s "
			    "out, or issue without --%s",
			    option, who, claims[i], option);
	if (call->noperands > 0)
		return call_usage("--%s: %s names the server; leave %s out",
		    option, who, call->operands[0]);
	return CALL_OK;
}
