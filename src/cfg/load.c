#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "cfg/build.h"
#include "cfg/complain.h"
#include "cfg/conf.h"
#include "cfg/judge.h"
#include "cfg/outline.h"
#include "cfg/schema.h"
#include "cfg/setting.h"
#include "cfg/stray.h"

#define FILES_MAX 1000

struct load {
	struct outline outline;
	struct complaints *complaints;
	cfg_t *cfg;
	char *files[FILES_MAX]; /* names; the outline borrows them */
	size_t nfiles;
};

/* A file that the outline lets pass libconfuse takes: its own complaints
 * would say nothing new. */
static void
quiet(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg;
	(void)fmt;
	(void)ap;
}

static void
load_refuse(struct load *l, struct outline_item *item, const char *remedy,
    const char *text)
{
	struct complain_at at = { item->file, item->line, remedy, false };

	item->refused = true;
	complain(l->complaints, &at, "%s%s%.100s%s%s", item->name,
	    item->title == NULL ? "" : " \"",
	    item->title == NULL ? "" : item->title,
	    item->title == NULL ? "" : "\"", text);
}

static const char *
section_of(const struct load *l, const struct outline_item *item)
{
	return item->parent == OUTLINE_TOP
	           ? ""
	           : l->outline.items.v[item->parent].name;
}

static void
unknown(struct load *l, struct outline_item *item)
{
	const char *near = schema_nearest(section_of(l, item), item->name);
	char remedy[64] = "see lsrd.conf(5)";
	struct complain_at at = { item->file, item->line, remedy, false };

	if (near != NULL)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near);
	item->refused = true;
	complain(l->complaints, &at, "%s \"%.100s\" is not known%s%s",
	    item->section ? "section" : "option", item->name,
	    item->parent == OUTLINE_TOP ? "" : " in section ",
	    section_of(l, item));
}

/* The form of what is known by its name. */
static void
form_check(struct load *l, struct outline_item *item,
    const struct schema *option, const struct schema_section *section)
{
	char remedy[256];

	if (item->section && section == NULL) {
		snprintf(
		    remedy, sizeof(remedy), "write %s = value", item->name);
		load_refuse(l, item, remedy, " is an option, not a section");
	} else if (!item->section && option == NULL) {
		snprintf(remedy, sizeof(remedy), "write %s \"name\" { ... }",
		    item->name);
		load_refuse(l, item, remedy, " is a section, not an option");
	} else if (item->section && item->title == NULL) {
		snprintf(remedy, sizeof(remedy), "write %s \"name\" { ... }",
		    item->name);
		load_refuse(l, item, remedy, ": a section without its name");
	} else if (!item->section && !schema_is_list(option)) {
		if (item->braces)
			load_refuse(l, item, "write it without { }",
			    " takes one value, not a list");
		else if (item->append)
			load_refuse(l, item,
			    "write = for +=", " takes one value, not a list");
	}
}

static void
twice_check(struct load *l, struct outline_item *item)
{
	const struct outline_item *first =
	    outline_find(&l->outline, item->parent, item->name, item->title);
	char text[400];

	if (first == item || item->append)
		return;
	snprintf(text, sizeof(text), " is here a second time: first %.300s:%u",
	    first->file, first->line);
	load_refuse(l, item,
	    item->section ? "join the two sections" : "remove one of the two",
	    text);
}

static void
item_check(struct load *l, struct outline_item *item)
{
	const char *around = section_of(l, item);
	const struct schema *option = schema_find(around, item->name);
	const struct schema_section *section =
	    schema_find_section(around, item->name);

	if (item->parent != OUTLINE_TOP &&
	    l->outline.items.v[item->parent].refused)
		item->refused = true;
	if (item->end == 0 && !item->section)
		item->refused = true; /* where the grammar breaks */
	if (item->refused)
		return;
	if (option == NULL && section == NULL)
		unknown(l, item);
	else
		form_check(l, item, option, section);
	if (!item->refused)
		twice_check(l, item);
}

/* What was refused becomes blanks; lines stay where they are. */
static void
load_blank(const struct load *l, size_t from, char *text)
{
	for (size_t i = from; i < l->outline.items.n; i++) {
		const struct outline_item *item = &l->outline.items.v[i];

		for (size_t k = item->at; item->refused && k < item->end; k++)
			if (text[k] != '\n')
				text[k] = ' ';
	}
}

