#include "cfg/outline.h"

#include <stdio.h>
#include <string.h>

#include "base/find.h"
#include "base/rc.h"
#include "base/str.h"
#include "cfg/complain.h"
#include "cfg/stray.h"
#include "idn/labels.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum token { T_END, T_VALUE, T_WORD, T_MARK, T_BAD };

struct reader {
	char *text;
	size_t at;      /* the next octet */
	size_t from;    /* of the last token */
	enum token is;  /* the last token */
	char mark;      /* of T_MARK: one of = + { } , ; + is += */
	unsigned line;  /* of the last token */
	unsigned below; /* of the next octet */
	const char *file;
	char stray[STRAY_TEXT]; /* `wrong` of a character, with its place */
	const char *wrong;      /* of T_BAD */
	const char *remedy;
	struct outline *out;
	struct complaints *complaints;
};

int
outline_file(const char *path, char **text, size_t *octets)
{
	FILE *in = fopen(path, "re");
	size_t n = 0, got;
	int rc = RC_OK;

	*text = NULL;
	*octets = 0;
	if (in == NULL)
		return RC_IO;
	do {
		*text = mem_grow(*text, n + 65536, 1);
		got = fread(*text + n, 1, 65535, in);
		n += got;
	} while (got > 0 && n <= OUTLINE_FILE_OCTETS);
	(*text)[n] = '\0';
	if (ferror(in))
		rc = RC_IO;
	else if (n > OUTLINE_FILE_OCTETS)
		rc = RC_LONG;
	else if (strlen(*text) != n)
		rc = RC_FORMAT;
	fclose(in);
	*octets = n;
	if (rc != RC_OK && rc != RC_FORMAT) {
		mem_free(*text);
		*text = NULL;
	}
	return rc;
}

static void
bad(struct reader *r, const char *wrong, const char *remedy)
{
	r->is = T_BAD;
	r->wrong = wrong;
	r->remedy = remedy;
}

/* Blanks in place of the next n octets, but for the ends of lines. */
static void
outline_blank(struct reader *r, size_t n)
{
	for (; n > 0; n--, r->at++) {
		if (r->text[r->at] == '\n')
			r->below++;
		else
			r->text[r->at] = ' ';
	}
}

/* A carriage return alone ends no line: a comment would have no end. */
static bool
outline_is_blank(const char *t)
{
	return t[0] == ' ' || t[0] == '\t' || t[0] == '\n' ||
	       (t[0] == '\r' && t[1] == '\n');
}

/* False at a comment that does not end. */
static bool
blanks_skip(struct reader *r)
{
	for (;;) {
		const char *t = r->text + r->at;

		if (t[0] == '#' || (t[0] == '/' && t[1] == '/')) {
			outline_blank(r, strcspn(t, "\r\n"));
		} else if (t[0] == '/' && t[1] == '*') {
			const char *end = strstr(t + 2, "*/");

			if (end == NULL)
				return false;
			outline_blank(r, (size_t)(end + 2 - t));
		} else if (outline_is_blank(t)) {
			r->below += t[0] == '\n';
			r->at++;
		} else {
			return true;
		}
	}
}

/* After the opening quote. */
static void
outline_string_read(struct reader *r, char quote)
{
	for (;;) {
		char c = r->text[r->at++];
		char next = r->text[r->at - (c == '\0')];

		if (c == quote)
			break;
		if (c == '\0' || c == '\n') {
			r->at--;
			bad(r, "a string that does not end on its line",
			    "close it with the quote it begins with");
			return;
		}
		if (c == '\\' && next != '\\' && next != quote) {
			bad(r, "a backslash before an ordinary character",
			    "write \\\\ for a backslash");
			return;
		}
		if (c == '$' && next == '{') {
			bad(r, "a ${ in a string",
			    "write the value itself: the environment is not "
			    "read");
			return;
		}
		if ((unsigned char)c < ' ' || c == 0x7f) {
			bad(r, "a control character in a string", "remove it");
			return;
		}
		r->at += c == '\\';
	}
	r->is = T_VALUE;
}

static void
mark_read(struct reader *r, char c)
{
	r->is = T_MARK;
	r->mark = c;
	if (c == '(' || c == ')')
		bad(r, "a parenthesis",
		    "there are no functions here; to read other files set "
		    "include-dir");
	if (c == '+' && r->text[r->at++] != '=')
		bad(r, "a plus sign outside quotes", "put the value in quotes");
}

