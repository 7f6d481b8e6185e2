/*
 * show.c - load a configuration and print what came of it: the complaints,
 * one a line, and the normal form when there is one. For golden.sh and mta.sh.
 *
 *     show [-k] FILE      -k: read the key files too
 *     show -l FILE        read what address-space-file names, too: a comment
 *                         for each pattern
 *     show -i ROOT        the MTA that is installed below ROOT
 *     show -o             every option: section, name, type, default, when
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "cfg/schema.h"
#include "crypt/keys.h"
#include "sys/installed.h"

static const struct conf_keys keys = { keys_own_public, keys_mark_public,
	keys_authority, keys_authority_end, keys_vouched };

/* A certificate of this server for all that its sections have, and the keys to
 * it: then the file of address-space-file is read, without a key file. */
static const struct conf *given;

static int
given_public(const char *path, uint8_t public_key[CRYPTO_PUBLIC])
{
	(void)path;
	memset(public_key, 0, CRYPTO_PUBLIC);
	return RC_OK;
}

static int
given_authority(const char *path, uint8_t public_key[CRYPTO_PUBLIC],
    uint8_t org[CRYPTO_DIGEST])
{
	memset(org, 0, CRYPTO_DIGEST);
	return given_public(path, public_key);
}

static int
given_end(const char *path, int64_t *end)
{
	(void)path;
	(void)end;
	return RC_NONE;
}

static int
given_vouched(const char *path, const uint8_t authority[CRYPTO_PUBLIC],
    uint8_t **der, size_t *n, struct claims **claims)
{
	const struct setup *s = &given->setup;
	struct claims *c = mem_new(sizeof(*c), 0, 0);

	(void)path;
	(void)authority;
	*der = NULL;
	*n = 0;
	c->name = mem_str(s->server);
	c->group = mem_str(s->group);
	c->spaces = mem_new(0, s->nspaces + 1, sizeof(*c->spaces));
	c->relays = mem_new(0, s->nspaces + 1, sizeof(*c->relays));
	for (size_t i = 0; i < s->nspaces; i++) {
		c->spaces[c->nspaces++] = mem_str(s->spaces[i].pattern);
		c->relays[c->nrelays++] = mem_str(s->spaces[i].pattern);
	}
	*claims = c;
	return RC_OK;
}

static const struct conf_keys given_keys = { given_public, given_public,
	given_authority, given_end, given_vouched };

/* Once more, with that file. */
static int
list_load(const char *path, struct conf **conf, struct complaints *complaints)
{
	struct conf *first = *conf;
	int rc;

	complaints_done(complaints);
	given = first;
	rc = conf_load(path, &given_keys, conf, complaints);
	given = NULL;
	conf_free(first);
	return rc;
}

static void
list_show(struct buf *out, const struct setup *s)
{
	for (size_t i = 0; i < s->nspaces; i++)
		if (s->spaces[i].listed)
			buf_printf(out, "# %s cost %u, relay %s\n",
			    s->spaces[i].pattern, s->spaces[i].cost,
			    s->spaces[i].relay ? "yes" : "no");
}

static void
options_show(void)
{
	for (const struct schema *s = schema_options; s->name != NULL; s++) {
		struct buf form = { 0 };

		schema_describe(&form, s);
		printf("%s\t%s\t%.*s\t%s\t%s\n", s->section, s->name,
		    (int)form.n, (const char *)form.p,
		    s->fallback == NULL ? "" : s->fallback,
		    s->when == SCHEMA_RELOAD ? "reload" : "restart");
		buf_done(&form);
	}
}

static int
file_show(const char *path, const struct conf_keys *with, bool list)
{
	struct complaints complaints = { 0 };
	struct buf out = { 0 };
	struct conf *conf;
	int rc = conf_load(path, with, &conf, &complaints);

	if (rc == RC_OK && list && conf->list != NULL)
		rc = list_load(path, &conf, &complaints);
	for (size_t i = 0; i < complaints.list.n; i++) {
		complaint_text(&out, &complaints.list.v[i]);
		buf_u8(&out, '\n');
	}
	if (rc == RC_OK) {
		conf_dump(&out, conf);
		list_show(&out, &conf->setup);
	} else {
		buf_printf(&out, "refused: %s\n", rc_word(rc));
	}
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	complaints_done(&complaints);
	conf_free(conf);
	return rc != RC_OK;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "-o") == 0) {
		options_show();
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "-i") == 0) {
		puts(installed_mta(argv[2]));
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "-k") == 0)
		return file_show(argv[2], &keys, false);
	if (argc == 3 && strcmp(argv[1], "-l") == 0)
		return file_show(argv[2], NULL, true);
	if (argc == 2)
		return file_show(argv[1], NULL, false);
	fputs("usage: show [-k | -l] FILE\n", stderr);
	return 2;
}
