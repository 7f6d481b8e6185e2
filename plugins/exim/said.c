#include "plugins/exim/said.h"

#include <stdbool.h>
#include <string.h>

#include "plugins/probe/reply.h"

#define SAID_REPLY 256 /* octets of a reply that are judged */

/* What is left of the text. */
struct said {
	const char *p, *end;
};

enum said_stage {
	SAID_GREETING, /* while the two still greet each other */
	SAID_SESSION,  /* what our side demands: TLS, a login */
	SAID_MESSAGE
};

static bool
said_skip(struct said *s, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* The address in `<...>`, whatever it is made of. */
static bool
said_address(struct said *s)
{
	bool quoted = false;

	for (; s->p < s->end; s->p++) {
		if (*s->p == '\\' && quoted && s->end - s->p > 1)
			s->p++;
		else if (*s->p == '"')
			quoted = !quoted;
		else if (*s->p == '>' && !quoted)
			return said_skip(s, ">");
	}
	return false;
}

/* Behind the stage: `: ` and a reply follow, or nothing of ours to read. */
static enum said_stage
said_stage(struct said *s)
{
	static const struct {
		const char *text;
		enum said_stage stage;
	} stages[] = {
		{ "initial connection", SAID_GREETING },
		{ "EHLO ", SAID_GREETING },
		{ "HELO ", SAID_GREETING },
		{ "STARTTLS", SAID_SESSION },
		{ "AUTH ", SAID_SESSION },
		{ "MAIL FROM:<", SAID_MESSAGE },
		{ "RCPT TO:<", SAID_MESSAGE },
	};

	(void)said_skip(s, "pipelined ");
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (!said_skip(s, stages[i].text))
			continue;
		if (stages[i].stage == SAID_MESSAGE && !said_address(s))
			s->p = s->end;
		return stages[i].stage;
	}
	return SAID_MESSAGE;
}

/* The reply: its code comes behind the first `: `. False: there is none. */
static bool
said_reply(struct said *s)
{
	while (s->p < s->end && !said_skip(s, ": "))
		s->p++;
	return s->end - s->p >= 3 && s->p[0] >= '2' && s->p[0] <= '5';
}

/* The last line of the reply, whose line ends are two octets, `\n`. */
static bool
said_denies_relay(const struct said *reply)
{
	const char *line = reply->p;
	char text[SAID_REPLY + 1];
	size_t n;

	for (const char *p = reply->p; p + 1 < reply->end; p++)
		if (p[0] == '\\' && p[1] == 'n')
			line = p + 2;
	n = (size_t)(reply->end - line);
	n = n < SAID_REPLY ? n : SAID_REPLY;
	memcpy(text, line, n);
	text[n] = '\0';
	return reply_denies_relay(text);
}

static enum tally_what
said_error(struct said s)
{
	enum said_stage stage = said_stage(&s);

	if (stage == SAID_SESSION)
		return TALLY_REFUSED;
	if (!said_reply(&s))
		return TALLY_NOTHING;
	if (stage == SAID_GREETING)
		return *s.p == '5' ? TALLY_REFUSED : TALLY_FAILED;
	if (said_denies_relay(&s))
		return TALLY_UNRELAYED;
	return *s.p == '4' ? TALLY_REPLIED : TALLY_NOTHING;
}

/* It ended, or was silent. */
static enum tally_what
said_cut(struct said s)
{
	switch (said_stage(&s)) {
	case SAID_GREETING:
		return TALLY_FAILED;
	case SAID_SESSION:
		return TALLY_REFUSED;
	case SAID_MESSAGE:
		break;
	}
	return TALLY_REPLIED;
}

static enum tally_what
said_listed(struct said s)
{
	static const struct {
		const char *text;
		enum tally_what what;
	} says[] = {
		{ "Connection refused", TALLY_FAILED },
		{ "Connection timed out", TALLY_FAILED },
		{ "Connection reset by peer", TALLY_FAILED },
		{ "No route to host", TALLY_FAILED },
		{ "Network is unreachable", TALLY_FAILED },
		{ "Host is down", TALLY_FAILED },
		{ "TLS ", TALLY_REFUSED },
		{ "a TLS session is required", TALLY_REFUSED },
		{ "DANE ", TALLY_REFUSED },
		{ "authentication required", TALLY_REFUSED },
	};

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (said_skip(&s, says[i].text))
			return says[i].what;
	return TALLY_NOTHING;
}

enum tally_what
said_judge(const char *p, size_t n)
{
	struct said s = { p, p + n };

	if (said_skip(&s, "SMTP error from remote mail server after "))
		return said_error(s);
	if (said_skip(&s, "Remote host closed connection in response to ") ||
	    said_skip(&s, "SMTP timeout after "))
		return said_cut(s);
	return said_listed(s);
}
