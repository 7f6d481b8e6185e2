#include "ctl/undo.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "ctl/postconf.h"
#include "sys/file.h"

#define BEFORE "postfix.before"

struct undo {
	char *path;
	const char *tables; /* the folder that our words name */
	json_t *notes;      /* NAME: [before or null, after] */
	bool changed;
};

struct undo *
undo_open(const char *config, const char *tables)
{
	const char *slash = strrchr(config, '/');
	struct undo *undo = mem_new(sizeof(*undo), 0, 0);
	struct buf path = { 0 };

	if (slash != NULL)
		buf_bytes(&path, config, (size_t)(slash + 1 - config));
	buf_text(&path, BEFORE);
	undo->path = buf_string(&path);
	undo->tables = tables;
	undo->notes = json_load_file(undo->path, 0, NULL);
	if (!json_is_object(undo->notes)) {
		json_decref(undo->notes);
		undo->notes = json_object();
	}
	return undo;
}

/* A value of ours in main.cf has one of these marks; none of a site's own
 * has. */
bool
undo_is_ours(const struct undo *undo, const char *value)
{
	const char *const marks[] = { undo->tables, "unix:lsrd/", "LSR-",
		"{/^lsrd-check$" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(value, marks[i]) != NULL)
			return true;
	return false;
}

static const char *
undo_part(const json_t *note, size_t i)
{
	return json_string_value(json_array_get(note, i));
}

void
undo_note(
    struct undo *undo, const char *name, const char *before, const char *after)
{
	const json_t *known = json_object_get(undo->notes, name);
	const char *was = undo_part(known, 1);
	json_t *note = json_array();

	/* Ours, or an administrator's on top of ours: before stays before. */
	if (known != NULL && before != NULL &&
	    (undo_is_ours(undo, before) ||
		(was != NULL && strcmp(was, before) == 0)))
		before = undo_part(known, 0);
	json_array_append_new(
	    note, before == NULL ? json_null() : json_string(before));
	json_array_append_new(note, json_string(after));
	if (known != NULL && json_equal(known, note)) {
		json_decref(note);
		return;
	}
	json_object_set_new(undo->notes, name, note);
	undo->changed = true;
}

bool
undo_save(const struct undo *undo)
{
	bool ok;
	char *text;

	if (!undo->changed || geteuid() != 0)
		return true;
	text = json_dumps(undo->notes, JSON_INDENT(1) | JSON_SORT_KEYS);
	ok = text != NULL &&
	     file_replace(undo->path, text, strlen(text)) == RC_OK;
	free(text);
	return ok;
}

void
undo_close(struct undo *undo)
{
	if (undo == NULL)
		return;
	json_decref(undo->notes);
	mem_free(undo->path);
	mem_free(undo);
}

/* --- the way back ------------------------------------------------------------ */

static void
command(struct buf *out, const struct postfix *p, const char *option,
    const char *text)
{
	postconf_command(out, p, option, text);
	buf_u8(out, '\n');
}

static void
undo_set(struct buf *out, const struct postfix *p, const char *name,
    const char *value)
{
	struct buf b = { 0 };
	char *line;

	if (value == NULL) {
		command(out, p, strchr(name, '/') == NULL ? "-X" : "-PX", name);
		return;
	}
	buf_printf(
	    &b, strchr(name, '/') == NULL ? "%s = %s" : "%s=%s", name, value);
	line = buf_string(&b);
	command(out, p, strchr(name, '/') == NULL ? "-e" : "-Pe", line);
	mem_free(line);
}

/* A word of the site's own that joins maps, without those of ours: the others
 * are the site's, and stay. The caller's; NULL: it is none, or all is ours. */
static char *
undo_joined(const struct undo *undo, const char *word)
{
	static const char begin[] = "unionmap:{";
	struct words words = { { 0 } };
	struct buf b = { 0 };
	size_t n = strlen(word), first = strlen(begin);
	char *inner;

	if (!undo_is_ours(undo, word) || strncmp(word, begin, first) != 0 ||
	    word[n - 1] != '}')
		return NULL;
	inner = mem_dup(word + first, n - first - 1);
	words_split(&words, inner);
	for (size_t i = 0; i < words.list.n; i++)
		if (!undo_is_ours(undo, words.list.v[i]))
			buf_printf(&b, "%s%s", b.n > 0 ? ", " : begin,
			    words.list.v[i]);
	if (b.n > 0)
		buf_text(&b, "}");
	mem_free(inner);
	words_done(&words);
	return b.n == 0 ? NULL : buf_string(&b);
}

