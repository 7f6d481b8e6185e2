#include "plugins/probe/smtp.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"

enum smtp_stage { SMTP_GREETING, SMTP_EHLO, SMTP_HELO };

struct smtp {
	enum smtp_stage stage;
	char own_name[STR_HOST_MAX + 1];
	char line[4];  /* the first octets of this line */
	size_t length; /* of this line, as far as it was kept */
	size_t octets; /* of this reply */
	size_t lines;
};

static void
begin(void *state, const char *own_name)
{
	struct smtp *smtp = state;

	memset(smtp, 0, sizeof(*smtp));
	CHECK(strlen(own_name) <= STR_HOST_MAX);
	memcpy(smtp->own_name, own_name, strlen(own_name) + 1);
}

static void
introduce(const struct smtp *smtp, const char *verb, struct buf *say)
{
	buf_text(say, verb);
	buf_text(say, smtp->own_name);
	buf_text(say, "\r\n");
}

/* A whole reply has come; `code` is three digits. */
static enum plugin_verdict
replied(struct smtp *smtp, const char *code, struct buf *say)
{
	bool good = code[0] == '2';
	enum smtp_stage stage = smtp->stage;

	smtp->octets = smtp->lines = 0;
	if (memcmp(code, "421", 3) == 0 ||
	    (stage == SMTP_GREETING && code[0] == '4')) {
		buf_text(say, "QUIT\r\n");
		return PLUGIN_BUSY;
	}
	if (stage == SMTP_GREETING && good) {
		introduce(smtp, "EHLO ", say);
		smtp->stage = SMTP_EHLO;
		return PLUGIN_MORE;
	}
	if (stage == SMTP_EHLO && !good) {
		introduce(smtp, "HELO ", say);
		smtp->stage = SMTP_HELO;
		return PLUGIN_MORE;
	}
	buf_text(say, "QUIT\r\n");
	return good ? PLUGIN_OK : PLUGIN_FAILED;
}

/* `220 text` or `220`: it ends a reply. `220-text` and anything else does
 * not. */
static bool
is_last(const char *line, size_t length)
{
	for (size_t i = 0; i < 3; i++)
		if (length < 3 || line[i] < '0' || line[i] > '9')
			return false;
	return length == 3 || line[3] == ' ';
}

static enum plugin_verdict
line_ended(struct smtp *smtp, struct buf *say)
{
	size_t length = smtp->length;

	if (length > 0 && length <= 4 && smtp->line[length - 1] == '\r')
		length--; /* of CR LF */
	smtp->length = 0;
	if (is_last(smtp->line, length))
		return replied(smtp, smtp->line, say);
	return ++smtp->lines > SMTP_REPLY_LINES ? PLUGIN_FAILED : PLUGIN_MORE;
}

static enum plugin_verdict
octet(struct smtp *smtp, uint8_t c, struct buf *say)
{
	if (++smtp->octets > SMTP_REPLY_OCTETS)
		return PLUGIN_FAILED;
	if (c == '\n')
		return line_ended(smtp, say);
	if (smtp->length < sizeof(smtp->line))
		smtp->line[smtp->length++] = (char)c;
	return PLUGIN_MORE;
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