static void
load_unreadable(struct load *l, const char *path, int rc)
{
	int saved = errno;
	const char *text = "longer than 4 MB", *remedy = NULL;
	struct complain_at at = { .file = path };

	if (rc == RC_IO)
		text = strerror(saved);
	if (rc == RC_IO && saved == ENOENT)
		remedy = "lsrd.conf.sample is a good beginning";
	if (rc == RC_IO && saved == EACCES)
		remedy = "let lsrd's user read it (chmod o+r, and o+x its "
			 "folders), or run this as root";
	at.remedy = remedy;
	complain(l->complaints, &at, "cannot be read: %s", text);
}

/* The first NUL of each line: a crash leaves whole blocks of them. */
static void
nuls_name(struct load *l, const char *path, const char *text, size_t n)
{
	struct complain_at at = { path, 1, "save the file as UTF-8", false };
	size_t begin = 0, last = 0, named = 0;

	if (stray_is_wide(text, n)) {
		complain(l->complaints, &at, "a text in UTF-16 or UTF-32");
		return;
	}
	at.remedy = "remove it; a block of them is what a crash left: restore "
		    "the file";
	for (size_t i = 0; i < n && named < OUTLINE_BAD_LINES; i++) {
		if (text[i] == '\n') {
			at.line++;
			begin = i + 1;
		} else if (text[i] == '\0' && last != at.line) {
			complain(l->complaints, &at, "a NUL as octet %zu",
			    i - begin + 1);
			last = at.line;
			named++;
		}
	}
}

/* An option that a section has the name of, too, has another for libconfuse
 * (schema_key), of as many octets. */
static void
load_rename(const struct load *l, size_t from, char *text)
{
	for (size_t i = from; i < l->outline.items.n; i++) {
		const struct outline_item *item = &l->outline.items.v[i];
		const struct schema *option =
		    schema_find(section_of(l, item), item->name);

		if (option != NULL && !item->section && !item->refused)
			memcpy(text + item->at, schema_key(option),
			    strlen(option->name));
	}
}

/* RC_OK when it was understood as far as libconfuse is concerned. */
static int
file_load(struct load *l, const char *path)
{
	size_t from = l->outline.items.n, n;
	char *text, *name = mem_str(path);
	bool ok;
	int rc;

	l->files[l->nfiles++] = name;
	rc = outline_file(path, &text, &n);
	if (rc == RC_FORMAT) {
		nuls_name(l, path, text, n);
		mem_free(text);
		return rc;
	}
	if (rc != RC_OK) {
		load_unreadable(l, path, rc);
		return rc == RC_IO ? RC_IO : RC_FORMAT;
	}
	ok = outline_read(&l->outline, name, text, l->complaints);
	outline_sort(&l->outline);
	for (size_t i = from; i < l->outline.items.n; i++)
		item_check(l, &l->outline.items.v[i]);
	load_blank(l, from, text);
	load_rename(l, from, text);
	if (ok && cfg_parse_buf(l->cfg, text) != CFG_SUCCESS) {
		struct complain_at at = { path, (unsigned)l->cfg->line,
			"write it as in lsrd.conf.sample", false };

		complain(l->complaints, &at, "not understood");
		ok = false;
	}
	mem_free(text);
	return ok ? RC_OK : RC_FORMAT;
}

static int
is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 &&
	       strcmp(entry->d_name + n - 5, ".conf") == 0;
}

static int
octet_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
entry_load(struct load *l, const char *dir, const char *name)
{
	char *path;
	size_t n = strlen(dir) + strlen(name) + 2;
	int rc;

	if (l->nfiles == FILES_MAX) {
		struct complain_at at = { .file = dir,
			.remedy = "join some of them" };

		complain(l->complaints, &at, "more than %d files", FILES_MAX);
		return RC_LIMIT;
	}
	path = mem_new(n, 0, 0);
	snprintf(path, n, "%s/%s", dir, name);
	rc = file_load(l, path);
	mem_free(path);
	return rc == RC_OK ? RC_OK : RC_FORMAT;
}

/* The files of a folder, in the order of their names' octets, each for what is
 * wrong with it. RC_IO: errno tells, it cannot be read. */
