#include "ctl/import/table.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define BLANKS " \t\r"

/*
 * The next logical line: one that begins with a blank goes on with the one
 * before; empty ones and comments count as none. The caller's; NULL: the end.
 */
static char *
logical_line(const char **text, unsigned *number, unsigned *first)
{
	struct buf line = { 0 };
	bool some = false;

	while (**text != '\0') {
		size_t n = strcspn(*text, "\n");
		size_t from = strspn(*text, BLANKS);
		bool none = from >= n || (*text)[from] == '#';

		if (!none && from == 0 && some)
			break;
		++*number;
		if (!none && !some)
			*first = *number;
		if (!none) {
			buf_bytes(&line, *text, n);
			some = true;
		}
		*text += n + ((*text)[n] == '\n');
	}
	if (some)
		return buf_string(&line);
	buf_done(&line);
	return NULL;
}

/* Cuts blanks at both ends, in place. */
static char *
table_trim(char *s)
{
	size_t n;

	s += strspn(s, BLANKS);
	n = strlen(s);
	while (n > 0 && strchr(BLANKS, s[n - 1]) != NULL)
		n--;
	s[n] = '\0';
	return s;
}

void
import_table_text(const char *text, import_table_each *each, void *ctx)
{
	unsigned number = 0, first = 0;
	char *line;

	while ((line = logical_line(&text, &number, &first)) != NULL) {
		char *key = table_trim(line);
		size_t n = strcspn(key, BLANKS);
		struct table_entry entry = { .line = first };

		entry.value = key[n] == '\0' ? "" : table_trim(key + n + 1);
		key[n] = '\0';
		str_lower(key);
		entry.key = key;
		entry.odd = *key == '\0' || *key == '"';
		each(ctx, &entry);
		mem_free(line);
	}
}

/* `/PATTERN/FLAGS VALUE`, cut in place: false where it is not that. */
static bool
regexp_line_take(char *line, struct table_entry *entry)
{
	char mark = *line, *p = line + 1;

	if (strchr("/%,:;#|~", mark) == NULL)
		return false;
	for (; *p != mark && *p != '\0'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	if (*p == '\0')
		return false;
	*p++ = '\0';
	entry->key = line + 1;
	entry->odd = strpbrk(line + 1, "\n") != NULL;
	p += strcspn(p, BLANKS);
	entry->value = table_trim(p);
	return true;
}

void
import_table_regexp(const char *text, import_table_each *each, void *ctx)
{
	unsigned number = 0, first = 0, depth = 0;
	char *line;

	while ((line = logical_line(&text, &number, &first)) != NULL) {
		struct table_entry entry = { .line = first, .regexp = true };
		char *at = table_trim(line);
		bool opens = strncmp(at, "if", 2) == 0;
		bool shuts = strncmp(at, "endif", 5) == 0;

		if (opens)
			depth++;
		if (shuts && depth > 0)
			depth--;
		if (opens || shuts || !regexp_line_take(at, &entry)) {
			entry.key = at;
			entry.value = "";
			entry.odd = true;
		}
		entry.odd = entry.odd || depth > 0;
		if (!shuts)
			each(ctx, &entry);
		mem_free(line);
	}
}

/* {KEY = VALUE}, without its braces. */
static void
inline_take(char *text, import_table_each *each, void *ctx)
{
	char *is = strchr(text, '=');
	struct table_entry entry = { .line = 1 };

	if (is != NULL)
		*is = '\0';
	entry.value = is == NULL ? "" : table_trim(is + 1);
	text = table_trim(text);
	str_lower(text);
	entry.key = text;
	entry.odd = is == NULL || *text == '\0';
	each(ctx, &entry);
}

void
import_table_inline(const char *text, import_table_each *each, void *ctx)
{
	char *copy, *p, *end;

	text += strspn(text, BLANKS "\n");
	if (*text != '{')
		return;
	copy = mem_str(text + 1);
	for (p = copy; *p != '\0' && *p != '}';) {
		p += strspn(p, BLANKS "\n,");
		if (*p == '{') {
			end = strchr(p, '}');
			if (end == NULL)
				break;
			*end = '\0';
			inline_take(p + 1, each, ctx);
			p = end + 1;
		} else {
			end = p + strcspn(p, BLANKS "\n,}");
			if (end == p)
				break;
			if (*end != '}' && *end != '\0')
				*end++ = '\0';
			else if (*end == '}')
				*end = '\0';
			inline_take(p, each, ctx);
			p = end;
		}
	}
	mem_free(copy);
}
