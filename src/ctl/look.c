#include "ctl/look.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "ctl/value.h"

#define COLUMNS_LEAST 20
#define COLUMNS_MOST 10000
#define COLUMNS_UNTOLD 80 /* of a terminal that does not say */

static struct look *
look_kept(void)
{
	static struct look look = { .columns = LOOK_ENDLESS };

	return &look;
}

static size_t
columns_found(void)
{
	const char *told = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (told != NULL && value_number(told, COLUMNS_MOST, &n) &&
	    n >= COLUMNS_LEAST)
		return (size_t)n;
	if (!isatty(STDOUT_FILENO))
		return LOOK_ENDLESS;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col >= COLUMNS_LEAST)
		return size.ws_col;
	return COLUMNS_UNTOLD;
}

static bool
is_colourful(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || *no == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}

bool
look_begin(const char *colour)
{
	struct look *look = look_kept();

	setlocale(LC_CTYPE, "");
	look->wide = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	look->columns = columns_found();
	if (colour == NULL || strcmp(colour, "auto") == 0)
		look->colour = is_colourful();
	else if (strcmp(colour, "always") == 0)
		look->colour = true;
	else if (strcmp(colour, "never") == 0)
		look->colour = false;
	else
		return false;
	return true;
}

const struct look *
look_now(void)
{
	return look_kept();
}

/* Of a character that steers nothing; -1: the terminal does not have it. */
static int
columns_of(uint32_t c)
{
	if (c < 0x80)
		return 1;
	return look_now()->wide && c != UTF8_NONE ? wcwidth((wchar_t)c) : -1;
}

/* Most of what there is: names, addresses, numbers. */
static bool
look_is_ascii(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

static size_t
put_safely(struct buf *out, const char *text)
{
	struct buf safe = { 0 };
	size_t columns = 0;
	char *shown, *at;

	utf8_show(&safe, text);
	shown = at = buf_string(&safe);
	while (*at != '\0') {
		uint32_t c;
		size_t n = utf8_read(at, &c);
		int width = columns_of(c);

		columns += width < 0 ? 1 : (size_t)width;
		if (out != NULL && width < 0)
			buf_u8(out, '?');
		else if (out != NULL)
			buf_bytes(out, at, n);
		at += n;
	}
	mem_free(shown);
	return columns;
}

size_t
look_put(struct buf *out, const char *text)
{
	if (!look_is_ascii(text))
		return put_safely(out, text);
	if (out != NULL)
		buf_text(out, text);
	return strlen(text);
}

size_t
look_paint(struct buf *out, enum look_colour colour, const char *text)
{
	static const char *const codes[] = {
		[LOOK_PLAIN] = "",
		[LOOK_GOOD] = "\033[32m",
		[LOOK_CARE] = "\033[33m",
		[LOOK_BAD] = "\033[31m",
		[LOOK_HEAD] = "\033[1m",
	};
	bool paint =
	    look_now()->colour && colour != LOOK_PLAIN && *text != '\0';
	size_t n;

	if (paint)
		buf_text(out, codes[colour]);
	n = look_put(out, text);
	if (paint)
		buf_text(out, "\033[0m");
	return n;
}

enum look_colour
look_of_state(const char *text)
{
	static const struct {
		const char *word;
		enum look_colour colour;
	} words[] = {
		{ "up", LOOK_GOOD },
		{ "full", LOOK_GOOD },
		{ "here", LOOK_GOOD },
		{ "chosen", LOOK_GOOD },
		{ "down", LOOK_BAD },
		{ "held:", LOOK_BAD },
		{ "hold", LOOK_BAD },
		{ "unreachable", LOOK_BAD },
		{ "dead", LOOK_BAD },
		{ "critical", LOOK_BAD },
		{ "unknown", LOOK_CARE },
		{ "warning", LOOK_CARE },
		{ "drain", LOOK_CARE },
		{ "starting", LOOK_CARE },
		{ "sync", LOOK_CARE },
	};
	size_t n = strcspn(text, " ");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == n &&
		    strncmp(words[i].word, text, n) == 0)
			return words[i].colour;
	return LOOK_PLAIN;
}
