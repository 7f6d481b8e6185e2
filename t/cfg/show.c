/*
 * show.c - load a configuration and print what came of it: the complaints,
 * one a line, and the normal form when there is one. For golden.sh and mta.sh.
 *
 *     show [-k] FILE      -k: read the key files too
 *     show -i ROOT        the MTA that is installed below ROOT
 *     show -o             every option: section, name, type, default, when
 */

#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "cfg/conf.h"
#include "cfg/schema.h"
#include "crypt/keys.h"
#include "sys/installed.h"

static const struct conf_keys keys = { keys_own_public, keys_mark_public,
	keys_authority, keys_authority_end, keys_vouched };

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
file_show(const char *path, bool with_keys)
{
	struct complaints complaints = { 0 };
	struct buf out = { 0 };
	struct conf *conf;
	int rc = conf_load(path, with_keys ? &keys : NULL, &conf, &complaints);

	for (size_t i = 0; i < complaints.list.n; i++) {
		complaint_text(&out, &complaints.list.v[i]);
		buf_u8(&out, '\n');
	}
	if (rc == RC_OK)
		conf_dump(&out, conf);
	else
		buf_printf(&out, "refused: %s\n", rc_word(rc));
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
		return file_show(argv[2], true);
	if (argc == 2)
		return file_show(argv[1], false);
	fputs("usage: show [-k] FILE\n", stderr);
	return 2;
}
