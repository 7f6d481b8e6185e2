#include "ctl/markup.h"

#include "base/mem.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What of ASCII does not stand for itself; NULL: it does. White space of an
 * attribute would come back as a blank. */
static const char *
markup_of(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return c < ' ' || (c >= 0xfffe && c <= 0xffff) || c == UTF8_NONE
		           ? REPLACEMENT
		           : NULL;
	}
}

void
markup_exact(struct buf *out, const char *text)
{
	while (*text != '\0') {
		uint32_t c;
		size_t n = utf8_read(text, &c);
		const char *as = markup_of(c);

		if (as != NULL)
			buf_text(out, as);
		else
			buf_bytes(out, text, n);
		text += n;
	}
}

void
markup_shown(struct buf *out, const char *text)
{
	struct buf shown = { 0 };
	char *plain;

	utf8_show(&shown, text);
	plain = buf_string(&shown);
	markup_exact(out, plain);
	mem_free(plain);
}
