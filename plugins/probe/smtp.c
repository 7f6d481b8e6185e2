#include "plugins/probe/smtp.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"

enum smtp_stage { SMTP_GREETING, SMTP_EHLO, SMTP_QUIT };

struct smtp {
	enum smtp_stage stage;
	char own_name[STR_HOST_MAX + 1];
	char code[4];  /* of the reply so far; empty: none */
	char line[4];  /* the first octets of this line */
	size_t length; /* of this line */
	size_t lines;  /* of this reply */
	bool cr;       /* the last octet was a CR */
};

/* What each stage waits for and, when that came, says. */
static const struct {
	const char *code;
	const char *say;
	bool name;
} stages[] = {
	[SMTP_GREETING] = { "220", "EHLO ", true },
	[SMTP_EHLO] = { "250", "QUIT", false },
	[SMTP_QUIT] = { "221", NULL, false },
};

static void
begin(void *state, const char *own_name)
{
	struct smtp *smtp = state;

	memset(smtp, 0, sizeof(*smtp));
	CHECK(strlen(own_name) <= STR_HOST_MAX);
	memcpy(smtp->own_name, own_name, strlen(own_name) + 1);
}

static bool
is_code(const char *s)
{
	for (size_t i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* A whole reply has come. */
static enum plugin_verdict
replied(struct smtp *smtp, struct buf *say)
{
	if (memcmp(smtp->code, stages[smtp->stage].code, 3) != 0)
		return PLUGIN_FAILED;
	if (stages[smtp->stage].say == NULL)
		return PLUGIN_OK;
	buf_text(say, stages[smtp->stage].say);
	if (stages[smtp->stage].name)
		buf_text(say, smtp->own_name);
	buf_text(say, "\r\n");
	smtp->stage++;
	smtp->code[0] = '\0';
	smtp->lines = 0;
	return PLUGIN_MORE;
}

/* A line has ended: `250-text`, `250 text` or `250`. */
static enum plugin_verdict
line_ended(struct smtp *smtp, struct buf *say)
{
	size_t length = smtp->length;
	bool last = length == 3 || smtp->line[3] == ' ';

	smtp->length = 0;
	if (length < 3 || !is_code(smtp->line))
		return PLUGIN_FAILED;
	if (!last && smtp->line[3] != '-')
		return PLUGIN_FAILED;
	if (smtp->code[0] != '\0' && memcmp(smtp->code, smtp->line, 3) != 0)
		return PLUGIN_FAILED;
	if (++smtp->lines > SMTP_REPLY_LINES)
		return PLUGIN_FAILED;
	memcpy(smtp->code, smtp->line, 3);
	return last ? replied(smtp, say) : PLUGIN_MORE;
}

static enum plugin_verdict
octet(struct smtp *smtp, uint8_t c, struct buf *say)
{
	bool cr = smtp->cr;

	smtp->cr = c == '\r';
	if (c == '\n' && cr)
		return line_ended(smtp, say);
	if (c == '\n' || cr || c == '\0') /* lines end in CR LF, and only so */
		return PLUGIN_FAILED;
	if (c == '\r')
		return PLUGIN_MORE;
	if (smtp->length < sizeof(smtp->line))
		smtp->line[smtp->length] = (char)c;
	return ++smtp->length > SMTP_LINE_MAX ? PLUGIN_FAILED : PLUGIN_MORE;
}

static enum plugin_verdict
feed(void *state, const uint8_t *octets, size_t n, struct buf *say)
{
	struct smtp *smtp = state;
	enum plugin_verdict verdict = PLUGIN_MORE;

	if (n == 0)
		return PLUGIN_FAILED;
	for (size_t i = 0; i < n && verdict == PLUGIN_MORE; i++)
		verdict = octet(smtp, octets[i], say);
	return verdict;
}

const struct plugin_probe smtp_probe = {
	.word = "smtp",
	.state_size = sizeof(struct smtp),
	.begin = begin,
	.feed = feed,
};