static void
outline_next(struct reader *r)
{
	size_t n;
	char c;

	if (!blanks_skip(r)) {
		r->line = r->below;
		r->at += strlen(r->text + r->at);
		bad(r, "a comment that does not end", "close it with */");
		return;
	}
	r->from = r->at;
	r->line = r->below;
	c = r->text[r->at];
	if (c == '\0') {
		r->is = T_END;
		return;
	}
	if (strchr("={},+()", c) != NULL) {
		r->at++;
		mark_read(r, c);
		return;
	}
	if (c == '"' || c == '\'') {
		r->at++;
		outline_string_read(r, c);
		return;
	}
	n = strcspn(r->text + r->at, " #\"'\t\n\r={}()+,*");
	for (size_t i = 0; i < n; i++) {
		char at = r->text[r->at + i];

		if (at < ' ' || at > '~') {
			bad(r, r->stray,
			    stray_name(r->text, r->at + i, r->stray));
			return;
		}
	}
	if (n == 0) {
		bad(r, r->stray, stray_name(r->text, r->at, r->stray));
		return;
	}
	r->at += n;
	r->is = T_WORD;
}

static bool
is_mark(const struct reader *r, char mark)
{
	return r->is == T_MARK && r->mark == mark;
}

static bool
is_value(const struct reader *r)
{
	return r->is == T_WORD || r->is == T_VALUE;
}

/* The last token as a value: quotes and their backslashes taken off. */
static char *
value(const struct reader *r)
{
	const char *p = r->text + r->from;
	size_t n = r->at - r->from, k = 0;
	char *out;

	if (r->is == T_WORD)
		return mem_dup(p, n);
	out = mem_new(n, 0, 0);
	for (size_t i = 1; i + 1 < n; i++) {
		if (p[i] == '\\')
			i++;
		out[k++] = p[i];
	}
	return out;
}

static bool
outline_refuse(
    struct reader *r, unsigned line, const char *text, const char *remedy)
{
	struct complain_at at = { r->file, line, remedy, false };

	if (r->is == T_BAD) {
		at.line = r->line;
		at.remedy = r->remedy;
		text = r->wrong;
	} else if (r->is == T_END) {
		at.line = r->line;
	}
	complain(r->complaints, &at, "%s", text);
	return false;
}

/* After the `{` of an option. */
static bool
outline_list_read(struct reader *r, unsigned line)
{
	for (;;) {
		outline_next(r);
		if (is_mark(r, '}'))
			return true;
		if (!is_value(r))
			return outline_refuse(r, line,
			    "a list that does not end", "close it with }");
		outline_next(r);
		if (is_mark(r, '}'))
			return true;
		if (!is_mark(r, ','))
			return outline_refuse(r, r->line,
			    "two values in a list without a comma",
			    "put a comma between them");
	}
}

static bool statements_read(struct reader *r, size_t parent, unsigned depth);

/* At the `{` of the section that is item `i`. */
static bool
section_read(struct reader *r, size_t i, unsigned depth)
{
	struct outline_item *item = &r->out->items.v[i];
	unsigned line = item->line;

	item->section = true;
	if (depth >= 4)
		return outline_refuse(r, line,
		    "sections too deep in each other",
		    "see lsrd.conf(5) for which section stands where");
	if (!statements_read(r, i, depth + 1))
		return false;
	if (!is_mark(r, '}')) {
		r->line = line;
		return outline_refuse(r, line, "a section that is never closed",
		    "close it with } in the same file");
	}
	return true;
}

static bool
option_read(struct reader *r, size_t i)
{
	unsigned line = r->line;

	r->out->items.v[i].append = r->mark == '+';
	outline_next(r);
	if (is_mark(r, '{')) {
		r->out->items.v[i].braces = true;
		return outline_list_read(r, line);
	}
	if (!is_value(r))
		return outline_refuse(r, line, "an option without a value",
		    "write name = value; quotes do no harm");
	return true;
}

static bool
statement_read(struct reader *r, size_t parent, unsigned depth)
{
	struct outline_item item = {
		.parent = parent,
		.at = r->from,
		.file = r->file,
		.line = r->line,
	};
	size_t i = r->out->items.n;
	bool ok;

	item.name = value(r);
	vec_push(&r->out->items, item);
	outline_next(r);
	if (is_value(r)) {
		char *title = value(r);

		r->out->items.v[i].title = labels_to_a(title);
		mem_free(title);
		outline_next(r);
		if (!is_mark(r, '{'))
			return outline_refuse(r, item.line,
			    "two words that are neither option nor section",
			    "write name = value, or section \"name\" { ... }");
	}
	if (is_mark(r, '{'))
		ok = section_read(r, i, depth);
	else if (is_mark(r, '=') || is_mark(r, '+'))
		ok = option_read(r, i);
	else
		return outline_refuse(r, item.line, "a word by itself",
		    "write name = value, or section \"name\" { ... }");
	r->out->items.v[i].end = r->at;
	return ok;
}

/* Stops at a `}` or at the end, which is the last token then. */
static bool
statements_read(struct reader *r, size_t parent, unsigned depth)
{
	for (;;) {
		outline_next(r);
		if (r->is == T_END || is_mark(r, '}'))
			return true;
		if (r->is != T_WORD)
			return outline_refuse(r, r->line,
			    "something that is no option's name",
			    "write name = value, or section \"name\" { ... }");
		if (!statement_read(r, parent, depth))
			return false;
	}
}

