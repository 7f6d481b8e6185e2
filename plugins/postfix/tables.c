#include "plugins/postfix/tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "idn/labels.h"
#include "plugins/postfix/map.h"
#include "plugins/postfix/values.h"

#define HERE ":"

struct plugin_run {
	struct plugin_setup setup;
	char *path[ROWS_TABLES];
	struct map *map[ROWS_TABLES]; /* NULL: to be made anew */
	unsigned leave;               /* tables not to be touched */
	const struct plugin_watch *watch;
};

/* The keys and values of one table. Values lie one behind the other in
 * `text`. */
struct work {
	VEC(struct map_item) items;
	VEC(size_t) at;     /* of each value in `text`; SIZE_MAX: no such key */
	VEC(char *) others; /* keys in their other spelling */
	struct buf text;
};

static char *
tables_path_of(const struct plugin_setup *setup, enum rows_table table)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/%s.lmdb", setup->directory, rows_names[table]);
	return buf_string(&b);
}

static void
tables_close(struct plugin_run *run)
{
	if (run == NULL)
		return;
	for (int t = 0; t < ROWS_TABLES; t++) {
		map_close(run->map[t]);
		mem_free(run->path[t]);
	}
	mem_free(run);
}

static bool
is_left(const struct plugin_run *run, int table)
{
	return (run->leave & 1u << table) != 0;
}

static int
open_one(struct plugin_run *run, int table)
{
	int rc = map_open(&run->map[table], run->path[table], run->watch);

	/* A file of somebody else gives way to one of ours. */
	if (rc == RC_IO && (errno == EACCES || errno == EPERM))
		return RC_OK;
	return rc == RC_IO ? rc : RC_OK;
}

static int
tables_open(struct plugin_run **out, const struct plugin_setup *setup,
    const struct plugin_start *start)
{
	struct plugin_run *run = mem_new(sizeof(*run), 0, 0);
	int rc = RC_OK;

	*out = NULL;
	run->setup = *setup;
	run->leave = start->leave;
	run->watch = start->watch;
	for (int t = 0; t < ROWS_TABLES; t++) {
		run->path[t] = tables_path_of(setup, (enum rows_table)t);
		if (((start->broken | start->leave) & 1u << t) == 0 &&
		    rc == RC_OK)
			rc = open_one(run, t);
	}
	if (rc != RC_OK) {
		int err = errno;

		tables_close(run);
		errno = err;
		return rc;
	}
	*out = run;
	return RC_OK;
}

static void
work_add(struct work *work, const char *key, size_t at)
{
	struct map_item item = { .key = key };

	vec_push(&work->items, item);
	vec_push(&work->at, at);
}

/* With SMTPUTF8 Postfix asks for a domain as it came: both spellings have the
 * same value. */
static void
add_other(struct work *work, const char *pattern, size_t at)
{
	char *other = labels_to_u(pattern);

	if (other == NULL)
		return;
	vec_push(&work->others, other);
	work_add(work, other, at);
}

static void
work_change(struct work *work, enum rows_table table,
    const struct plugin_change *change, const struct plugin_setup *setup)
{
	size_t at = work->text.n;

	if (!rows_fit(table, change->pattern))
		return;
	if (change->route == NULL ||
	    !values_put(&work->text, table, change->route, setup))
		at = SIZE_MAX;
	else
		buf_u8(&work->text, 0);
	work_add(work, change->pattern, at);
	add_other(work, change->pattern, at);
}

struct extras {
	struct work *work;
	const struct plugin_change *list;
	size_t n;
	struct buf keys;
	VEC(size_t) at;
};

static int
tables_by_pattern(const void *key, const void *change)
{
	return strcmp(key, ((const struct plugin_change *)change)->pattern);
}

static bool
note_extra(void *ctx, const char *key, const char *value)
{
	struct extras *x = ctx;
	char *pattern = labels_to_a(key);
	bool listed =
	    x->n > 0 && bsearch(pattern, x->list, x->n, sizeof(x->list[0]),
			    tables_by_pattern) != NULL;

	(void)value;
	mem_free(pattern);
	if (listed)
		return true;
	vec_push(&x->at, x->keys.n);
	buf_bytes(&x->keys, key, strlen(key) + 1);
	return true;
}

/* Adds the keys that stand in the map and in no change of the whole. */
static int
add_extras(struct extras *x, struct map *map)
{
	int rc = map == NULL ? RC_OK : map_walk(map, note_extra, x);

	for (size_t i = 0; i < x->at.n; i++)
		work_add(
		    x->work, (const char *)x->keys.p + x->at.v[i], SIZE_MAX);
	return rc;
}

static void
work_settle(struct work *work)
{
	for (size_t i = 0; i < work->items.n; i++)
		if (work->at.v[i] != SIZE_MAX)
			work->items.v[i].value =
			    (const char *)work->text.p + work->at.v[i];
}

static void
work_done(struct work *work)
{
	for (size_t i = 0; i < work->others.n; i++)
		mem_free(work->others.v[i]);
	vec_done(&work->others);
	vec_done(&work->items);
	vec_done(&work->at);
	buf_done(&work->text);
}

enum part { PART_PUTS, PART_GONE, PART_ALL };

/* Less specific than another, as far as keys can meet the same address. */
static int
breadth(const char *key)
{
	return strchr(key, '@') != NULL ? 2 : *key != '.';
}

/*
 * What is delivered here must never meet a less specific key that leads away,
 * however many steps the writing takes: its key comes before others do, and
 * goes after those that are less specific.
 */
