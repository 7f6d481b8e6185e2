#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/judge.h"

#define REMEDY 512 /* octets of one */

static const char *
why(int rc)
{
	switch (rc) {
	case RC_IO:
		return strerror(errno);
	case RC_PERMISSION:
		return "a key that others may read";
	case RC_SIGNATURE:
		return "not signed by the organization's authority";
	case RC_RANGE:
		return "a critical extension that is not known";
	case RC_NAME:
		return "a name in it that lsrd does not take";
	case RC_TWICE:
		return "names two servers or two routing groups";
	case RC_MISSING:
		return "names no routing group";
	case RC_LONG:
		return "too long";
	default:
		return "not a PEM file of the right kind (Ed25519)";
	}
}

/* Whether we look with the eyes of the user that lsrd runs as. */
static bool
is_user(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	return pw != NULL && pw->pw_uid == geteuid();
}

/* What lets the user read a key file, if we know who that is. */
static void
judge_keys_unreadable(
    const struct build *b, bool mark, const char *path, char *out)
{
	const char *user = b->conf->user;

	if (is_user(user))
		snprintf(out, REMEDY,
		    "lsrd reads it as %.32s: chown %.32s:%s %.300s", user, user,
		    mark ? "lsrd-mark" : "", path);
	else
		snprintf(out, REMEDY,
		    "run this as root or as the user that lsrd runs as");
}

/* Of one file of keys. True when it is one that others may read. */
static bool
judge_keys_refuse(
    const struct build *b, const char *option, const char *path, int rc)
{
	struct build_place place = { .option = option };
	int saved = errno;
	char remedy[REMEDY];

	if (rc == RC_PERMISSION)
		snprintf(remedy, sizeof(remedy), "chmod %s %.400s",
		    strstr(option, "mark") != NULL ? "640" : "600", path);
	else if (rc == RC_IO && saved == EACCES)
		judge_keys_unreadable(
		    b, strstr(option, "mark") != NULL, path, remedy);
	else if (strstr(option, "authority") != NULL)
		snprintf(remedy, sizeof(remedy),
		    "copy authority.pem here; `lsrctl keys authority` makes "
		    "it, once for the organization");
	else
		snprintf(remedy, sizeof(remedy),
		    "make it with `lsrctl keys issue` where authority.key is, "
		    "and copy it here");
	errno = saved; /* whoever looks up a user has another */
	build_complain(
	    b, &place, remedy, "%s = \"%.400s\": %s", option, path, why(rc));
	return rc == RC_PERMISSION;
}

static void
agree(const struct build *b, const char *option, const char *ours,
    const char *theirs)
{
	struct build_place place = { .option = option };

	if (ours != NULL && strcmp(ours, theirs) != 0)
		build_complain(b, &place,
		    "mend it, or issue a certificate that says so",
		    "%s = \"%s\": the certificate says \"%s\"", option, ours,
		    theirs);
}

static void
spaces_agree(const struct build *b, const struct claims *claims)
{
	const struct setup *s = &b->conf->setup;

	for (size_t i = 0; i < s->nspaces; i++) {
		const struct setup_space *one = &s->spaces[i];
		struct build_place place = { .section = "address-space",
			.title = one->pattern };
		char remedy[400];

		if (one->listed) /* a grant may come later: the engine tells */
			continue;
		snprintf(remedy, sizeof(remedy),
		    "issue a certificate with --space '%.318s'", one->pattern);
		if (!claims_space(claims, one->pattern))
			build_complain(b, &place, remedy,
			    "address-space \"%s\": the certificate does not "
			    "allow it",
			    one->pattern);
		place.option = "relay";
		snprintf(remedy, sizeof(remedy),
		    "write relay = no, or issue a certificate with --relay "
		    "'%.318s'",
		    one->pattern);
		if (one->relay && !claims_relay(claims, one->pattern))
			build_warn(b, &place, remedy,
			    "address-space \"%s\": the certificate does not "
			    "allow relay = yes, so it counts as no",
			    one->pattern);
	}
}

/* By the authority, or by the second one. */
static int
vouched_by_either(const struct build *b, const struct conf_keys *keys,
    const char *path, struct setup_cert *cert, struct claims **claims)
{
	const struct setup *s = &b->conf->setup;
	bool previous = path == b->conf->previous_certificate;
	uint8_t **der = previous ? &cert->previous : &cert->now;
	size_t *n = previous ? &cert->previous_len : &cert->now_len;
	int rc = keys->vouched(path, s->authority.key, der, n, claims);

	if (rc == RC_SIGNATURE && s->authority.second.given)
		rc = keys->vouched(
		    path, s->authority.second.key, der, n, claims);
	return rc;
}