static int
folder_load(struct load *l, const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_conf, octet_order), rc = RC_OK;

	if (n < 0)
		return RC_IO;
	for (int i = 0; i < n; i++) {
		int one = RC_LIMIT;

		if (rc != RC_LIMIT)
			one = entry_load(l, dir, entries[i]->d_name);
		if (one != RC_OK)
			rc = one;
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* conf.d beside the first file, where there is one: what is made for parts of
 * the configuration is read. */
static int
beside_load(struct load *l)
{
	const char *slash = strrchr(l->files[0], '/');
	struct complain_at at = {
		.remedy = "let lsrd's user read it: chmod o+rx it"
	};
	struct buf path = { 0 };
	char *dir;
	int rc = RC_OK;

	if (slash != NULL)
		buf_bytes(
		    &path, l->files[0], (size_t)(slash - l->files[0]) + 1);
	buf_printf(&path, "conf.d");
	dir = buf_string(&path);
	rc = folder_load(l, dir);
	at.file = dir;
	if (rc == RC_IO && errno != ENOENT && errno != ENOTDIR)
		complain(
		    l->complaints, &at, "cannot be read: %s", strerror(errno));
	mem_free(dir);
	return rc == RC_IO ? RC_OK : rc;
}

/* As far as the first file was read: conf.d counts, though it broke off. */
static bool
names_no_folder(const struct load *l)
{
	return outline_find(&l->outline, OUTLINE_TOP, "include-dir", NULL) ==
	       NULL;
}

/* The files of include-dir. */
static int
included_load(struct load *l)
{
	const struct schema *option = schema_find("", "include-dir");
	const struct outline_item *item =
	    outline_find(&l->outline, OUTLINE_TOP, "include-dir", NULL);
	struct schema at_zero = *option;
	const char *dir = cfg_getstr(l->cfg, "include-dir");
	char *copy = NULL;
	struct complain_at at = {
		.remedy = "make the folder, or remove the option",
	};
	int rc;

	if (dir == NULL)
		return beside_load(l);
	at.file = item->file;
	at.line = item->line;
	at_zero.at = 0;
	if (setting_set(&at_zero, &copy, dir) != RC_OK) {
		at.remedy = "write an absolute path";
		complain(l->complaints, &at,
		    "include-dir = \"%.200s\": not an absolute path", dir);
		return RC_FORMAT;
	}
	rc = folder_load(l, copy);
	if (rc == RC_IO)
		complain(l->complaints, &at, "include-dir = \"%.200s\": %s",
		    dir, strerror(errno));
	mem_free(copy);
	return rc == RC_IO ? RC_OK : rc;
}

static void
load_done(struct load *l)
{
	cfg_free(l->cfg);
	outline_done(&l->outline);
	for (size_t i = 0; i < l->nfiles; i++)
		mem_free(l->files[i]);
	mem_free(l);
}

static int
load_judge(struct load *l, const char *path, const struct conf_keys *keys,
    struct conf *conf)
{
	struct build build = { .outline = &l->outline,
		.complaints = l->complaints,
		.conf = conf,
		.file = path };
	size_t open = 0;

	build_conf(&build, l->cfg);
	if (keys != NULL)
		build_list(&build);
	judge_conf(&build);
	if (keys != NULL)
		open = judge_keys(&build, keys);
	if (l->complaints->errors == 0)
		return RC_OK;
	return open == l->complaints->errors ? RC_PERMISSION : RC_FORMAT;
}

int
conf_load(const char *path, const struct conf_keys *keys, struct conf **out,
    struct complaints *complaints)
{
	struct load *l = mem_new(sizeof(*l), 0, 0);
	struct conf *conf = mem_new(sizeof(*conf), 0, 0);
	cfg_opt_t *options = build_options();
	int rc;

	*out = NULL;
	l->complaints = complaints;
	l->cfg = cfg_init(options, CFGF_NONE);
	cfg_set_error_function(l->cfg, quiet);
	rc = file_load(l, path);
	if (rc == RC_OK)
		rc = included_load(l);
	else if (rc == RC_FORMAT && names_no_folder(l))
		(void)beside_load(l);
	if (rc == RC_OK)
		rc = load_judge(l, path, keys, conf);
	complain_sort(complaints);
	load_done(l);
	build_options_free(options);
	if (rc != RC_OK) {
		conf_free(conf);
		return rc;
	}
	*out = conf;
	return RC_OK;
}