static int
by_care(const void *a, const void *b)
{
	const struct map_item *x = a, *y = b;
	size_t n = strlen(x->key), m = strlen(y->key);
	int c;

	if (x->value != NULL && y->value != NULL)
		c = (strcmp(x->value, HERE) != 0) -
		    (strcmp(y->value, HERE) != 0);
	else
		c = breadth(x->key) - breadth(y->key);
	if (c == 0 && n != m && *x->key == '.' && *y->key == '.')
		c = n < m ? -1 : 1;
	return c != 0 ? c : strcmp(x->key, y->key);
}

static int
write_part(struct plugin_run *run, enum rows_table table,
    const struct work *work, enum part part, struct plugin_report *report)
{
	VEC(struct map_item) items = { 0 };
	int rc = RC_OK;

	for (size_t i = 0; i < work->items.n; i++) {
		bool put = work->items.v[i].value != NULL;

		if (part == PART_ALL || put == (part == PART_PUTS))
			vec_push(&items, work->items.v[i]);
	}
	if (part != PART_ALL && items.n > 1)
		qsort(items.v, items.n, sizeof(*items.v), by_care);
	if (run->map[table] != NULL) {
		rc = map_write(run->map[table], items.v, items.n, report);
	} else if (part != PART_GONE) {
		size_t n = 0;

		for (size_t i = 0; i < items.n; i++)
			if (items.v[i].value != NULL)
				items.v[n++] = items.v[i];
		rc = map_make(run->path[table], items.v, n);
		report->keys += n;
		report->made |= rc == RC_OK;
		if (rc == RC_OK)
			rc = map_open(
			    &run->map[table], run->path[table], run->watch);
	}
	vec_done(&items);
	return rc;
}

/* Names leave last; see tables.h. */
static int
write_works(struct plugin_run *run, const struct work work[ROWS_TABLES],
    struct plugin_report *report)
{
	static const struct {
		enum rows_table table;
		enum part part;
	} steps[] = {
		{ ROWS_TRANSPORT, PART_PUTS },
		{ ROWS_DEFAULT, PART_PUTS },
		{ ROWS_DOMAINS, PART_ALL },
		{ ROWS_TRANSPORT, PART_GONE },
		{ ROWS_DEFAULT, PART_GONE },
	};
	int rc = RC_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum rows_table t = steps[i].table;

		if (is_left(run, (int)t))
			continue;
		rc = write_part(run, t, &work[t], steps[i].part, report);
		if (rc != RC_OK)
			break;
	}
	return rc;
}

static bool
is_emptied(struct plugin_run *run, size_t n)
{
	if (n > 0)
		return false;
	for (int t = 0; t < ROWS_TABLES; t++)
		if (run->map[t] != NULL && map_count(run->map[t]) > 0)
			return true;
	return false;
}

static int
tables_write(struct plugin_run *run, const struct plugin_change *list, size_t n,
    bool whole, struct plugin_report *report)
{
	struct work work[ROWS_TABLES] = { 0 };
	struct extras extras[ROWS_TABLES] = { 0 };
	int rc = RC_OK;

	*report = (struct plugin_report){ 0 };
	if (whole && is_emptied(run, n))
		return RC_LIMIT;
	for (int t = 0; t < ROWS_TABLES && rc == RC_OK; t++) {
		if (!whole && !is_left(run, t) &&
		    (run->map[t] == NULL || !map_intact(run->map[t])))
			rc = RC_MISSING;
		if (whole && run->map[t] != NULL)
			map_accept(run->map[t]);
		for (size_t i = 0; i < n; i++)
			work_change(&work[t], (enum rows_table)t, &list[i],
			    &run->setup);
		extras[t].work = &work[t];
		extras[t].list = list;
		extras[t].n = n;
		if (whole && rc == RC_OK)
			rc = add_extras(&extras[t], run->map[t]);
		work_settle(&work[t]);
	}
	if (rc == RC_OK)
		rc = write_works(run, work, report);
	for (int t = 0; t < ROWS_TABLES; t++) {
		int err = errno;

		work_done(&work[t]);
		vec_done(&extras[t].at);
		buf_done(&extras[t].keys);
		errno = err;
	}
	return rc;
}

static bool
tables_intact(struct plugin_run *run)
{
	for (int t = 0; t < ROWS_TABLES; t++)
		if (run->map[t] != NULL && !map_intact(run->map[t]))
			return false;
	return true;
}

struct judge {
	enum rows_table table;
	bool bad;
	size_t n;
};

static bool
judge_entry(void *ctx, const char *key, const char *value)
{
	struct judge *judge = ctx;
	char *pattern = labels_to_a(key);

	judge->n++;
	judge->bad = !rows_fit(judge->table, pattern) || *value == '\0';
	mem_free(pattern);
	for (; *value != '\0'; value++)
		judge->bad |= *value < ' ' || *value > '~';
	return !judge->bad;
}

static int
tables_check(const struct plugin_setup *setup, size_t table)
{
	struct judge judge = { .table = (enum rows_table)table };
	char *path = tables_path_of(setup, judge.table);
	struct map *map;
	int rc = map_open(&map, path, NULL);

	mem_free(path);
	if (rc != RC_OK)
		return rc;
	rc = map_walk(map, judge_entry, &judge);
	if (rc == RC_OK && (judge.bad || judge.n != map_count(map)))
		rc = RC_FORMAT;
	map_close(map);
	return rc;
}

static int
tables_discard(const struct plugin_setup *setup, size_t table)
{
	char *path = tables_path_of(setup, (enum rows_table)table);
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

const struct plugin_export tables_postfix = {
	.name = "postfix",
	.tables = rows_names,
	.open = tables_open,
	.write = tables_write,
	.intact = tables_intact,
	.close = tables_close,
	.check = tables_check,
	.discard = tables_discard,
};
