#include "ctl/keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "ctl/authority.h"
#include "ctl/paths.h"
#include "ctl/value.h"
#include "idn/labels.h"

#define SERVER_DAYS 730

/* clang-format off */
const struct verb_option keys_issue_options[] = {
	{ "server",    "NAME",    "the server's host name" },
	{ "group",     "GROUP",   "its routing group" },
	{ "space",     "PATTERN", "an address space it may deliver; repeat" },
	{ "relay",     "PATTERN", "one it may accept mail for; repeat" },
	{ "connector", "GROUP",   "a group it may carry mail to, or *; repeat" },
	{ "days",      "N",       "how long it is valid [730]" },
	{ "renew",     "FILE",    "another certificate for the key of this one" },
	{ "directory", "DIR",     "where the authority is [" KEYS_DIRECTORY "]" },
	{ "output",    "DIR",     "where to put the files [the same]" },
	{ "user",      "USER",    "who owns them, when run by root [_lsrd]" },
	{ "force",     NULL,      "replace what is there, kept as NAME.old" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

static bool
is_group(const char *s)
{
	return str_is_word(s) || strcmp(s, "*") == 0;
}

/* Takes every value of an option. */
static int
values_take(
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
keys_issue_claims_check(const struct claims *c)
{
	if (!str_is_host(c->name))
		return call_usage(
		    "%s: a server is called by its host name", c->name);
	if (!str_is_word(c->group))
		return call_usage("--group %s: write a-z, 0-9, '.', '_' and "
				  "'-', at most 63",
		    c->group);
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

/* The claims that the command line asks for. */
static int
claims_take(const struct call *call, struct claims *c)
{
	const char *name = call_option(call, "server");
	const char *group = call_option(call, "group");

	if (call->noperands > 0 && name != NULL)
		return call_usage("keys issue: the server is named twice");
	if (call->noperands > 0)
		name = call->operands[0];
	if (name == NULL)
		return call_usage("keys issue: SERVER is missing");
	if (group == NULL)
		return call_usage("keys issue: --group GROUP is missing");
	c->name = mem_str(name);
	c->group = mem_str(group);
	str_lower(c->name);
	str_lower(c->group);
	if (values_take(call, "space", &c->spaces, &c->nspaces) != CALL_OK ||
	    values_take(call, "relay", &c->relays, &c->nrelays) != CALL_OK ||
	    values_take(call, "connector", &c->connectors, &c->nconnectors) !=
		CALL_OK)
		return CALL_USAGE;
	return keys_issue_claims_check(c);
}

struct made {
	char *key, *pem, *mark, *authority;
};

static void
issued_tell(const struct call *call, const struct authority *a,
    const struct claims *c, const struct made *made)
{
	const struct keys_made told = {
		.server = c->name,
		.organization = a->organization,
		.key = c->key,
		.files = (const char *const[]){ made->key, made->pem,
		    made->mark, made->authority, NULL },
	};

	if (keys_tell(call, &told))
		return;
	printf("%s   the key of %s\n", made->key, c->name);
	printf("%s   its certificate\n", made->pem);
	printf("%s   the key of its marks, for lsrd-milter\n", made->mark);
	printf("%s   the authority's certificate\n\n", made->authority);
	printf("next: bring these four to " KEYS_DIRECTORY " of that host and, "
	       "there, as root:\n"
	       "    cd " KEYS_DIRECTORY "\n"
	       "    chown _lsrd:_lsrd server.key server.pem authority.pem\n"
	       "    chown _lsrd:lsrd-mark mark.key\n"
	       "    chmod 600 server.key && chmod 640 mark.key\n"
	       "    lsrd -t\n");
}

/* What is made, before any of it is written. */
struct issue {
	const struct call *call;
	struct made made;
	struct evp_pkey_st *key, *mark;
	struct buf der;
	struct keys_put own, milter; /* how each is put in place */
};

static void
issue_done(struct issue *i)
{
	mem_free(i->made.key);
	mem_free(i->made.pem);
	mem_free(i->made.mark);
	mem_free(i->made.authority);
	keys_free(i->key);
	keys_free(i->mark);
	buf_done(&i->der);
}

/* The certificate, in memory: too long a one is found before anything is
 * written. */
static int
certificate_make(
    struct issue *i, const struct authority *a, const struct claims *c)
{
	uint32_t days;

	if (keys_days(i->call, SERVER_DAYS, &days) != CALL_OK)
		return CALL_USAGE;
	issue_server(c, a->organization, days, a->key, &i->der);
	if (i->der.n > LIMIT_CERT_OCTETS)
		return call_usage("too many spaces, relays and connectors: the "
				  "certificate would be longer than %d octets",
		    LIMIT_CERT_OCTETS);
	return CALL_OK;
}

/* A file that is there already is found before anything is made. */
static int
places_check(const struct issue *i)
{
	const char *const all[] = { i->made.key, i->made.pem, i->made.mark };

	for (size_t k = 0; k < 3 && !i->own.force; k++)
		if (access(all[k], F_OK) == 0)
			return paths_refuse(all[k], RC_TWICE);
	return CALL_OK;
}

static int
issue_begin(struct issue *i, const struct call *call)
{
	const char *output = call_option(call, "output");

	*i = (struct issue){ .call = call };
	i->own.force = call_has(call, "force");
	i->own.aside = true;
	i->milter = i->own;
	if (output == NULL)
		output = keys_directory(call);
	if (keys_owner(call, false, &i->own) != CALL_OK ||
	    keys_owner(call, true, &i->milter) != CALL_OK ||
	    paths_make(output) != CALL_OK)
		return CALL_USAGE;
	i->made.key = paths_join(output, "server.key");
	i->made.pem = paths_join(output, "server.pem");
	i->made.mark = paths_join(output, "mark.key");
	i->made.authority = paths_join(output, "authority.pem");
	return CALL_OK;
}

static int
certificate_write(const struct issue *i, const struct keys_put *put)
{
	int rc = keys_write_certificate(i->made.pem, i->der.p, i->der.n, put);

	return rc == RC_OK ? CALL_OK : paths_refuse(i->made.pem, rc);
}

/* Everything has been judged. The certificate comes before its key: what is
 * in the way of one is in the way of both. */
static int
issue_write(const struct issue *i, const struct authority *a)
{
	struct keys_put copy = i->own;
	int rc;

	if (certificate_write(i, &i->own) != CALL_OK)
		return CALL_USAGE;
	rc = keys_write(i->made.key, i->key, KEYS_OWN, &i->own);
	if (rc != RC_OK)
		return paths_refuse(i->made.key, rc);
	rc = keys_write(i->made.mark, i->mark, KEYS_MARK, &i->milter);
	if (rc != RC_OK)
		return paths_refuse(i->made.mark, rc);
	copy.force = false;
	rc = keys_write_certificate(
	    i->made.authority, a->der, a->der_len, &copy);
	return rc == RC_OK || rc == RC_TWICE
	           ? CALL_OK
	           : paths_refuse(i->made.authority, rc);
}

static int
issue(const struct call *call, const struct authority *a, struct claims *c)
{
	struct issue i;
	int status = issue_begin(&i, call);

	if (status == CALL_OK)
		status = places_check(&i);
	if (status == CALL_OK) {
		i.key = keys_new();
		i.mark = keys_new();
		keys_public(i.key, c->public_key);
		keys_digest(c->public_key, c->key);
		status = certificate_make(&i, a, c);
	}
	if (status == CALL_OK)
		status = issue_write(&i, a);
	if (status == CALL_OK)
		issued_tell(call, a, c, &i.made);
	issue_done(&i);
	return status;
}

static void
renewed_tell(const struct call *call, const struct issue *i, const char *name)
{
	const struct keys_made told = {
		.server = name,
		.files = (const char *const[]){ i->made.pem, NULL },
	};

	if (keys_tell(call, &told))
		return;
	printf("%s   the certificate of %s, for the same key\n\n"
	       "next: bring it to " KEYS_DIRECTORY " of that host, and run "
	       "`lsrctl reload` there.\n",
	    i->made.pem, name);
}

static int
connectors_replace(const struct call *call, struct claims *c)
{
	for (size_t i = 0; i < c->nconnectors; i++)
		mem_free(c->connectors[i]);
	c->nconnectors = 0;
	return values_take(call, "connector", &c->connectors, &c->nconnectors);
}

/*
 * Another certificate for the key and the claims of one that this authority
 * has signed, in its place or in the folder of --output. Nobody who knows the
 * key notices, and nothing that it signed ends.
 */
static int
renew(const struct call *call, const struct authority *a, const char *from)
{
	const char *output = call_option(call, "output");
	struct claims *claims;
	struct issue i = { .call = call, .own = { .aside = true } };
	uint8_t *der;
	size_t n;
	int rc, status = keys_owner(call, false, &i.own);

	if (status != CALL_OK)
		return status;
	rc = keys_vouched(from, a->public_key, &der, &n, &claims);
	if (rc != RC_OK)
		return paths_refuse(from, rc);
	i.own.force = output == NULL || call_has(call, "force");
	if (output != NULL)
		status = paths_make(output);
	if (status == CALL_OK && call_has(call, "connector"))
		status = connectors_replace(call, claims);
	i.made.pem =
	    output == NULL ? mem_str(from) : paths_join(output, "server.pem");
	if (status == CALL_OK)
		status = certificate_make(&i, a, claims);
	if (status == CALL_OK)
		status = certificate_write(&i, &i.own);
	if (status == CALL_OK)
		renewed_tell(call, &i, claims->name);
	issue_done(&i);
	mem_free(der);
	claims_free(claims);
	return status;
}

/* A renewal has its claims from the certificate, and no others but those of
 * connectors: certificates of before have none. */
static int
renew_check(const struct call *call)
{
	static const char *const claims[] = { "server", "group", "space",
		"relay" };

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (call_has(call, claims[i]))
			return call_usage(
			    "--renew: the certificate says what may be "
			    "claimed; leave --%s out, or issue another key",
			    claims[i]);
	if (call->noperands > 0)
		return call_usage(
		    "--renew: the certificate names the server; leave %s out",
		    call->operands[0]);
	return CALL_OK;
}

static int
keys_renew(const struct call *call)
{
	struct authority a;
	int status = renew_check(call);

	if (status == CALL_OK)
		status = authority_open(keys_directory(call), &a);
	if (status == CALL_OK) {
		status = renew(call, &a, call_option(call, "renew"));
		authority_done(&a);
	}
	return status;
}

int
keys_verb_issue(const struct call *call)
{
	struct claims *claims;
	struct authority a;
	int status;

	if (call_has(call, "renew"))
		return keys_renew(call);
	claims = mem_new(sizeof(*claims), 0, 0);
	status = claims_take(call, claims);
	if (status == CALL_OK)
		status = authority_open(keys_directory(call), &a);
	if (status == CALL_OK) {
		status = issue(call, &a, claims);
		authority_done(&a);
	}
	claims_free(claims);
	return status;
}
