#include "ctl/import/regexp.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

/* Which of `dom` and `.dom` what stands before the domain lets through. */
enum head { HEAD_DOMAIN = 1, HEAD_BELOW = 2, HEAD_BOTH = 3 };

/* Any user, with or without its anchor. */
static const char *const users[] = { "^.*", "^.+", "^(.*)", "^(.+)", "^[^@]*",
	"^[^@]+", "^([^@]*)", "^([^@]+)", ".*", ".+", "", NULL };

/* The longer before what it begins with. */
static const struct {
	const char *text;
	enum head head;
} heads[] = {
	{ "@(.*\\.)?", HEAD_BOTH },
	{ "@(.+\\.)?", HEAD_BOTH },
	{ "@([^@]*\\.)?", HEAD_BOTH },
	{ "@([^@]+\\.)?", HEAD_BOTH },
	{ "@(?:.*\\.)?", HEAD_BOTH },
	{ "@(?:.+\\.)?", HEAD_BOTH },
	{ "(@|\\.)", HEAD_BOTH },
	{ "(\\.|@)", HEAD_BOTH },
	{ "[@.]", HEAD_BOTH },
	{ "[.@]", HEAD_BOTH },
	{ "[@\\.]", HEAD_BOTH },
	{ "@.*\\.", HEAD_BELOW },
	{ "@.+\\.", HEAD_BELOW },
	{ "@", HEAD_DOMAIN },
	{ "\\.", HEAD_BELOW },
	{ "[.]", HEAD_BELOW },
};

static const char *const all[] = { "", "^", ".", ".*", ".+", "@", "^.*$",
	"^.+$", "^.*", "^.+", NULL };

static bool
is_everything(const char *text)
{
	for (size_t i = 0; all[i] != NULL; i++)
		if (strcmp(all[i], text) == 0)
			return true;
	return false;
}

/* Behind the head, or NULL. */
static const char *
head_take(const char *text, enum head *out)
{
	for (size_t i = 0; users[i] != NULL; i++) {
		size_t n = strlen(users[i]);

		if (strncmp(text, users[i], n) != 0)
			continue;
		for (size_t k = 0; k < sizeof(heads) / sizeof(heads[0]); k++) {
			size_t m = strlen(heads[k].text);

			/* A dot in the user itself, or one that no user
			 * without an @ reaches. */
			if (heads[k].text[0] != '@' && n > 0 &&
			    (heads[k].head == HEAD_BELOW ||
				strstr(users[i], "[^@]") != NULL))
				continue;
			if (strncmp(text + n, heads[k].text, m) == 0) {
				*out = heads[k].head;
				return text + n + m;
			}
		}
	}
	return NULL;
}

/* One letter that means itself, with how many octets say so; 0: none. */
static size_t
letter_take(const char *p, struct regexp_spaces *spaces, char *out)
{
	bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	             (*p >= '0' && *p <= '9') || *p == '-' || *p == '_' ||
	             *p == '@';

	*out = *p;
	if (plain)
		return 1;
	if (*p == '\\' && (p[1] == '.' || p[1] == '-' || p[1] == '@' ||
			      p[1] == '_' || p[1] == '+')) {
		*out = p[1];
		return 2;
	}
	if (strncmp(p, "[.]", 3) == 0) {
		*out = '.';
		return 3;
	}
	if (*p == '.' && strchr("*+?{", p[1]) == NULL) {
		spaces->loose = true;
		return 1;
	}
	return 0;
}

struct texts {
	VEC(char *) list;
};

static void
texts_done(struct texts *texts)
{
	for (size_t i = 0; i < texts->list.n; i++)
		mem_free(texts->list.v[i]);
	vec_done(&texts->list);
}

/* Each of them with this behind it. */
static void
texts_add(struct texts *texts, const char *tail)
{
	for (size_t i = 0; i < texts->list.n; i++) {
		struct buf b = { 0 };

		buf_text(&b, texts->list.v[i]);
		buf_text(&b, tail);
		mem_free(texts->list.v[i]);
		texts->list.v[i] = buf_string(&b);
	}
}

