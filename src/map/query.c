#include "map/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum query_form {
	QUERY_TEXT, /* behind its option */
	QUERY_LAST, /* the operand: behind all options, and it must be there */
	QUERY_COST, /* NAME:N or NAME=N */
	QUERY_MOMENT, /* seconds since 1970, of which a fraction is cut off */
	QUERY_NUMBER,
};

struct query_parameter {
	const char *name, *option;
	enum query_form form;
	bool often;
};

#define QUERY_PARAMETERS 6

struct query_row {
	const char *path;
	const char *words[4];
	bool list, inner;
	struct query_parameter parameter[QUERY_PARAMETERS];
};

#define QUERY_CHANGES                                                          \
	{ "cut", "--cut", QUERY_TEXT, true },                                  \
	    { "drain", "--drain", QUERY_TEXT, true },                          \
	{                                                                      \
		"cost", "--cost", QUERY_COST, true                             \
	}

/* clang-format off */
static const struct query_row query_rows[] = {
	{ "topology", { "export", "json" }, false, false, { { 0 } } },
	{ "status", { "status" }, false, false, { { 0 } } },
	{ "routes", { "routes" }, true, false,
	    { { "from", "--from", QUERY_TEXT, false }, QUERY_CHANGES } },
	{ "peers", { "peers" }, true, false, { { 0 } } },
	{ "links", { "links" }, true, false, { { 0 } } },
	{ "overrides", { "overrides" }, true, false, { { 0 } } },
	{ "explain", { "explain", "--ways" }, true, false,
	    { { "address", NULL, QUERY_LAST, false },
	      { "from", "--from", QUERY_TEXT, false }, QUERY_CHANGES } },
	{ "trace", { "trace" }, true, false,
	    { { "address", NULL, QUERY_LAST, false },
	      { "from", "--from", QUERY_TEXT, false }, QUERY_CHANGES } },
	{ "simulate", { "simulate" }, true, false, { QUERY_CHANGES } },
	{ "events", { "events" }, true, false,
	    { { "since", "--since", QUERY_MOMENT, false },
	      { "until", "--until", QUERY_MOMENT, false },
	      { "kind", "--kind", QUERY_TEXT, false },
	      { "server", "--server", QUERY_TEXT, false },
	      { "pattern", "--pattern", QUERY_TEXT, false },
	      { "limit", "--last", QUERY_NUMBER, false } } },
	{ "watch", { "watch" }, true, true, { { 0 } } },
};
/* clang-format on */

#define QUERY_ROWS (sizeof(query_rows) / sizeof(query_rows[0]))

static int
query_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One octet of what is written; -1: none. */
static int
query_octet(const char *p, size_t n, size_t *took)
{
	int high, low;

	*took = 1;
	if (*p == '+')
		return ' ';
	if (*p != '%')
		return (unsigned char)*p;
	if (n < 3)
		return -1;
	high = query_digit(p[1]);
	low = query_digit(p[2]);
	*took = 3;
	return high < 0 || low < 0 ? -1 : 16 * high + low;
}

static bool
query_is_text(const char *text)
{
	while (*text != '\0') {
		uint32_t c;

		text += utf8_read(text, &c);
		if (c == UTF8_NONE || c < ' ' || (c >= 0x7f && c < 0xa0))
			return false;
	}
	return true;
}

/* What is written so, decoded, with a NUL behind. */
static bool
query_decode(const char *p, size_t n, char *out, size_t room)
{
	size_t at = 0, took;

	for (; n > 0; p += took, n -= took) {
		int c = query_octet(p, n, &took);

		if (c <= 0 || at + 1 >= room)
			return false;
		out[at++] = (char)c;
	}
	out[at] = '\0';
	return query_is_text(out);
}

/* The next `name=value` of a list; false: it is at its end. */
static bool
query_next(const char **rest, const char **pair, size_t *n)
{
	if (**rest == '\0')
		return false;
	*pair = *rest;
	*n = strcspn(*rest, "&");
	*rest += *n + ((*rest)[*n] == '&');
	return true;
}

static const char *
query_pairs(const char *target)
{
	const char *mark = strchr(target, '?');

	return mark == NULL ? "" : mark + 1;
}

bool
query_value(const char *target, const char *name, char *out)
{
	const char *rest = query_pairs(target), *pair;
	size_t n, head = strlen(name), found = 0;

	while (query_next(&rest, &pair, &n)) {
		if (n <= head || pair[head] != '=' ||
		    memcmp(pair, name, head) != 0)
			continue;
		if (++found > 1 || !query_decode(pair + head + 1, n - head - 1,
				       out, QUERY_VALUE))
			return false;
	}
	return found == 1;
}

