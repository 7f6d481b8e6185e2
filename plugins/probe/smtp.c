#include "plugins/probe/smtp.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"
#include "plugins/probe/reply.h"

enum smtp_stage {
	SMTP_GREETING,
	SMTP_EHLO,
	SMTP_HELO,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_RSET
};

struct smtp {
	enum smtp_stage stage;
	enum plugin_ask ask;
	enum plugin_verdict told; /* what RCPT was answered */
	char own_name[STR_HOST_MAX + 1];
	char recipient[STR_PATTERN_MAX + 1];
	char line[SMTP_LINE_KEPT + 1]; /* the first octets of this line */
	size_t length;                 /* of this line, as far as it was kept */
	size_t octets;                 /* of this reply */
	bool local;                    /* LMTP: LHLO, and nothing else */
	char said[SMTP_SAID + 1];      /* of the last reply that was no yes */
};

static void
probe_smtp_begin(void *state, const struct plugin_errand *errand)
{
	struct smtp *smtp = state;

	memset(smtp, 0, sizeof(*smtp));
	CHECK(strlen(errand->own_name) <= STR_HOST_MAX);
	memcpy(smtp->own_name, errand->own_name, strlen(errand->own_name) + 1);
	if (errand->ask == PLUGIN_ASK_NOTHING)
		return;
	CHECK(strlen(errand->recipient) <= STR_PATTERN_MAX);
	memcpy(
	    smtp->recipient, errand->recipient, strlen(errand->recipient) + 1);
	smtp->ask = errand->ask;
}

static void
probe_lmtp_begin(void *state, const struct plugin_errand *errand)
{
	struct smtp *smtp = state;

	probe_smtp_begin(state, errand);
	smtp->local = true;
}

static enum plugin_verdict
probe_smtp_next(struct smtp *smtp, enum smtp_stage stage, struct buf *say)
{
	smtp->stage = stage;
	buf_text(say, "\r\n");
	return PLUGIN_MORE;
}

static enum plugin_verdict
probe_smtp_leave(struct buf *say, enum plugin_verdict verdict)
{
	buf_text(say, "QUIT\r\n");
	return verdict;
}

static bool
probe_smtp_begins(const struct smtp *smtp, const char *code)
{
	return strncmp(smtp->line, code, strlen(code)) == 0;
}

static enum plugin_verdict
on_probe_smtp_greeting(struct smtp *smtp, char code, struct buf *say)
{
	if (code == '4' && !probe_smtp_begins(smtp, "421 4.4.1 "))
		return probe_smtp_leave(say, PLUGIN_BUSY);
	if (code != '2')
		return probe_smtp_leave(say, PLUGIN_FAILED);
	buf_printf(say, "%s %s", smtp->local ? "LHLO" : "EHLO", smtp->own_name);
	return probe_smtp_next(smtp, SMTP_EHLO, say);
}

/* Nobody refuses the null sender for his own sake; but where mail itself is
 * asked for, it is a sender like those of mail. */
static enum plugin_verdict
on_hello(struct smtp *smtp, char code, struct buf *say)
{
	if (code != '2' && smtp->stage == SMTP_EHLO && !smtp->local) {
		buf_printf(say, "HELO %s", smtp->own_name);
		return probe_smtp_next(smtp, SMTP_HELO, say);
	}
	if (code != '2')
		return probe_smtp_leave(say, PLUGIN_FAILED);
	if (smtp->ask == PLUGIN_ASK_NOTHING)
		return probe_smtp_leave(say, PLUGIN_OK);
	if (smtp->ask == PLUGIN_ASK_MAIL)
		buf_printf(say, "MAIL FROM:<postmaster@%s>", smtp->own_name);
	else
		buf_text(say, "MAIL FROM:<>");
	return probe_smtp_next(smtp, SMTP_MAIL, say);
}

