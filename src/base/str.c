#include "base/str.h"

#include <string.h>

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
str_is_free(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return false;
	return true;
}

void
str_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* One label: returns its length, 0 when it is none. */
static size_t
label(const char *s)
{
	size_t n = 0;

	while (is_alnum(s[n]) || (n > 0 && s[n] == '-'))
		n++;
	if (n == 0 || n > 63 || s[n - 1] == '-')
		return 0;
	return n;
}

static bool
all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

bool
str_is_host(const char *s)
{
	size_t labels = 0, n;

	if (strlen(s) > STR_HOST_MAX)
		return false;
	for (;;) {
		n = label(s);
		if (n == 0)
			return false;
		labels++;
		if (s[n] == '\0')
			break;
		if (s[n] != '.')
			return false;
		s += n + 1;
	}
	/* The last label of an address is all digits, that of a name never. */
	return labels >= 2 && !all_digits(s, n);
}

bool
str_is_word(const char *s)
{
	size_t n = 0;

	if (!is_alnum(s[0]))
		return false;
	while (is_alnum(s[n]) || s[n] == '.' || s[n] == '_' || s[n] == '-')
		n++;
	return s[n] == '\0' && n <= STR_WORD_MAX;
}

static bool
is_local_part(const char *s, size_t n)
{
	if (n == 0 || n > 64 || s[0] == '.' || s[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.' && s[i + 1] == '.')
			return false;
		if (!is_alnum(s[i]) && strchr("#*+-=?^_~.", s[i]) == NULL)
			return false;
	}
	return true;
}

bool
str_is_pattern(const char *s)
{
	const char *at = strchr(s, '@');

	if (strlen(s) > STR_PATTERN_MAX)
		return false;
	if (strcmp(s, "*") == 0)
		return true;
	if (at != NULL)
		return is_local_part(s, (size_t)(at - s)) &&
		       str_is_host(at + 1);
	if (s[0] == '.') /* `.example` may be a top level */
		return label(s + 1) == strlen(s + 1) ? strlen(s) > 1
		                                     : str_is_host(s + 1);
	return str_is_host(s);
}

/* True if `name` ends in `suffix` and has something before it. */
static bool
is_below(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && memcmp(name + n - k, suffix, k) == 0;
}

bool
str_covers(const char *claim, const char *pattern)
{
	const char *at = strchr(pattern, '@');

	if (strcmp(claim, pattern) == 0)
		return true;
	if (strcmp(pattern, "*") == 0 || strcmp(claim, "*") == 0)
		return false;
	if (claim[0] == '.')
		return is_below(at != NULL ? at + 1 : pattern, claim);
	return at != NULL && strcmp(claim, at + 1) == 0;
}

int
str_order(const char *a, const char *b)
{
	return strcmp(a, b);
}

const char *
str_next_line(const char *s)
{
	const char *lf = strchr(s, '\n');

	return lf == NULL ? NULL : lf + 1;
}

/* FNV-1a (Fowler, Noll, Vo); never 0. */
uint32_t
str_hash(uint32_t so_far, const char *word)
{
	uint32_t hash = so_far == 0 ? 2166136261u : so_far;

	for (; *word != '\0'; word++)
		hash = (hash ^ (uint8_t)*word) * 16777619u;
	hash = (hash ^ ' ') * 16777619u; /* between two words */
	return hash == 0 ? 1 : hash;
}
