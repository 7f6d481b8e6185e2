#include "ctl/keys.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/limits.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "ctl/authority.h"
#include "ctl/paths.h"
#include "ctl/show.h"
#include "ctl/value.h"

#define AUTHORITY_DAYS 7300
#define SERVER_DAYS 730
#define DAYS_MAX 36500

/* clang-format off */
const struct verb_option keys_authority_options[] = {
	{ "organization", "NAME", "what the organization is called" },
	{ "directory",    "DIR",  "where to put it [" KEYS_DIRECTORY "]" },
	{ "days",         "N",    "how long it is valid [7300]" },
	{ "force",        NULL,   "replace what is there" },
	{ NULL, NULL, NULL },
};

const struct verb_option keys_issue_options[] = {
	{ "server",    "NAME",    "the server's host name" },
	{ "group",     "GROUP",   "its routing group" },
	{ "space",     "PATTERN", "an address space it may deliver; repeat" },
	{ "relay",     "PATTERN", "one it may accept mail for; repeat" },
	{ "days",      "N",       "how long it is valid [730]" },
	{ "directory", "DIR",     "where the authority is [" KEYS_DIRECTORY "]" },
	{ "output",    "DIR",     "where to put the files [the same]" },
	{ "user",      "USER",    "who owns them, when run by root [_lsrd]" },
	{ "force",     NULL,      "replace what is there" },
	{ NULL, NULL, NULL },
};

const struct verb_option keys_mark_options[] = {
	{ "directory", "DIR",  "where the mark key is [" KEYS_DIRECTORY "]" },
	{ "user",      "USER", "who owns them, when run by root [_lsrd]" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

static int
days_take(const struct call *call, uint64_t otherwise, uint32_t *out)
{
	const char *text = call_option(call, "days");
	uint64_t days = otherwise;

	if (text != NULL && (!value_number(text, DAYS_MAX, &days) || days == 0))
		return call_usage(
		    "--days %s: not a number from 1 to %d", text, DAYS_MAX);
	*out = (uint32_t)days;
	return CALL_OK;
}

static const char *
directory_of(const struct call *call)
{
	const char *given = call_option(call, "directory");

	return given == NULL ? KEYS_DIRECTORY : given;
}

static void
authority_tell(const struct call *call, const struct authority *a,
    const char *key, const char *pem)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (call->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_str(&json, "organization", a->organization);
		json_hex(&json, "identity", a->org, SEAL_DIGEST);
		json_open(&json, "files", '[');
		json_str(&json, NULL, key);
		json_str(&json, NULL, pem);
		json_close(&json, ']');
		json_close(&json, '}');
		json_line(&json);
		show_flush(&out);
		buf_done(&out);
		return;
	}
	printf("%s   the authority's key: whoever has it speaks for\n", key);
	printf("    %s. Keep it off the mail servers.\n", a->organization);
	printf("%s   its certificate: every server has a copy.\n\n", pem);
	printf("next, for each server:\n    lsrctl keys issue SERVER --group "
	       "GROUP --space PATTERN --output DIR\n");
}

static int
authority_make(const struct call *call, uint32_t days, struct authority *a)
{
	char *key = paths_join(directory_of(call), "authority.key");
	char *pem = paths_join(directory_of(call), "authority.pem");
	bool force = call_has(call, "force");
	struct buf der = { 0 };
	int status = CALL_OK, rc;

	a->key = keys_new();
	keys_public(a->key, a->public_key);
	keys_digest(a->public_key, a->org);
	issue_authority(a->organization, days, a->key, &der);
	rc = keys_write(key, a->key, KEYS_OWN, force);
	if (rc != RC_OK)
		status = paths_refuse(key, rc);
	if (rc == RC_OK) {
		rc = keys_write_certificate(pem, der.p, der.n, force);
		if (rc != RC_OK)
			status = paths_refuse(pem, rc);
	}
	if (status == CALL_OK)
		authority_tell(call, a, key, pem);
	buf_done(&der);
	mem_free(key);
	mem_free(pem);
	return status;
}

int
keys_verb_authority(const struct call *call)
{
	const char *organization = call_option(call, "organization");
	struct authority a = { 0 };
	uint32_t days;
	int status;

	if (organization == NULL)
		return call_usage(
		    "keys authority: --organization NAME is missing");
	if (days_take(call, AUTHORITY_DAYS, &days) != CALL_OK)
		return CALL_USAGE;
	a.organization = mem_str(organization);
	str_lower(a.organization);
	if (!str_is_host(a.organization))
		status = call_usage("--organization %s: not a domain name as "
				    "example.org",
		    organization);
	else
		status = paths_make(directory_of(call));
	if (status == CALL_OK)
		status = authority_make(call, days, &a);
	authority_done(&a);
	return status;
}

/* Takes every value of an option as a pattern. */
static int
patterns_take(
    const struct call *call, const char *option, char ***list, size_t *n)
{
	for (size_t i = 0; i < call->ngiven; i++) {
		char *one;

		if (strcmp(call->given[i].name, option) != 0)
			continue;
		one = mem_str(call->given[i].value);
		str_lower(one);
		*list = mem_grow(*list, *n + 1, sizeof(**list));
		(*list)[(*n)++] = one;
		if (!str_is_pattern(one))
			return call_usage("--%s %s: not user@domain, domain, "
					  ".domain or *",
			    option, one);
	}
	return CALL_OK;
}

static int
claims_check(const struct claims *c)
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
	if (patterns_take(call, "space", &c->spaces, &c->nspaces) != CALL_OK ||
	    patterns_take(call, "relay", &c->relays, &c->nrelays) != CALL_OK)
		return CALL_USAGE;
	return claims_check(c);
}

