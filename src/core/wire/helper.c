#include "core/wire/helper.h"

#include <stdbool.h>
#include <string.h>

#include "base/rc.h"

#define SILENT "silent "

static const char *const whys[] = {
	[HELPER_MISSING] = "command-missing",
	[HELPER_UNSAFE] = "command-unsafe",
	[HELPER_TIMEOUT] = "command-timeout",
	[HELPER_STATUS] = "command-status",
	[HELPER_REFUSED] = "command-refused",
};

/* A line with its end and nothing behind it, as text. */
static bool
helper_line(char out[HELPER_LINE_MAX], const uint8_t *p, size_t n)
{
	if (n == 0 || n > HELPER_LINE_MAX || p[n - 1] != '\n' ||
	    memchr(p, '\0', n) != NULL || memchr(p, '\n', n - 1) != NULL)
		return false;
	memcpy(out, p, n - 1);
	out[n - 1] = '\0';
	return true;
}

void
helper_ask(struct buf *out, const char *name, const char *server)
{
	buf_printf(out, "%s %s\n", name, server);
}

int
helper_question_read(struct helper_question *out, const uint8_t *p, size_t n)
{
	char line[HELPER_LINE_MAX], *server;

	if (!helper_line(line, p, n))
		return RC_FORMAT;
	server = strchr(line, ' ');
	if (server == NULL)
		return RC_FORMAT;
	*server++ = '\0';
	if (!asks_is_name(line) || !str_is_host(server))
		return RC_FORMAT;
	memcpy(out->name, line, strlen(line) + 1);
	memcpy(out->server, server, strlen(server) + 1);
	return RC_OK;
}

void
helper_say(struct buf *out, const struct helper_answer *answer)
{
	if (answer->word == HELPER_SILENT)
		buf_printf(out, SILENT "%s\n", whys[answer->why]);
	else
		buf_text(out, answer->word == HELPER_UP ? "up\n" : "down\n");
}

int
helper_answer_read(struct helper_answer *out, const uint8_t *p, size_t n)
{
	char line[HELPER_LINE_MAX];
	size_t prefix = strlen(SILENT);

	*out = (struct helper_answer){ .word = HELPER_UP };
	if (!helper_line(line, p, n))
		return RC_FORMAT;
	if (strcmp(line, "up") == 0)
		return RC_OK;
	out->word = HELPER_DOWN;
	if (strcmp(line, "down") == 0)
		return RC_OK;
	out->word = HELPER_SILENT;
	for (size_t i = 0; i < HELPER_WHYS; i++) {
		out->why = (enum helper_why)i;
		if (strncmp(line, SILENT, prefix) == 0 &&
		    strcmp(line + prefix, whys[i]) == 0)
			return RC_OK;
	}
	return RC_FORMAT;
}

const char *
helper_why_word(enum helper_why why)
{
	return whys[why];
}
