#include "cfg/stray.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* By code point: a name, and what to do. */
static const struct {
	uint32_t from, to;
	const char *name, *remedy;
} rows[] = {
	{ 0xa0, 0xa0, "a no-break space", "write a plain space" },
	{ 0x2000, 0x200a, "a typographic space", "write a plain space" },
	{ 0x200b, 0x200f, "a character that is not seen", "remove it" },
	{ 0x2010, 0x2015, "a typographic dash", "write a plain -" },
	{ 0x2018, 0x201b, "a typographic quote", "write a plain \"" },
	{ 0x201c, 0x201f, "a typographic quote", "write a plain \"" },
	{ 0x2028, 0x202f, "a character that is not seen", "remove it" },
	{ 0xab, 0xab, "a typographic quote", "write a plain \"" },
	{ 0xbb, 0xbb, "a typographic quote", "write a plain \"" },
	{ 0x3000, 0x3000, "a typographic space", "write a plain space" },
	{ 0xfeff, 0xfeff, "a byte order mark",
	    "save the file as UTF-8 without one" },
	{ '\r', '\r', "a carriage return alone",
	    "save the file with lines that end in a line feed" },
	{ 0, 0x1f, "a control character", "remove it" },
	{ 0x7f, 0x9f, "a control character", "remove it" },
};

/* Characters from the beginning of the line, from 1 on. */
static unsigned
column(const char *text, size_t at)
{
	unsigned n = 1;

	for (; at > 0 && text[at - 1] != '\n'; at--)
		n += (text[at - 1] & 0xc0) != 0x80;
	return n;
}

bool
stray_is_wide(const char *text, size_t n)
{
	unsigned nuls = 0;

	if (n < 4)
		return false;
	for (size_t i = 0; i < 4; i++)
		nuls += text[i] == '\0';
	return memcmp(text, "\xff\xfe", 2) == 0 ||
	       memcmp(text, "\xfe\xff", 2) == 0 || nuls == 2 || nuls == 3;
}

const char *
stray_name(const char *text, size_t at, char wrong[STRAY_TEXT])
{
	unsigned where = column(text, at);
	uint32_t c;

	if (utf8_read(text + at, &c) == 1 && c == UTF8_NONE) {
		snprintf(wrong, STRAY_TEXT, "an octet in column %u is no UTF-8",
		    where);
		return "save the file as UTF-8";
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (c < rows[i].from || c > rows[i].to)
			continue;
		snprintf(wrong, STRAY_TEXT, "%s (U+%04X) in column %u",
		    rows[i].name, (unsigned)c, where);
		return rows[i].remedy;
	}
	if (c > ' ' && c <= '~')
		snprintf(wrong, STRAY_TEXT, "%c in column %u needs quotes",
		    (char)c, where);
	else
		snprintf(wrong, STRAY_TEXT,
		    "the character U+%04X in column %u needs quotes",
		    (unsigned)c, where);
	return "put the value in quotes";
}