/* Behind `(a|b|c)`, each with each of what was before; NULL: no such group. */
static const char *
choice_take(const char *p, struct texts *texts, struct regexp_spaces *spaces)
{
	struct texts before = *texts, now = { 0 };
	struct buf one = { 0 };
	bool good = true;

	p += strncmp(p, "(?:", 3) == 0 ? 3 : 1;
	do {
		char letter;
		size_t n;

		while (*p != '|' && *p != ')' &&
		       (n = letter_take(p, spaces, &letter)) > 0) {
			buf_u8(&one, (uint8_t)letter);
			p += n;
		}
		good = (*p == '|' || *p == ')') && one.n > 0 &&
		       before.list.n + now.list.n <= REGEXP_SPACES;
		for (size_t i = 0; good && i < before.list.n; i++) {
			struct buf b = { 0 };

			buf_text(&b, before.list.v[i]);
			buf_bytes(&b, one.p, one.n);
			vec_push(&now.list, buf_string(&b));
		}
		buf_reset(&one);
	} while (good && *p++ == '|');
	buf_done(&one);
	texts_done(&before);
	*texts = now;
	return good && strchr("*+?{", *p) == NULL ? p
	       : good && *p == '\0'               ? p
	                                          : NULL;
}

/* What is left is literal up to its `$`. */
static bool
rest_take(const char *p, struct texts *texts, struct regexp_spaces *spaces)
{
	while (*p != '\0' && strcmp(p, "$") != 0) {
		char text[2] = "";
		size_t n;

		if (*p == '(') {
			p = choice_take(p, texts, spaces);
			if (p == NULL)
				return false;
			continue;
		}
		n = letter_take(p, spaces, text);
		if (n == 0 || (p[n] != '\0' && strchr("*+?{", p[n]) != NULL))
			return false;
		texts_add(texts, text);
		p += n;
	}
	return *p == '$';
}

static bool
space_take(struct regexp_spaces *out, const char *before, const char *text)
{
	struct buf b = { 0 };
	char *pattern;

	buf_printf(&b, "%s%s", before, text);
	pattern = buf_string(&b);
	str_lower(pattern);
	if (!str_is_pattern(pattern) || out->list.n >= 2 * REGEXP_SPACES) {
		mem_free(pattern);
		return false;
	}
	vec_push(&out->list, pattern);
	return true;
}

static bool
spaces_take(
    struct regexp_spaces *out, const struct texts *texts, enum head head)
{
	bool good = texts->list.n > 0;

	for (size_t i = 0; good && i < texts->list.n; i++) {
		if ((head & HEAD_DOMAIN) != 0)
			good = space_take(out, "", texts->list.v[i]);
		if (good && (head & HEAD_BELOW) != 0)
			good = space_take(out, ".", texts->list.v[i]);
	}
	return good;
}

bool
regexp_spaces(struct regexp_spaces *out, const char *regexp)
{
	enum head head = HEAD_DOMAIN;
	struct texts texts = { 0 };
	const char *rest;
	bool good;

	if (strlen(regexp) > 1000)
		return false;
	if (is_everything(regexp)) {
		vec_push(&out->list, mem_str("*"));
		return true;
	}
	rest = head_take(regexp, &head);
	/* Else one user: the whole is literal, with one @ in it. */
	if (rest == NULL && regexp[0] == '^')
		rest = regexp + 1;
	if (rest == NULL)
		return false;
	vec_push(&texts.list, mem_str(""));
	good = rest_take(rest, &texts, out) && spaces_take(out, &texts, head);
	for (size_t i = 0; good && rest == regexp + 1 && i < out->list.n; i++)
		good = regexp[0] != '^' || strchr(out->list.v[i], '@') != NULL;
	texts_done(&texts);
	if (!good)
		regexp_done(out);
	return good;
}

void
regexp_done(struct regexp_spaces *spaces)
{
	for (size_t i = 0; i < spaces->list.n; i++)
		mem_free(spaces->list.v[i]);
	vec_done(&spaces->list);
}
