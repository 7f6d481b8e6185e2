#include "daemon/reload.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "cfg/schema.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"

const struct conf_keys reload_keys = {
	.own_public = keys_own_public,
	.mark_public = keys_mark_public,
	.authority = keys_authority,
	.authority_end = keys_authority_end,
	.vouched = keys_vouched,
};

int
reload_keys_of(
    struct conf *conf, const struct crypto *crypto, struct reload *out)
{
	struct evp_pkey_st *key;
	struct tls_self *self;
	int rc = keys_read(conf->key, KEYS_OWN, &key);

	memset(out, 0, sizeof(*out));
	if (rc != RC_OK)
		return rc;
	rc = tls_self_new(
	    conf->setup.cert.now, conf->setup.cert.now_len, key, crypto, &self);
	if (rc != RC_OK) {
		keys_free(key);
		return rc;
	}
	out->conf = conf;
	out->key = key;
	out->self = self;
	return RC_OK;
}

int
reload_self_of(struct reload *reload, const struct crypto *crypto)
{
	const struct setup_cert *cert = &reload->conf->setup.cert;

	tls_self_free(reload->self);
	reload->self = NULL;
	return tls_self_new(
	    cert->now, cert->now_len, reload->key, crypto, &reload->self);
}

void
reload_rekey(struct crypto *crypto, struct ahead *ahead,
    struct evp_pkey_st *key, const struct conf *conf)
{
	crypto_rekey(crypto, keys_ref(key), conf->setup.authority.key);
	ahead_authority(ahead, conf->setup.authority.key);
	if (conf->setup.authority.second.given) {
		crypto_also(crypto, conf->setup.authority.second.key);
		ahead_also(ahead, conf->setup.authority.second.key);
	}
}

void
reload_done(struct reload *reload)
{
	keys_free(reload->key);
	tls_self_free(reload->self);
	conf_free(reload->conf);
	memset(reload, 0, sizeof(*reload));
}

/* The array of complaints, and the log. */
struct told {
	struct json j;
	struct sink *sink;
};

static void
complain(struct told *told, const struct complaint *c)
{
	struct json *j = &told->j;

	json_open(j, NULL, '{');
	json_str(j, "file", c->file);
	json_uint(j, "line", c->line);
	json_str(j, "text", c->text);
	if (c->remedy != NULL)
		json_str(j, "remedy", c->remedy);
	json_close(j, '}');
}

static void
log_it(struct sink *sink, const struct complaint *c)
{
	struct buf line = { 0 };
	char *text;

	complaint_text(&line, c);
	text = buf_string(&line);
	sink_say(
	    sink, c->warning ? SINK_NOTICE : SINK_ERROR, "config", "%s", text);
	mem_free(text);
}

static void
reload_tell(
    struct told *told, const char *file, const char *text, const char *remedy)
{
	struct complaint c = { 0 };

	c.file = mem_str(file);
	c.text = mem_str(text);
	c.remedy = mem_str(remedy);
	complain(told, &c);
	log_it(told->sink, &c);
	mem_free(c.file);
	mem_free(c.text);
	mem_free(c.remedy);
}

/* The line `name = value` of a dump: where its value begins, and how long. */
static const char *
value_in(const char *dump, const char *name, size_t *n)
{
	size_t len = strlen(name);

	for (const char *p = dump; *p != '\0';
	     p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, name, len) == 0 && p[len] == ' ') {
			*n = strcspn(p + len, "\n");
			return p + len;
		}
	*n = 0;
	return "";
}

static char *
dump_of(const struct conf *conf)
{
	struct buf out = { 0 };

	conf_dump(&out, conf);
	return buf_string(&out);
}

static bool
is_second(const struct setup *setup, const uint8_t id[CRYPTO_DIGEST])
{
	return setup->authority.second.given &&
	       memcmp(setup->authority.second.id, id, CRYPTO_DIGEST) == 0;
}

/* Another organization only as it rolls over: both were trusted before, and
 * both are after. */
static bool
authority_may(const struct setup *old, const struct setup *new)
{
	return memcmp(old->authority.id, new->authority.id, CRYPTO_DIGEST) ==
	           0 ||
	       (is_second(old, new->authority.id) &&
		   is_second(new, old->authority.id));
}

/*
 * What takes effect when lsrd is started anew must be as it is: otherwise
 * what runs would be neither the old configuration nor the new one.
 */
static size_t
reload_compare(const struct conf *old, const struct conf *new, const char *path,
    struct told *told)
{
	char *was = dump_of(old), *is = dump_of(new);
	size_t changes = 0, n, m;

	for (const struct schema *o = schema_options; o->name != NULL; o++) {
		const char *a = value_in(was, o->name, &n);
		const char *b = value_in(is, o->name, &m);

		if (o->section[0] != '\0' || o->when != SCHEMA_RESTART ||
		    (n == m && memcmp(a, b, n) == 0))
			continue;
		reload_tell(told, path, o->name,
		    "a change of this takes effect when lsrd is started anew: "
		    "restart it, or change it back");
		changes++;
	}
	if (!authority_may(&old->setup, &new->setup)) {
		reload_tell(told, new->authority, "another authority",
		    "trust it first, with second-authority, and reload; or "
		    "start lsrd anew");
		changes++;
	}
	mem_free(was);
	mem_free(is);
	return changes;
}

static int
daemon_reload_load(const char *path, const struct conf *old, struct conf **out,
    struct told *told)
{
	struct complaints complaints = { 0 };
	int rc = conf_load(path, &reload_keys, out, &complaints);

	for (size_t i = 0; i < complaints.list.n; i++) {
		const struct complaint *c = &complaints.list.v[i];

		log_it(told->sink, c);
		if (!c->warning)
			complain(told, c);
	}
	complaints_done(&complaints);
	if (rc == RC_OK && reload_compare(old, *out, path, told) > 0) {
		conf_free(*out);
		*out = NULL;
		rc = RC_FORMAT;
	}
	return rc;
}

int
reload_load(const char *path, const struct conf *old,
    const struct crypto *crypto, struct reload *out, const struct reload_to *to)
{
	struct told told = { .j = { .out = to->answer }, .sink = to->sink };
	struct conf *conf;
	int rc;

	json_open(&told.j, NULL, '{');
	json_bool(&told.j, "ok", false);
	json_open(&told.j, "errors", '[');
	rc = daemon_reload_load(path, old, &conf, &told);
	if (rc == RC_OK) {
		rc = reload_keys_of(conf, crypto, out);
		if (rc != RC_OK) {
			reload_tell(&told, conf->key, rc_word(rc),
			    "the key must be that of the certificate");
			conf_free(conf);
		}
	}
	json_close(&told.j, ']');
	json_close(&told.j, '}');
	if (rc == RC_OK)
		buf_reset(to->answer);
	return rc;
}

int
reload_conf(const char *path, const struct conf *old, struct conf **out,
    const struct reload_to *to)
{
	struct told told = { .j = { .out = to->answer }, .sink = to->sink };

	return daemon_reload_load(path, old, out, &told);
}
