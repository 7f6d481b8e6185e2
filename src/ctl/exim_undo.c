/*
 * exim_undo.c - `check --undo` for Exim: the commands that take our lines out
 * of each file that has some. All of ours are known by what they name, so
 * nothing has to be noted before, and a second run changes nothing.
 */

#include "ctl/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/exim.h"
#include "sys/file.h"

#define FILE_MOST 1048576

/* Whole lines, and what joined a list of the site's. */
#define OUR_SED                                                                \
	"sed -i -e '\\!^ *\\.include[a-z_]* .*/lsrd/exim/!d' "                 \
	"-e '/^LSRD_[A-Z_]* *=/d' -e '/^ *acl_[a-z_]* *= *lsrd_[a-z_]*$/d' "   \
	"-e '/^ *headers_remove = LSR-Trace : LSR-Route$/d' "                  \
	"-e 's/LSR-Trace : LSR-Route : //' "                                   \
	"-e '/+lsrd_/{s/ *[;:] *+lsrd_[a-z]*//g;s/+lsrd_[a-z]*\\( *[;:] "      \
	"*\\)\\{0,1\\}//g;s/ *$//}' "

struct exim_undo {
	struct buf *out;
	bool found;
};

static bool
is_bringing(const char *line)
{
	return strncmp(line, ".include", 8) == 0 &&
	       strstr(line, "/lsrd/exim/") != NULL;
}

static bool
is_own_macro(const char *line)
{
	return strncmp(line, "LSRD_", 5) == 0;
}

/* What has to be looked at: it names ours, in words of the site's own. */
static void
undo_rest(const struct exim_undo *u, const char *path, const char *line)
{
	const char *at = strstr(line, "lsrd_refused");

	if (at != NULL || strstr(line, "LSRD_EVENT") != NULL)
		buf_printf(
		    u->out, "# %s names ours, take it out: %s\n", path, line);
}

/* True if the text has a line of ours; *alone: and no other. */
static bool
has_ours(const struct exim_undo *u, const char *path, char *text, bool *alone)
{
	bool has = false;
	char *line;

	*alone = true;
	while ((line = strsep(&text, "\n")) != NULL) {
		line += strspn(line, " \t");
		if (*line == '\0')
			continue;
		if (is_bringing(line) || is_own_macro(line)) {
			has = true;
			continue;
		}
		*alone = false;
		if (*line == '#')
			continue;
		has = has || strstr(line, "lsrd_") != NULL ||
		      strstr(line, "LSR-Trace") != NULL;
		undo_rest(u, path, line);
	}
	return has;
}

static void
undo_file(void *ctx, const char *path)
{
	struct exim_undo *u = ctx;
	struct buf b = { 0 };
	char *text;
	bool alone;

	if (file_load(path, FILE_MOST, &b) != RC_OK) {
		buf_done(&b);
		return;
	}
	text = buf_string(&b);
	if (has_ours(u, path, text, &alone)) {
		u->found = true;
		if (alone)
			buf_printf(u->out, "rm -f %s\n", path);
		else
			buf_printf(u->out, OUR_SED "%s\n", path);
	}
	mem_free(text);
}

/* Nothing of that counts before Exim has read it. */
static void
undo_end(const struct exim_undo *u, const struct exim *x)
{
	char *user = exim_option(x, "exim_user");
	char *group = exim_option(x, "exim_group");

	buf_text(
	    u->out, x->form == EXIM_PLAIN
			? "# then have its daemon read it: kill -HUP\n"
			: "update-exim4.conf && systemctl restart exim4\n");
	buf_printf(u->out,
	    "# then: systemctl disable --now lsrd lsrd.socket lsrd-tables "
	    "lsrd-maillog\n"
	    "# and: deluser %s lsrd-mark; deluser %s %s\n",
	    user == NULL ? "Debian-exim" : user, x->conf->user,
	    group == NULL ? "Debian-exim" : group);
	mem_free(user);
	mem_free(group);
}

int
check_exim_undo(const struct conf *conf, struct buf *out)
{
	struct check_list none = { 0 };
	struct exim x = {
		.list = &none, .conf = conf, .tables = conf_tables(conf, "exim")
	};
	struct exim_undo u = { .out = out };

	if (!exim_open(&x) && *x.configuration == '\0') {
		exim_close(&x);
		return call_usage("exim -bV tells nothing: is Exim set up "
				  "here?");
	}
	buf_text(out, "# What brings lsrd's lines into Exim, taken out\n");
	exim_files(&x, undo_file, &u);
	if (u.found)
		undo_end(&u, &x);
	else
		buf_text(out, "# no file of Exim's has a line of ours\n");
	exim_close(&x);
	return CALL_OK;
}
