#include "idn/labels.h"

#include <stdbool.h>
#include <string.h>

#include <idn2.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

/* Where the domain of a pattern or an address begins. */
static const char *
domain_of(const char *text)
{
	const char *at = strrchr(text, '@');

	if (at != NULL)
		return at + 1;
	return text + (*text == '.');
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* What stands before the domain, and the domain in its other spelling. */
static char *
joined(const char *text, const char *domain, const char *other)
{
	struct buf out = { 0 };

	buf_bytes(&out, text, (size_t)(domain - text));
	buf_text(&out, other);
	return buf_string(&out);
}

char *
labels_to_a(const char *text)
{
	char *copy = mem_str(text), *other = NULL, *out;
	const char *domain = domain_of(copy);

	str_lower(copy);
	if (is_ascii(domain) ||
	    idn2_to_ascii_8z(domain, &other,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return copy;
	out = joined(copy, domain, other);
	idn2_free(other);
	mem_free(copy);
	return out;
}

/* At the beginning of a label. */
static bool
has_a_label(const char *domain)
{
	for (const char *p = domain; (p = strstr(p, "xn--")) != NULL; p++)
		if (p == domain || p[-1] == '.')
			return true;
	return false;
}

char *
labels_to_u(const char *text)
{
	const char *domain = domain_of(text);
	char *other = NULL, *out, *back;

	if (!has_a_label(domain) ||
	    idn2_to_unicode_8z8z(domain, &other, 0) != IDN2_OK)
		return NULL;
	out = joined(text, domain, other);
	idn2_free(other);
	back = labels_to_a(out);
	if (strcmp(back, text) != 0 || strcmp(out, text) == 0) {
		mem_free(out);
		out = NULL;
	}
	mem_free(back);
	return out;
}
