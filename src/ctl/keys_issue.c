#include "ctl/keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "core/lsa/limits.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "ctl/authority.h"
#include "ctl/paths.h"
#include "ctl/revoked.h"

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
	{ "request",   "FILE",    "for the key of this request, which stays there" },
	{ "as-requested", NULL,   "with the claims that the request asks for" },
	{ "directory", "DIR",     "where the authority is [" KEYS_DIRECTORY "]" },
	{ "output",    "DIR",     "where to put the files [the same]" },
	{ "user",      "USER",    "who owns them, when run by root [_lsrd]" },
	{ "force",     NULL,      "replace what is there, kept as NAME.old" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

/* Who it is for must be said. */
static int
named_check(const struct claims *c)
{
	if (c->name == NULL)
		return call_usage("keys issue: SERVER is missing");
	if (c->group == NULL)
		return call_usage("keys issue: --group GROUP is missing");
	return CALL_OK;
}

/* key and mark: NULL where the server has made them itself. */
struct made {
	char *key, *pem, *mark, *authority;
	const struct keys_missed *missed; /* of the request; lent */
};

/* What to do with the files at their host. */
static void
next_tell(bool keys)
{
	printf("next: bring these %s to " KEYS_DIRECTORY " of that host and, "
	       "there, as root:\n"
	       "    cd " KEYS_DIRECTORY "\n"
	       "    chown _lsrd:_lsrd server.key server.pem authority.pem\n"
	       "    chown _lsrd:lsrd-mark mark.key\n"
	       "    chmod 600 server.key && chmod 640 mark.key\n"
	       "    lsrd -t\n",
	    keys ? "four" : "two");
}

static void
issued_tell(const struct call *call, const struct authority *a,
    const struct claims *c, const struct made *made)
{
	bool keys = made->key != NULL;
	const struct keys_made told = {
		.server = c->name,
		.organization = a->organization,
		.key = c->key,
		.missed = made->missed,
		.files = keys ? (const char *const[]){ made->key, made->pem,
				    made->mark, made->authority, NULL }
		              : (const char *const[]){ made->pem,
				    made->authority, NULL },
	};

	if (keys_tell(call, &told))
		return;
	for (size_t i = 0; i < made->missed->n; i++)
		printf("asked for, not given: %s\n", made->missed->v[i]);
	if (keys)
		printf("%s   the key of %s\n", made->key, c->name);
	printf("%s   %s certificate\n", made->pem, keys ? "its" : "the");
	if (keys)
		printf(
		    "%s   the key of its marks, for lsrd-milter\n", made->mark);
	printf("%s   the authority's certificate\n\n", made->authority);
	next_tell(keys);
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
		if (all[k] != NULL && access(all[k], F_OK) == 0)
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
	if (!call_has(call, "request")) {
		i->made.key = paths_join(output, "server.key");
		i->made.mark = paths_join(output, "mark.key");
	}
	i->made.pem = paths_join(output, "server.pem");
	i->made.authority = paths_join(output, "authority.pem");
	return CALL_OK;
}

static int
certificate_write(const struct issue *i, const struct keys_put *put)
{
	int rc = keys_write_certificate(i->made.pem, i->der.p, i->der.n, put);

	return rc == RC_OK ? CALL_OK : paths_refuse(i->made.pem, rc);
}

/* The certificate comes before its key: what is in the way of one is in the
 * way of both. */
static int
keys_of_it_write(const struct issue *i)
{
	int rc = keys_write(i->made.key, i->key, KEYS_OWN, &i->own);

	if (rc != RC_OK)
		return paths_refuse(i->made.key, rc);
	rc = keys_write(i->made.mark, i->mark, KEYS_MARK, &i->milter);
	return rc == RC_OK ? CALL_OK : paths_refuse(i->made.mark, rc);
}

/* Everything has been judged. */
static int
issue_write(const struct issue *i, const struct authority *a)
{
	struct keys_put copy = i->own;
	int rc;

	if (certificate_write(i, &i->own) != CALL_OK)
		return CALL_USAGE;
	if (i->key != NULL && keys_of_it_write(i) != CALL_OK)
		return CALL_USAGE;
	copy.force = false;
	rc = keys_write_certificate(
	    i->made.authority, a->der, a->der_len, &copy);
	return rc == RC_OK || rc == RC_TWICE
	           ? CALL_OK
	           : paths_refuse(i->made.authority, rc);
}

/* All of it is there, and for these claims: of a request for its key, else for
 * the key beside it, which is taken into the claims. */
static bool
issue_is_made(
    const struct issue *i, const struct authority *a, struct claims *c)
{
	struct claims own = *c;

	if (i->own.force || access(i->made.pem, F_OK) != 0 ||
	    (i->made.key != NULL &&
		(access(i->made.mark, F_OK) != 0 ||
		    keys_own_public(i->made.key, own.public_key) != RC_OK)) ||
	    !keys_is_made(i->made.pem, a->public_key, &own, 0))
		return false;
	memcpy(c->public_key, own.public_key, CRYPTO_PUBLIC);
	keys_digest(c->public_key, c->key);
	return true;
}

static int
issue_unchanged(const struct issue *i, const struct claims *c)
{
	return keys_unchanged(
	    i->call, &(struct keys_made){ .server = c->name,
			 .key = c->key,
			 .files = (const char *const[]){
			     i->made.pem, i->made.key, i->made.mark, NULL } });
}

/* Of a request the claims have the key already. */
static int
issue(const struct call *call, const struct authority *a, struct claims *c,
    const struct keys_missed *missed)
{
	struct issue i;
	int status = issue_begin(&i, call);

	i.made.missed = missed;
	if (status == CALL_OK && issue_is_made(&i, a, c)) {
		status = issue_unchanged(&i, c);
		issue_done(&i);
		return status;
	}
	if (status == CALL_OK)
		status = places_check(&i);
	if (status == CALL_OK && i.made.key == NULL)
		status = revoked_check(keys_directory(call), c->key);
	if (status == CALL_OK && i.made.key != NULL) {
		i.key = keys_new();
		i.mark = keys_new();
		keys_public(i.key, c->public_key);
		keys_digest(c->public_key, c->key);
	}
	if (status == CALL_OK)
		status = certificate_make(&i, a, c);
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

/* In the place of it, or of what is in the folder of --output. */
static bool
renew_is_made(
    const struct issue *i, const struct authority *a, const struct claims *c)
{
	uint32_t days;

	return !call_has(i->call, "force") &&
	       keys_days(i->call, SERVER_DAYS, &days) == CALL_OK &&
	       keys_is_made(i->made.pem, a->public_key, c, keys_end(days));
}

static int
connectors_replace(const struct call *call, struct claims *c)
{
	for (size_t i = 0; i < c->nconnectors; i++)
		mem_free(c->connectors[i]);
	c->nconnectors = 0;
	return keys_values(call, "connector", &c->connectors, &c->nconnectors);
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
	bool made;
	int rc, status = keys_owner(call, false, &i.own);

	if (status != CALL_OK)
		return status;
	rc = keys_vouched(from, a->public_key, &der, &n, &claims);
	if (rc != RC_OK)
		return paths_refuse(from, rc);
	i.own.force = output == NULL || call_has(call, "force");
	if (output != NULL)
		status = paths_make(output);
	if (status == CALL_OK)
		status = revoked_check(keys_directory(call), claims->key);
	if (status == CALL_OK && call_has(call, "connector"))
		status = connectors_replace(call, claims);
	i.made.pem =
	    output == NULL ? mem_str(from) : paths_join(output, "server.pem");
	made = status == CALL_OK && renew_is_made(&i, a, claims);
	if (made)
		status = keys_unchanged(call,
		    &(struct keys_made){ .server = claims->name,
			.files = (const char *const[]){ i.made.pem, NULL } });
	if (status == CALL_OK && !made)
		status = certificate_make(&i, a, claims);
	if (status == CALL_OK && !made)
		status = certificate_write(&i, &i.own);
	if (status == CALL_OK && !made)
		renewed_tell(call, &i, claims->name);
	issue_done(&i);
	mem_free(der);
	claims_free(claims);
	return status;
}

/* A renewal has its claims from the certificate, and no others but those of
 * connectors: certificates of before have none. */
static int
keys_renew(const struct call *call)
{
	struct authority a;
	int status =
	    call_has(call, "request")
		? call_usage("--renew and --request: one of the two")
		: keys_claims_none(call, "renew", "the certificate", true);

	if (status == CALL_OK)
		status = authority_open(keys_directory(call), &a);
	if (status == CALL_OK) {
		status = renew(call, &a, call_option(call, "renew"));
		authority_done(&a);
	}
	return status;
}

/* Claims, and by whose word: the command line's, or the request's. */
static int
keys_issue_claims(
    const struct call *call, struct claims **claims, struct keys_missed *missed)
{
	const char *request = call_option(call, "request");
	int status;

	if (call_has(call, "as-requested") && request == NULL)
		return call_usage("--as-requested: there is no --request");
	*claims = mem_new(sizeof(**claims), 0, 0);
	status = keys_claims_take(call, *claims);
	if (status == CALL_OK && request != NULL)
		status = keys_requested(call, request, claims, missed);
	return status == CALL_OK ? named_check(*claims) : status;
}

int
keys_verb_issue(const struct call *call)
{
	struct keys_missed missed = { 0 };
	struct claims *claims = NULL;
	struct authority a;
	int status;

	if (call_has(call, "renew"))
		return keys_renew(call);
	status = keys_issue_claims(call, &claims, &missed);
	if (status == CALL_OK)
		status = authority_open(keys_directory(call), &a);
	if (status == CALL_OK) {
		status = issue(call, &a, claims, &missed);
		authority_done(&a);
	}
	for (size_t i = 0; i < missed.n; i++)
		mem_free(missed.v[i]);
	vec_done(&missed);
	claims_free(claims);
	return status;
}