static enum plugin_verdict
probe_smtp_judge(const struct smtp *smtp)
{
	if (smtp->ask == PLUGIN_ASK_MAIL)
		return reply_takes_none(smtp->line) ? PLUGIN_REFUSED
		                                    : PLUGIN_OK;
	return reply_denies_relay(smtp->line) ? PLUGIN_REFUSED : PLUGIN_OK;
}

static enum plugin_verdict
on_envelope(struct smtp *smtp, char code, struct buf *say)
{
	if (smtp->stage == SMTP_MAIL && code == '2') {
		buf_printf(say, "RCPT TO:<%s>", smtp->recipient);
		return probe_smtp_next(smtp, SMTP_RCPT, say);
	}
	smtp->told = code == '2' ? PLUGIN_TAKES : probe_smtp_judge(smtp);
	buf_text(say, "RSET");
	return probe_smtp_next(smtp, SMTP_RSET, say);
}

/* A whole reply has come; `line` is its last one. */
static enum plugin_verdict
probe_smtp_replied(struct smtp *smtp, struct buf *say)
{
	char code = smtp->line[0];

	smtp->octets = 0;
	if (code == '4' || code == '5') {
		memcpy(smtp->said, smtp->line, SMTP_SAID);
		smtp->said[SMTP_SAID] = '\0';
	}
	if (smtp->stage == SMTP_RSET)
		return probe_smtp_leave(say, smtp->told);
	if (smtp->stage == SMTP_GREETING)
		return on_probe_smtp_greeting(smtp, code, say);
	if (probe_smtp_begins(smtp, "421"))
		return probe_smtp_leave(say, PLUGIN_BUSY);
	if (smtp->stage <= SMTP_HELO)
		return on_hello(smtp, code, say);
	return on_envelope(smtp, code, say);
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
probe_smtp_line_ended(struct smtp *smtp, struct buf *say)
{
	size_t length = smtp->length;

	if (length > 0 && smtp->line[length - 1] == '\r')
		length--; /* of CR LF */
	smtp->line[length] = '\0';
	smtp->length = 0;
	if (is_last(smtp->line, length))
		return probe_smtp_replied(smtp, say);
	return PLUGIN_MORE;
}

static enum plugin_verdict
octet(struct smtp *smtp, uint8_t c, struct buf *say)
{
	if (++smtp->octets > SMTP_REPLY_OCTETS)
		return PLUGIN_FAILED;
	if (c == '\n')
		return probe_smtp_line_ended(smtp, say);
	if (smtp->length < SMTP_LINE_KEPT)
		smtp->line[smtp->length++] = c == '\0' ? '?' : (char)c;
	return PLUGIN_MORE;
}

static enum plugin_verdict
feed(void *state, const uint8_t *octets, size_t n, struct buf *say)
{
	struct smtp *smtp = state;
	enum plugin_verdict verdict = PLUGIN_MORE;

	if (n == 0) /* what was answered stands */
		return smtp->stage == SMTP_RSET ? smtp->told : PLUGIN_FAILED;
	for (size_t i = 0; i < n && verdict == PLUGIN_MORE; i++)
		verdict = octet(smtp, octets[i], say);
	return verdict;
}

static const char *
probe_smtp_said(const void *state)
{
	const struct smtp *smtp = state;

	return smtp->said;
}

const struct plugin_probe smtp_probe = {
	.word = "smtp",
	.state_size = sizeof(struct smtp),
	.begin = probe_smtp_begin,
	.feed = feed,
	.said = probe_smtp_said,
};

const struct plugin_probe lmtp_probe = {
	.word = "lmtp",
	.state_size = sizeof(struct smtp),
	.begin = probe_lmtp_begin,
	.feed = feed,
	.said = probe_smtp_said,
};

static void
probe_tcp_begin(void *state, const struct plugin_errand *errand)
{
	(void)state;
	(void)errand;
}

static const char *
probe_tcp_said(const void *state)
{
	(void)state;
	return "";
}

const struct plugin_probe tcp_probe = {
	.word = "tcp",
	.state_size = 1,
	.mute = true,
	.begin = probe_tcp_begin,
	.feed = NULL,
	.said = probe_tcp_said,
};