static bool
certificate_judge(const struct build *b, const struct conf_keys *keys)
{
	struct conf *conf = b->conf;
	struct setup *s = &conf->setup;
	struct build_place place = { .option = "key" };
	uint8_t own[CRYPTO_PUBLIC];
	int rc =
	    vouched_by_either(b, keys, conf->certificate, &s->cert, &s->claims);
	int key_rc;

	if (rc != RC_OK)
		judge_keys_refuse(b, "certificate", conf->certificate, rc);
	key_rc = keys->own_public(conf->key, own);
	if (key_rc != RC_OK && judge_keys_refuse(b, "key", conf->key, key_rc))
		return true;
	if (rc != RC_OK)
		return false;
	agree(b, "server", s->server, s->claims->name);
	agree(b, "routing-group", s->group, s->claims->group);
	spaces_agree(b, s->claims);
	if (key_rc == RC_OK &&
	    memcmp(own, s->claims->public_key, sizeof(own)) != 0)
		build_complain(b, &place,
		    "copy server.key and server.pem of one `lsrctl keys "
		    "issue`",
		    "key and certificate do not belong together");
	return false;
}

static void
previous_judge(const struct build *b, const struct conf_keys *keys)
{
	struct conf *conf = b->conf;
	struct setup *s = &conf->setup;
	struct claims *claims;
	int rc;

	if (conf->previous_certificate == NULL)
		return;
	rc = vouched_by_either(
	    b, keys, conf->previous_certificate, &s->cert, &claims);
	if (rc != RC_OK) {
		judge_keys_refuse(
		    b, "previous-certificate", conf->previous_certificate, rc);
		return;
	}
	if (s->claims != NULL && strcmp(claims->name, s->claims->name) != 0)
		agree(b, "previous-certificate", s->claims->name, claims->name);
	claims_free(claims);
}

/* A mark key is for lsrd-milter: without the file there are no marks. */
static bool
mark_judge(const struct build *b, const struct conf_keys *keys,
    const char *option, const char *path)
{
	struct setup *s = &b->conf->setup;
	struct build_place place = { .option = option };
	int rc;

	if (path == NULL)
		return false;
	rc = keys->mark_public(path, s->announced.mark[s->announced.nmark]);
	if (rc == RC_OK)
		s->announced.nmark++;
	if (rc == RC_OK ||
	    (rc == RC_IO && errno == ENOENT && !build_is_set(b, &place)))
		return false;
	return judge_keys_refuse(b, option, path, rc);
}

/* What is over is believed on, or the whole organization would stop at once;
 * but whoever can issue should hear of it. */
static void
authority_judge(const struct build *b, const struct conf_keys *keys)
{
	struct build_place place = { .option = "authority" };
	struct conf *conf = b->conf;
	int64_t now = (int64_t)time(NULL), end = 0;

	if (keys->authority_end(conf->authority, &end) != RC_OK)
		return;
	conf->setup.authority.end = end;
	if (end < now)
		build_warn(b, &place,
		    "where authority.key is: lsrctl keys authority --renew, "
		    "and copy authority.pem here",
		    "authority = \"%.400s\": ended %lld days ago; it is "
		    "believed on",
		    conf->authority, (long long)((now - end) / 86400));
}

/* While the authority is rolled over. */
static void
second_judge(const struct build *b, const struct conf_keys *keys)
{
	struct build_place place = { .option = "second-authority" };
	const char *path = b->conf->second_authority;
	struct setup *s = &b->conf->setup;
	int rc;

	if (path == NULL)
		return;
	rc = keys->authority(
	    path, s->authority.second.key, s->authority.second.id);
	if (rc != RC_OK) {
		judge_keys_refuse(b, "second-authority", path, rc);
		return;
	}
	s->authority.second.given =
	    memcmp(s->authority.second.id, s->authority.id, CRYPTO_DIGEST) != 0;
	if (!s->authority.second.given)
		build_warn(b, &place, "take it out, or name the other one",
		    "second-authority = \"%.400s\": has the same key as "
		    "authority",
		    path);
	else if (keys->authority_end(path, &s->authority.second.end) != RC_OK)
		s->authority.second.end = 0;
}

size_t
judge_keys(const struct build *build, const struct conf_keys *keys)
{
	struct conf *conf = build->conf;
	struct setup *s = &conf->setup;
	size_t open = 0;
	int rc;

	rc =
	    keys->authority(conf->authority, s->authority.key, s->authority.id);
	if (rc == RC_OK) {
		authority_judge(build, keys);
		second_judge(build, keys);
		open += certificate_judge(build, keys);
		previous_judge(build, keys);
	} else {
		judge_keys_refuse(build, "authority", conf->authority, rc);
	}
	open += mark_judge(build, keys, "mark-key", conf->mark_key);
	if (s->announced.nmark > 0)
		open += mark_judge(
		    build, keys, "previous-mark-key", conf->previous_mark_key);
	return open;
}
