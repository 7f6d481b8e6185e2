#include "ctl/import/postfix_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "ctl/paths.h"
#include "ctl/run.h"
#include "sys/file.h"

#define TEXT_MAX (64u << 20)
#define ASKED_MS 60000

/* What a program writes, as a text; NULL where it fails. */
static char *
source_run(char *const *argv)
{
	struct buf out = { 0 };
	struct run run = {
		.argv = argv, .out = &out, .most = TEXT_MAX, .ms = ASKED_MS
	};
	int status = run_program(&run);
	bool fatal = run_has_said(&run, "fatal: ");

	buf_done(&run.said);
	if (status == 0 && !fatal)
		return buf_string(&out);
	buf_done(&out);
	return NULL;
}

/* At its host: one line for a shell there, in which nothing is quoted but
 * `word`. */
static char *
source_ssh(
    const struct postfix_source *s, const char *command, const char *word)
{
	const char *ssh = call_option(s->call, "ssh");
	char *argv[8];
	struct buf line = { 0 };
	char *text;
	size_t n = 0;

	if (word != NULL && strpbrk(word, "'\n") != NULL)
		return NULL;
	buf_text(&line, command);
	if (word != NULL)
		buf_printf(&line, " '%s'", word);
	argv[n++] = mem_str(ssh == NULL ? "ssh" : ssh);
	argv[n++] = mem_str("-oBatchMode=yes");
	argv[n++] = mem_str("-oConnectTimeout=10");
	argv[n++] = mem_str("--");
	argv[n++] = mem_str(s->host);
	argv[n++] = buf_string(&line);
	argv[n] = NULL;
	text = source_run(argv);
	while (n > 0)
		mem_free(argv[--n]);
	return text;
}

/* Whole, or NULL; what is no text ends at its first NUL. */
static char *
source_load(const char *path)
{
	struct buf text = { 0 };

	if (file_load(path, TEXT_MAX, &text) == RC_OK)
		return buf_string(&text);
	buf_done(&text);
	return NULL;
}

/* In a copy of a folder, what the original has beside its main.cf is beside
 * this one. The caller's. */
static char *
source_path(const struct postfix_source *s, const char *path)
{
	char *own = maincf_full(&s->cf, "config_directory"), *out;
	size_t n = strlen(own);

	if (s->folder == NULL)
		out = mem_str(path);
	else if (*path != '/')
		out = paths_join(s->folder, path);
	else if (strncmp(path, own, n) == 0 && path[n] == '/')
		out = paths_join(s->folder, path + n + 1);
	else
		out = mem_str(path);
	mem_free(own);
	return out;
}

char *
postfix_source_file(const struct postfix_source *s, const char *path)
{
	char *there = source_path(s, path), *text;

	text = s->host != NULL ? source_ssh(s, "cat --", there)
	                       : source_load(there);
	if (text == NULL)
		import_note(s->im, s->file,
		    "bring it beside main.cf, or let it be read",
		    "%s cannot be read", there);
	mem_free(there);
	return text;
}

/* What postmap made of a source file, as its library calls it. */
static const struct {
	const char *type, *suffix;
} indexed[] = {
	{ "hash", ".db" },
	{ "btree", ".db" },
	{ "lmdb", ".lmdb" },
	{ "cdb", ".cdb" },
	{ "dbm", ".pag" },
	{ "sdbm", ".pag" },
};

static const char *
suffix_of(const char *type)
{
	for (size_t i = 0; i < sizeof(indexed) / sizeof(indexed[0]); i++)
		if (strcmp(indexed[i].type, type) == 0)
			return indexed[i].suffix;
	return NULL;
}

/* `postmap -s`, where the table is. */
static char *
table_dump(const struct postfix_source *s, const char *type, const char *path)
{
	char *argv[] = { run_located("postmap"), (char[]){ "-s" }, NULL, NULL };
	struct buf table = { 0 };
	char *text = NULL, *file;

	buf_printf(&table, "%s:%s", type, path);
	argv[2] = buf_string(&table);
	buf_printf(&table, "%s%s", path, suffix_of(type));
	file = buf_string(&table);
	if (s->host != NULL)
		text = source_ssh(s, "postmap -s", argv[2]);
	else if (paths_is_file(file))
		text = source_run(argv);
	mem_free(file);
	mem_free(argv[0]);
	mem_free(argv[2]);
	return text;
}