/* The value without our words; the caller's. */
static char *
undo_without(const struct undo *undo, const char *value)
{
	struct words words = { { 0 } };
	struct buf b = { 0 };

	words_split(&words, value);
	for (size_t i = 0; i < words.list.n; i++) {
		bool last = i + 1 == words.list.n;
		char *joined = undo_joined(undo, words.list.v[i]);

		if (!last && strncmp(words.list.v[i], "check_", 6) == 0 &&
		    undo_is_ours(undo, words.list.v[i + 1])) {
			mem_free(joined);
			continue;
		}
		if (joined != NULL || !undo_is_ours(undo, words.list.v[i]))
			buf_printf(&b, "%s%s", b.n > 0 ? ", " : "",
			    joined != NULL ? joined : words.list.v[i]);
		mem_free(joined);
	}
	words_done(&words);
	return buf_string(&b);
}

/* Takes our words out of a value that nobody noted, or that was changed
 * since. */
static void
undo_strip(struct buf *out, const struct postfix *p, const char *name,
    const char *value)
{
	char *rest = undo_without(p->undo, value);

	undo_set(out, p, name, *rest == '\0' ? NULL : rest);
	mem_free(rest);
}

static void
parameter(
    struct buf *out, const struct postfix *p, const char *name, json_t *note)
{
	const char *is = postconf_set(p, name);
	const char *before = undo_part(note, 0), *after = undo_part(note, 1);

	if (is == NULL || (before != NULL && strcmp(is, before) == 0))
		return;
	if (after != NULL && strcmp(is, after) == 0)
		undo_set(out, p, name, before);
	else if (undo_is_ours(p->undo, is))
		undo_strip(out, p, name, is);
	else
		buf_printf(
		    out, "# %s was changed since, and stays: %s\n", name, is);
}

static void
of_master(
    struct buf *out, const struct postfix *p, const char *name, json_t *note)
{
	const char *is;

	if (strchr(name, '/') == strrchr(name, '/')) {
		if (postconf_service(p, name) != NULL)
			command(out, p, "-MX", name);
		return;
	}
	is = postconf_option(p, name);
	if (is != NULL && undo_part(note, 1) != NULL &&
	    strcmp(is, undo_part(note, 1)) == 0)
		undo_set(out, p, name, undo_part(note, 0));
}

/* An option goes with its service, where that is ours. */
static bool
goes_along(const struct undo *undo, const char *name)
{
	const char *last = strrchr(name, '/');
	char service[128];

	if (strchr(name, '/') == last)
		return false;
	snprintf(service, sizeof(service), "%.*s", (int)(last - name), name);
	return json_object_get(undo->notes, service) != NULL;
}

/* Each parameter of main.cf with words of ours that no note tells of. */
static void
not_noted(struct buf *out, const struct postfix *p)
{
	const char *end = p->set.text + p->set.n;

	for (const char *at = p->set.text; at < end; at += strlen(at) + 1) {
		size_t len = strcspn(at, " ");
		char name[128];
		const char *value;

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		value = postconf_set(p, name);
		if (value != NULL && undo_is_ours(p->undo, value) &&
		    json_object_get(p->undo->notes, name) == NULL)
			undo_strip(out, p, name, value);
	}
}

static void
services_not_noted(struct buf *out, const struct postfix *p)
{
	const char *const names[] = { p->conf->transport,
		p->conf->hold_transport };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char service[128];

		snprintf(service, sizeof(service), "%s/unix", names[i]);
		if (postconf_service(p, service) != NULL &&
		    json_object_get(p->undo->notes, service) == NULL)
			command(out, p, "-MX", service);
	}
}

void
undo_print(struct buf *out, const struct postfix *p)
{
	const char *name;
	json_t *note;

	buf_text(out, "# What lsrctl check had put into Postfix, taken out\n");
	json_object_foreach(p->undo->notes, name, note)
	{
		if (strchr(name, '/') == NULL)
			parameter(out, p, name, note);
		else if (!goes_along(p->undo, name))
			of_master(out, p, name, note);
	}
	not_noted(out, p);
	services_not_noted(out, p);
	buf_text(out, "postfix");
	if (p->directory != NULL)
		buf_printf(out, " -c %s", p->directory);
	buf_text(
	    out, " reload\n# then: systemctl disable --now " UNDO_UNITS "\n");
}