/*
 * To the user that lsrd runs as, so that a reload can read them again; the
 * mark key to the milter's group. Where there are no such accounts (the
 * files are for another host) they stay root's.
 */
static int
owner_set(const struct call *call, const char *path, bool mark)
{
	const char *user = call_option(call, "user");
	const struct passwd *pw = getpwnam(user == NULL ? "_lsrd" : user);
	const struct group *gr = mark ? getgrnam("lsrd-mark") : NULL;
	gid_t gid;

	if (geteuid() != 0)
		return CALL_OK;
	if (pw == NULL && user != NULL)
		return call_usage("--user %s: no such account", user);
	if (pw == NULL)
		return CALL_OK;
	gid = gr == NULL ? pw->pw_gid : gr->gr_gid;
	if (chown(path, pw->pw_uid, gid) != 0)
		return paths_refuse(path, RC_IO);
	return CALL_OK;
}

struct made {
	char *key, *pem, *mark, *authority;
};

static void
issued_tell(const struct call *call, const struct authority *a,
    const struct claims *c, const struct made *made)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (call->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_str(&json, "server", c->name);
		json_str(&json, "organization", a->organization);
		json_hex(&json, "key", c->key, SEAL_DIGEST);
		json_open(&json, "files", '[');
		json_str(&json, NULL, made->key);
		json_str(&json, NULL, made->pem);
		json_str(&json, NULL, made->mark);
		json_str(&json, NULL, made->authority);
		json_close(&json, ']');
		json_close(&json, '}');
		json_line(&json);
		show_flush(&out);
		buf_done(&out);
		return;
	}
	printf("%s   the key of %s\n", made->key, c->name);
	printf("%s   its certificate\n", made->pem);
	printf("%s   the key of its marks, for lsrd-milter\n", made->mark);
	printf("%s   the authority's certificate\n\n", made->authority);
	printf("next: bring these four to " KEYS_DIRECTORY " of that host, "
	       "owned by its\nuser _lsrd, server.key with mode 0600, and run "
	       "`lsrd -t` there.\n");
}

/* A new key in its file, with its owner. Its public half to `out`. */
static int
key_make(const struct call *call, const char *path, enum keys_kind kind,
    uint8_t out[SEAL_PUBLIC])
{
	struct evp_pkey_st *key = keys_new();
	int rc = keys_write(path, key, kind, call_has(call, "force"));

	keys_public(key, out);
	keys_free(key);
	if (rc != RC_OK)
		return paths_refuse(path, rc);
	return owner_set(call, path, kind == KEYS_MARK);
}