/* The index is what Postfix reads; without it, what it is made of. */
static void
table_indexed(const struct postfix_source *s, const char *type,
    const char *path, struct postfix_table *to)
{
	char *text = table_dump(s, type, path);
	bool source = text == NULL;

	if (source)
		text = s->host != NULL ? source_ssh(s, "cat --", path)
		                       : source_load(path);
	if (text == NULL)
		import_note(s->im, s->file,
		    "bring the file beside main.cf, or let it be read",
		    "%s:%s cannot be read", type, path);
	else
		import_table_text(text, to->each, to->ctx);
	mem_free(text);
}

static void
table_file(const struct postfix_source *s, const char *type, const char *path,
    struct postfix_table *to)
{
	char *text =
	    s->host != NULL ? source_ssh(s, "cat --", path) : source_load(path);

	if (text == NULL)
		import_note(s->im, s->file,
		    "bring the file beside main.cf, or let it be read",
		    "%s:%s cannot be read", type, path);
	else if (strcmp(type, "texthash") == 0)
		import_table_text(text, to->each, to->ctx);
	else
		import_table_regexp(text, to->each, to->ctx);
	mem_free(text);
}

static void
table_static(const char *value, struct postfix_table *to)
{
	const struct table_entry entry = { .key = "*", .value = value };

	to->each(to->ctx, &entry);
}

/* False: it is none of a type that is a file here. */
static bool
table_typed(const struct postfix_source *s, const char *type, const char *name,
    struct postfix_table *to)
{
	bool dump = suffix_of(type) != NULL;
	bool plain = strcmp(type, "texthash") == 0 ||
	             strcmp(type, "regexp") == 0 || strcmp(type, "pcre") == 0;
	char *path;

	if (strcmp(type, "inline") == 0)
		import_table_inline(name, to->each, to->ctx);
	else if (strcmp(type, "static") == 0)
		table_static(name, to);
	else if (!dump && !plain)
		return false;
	if (!dump && !plain)
		return true;
	path = source_path(s, name);
	to->where = path;
	if (dump)
		table_indexed(s, type, path, to);
	else
		table_file(s, type, path, to);
	to->where = s->file;
	mem_free(path);
	return true;
}

void
postfix_source_table(
    const struct postfix_source *s, const char *table, struct postfix_table *to)
{
	const char *name;
	char *type;

	if (strncmp(table, "proxy:", 6) == 0)
		table += 6;
	name = strchr(table, ':');
	type =
	    name == NULL ? mem_str("") : mem_dup(table, (size_t)(name - table));
	to->where = s->file;
	if (name == NULL || !table_typed(s, type, name + 1, to))
		import_note(s->im, s->file,
		    "print its content to a file, and name that: texthash:FILE",
		    "%.200s: a table of this kind is not read", table);
	mem_free(type);
}

/* What `postconf` prints there, or the file. */
static char *
source_text(struct postfix_source *s)
{
	return s->host != NULL ? source_ssh(s, "postconf", NULL)
	                       : source_load(s->file);
}

/* The folder and the file of a path, which is one of both. */
static bool
source_local(struct postfix_source *s, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		s->folder = mem_str(path);
		s->file = paths_join(path, "main.cf");
	} else {
		const char *slash = strrchr(path, '/');

		s->folder = slash == NULL
		                ? mem_str(".")
		                : mem_dup(path, (size_t)(slash - path));
		s->file = mem_str(path);
	}
	return true;
}

int
postfix_source_open(const struct call *call, struct import *im,
    const char *operand, struct postfix_source *out)
{
	const char *is = strchr(operand, '=');
	char *text;

	*out = (struct postfix_source){ .call = call, .im = im };
	if (is != NULL && is > operand) {
		out->name = mem_dup(operand, (size_t)(is - operand));
		str_lower(out->name);
		if (str_is_host(out->name)) {
			operand = is + 1;
		} else {
			mem_free(out->name);
			out->name = NULL;
		}
	}
	if (!source_local(out, operand)) {
		if (strchr(operand, '/') != NULL || *operand == '-' ||
		    *operand == '\0')
			return call_usage("%s: %s", operand, strerror(errno));
		out->host = mem_str(operand);
		out->file = mem_str(operand);
	}
	text = source_text(out);
	if (text == NULL)
		return call_usage("%s: %s", out->file,
		    out->host == NULL ? strerror(errno)
				      : "no file, and no host where postconf "
					"answers by ssh");
	maincf_read(&out->cf, text);
	mem_free(text);
	return CALL_OK;
}

void
postfix_source_close(struct postfix_source *source)
{
	maincf_done(&source->cf);
	mem_free(source->name);
	mem_free(source->file);
	mem_free(source->folder);
	mem_free(source->host);
}