/* Digits, and perhaps a fraction of them. */
static bool
query_is_moment(const char *text)
{
	size_t n = strspn(text, "0123456789");

	if (n < 1 || n > 12)
		return false;
	if (text[n] == '.')
		n += 1 + strspn(text + n + 1, "0123456789");
	return text[n] == '\0' && n < 32;
}

bool
query_moment(const char *target, const char *name, double *out)
{
	char text[QUERY_VALUE];

	if (!query_value(target, name, text) || !query_is_moment(text))
		return false;
	*out = strtod(text, NULL);
	return true;
}

static bool
query_word(struct query *q, const char *word)
{
	if (q->n == QUERY_WORDS - 1)
		return false;
	q->word[q->n++] = word;
	return true;
}

/* NAME:N or NAME=N to NAME=N; a name may have a colon itself. */
static bool
query_cost(char *text)
{
	size_t n = strlen(text), digits = 0;

	while (n > 0 && text[n - 1] >= '0' && text[n - 1] <= '9') {
		n--;
		digits++;
	}
	if (digits == 0 || digits > 5 || n < 2 ||
	    (text[n - 1] != ':' && text[n - 1] != '='))
		return false;
	text[n - 1] = '=';
	return true;
}

static bool
query_fits(enum query_form form, char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (*text == '\0')
		return false;
	if (form == QUERY_NUMBER)
		return text[digits] == '\0' && digits < 7;
	if (form == QUERY_COST)
		return query_cost(text);
	if (form == QUERY_MOMENT && !query_is_moment(text))
		return false;
	if (form == QUERY_MOMENT)
		text[digits] = '\0';
	return true;
}

/* A parameter and its value; NULL, or why not. */
static const char *
query_take(struct query *q, const struct query_parameter *p, const char *value,
    size_t n, const char **last)
{
	char *to = q->room + q->used;
	size_t room = sizeof(q->room) - q->used;

	if (!query_decode(
		value, n, to, room < QUERY_VALUE ? room : QUERY_VALUE))
		return "a value is too long, or no text";
	if (!query_fits(p->form, to))
		return "a value has another form";
	q->used += strlen(to) + 1;
	if (p->form == QUERY_LAST)
		*last = to;
	else if (!query_word(q, p->option) || !query_word(q, to))
		return "too many parameters";
	return NULL;
}

static const struct query_parameter *
query_parameter_of(const struct query_row *row, const char *pair, size_t n)
{
	for (size_t i = 0; i < QUERY_PARAMETERS; i++) {
		const struct query_parameter *p = &row->parameter[i];
		size_t head = p->name == NULL ? n : strlen(p->name);

		if (head < n && pair[head] == '=' &&
		    memcmp(pair, p->name, head) == 0)
			return p;
	}
	return NULL;
}

static const char *
query_fill(struct query *q, const struct query_row *row, const char *rest)
{
	const char *pair, *last = NULL, *why = NULL;
	unsigned seen = 0;
	size_t n;

	while (why == NULL && query_next(&rest, &pair, &n)) {
		const struct query_parameter *p =
		    query_parameter_of(row, pair, n);
		unsigned bit = p == NULL ? 0 : 1u << (p - row->parameter);

		if (p == NULL)
			return "no such parameter here";
		if ((seen & bit) != 0 && !p->often)
			return "a parameter stands twice";
		seen |= bit;
		n -= strlen(p->name) + 1;
		why = query_take(q, p, pair + strlen(p->name) + 1, n, &last);
	}
	if (why != NULL || row->parameter[0].form != QUERY_LAST)
		return why;
	if (last == NULL)
		return "a parameter is missing";
	return query_word(q, "--") && query_word(q, last)
	           ? NULL
	           : "too many parameters";
}

bool
query_read(struct query *q, const char *target)
{
	static const char head[] = "/api/";
	const struct query_row *row = query_rows;
	const char *path = target + sizeof(head) - 1;
	size_t n, i = 0;

	memset(q, 0, sizeof(*q));
	if (strlen(target) >= QUERY_OCTETS ||
	    strncmp(target, head, sizeof(head) - 1) != 0)
		return false;
	n = strcspn(path, "?");
	while (i < QUERY_ROWS &&
	       (strlen(row->path) != n || memcmp(row->path, path, n) != 0))
		row = &query_rows[++i];
	if (i == QUERY_ROWS)
		return false;
	q->list = row->list;
	q->inner = row->inner;
	for (i = 0; i < 4 && row->words[i] != NULL; i++)
		query_word(q, row->words[i]);
	q->why = query_fill(q, row, query_pairs(target));
	return q->why == NULL;
}