static int
certificates_make(const struct call *call, const struct authority *a,
    const struct claims *c, const struct made *made)
{
	bool force = call_has(call, "force");
	struct buf der = { 0 };
	uint32_t days;
	int rc;

	if (days_take(call, SERVER_DAYS, &days) != CALL_OK)
		return CALL_USAGE;
	issue_server(c, a->organization, days, a->key, &der);
	if (der.n > LIMIT_CERT_OCTETS) {
		buf_done(&der);
		return call_usage("too many spaces and relays: the "
				  "certificate would be longer than %d octets",
		    LIMIT_CERT_OCTETS);
	}
	rc = keys_write_certificate(made->pem, der.p, der.n, force);
	buf_done(&der);
	if (rc != RC_OK)
		return paths_refuse(made->pem, rc);
	if (owner_set(call, made->pem, false) != CALL_OK)
		return CALL_USAGE;
	rc = keys_write_certificate(made->authority, a->der, a->der_len, false);
	return rc == RC_OK || rc == RC_TWICE
	           ? CALL_OK
	           : paths_refuse(made->authority, rc);
}

/* What is there already is found before anything is made. */
static int
places_check(const struct call *call, const struct made *made)
{
	const char *const all[] = { made->key, made->pem, made->mark };

	for (size_t i = 0; i < 3 && !call_has(call, "force"); i++)
		if (access(all[i], F_OK) == 0)
			return paths_refuse(all[i], RC_TWICE);
	return CALL_OK;
}

static int
issue(const struct call *call, const struct authority *a, struct claims *c)
{
	const char *output = call_option(call, "output");
	uint8_t mark[SEAL_PUBLIC];
	struct made made;
	int status;

	if (output == NULL)
		output = directory_of(call);
	if (paths_make(output) != CALL_OK)
		return CALL_USAGE;
	made.key = paths_join(output, "server.key");
	made.pem = paths_join(output, "server.pem");
	made.mark = paths_join(output, "mark.key");
	made.authority = paths_join(output, "authority.pem");
	status = places_check(call, &made);
	if (status == CALL_OK)
		status = key_make(call, made.key, KEYS_OWN, c->public_key);
	keys_digest(c->public_key, c->key);
	if (status == CALL_OK)
		status = certificates_make(call, a, c, &made);
	if (status == CALL_OK)
		status = key_make(call, made.mark, KEYS_MARK, mark);
	if (status == CALL_OK)
		issued_tell(call, a, c, &made);
	mem_free(made.key);
	mem_free(made.pem);
	mem_free(made.mark);
	mem_free(made.authority);
	return status;
}

int
keys_verb_issue(const struct call *call)
{
	struct claims *claims = mem_new(sizeof(*claims), 0, 0);
	struct authority a;
	int status = claims_take(call, claims);

	if (status == CALL_OK)
		status = authority_open(directory_of(call), &a);
	if (status == CALL_OK) {
		status = issue(call, &a, claims);
		authority_done(&a);
	}
	claims_free(claims);
	return status;
}

static void
mark_tell(const struct call *call, const char *path, const char *previous)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (call->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_str(&json, "mark_key", path);
		json_str(&json, "previous_mark_key", previous);
		json_close(&json, '}');
		json_line(&json);
		show_flush(&out);
		buf_done(&out);
		return;
	}
	printf("%s   the key of its marks, new\n", path);
	printf("%s   the one before\n\n", previous);
	printf("next: let lsrd.conf say\n    previous-mark-key = \"%s\"\n"
	       "and lsrd-milter --previous-key %s, and run `lsrctl reload`.\n",
	    previous, previous);
}

/*
 * The key in use stays readable under both names until the new one takes its
 * name at once, so that nobody finds it missing.
 */
static int
mark_roll(const struct call *call, const char *path, const char *previous)
{
	struct evp_pkey_st *key = NULL;
	int rc = keys_read(path, KEYS_MARK, &key);

	keys_free(key);
	if (rc != RC_OK)
		return paths_refuse(path, rc);
	if ((unlink(previous) != 0 && errno != ENOENT) ||
	    link(path, previous) != 0)
		return paths_refuse(previous, RC_IO);
	key = keys_new();
	rc = keys_write(path, key, KEYS_MARK, true);
	keys_free(key);
	return rc == RC_OK ? owner_set(call, path, true)
	                   : paths_refuse(path, rc);
}

int
keys_verb_mark(const struct call *call)
{
	char *path = paths_join(directory_of(call), "mark.key");
	char *previous = paths_join(directory_of(call), "mark-previous.key");
	int status = mark_roll(call, path, previous);

	if (status == CALL_OK)
		mark_tell(call, path, previous);
	mem_free(path);
	mem_free(previous);
	return status;
}
