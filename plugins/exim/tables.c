#include "plugins/exim/tables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "idn/labels.h"
#include "plugins/exim/cdb_file.h"
#include "plugins/exim/values.h"

struct plugin_run {
	struct plugin_setup setup;
	struct cdb_file *file[ROWS_TABLES];
	bool there[ROWS_TABLES];
	unsigned leave; /* tables not to be touched */
	const struct plugin_watch *watch;
};

/* What is to be written. */
struct writing {
	const struct plugin_change *list;
	size_t n;
	bool whole;
	struct plugin_report *report;
};

static char *
exim_path_of(const struct plugin_setup *setup, enum rows_table table)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/%s.cdb", setup->directory, rows_names[table]);
	return buf_string(&b);
}

static void
exim_close(struct plugin_run *run)
{
	if (run == NULL)
		return;
	for (int t = 0; t < ROWS_TABLES; t++)
		cdb_file_free(run->file[t]);
	mem_free(run);
}

/* What is of no use, or somebody else's, gives way to one of ours. */
static int
exim_open_one(struct plugin_run *run, int table, bool look)
{
	char *path = exim_path_of(&run->setup, (enum rows_table)table);
	int rc = look ? cdb_file_open(&run->file[table], path) : RC_NONE;

	if (rc == RC_IO && (errno == EACCES || errno == EPERM))
		rc = RC_NONE;
	run->there[table] = rc == RC_OK;
	if (rc == RC_NONE || rc == RC_FORMAT) {
		run->file[table] = cdb_file_new(path);
		rc = RC_OK;
	}
	mem_free(path);
	return rc;
}

static int
exim_open(struct plugin_run **out, const struct plugin_setup *setup,
    const struct plugin_start *start)
{
	struct plugin_run *run = mem_new(sizeof(*run), 0, 0);
	int rc = RC_OK;

	*out = NULL;
	run->setup = *setup;
	run->leave = start->leave;
	run->watch = start->watch;
	for (int t = 0; t < ROWS_TABLES && rc == RC_OK; t++)
		rc = exim_open_one(
		    run, t, ((start->broken | start->leave) & 1u << t) == 0);
	if (rc != RC_OK) {
		int err = errno;

		exim_close(run);
		errno = err;
		return rc;
	}
	*out = run;
	return RC_OK;
}

static bool
exim_is_left(const struct plugin_run *run, int table)
{
	return (run->leave & 1u << table) != 0;
}

/* A message in UTF-8 asks for a domain as it came: both spellings have the same
 * value. */
static void
set_both(struct cdb_file *file, const char *pattern, const char *value,
    struct plugin_report *report)
{
	char *other = labels_to_u(pattern);

	report->keys += cdb_file_set(file, pattern, value);
	if (other != NULL)
		report->keys += cdb_file_set(file, other, value);
	mem_free(other);
}

/* The value for this table, the caller's; NULL: it has no such key. */
static char *
value_of(const struct plugin_run *run, enum rows_table table,
    const struct plugin_change *change)
{
	struct buf value = { 0 };

	if (change->route == NULL ||
	    !exim_values_put(&value, table, change->route, &run->setup))
		return NULL;
	return buf_string(&value);
}

/* What has a value gets it. */
static void
put_keys(struct plugin_run *run, enum rows_table table, const struct writing *w)
{
	for (size_t i = 0; i < w->n; i++) {
		char *value = value_of(run, table, &w->list[i]);

		if (value != NULL)
			set_both(run->file[table], w->list[i].pattern, value,
			    w->report);
		mem_free(value);
	}
	cdb_file_set(run->file[table], EXIM_MARK, EXIM_VERSION);
}

/* What has none goes. */
static void
drop_keys(
    struct plugin_run *run, enum rows_table table, const struct writing *w)
{
	if (w->whole)
		w->report->keys += cdb_file_sweep(run->file[table]);
	for (size_t i = 0; !w->whole && i < w->n; i++) {
		char *value = value_of(run, table, &w->list[i]);

		if (value == NULL)
			set_both(run->file[table], w->list[i].pattern, NULL,
			    w->report);
		mem_free(value);
	}
}

/* It lives: each file has its own time. */
static int
write_one(
    struct plugin_run *run, enum rows_table table, struct plugin_report *report)
{
	int rc;

