#include "publish/verify.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "base/rc.h"
#include "publish/copy.h"
#include "publish/got.h"
#include "publish/judge.h"
#include "publish/mtable_file.h"
#include "sys/say.h"

struct verifier {
	const struct plugin_export *plugin;
	const struct owner *owner;
	struct plugin_setup setup;
	struct copy copy;
	struct got got;
	struct judge judge;
};

static unsigned
all_tables(const struct plugin_export *plugin)
{
	unsigned all = 0;

	for (size_t t = 0; plugin->tables[t] != NULL; t++)
		all |= 1u << t;
	return all;
}

static void
name_tables(const struct verifier *v, unsigned which, int priority,
    const char *word, const char *what)
{
	for (size_t t = 0; v->plugin->tables[t] != NULL; t++)
		if ((which & 1u << t) != 0)
			say_text("lsrd-publish", priority, word, "%s/%s: %s",
			    v->owner->tables, v->plugin->tables[t], what);
}

/* Makes these tables anew from what was got, and leaves the others. */
static int
make_tables(struct verifier *v, unsigned which)
{
	struct plugin_start start = {
		.broken = which,
		.leave = all_tables(v->plugin) & ~which,
	};
	struct plugin_report report;
	struct got_changes changes;
	struct plugin_run *run;
	int rc = v->plugin->open(&run, &v->setup, &start);

	if (rc == RC_OK) {
		got_all(&v->got, &changes);
		rc = v->plugin->write(run, changes.v, changes.n, true, &report);
		got_changes_done(&changes);
		v->plugin->close(run);
	}
	if (rc == RC_OK)
		return EX_OK;
	say_text("lsrd-publish", LOG_ERR, "make-failed",
	    "cannot make the tables in %s: %s", v->owner->tables,
	    rc == RC_IO ? strerror(errno) : rc_word(rc));
	return EX_CANTCREAT;
}

/* A copy without a route is as good as none. */
static bool
verify_load(struct verifier *v, bool before)
{
	int rc = before ? copy_load_before(&v->copy, &v->got, &v->setup)
	                : copy_load(&v->copy, &v->got, &v->setup);

	v->setup.directory = v->owner->tables;
	if (rc == RC_OK && v->got.tree.n > 0)
		return true;
	got_clear(&v->got);
	if (rc != RC_OK && rc != RC_NONE)
		say_text("lsrd-publish", LOG_WARNING, "copy-damaged",
		    "%s%s: damaged: %s", v->copy.path, before ? ".before" : "",
		    rc_word(rc));
	return false;
}

/* No copy tells what stood in the table: better none than an empty one. */
static int
verify_give_up(struct verifier *v, unsigned which)
{
	for (size_t t = 0; v->plugin->tables[t] != NULL; t++)
		if ((v->judge.broken & 1u << t) != 0)
			v->plugin->discard(&v->setup, t);
	name_tables(v, which, LOG_ERR, "table-missing",
	    "was published, is gone or broken, and there is no copy to make "
	    "it from. It stays missing, and the MTA defers all mail, until "
	    "lsrd publishes it anew");
	return EX_DATAERR;
}

static int
verify_mend(struct verifier *v)
{
	unsigned which = v->judge.broken | v->judge.missing;
	bool published = owner_published(v->owner) || copy_exists(&v->copy);

	if (which == 0)
		return EX_OK;
	if (verify_load(v, true)) {
		name_tables(v, which, LOG_WARNING, "table-mended",
		    "made anew from the copy before");
		return make_tables(v, which);
	}
	if (published || v->judge.broken != 0)
		return verify_give_up(v, which);
	name_tables(v, which, LOG_NOTICE, "table-made",
	    "made, empty: nothing was ever published");
	return make_tables(v, which);
}

/* Somebody writes here now: look, and leave it to him. */
static int
verify_look(struct verifier *v)
{
	unsigned which = v->judge.broken | v->judge.missing;

	if (which == 0)
		return EX_OK;
	name_tables(v, which, LOG_WARNING, "table-left",
	    "broken or missing, and left to the publisher at work there");
	return EX_TEMPFAIL;
}

static int
verify_here(struct verifier *v)
{
	int own = owner_claim(v->owner);

	if (own == RC_IO) {
		say_text("lsrd-publish", LOG_ERR, "claim-failed", "%s: %s",
		    v->owner->tables, strerror(errno));
		return EX_CANTCREAT;
	}
	if (own == RC_OK && verify_load(v, false))
		return make_tables(v, all_tables(v->plugin));
	if (judge_tables(v->plugin, &v->setup, &v->judge) != RC_OK) {
		say_text("lsrd-publish", LOG_ERR, "make-failed", "fork: %s",
		    strerror(errno));
		return EX_OSERR;
	}
	return own == RC_OK ? verify_mend(v) : verify_look(v);
}

int
verify(const struct plugin_export *plugin, const struct owner *owner)
{
	struct verifier v = { .plugin = plugin, .owner = owner };
	int code;

	v.setup.directory = owner->tables;
	if (mtable_file_verify(owner->state))
		say_text("lsrd-publish", LOG_WARNING, "milter-table",
		    "%s/milter/table: torn, and removed: lsrd makes it anew",
		    owner->state);
	copy_init(&v.copy, owner->tables);
	code = verify_here(&v);
	got_clear(&v.got);
	copy_done(&v.copy);
	return code;
}
