#include "ctl/keys.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "ctl/authority.h"
#include "ctl/paths.h"
#include "ctl/show.h"
#include "ctl/value.h"

#define AUTHORITY_DAYS 7300
#define DAYS_MAX 36500

/* A message is underway no longer, as MTAs come: maximal_queue_lifetime. */
#define UNDERWAY_S (5 * 86400)

/* clang-format off */
const struct verb_option keys_authority_options[] = {
	{ "organization", "NAME", "what the organization is called" },
	{ "directory",    "DIR",  "where to put it [" KEYS_DIRECTORY "]" },
	{ "days",         "N",    "how long it is valid [7300]" },
	{ "force",        NULL,   "replace what is there" },
	{ "renew",        NULL,   "another certificate for the key that is there" },
	{ NULL, NULL, NULL },
};

const struct verb_option keys_mark_options[] = {
	{ "directory", "DIR",  "where the mark key is [" KEYS_DIRECTORY "]" },
	{ "user",      "USER", "who owns them, when run by root [_lsrd]" },
	{ "force",     NULL,   "also within five days of the last time" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

int
keys_days(const struct call *call, uint64_t otherwise, uint32_t *out)
{
	const char *text = call_option(call, "days");
	uint64_t days = otherwise;

	if (text != NULL && (!value_number(text, DAYS_MAX, &days) || days == 0))
		return call_usage(
		    "--days %s: not a number from 1 to %d", text, DAYS_MAX);
	*out = (uint32_t)days;
	return CALL_OK;
}

const char *
keys_directory(const struct call *call)
{
	const char *given = call_option(call, "directory");

	return given == NULL ? KEYS_DIRECTORY : given;
}

bool
keys_tell(const struct call *call, const struct keys_made *made)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (!call->json)
		return false;
	json_open(&json, NULL, '{');
	json_bool(&json, "ok", true);
	json_bool(&json, "changed", !made->unchanged);
	if (made->server != NULL)
		json_str(&json, "server", made->server);
	if (made->organization != NULL)
		json_str(&json, "organization", made->organization);
	if (made->identity != NULL)
		json_hex(&json, "identity", made->identity, CRYPTO_DIGEST);
	if (made->key != NULL)
		json_hex(&json, "key", made->key, CRYPTO_DIGEST);
	if (made->missed != NULL && made->missed->n > 0)
		json_list(&json, "not_given", made->missed->v, made->missed->n);
	json_open(&json, "files", '[');
	for (size_t i = 0; made->files[i] != NULL; i++)
		json_str(&json, NULL, made->files[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	json_line(&json);
	show_flush(&out);
	buf_done(&out);
	return true;
}

static void
authority_tell(const struct call *call, const struct authority *a,
    const char *key, const char *pem)
{
	const struct keys_made made = {
		.organization = a->organization,
		.identity = a->org,
		.files = (const char *const[]){ key, pem, NULL },
	};

	if (keys_tell(call, &made))
		return;
	printf("%s   the authority's key: whoever has it speaks for\n", key);
	printf("    %s. Keep it off the mail servers.\n", a->organization);
	printf("%s   its certificate: every server has a copy.\n\n", pem);
	printf("next, for each server:\n    lsrctl keys issue SERVER --group "
	       "GROUP --space PATTERN --output DIR\n");
}

/* The same organization's, said once more: it is left alone. */
static bool
authority_is_made(const struct call *call, const char *organization)
{
	char *key = paths_join(keys_directory(call), "authority.key");
	char *pem = paths_join(keys_directory(call), "authority.pem");
	struct authority there = { 0 };
	bool made = false;

	if (!call_has(call, "force") && paths_is_file(key) &&
	    paths_is_file(pem) &&
	    authority_open(keys_directory(call), &there) == CALL_OK) {
		const struct keys_made told = {
			.organization = there.organization,
			.identity = there.org,
			.files = (const char *const[]){ key, pem, NULL },
		};

		made = strcmp(there.organization, organization) == 0;
		if (made)
			keys_unchanged(call, &told);
		authority_done(&there);
	}
	mem_free(key);
	mem_free(pem);
	return made;
}

static int
authority_make(const struct call *call, uint32_t days, struct authority *a)
{
	char *key = paths_join(keys_directory(call), "authority.key");
	char *pem = paths_join(keys_directory(call), "authority.pem");
	const struct keys_put put = { .force = call_has(call, "force"),
		.aside = true };
	struct buf der = { 0 };
	int status = CALL_OK, rc;

	a->key = keys_new();
	keys_public(a->key, a->public_key);
	keys_digest(a->public_key, a->org);
	issue_authority(a->organization, days, a->key, &der);
	rc = keys_write(key, a->key, KEYS_OWN, &put);
	if (rc != RC_OK)
		status = paths_refuse(key, rc);
	if (rc == RC_OK) {
		rc = keys_write_certificate(pem, der.p, der.n, &put);
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

/* The organization is its key: it stays the same, and nothing that the key has
 * signed ends. */
static int
authority_renew(const struct call *call)
{
	const struct keys_put put = { .force = true, .aside = true };
	char *key = paths_join(keys_directory(call), "authority.key");
	char *pem = paths_join(keys_directory(call), "authority.pem");
	struct authority a = { 0 };
	struct buf der = { 0 };
	uint32_t days;
	int64_t end;
	int rc, status = keys_days(call, AUTHORITY_DAYS, &days);
	bool same = false;

	if (status == CALL_OK)
		status = authority_open(keys_directory(call), &a);
	if (status == CALL_OK && !call_has(call, "force") &&
	    keys_authority_end(pem, &end) == RC_OK)
		same = keys_is_soon(end, keys_end(days));
	if (same) {
		keys_unchanged(
		    call, &(struct keys_made){ .organization = a.organization,
			      .identity = a.org,
			      .files = (const char *const[]){ pem, NULL } });
	} else if (status == CALL_OK) {
		issue_authority(a.organization, days, a.key, &der);
		rc = keys_write_certificate(pem, der.p, der.n, &put);
		if (rc != RC_OK)
			status = paths_refuse(pem, rc);
	}
	if (status == CALL_OK && !same && call->json)
		authority_tell(call, &a, key, pem);
	else if (status == CALL_OK && !same)
		printf("%s   the authority's certificate, for the same key\n\n"
		       "next: bring it to " KEYS_DIRECTORY
		       " of every server; certificates stay as they are.\n",
		    pem);
	authority_done(&a);
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

	if (call_has(call, "renew"))
		return authority_renew(call);
	if (organization == NULL)
		return call_usage(
		    "keys authority: --organization NAME is missing");
	if (keys_days(call, AUTHORITY_DAYS, &days) != CALL_OK)
		return CALL_USAGE;
	a.organization = mem_str(organization);
	str_lower(a.organization);
	if (!str_is_host(a.organization))
		status = call_usage("--organization %s: not a domain name as "
				    "example.org",
		    organization);
	else
		status = paths_make(keys_directory(call));
	if (status == CALL_OK && !authority_is_made(call, a.organization))
		status = authority_make(call, days, &a);
	authority_done(&a);
	return status;
}

int
keys_owner(const struct call *call, bool mark, struct keys_put *put)
{
	const char *user = call_option(call, "user");
	const struct passwd *pw = getpwnam(user == NULL ? "_lsrd" : user);
	const struct group *gr = mark ? getgrnam("lsrd-mark") : NULL;

	if (geteuid() != 0)
		return CALL_OK;
	if (pw == NULL && user != NULL)
		return call_usage("--user %s: no such account", user);
	if (pw == NULL)
		return CALL_OK;
	put->given = true;
	put->uid = pw->pw_uid;
	put->gid = gr == NULL ? pw->pw_gid : gr->gr_gid;
	return CALL_OK;
}

static void
mark_tell(const struct call *call, const char *path, const char *previous,
    const char *until)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (call->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_bool(&json, "changed", until == NULL);
		json_str(&json, "mark_key", path);
		json_str(&json, "previous_mark_key", previous);
		json_close(&json, '}');
		json_line(&json);
		show_flush(&out);
		buf_done(&out);
		return;
	}
	if (until != NULL) {
		printf("%s is younger than five days: messages underway have "
		       "marks made with %s, and with another key these would "
		       "not be believed any more; wait until %s, or --force\n"
		       "nothing changed\n",
		    path, previous, until);
		return;
	}
	printf("%s   the key of its marks, new\n", path);
	printf("%s   the one before\n\n", previous);
	printf("next: let lsrd.conf say\n    previous-mark-key = \"%s\"\n"
	       "and lsrd-milter --previous-key %s, and run `lsrctl reload`.\n",
	    previous, previous);
}

/*
 * Two keys are believed, so a second roll makes an end of the first: marks on
 * messages that are underway would count as a stranger's.
 */
static bool
mark_may(const struct call *call, const char *path, const char *previous,
    char until[VALUE_TIME])
{
	struct stat rolled;

	if (call_has(call, "force") || access(previous, F_OK) != 0 ||
	    stat(path, &rolled) != 0 ||
	    rolled.st_mtime + UNDERWAY_S <= time(NULL))
		return true;
	value_time_text((int64_t)rolled.st_mtime + UNDERWAY_S, until);
	return false;
}

/*
 * The key in use stays readable under both names until the new one takes its
 * name at once, so that nobody finds it missing.
 */
static int
mark_roll(const struct call *call, const char *path, const char *previous)
{
	struct keys_put put = { .force = true };
	struct evp_pkey_st *key = NULL;
	int rc = keys_read(path, KEYS_MARK, &key);
	char old[PATH_MAX];

	keys_free(key);
	snprintf(old, sizeof(old), "%s.old", previous);
	if (keys_owner(call, true, &put) != CALL_OK)
		return CALL_USAGE;
	if (rc != RC_OK)
		return paths_refuse(path, rc);
	if ((rename(previous, old) != 0 && errno != ENOENT) ||
	    link(path, previous) != 0)
		return paths_refuse(previous, RC_IO);
	key = keys_new();
	rc = keys_write(path, key, KEYS_MARK, &put);
	keys_free(key);
	return rc == RC_OK ? CALL_OK : paths_refuse(path, rc);
}

int
keys_verb_mark(const struct call *call)
{
	char *path = paths_join(keys_directory(call), "mark.key");
	char *previous = paths_join(keys_directory(call), "mark-previous.key");
	char until[VALUE_TIME];
	bool may = mark_may(call, path, previous, until);
	int status = may ? mark_roll(call, path, previous) : CALL_OK;

	if (status == CALL_OK)
		mark_tell(call, path, previous, may ? NULL : until);
	mem_free(path);
	mem_free(previous);
	return status;
}