	if (run->watch != NULL && run->watch->at != NULL)
		run->watch->at(run->watch->ctx, PLUGIN_WORKING);
	rc = cdb_file_write(run->file[table]);
	report->made |= rc == RC_OK && !run->there[table];
	run->there[table] |= rc == RC_OK;
	return rc;
}

/* Names leave last; see tables.h. */
static int
write_steps(struct plugin_run *run, const struct writing *w)
{
	static const struct {
		enum rows_table table;
		bool put, drop;
	} steps[] = {
		{ ROWS_TRANSPORT, true, false },
		{ ROWS_DEFAULT, true, false },
		{ ROWS_DOMAINS, true, true },
		{ ROWS_TRANSPORT, false, true },
		{ ROWS_DEFAULT, false, true },
	};
	int rc = RC_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum rows_table t = steps[i].table;

		if (rc != RC_OK || exim_is_left(run, (int)t))
			continue;
		if (steps[i].put)
			put_keys(run, t, w);
		if (steps[i].drop)
			drop_keys(run, t, w);
		rc = write_one(run, t, w->report);
	}
	return rc;
}

/* An empty table would take the place of a full one. */
static bool
exim_is_emptied(const struct plugin_run *run, size_t n)
{
	for (int t = 0; n == 0 && t < ROWS_TABLES; t++)
		if (cdb_file_count(run->file[t]) > 1) /* but the mark */
			return true;
	return false;
}

static int
exim_write(struct plugin_run *run, const struct plugin_change *list, size_t n,
    bool whole, struct plugin_report *report)
{
	struct writing w = { list, n, whole, report };

	*report = (struct plugin_report){ 0 };
	if (whole && exim_is_emptied(run, n))
		return RC_LIMIT;
	for (int t = 0; t < ROWS_TABLES; t++) {
		if (exim_is_left(run, t))
			continue;
		run->there[t] &= cdb_file_is_ours(run->file[t]);
		if (!run->there[t] && !whole)
			return RC_MISSING;
		cdb_file_mark(run->file[t]);
	}
	return write_steps(run, &w);
}

static bool
exim_intact(struct plugin_run *run)
{
	for (int t = 0; t < ROWS_TABLES; t++)
		if (!exim_is_left(run, t) && run->there[t] &&
		    !cdb_file_is_ours(run->file[t]))
			return false;
	return true;
}

struct exim_judge {
	enum rows_table table;
	bool bad, marked;
};

static bool
exim_judge_entry(void *ctx, const char *key, const char *value)
{
	struct exim_judge *judge = ctx;
	char *pattern, *other;

	if (strcmp(key, EXIM_MARK) == 0) {
		judge->marked = strcmp(value, EXIM_VERSION) == 0;
		return judge->marked;
	}
	pattern = labels_to_a(key);
	other = labels_to_u(pattern);
	judge->bad = !rows_fit(judge->table, pattern) ||
	             !exim_values_are(judge->table, value) ||
	             (strcmp(key, pattern) != 0 &&
			 (other == NULL || strcmp(key, other) != 0));
	mem_free(pattern);
	mem_free(other);
	return !judge->bad;
}

int
exim_tables_judge(const struct cdb_file *file, enum rows_table table)
{
	struct exim_judge judge = { .table = table };

	cdb_file_walk(file, exim_judge_entry, &judge);
	return judge.marked && !judge.bad ? RC_OK : RC_FORMAT;
}

static int
exim_check(const struct plugin_setup *setup, size_t table)
{
	char *path = exim_path_of(setup, (enum rows_table)table);
	struct cdb_file *file;
	int rc = cdb_file_open(&file, path);

	mem_free(path);
	if (rc == RC_OK)
		rc = exim_tables_judge(file, (enum rows_table)table);
	cdb_file_free(file);
	return rc;
}

static int
exim_discard(const struct plugin_setup *setup, size_t table)
{
	char *path = exim_path_of(setup, (enum rows_table)table);
	struct buf b = { 0 };
	char *aside;
	int rc;

	buf_printf(&b, "%s.broken", path);
	aside = buf_string(&b);
	rc = rename(path, aside) == 0 || errno == ENOENT ? RC_OK : RC_IO;
	mem_free(aside);
	mem_free(path);
	return rc;
}

const struct plugin_export tables_exim = {
	.name = "exim",
	.tables = rows_names,
	.open = exim_open,
	.write = exim_write,
	.intact = exim_intact,
	.close = exim_close,
	.check = exim_check,
	.discard = exim_discard,
};