/* After a T_BAD. A byte order mark hides nothing of its line. */
static void
bad_skip(struct reader *r)
{
	bool mark = strncmp(r->text + r->at, BYTE_ORDER_MARK, 3) == 0;

	r->at += mark ? 3 : strcspn(r->text + r->at, "\n");
}

/* Where the grammar broke there may be more below of what is no token: one
 * editor has spoilt many lines alike. The first of each is named. */
static bool
outline_rest_read(struct reader *r)
{
	bool told = r->is == T_BAD;
	unsigned n = 0;

	for (; r->is != T_END; outline_next(r)) {
		if (r->is != T_BAD)
			continue;
		if (!told && n++ < OUTLINE_BAD_LINES)
			outline_refuse(r, r->line, NULL, NULL);
		told = false;
		bad_skip(r);
	}
	if (n > OUTLINE_BAD_LINES) {
		struct complain_at at = { .file = r->file, .line = r->line };

		complain(r->complaints, &at,
		    "and %u lines more above that are not understood",
		    n - OUTLINE_BAD_LINES);
	}
	return false;
}

bool
outline_read(struct outline *outline, const char *file, char *text,
    struct complaints *complaints)
{
	struct reader r = {
		.text = text,
		.line = 1,
		.below = 1,
		.file = file,
		.out = outline,
		.complaints = complaints,
	};

	if (!statements_read(&r, OUTLINE_TOP, 0))
		return outline_rest_read(&r);
	if (r.is == T_END)
		return true;
	outline_refuse(&r, r.line, "a } that closes nothing",
	    "remove it, or look for a { missing above");
	return outline_rest_read(&r);
}

/* What an item is found by. */
struct place {
	size_t parent;
	const char *name, *title;
};

static int
outline_place_order(const struct place *a, const struct place *b)
{
	int c;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	c = strcmp(a->name, b->name);
	if (c != 0)
		return c;
	return strcmp(
	    a->title == NULL ? "" : a->title, b->title == NULL ? "" : b->title);
}

static struct place
outline_place_of(const struct outline *outline, size_t i)
{
	const struct outline_item *item = &outline->items.v[i];

	return (struct place){ item->parent, item->name, item->title };
}

/* Joins two ordered runs of `from` into one of `to`. */
static void
runs_join(const struct outline *outline, const size_t *from, size_t *to,
    const size_t bounds[3])
{
	size_t a = bounds[0], b = bounds[1];

	for (size_t k = bounds[0]; k < bounds[2]; k++) {
		bool second = a == bounds[1];

		if (!second && b < bounds[2]) {
			struct place pa = outline_place_of(outline, from[a]);
			struct place pb = outline_place_of(outline, from[b]);

			second = outline_place_order(&pb, &pa) < 0;
		}
		to[k] = second ? from[b++] : from[a++];
	}
}

/* A merge sort: stable, and qsort() could not be told of the outline. */
void
outline_sort(struct outline *outline)
{
	size_t n = outline->items.n;
	size_t *from = mem_new(sizeof(*from), n, sizeof(*from));
	size_t *to = mem_new(sizeof(*to), n, sizeof(*to));

	for (size_t i = 0; i < n; i++)
		from[i] = i;
	for (size_t step = 1; step < n; step *= 2) {
		size_t *swap = from;

		for (size_t at = 0; at < n; at += 2 * step) {
			size_t bounds[3] = { at, at + step < n ? at + step : n,
				at + 2 * step < n ? at + 2 * step : n };

			runs_join(outline, from, to, bounds);
		}
		from = to;
		to = swap;
	}
	mem_free(to);
	mem_free(outline->order);
	outline->order = from;
}

struct sought {
	const struct outline *outline;
	struct place place;
};

/* As strcmp() of the ith in order and what is looked for. */
static int
sought_order(const struct sought *sought, size_t i)
{
	struct place at =
	    outline_place_of(sought->outline, sought->outline->order[i]);

	return outline_place_order(&at, &sought->place);
}

static bool
place_before(const void *ctx, size_t i)
{
	return sought_order(ctx, i) < 0;
}

const struct outline_item *
outline_find(const struct outline *outline, size_t parent, const char *name,
    const char *title)
{
	struct sought sought = { outline, { parent, name, title } };
	size_t n = outline->items.n;
	size_t at = find_from(n, place_before, &sought);

	if (at == n || sought_order(&sought, at) != 0)
		return NULL;
	return &outline->items.v[outline->order[at]];
}

void
outline_done(struct outline *outline)
{
	for (size_t i = 0; i < outline->items.n; i++) {
		mem_free(outline->items.v[i].name);
		mem_free(outline->items.v[i].title);
	}
	vec_done(&outline->items);
	mem_free(outline->order);
	outline->order = NULL;
}
