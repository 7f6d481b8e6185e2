#include "plugins/exim/mainlog.h"

#include <stdbool.h>
#include <string.h>

#include "plugins/exim/said.h"

/* What is left of a line. */
struct mainlog {
	const char *p, *end;
};

static bool
mainlog_skip(struct mainlog *m, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(m->end - m->p) < n || memcmp(m->p, text, n) != 0)
		return false;
	m->p += n;
	return true;
}

/* Octets until a blank, which is passed over; the end will not do. */
static bool
mainlog_word(struct mainlog *m, struct mainlog *out)
{
	out->p = m->p;
	while (m->p < m->end && *m->p != ' ')
		m->p++;
	out->end = m->p;
	return out->end > out->p && mainlog_skip(m, " ");
}

/* The same; the end will do. */
static bool
mainlog_last(struct mainlog *m, struct mainlog *out)
{
	return mainlog_word(m, out) || (m->p == m->end && out->end > out->p);
}

static bool
mainlog_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* `form` has 0 for any digit. */
static bool
mainlog_form(struct mainlog *m, const char *form)
{
	size_t n = strlen(form);

	if ((size_t)(m->end - m->p) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (form[i] == '0' ? !mainlog_digit(m->p[i])
				   : m->p[i] != form[i])
			return false;
	m->p += n;
	return true;
}

static void
mainlog_digits(struct mainlog *m)
{
	while (m->p < m->end && mainlog_digit(*m->p))
		m->p++;
}

/* `[123] ` */
static bool
mainlog_pid(struct mainlog *m, const char *end)
{
	if (!mainlog_skip(m, "["))
		return false;
	mainlog_digits(m);
	return mainlog_skip(m, end);
}

/* `2026-11-29 02:54:17.123 +0000 [123] `: of all but the beginning each part
 * may be missing. */
static bool
mainlog_date(struct mainlog *m)
{
	struct mainlog back;

	if (!mainlog_form(m, "0000-00-00 00:00:00"))
		return false;
	if (mainlog_skip(m, "."))
		mainlog_digits(m);
	if (!mainlog_skip(m, " "))
		return false;
	(void)(mainlog_form(m, "+0000 ") || mainlog_form(m, "-0000 "));
	back = *m;
	if (!mainlog_pid(m, "] "))
		*m = back;
	return true;
}

/* `Nov 29 02:54:17 host tag[7]: ` or `2026-11-29T02:54:17.1+00:00 host ...`,
 * the pid may be missing. */
static bool
mainlog_syslog(struct mainlog *m, const char *tag)
{
	bool iso = m->p < m->end && mainlog_digit(*m->p);
	struct mainlog word, back;

	for (int words = iso ? 2 : 4; words > 0; words--) {
		if (!mainlog_word(m, &word))
			return false;
		while (mainlog_skip(m, " "))
			;
	}
	if (!mainlog_skip(m, tag))
		return false;
	if (!mainlog_skip(m, ": ") && !mainlog_pid(m, "]: "))
		return false;
	back = *m;
	if (!mainlog_date(m))
		*m = back;
	return true;
}

/* `1xXV3I-0005Qv-2q `, since 4.97 `1uYv1X-00000000abc-1X2Y `. */
static bool
mainlog_id(struct mainlog *m, char out[TALLY_ID])
{
	struct mainlog word;
	size_t n, groups = 1;

	if (!mainlog_word(m, &word))
		return false;
	n = (size_t)(word.end - word.p);
	if (n != 16 && n != 23)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = word.p[i];

		if (c == '-')
			groups++;
		else if (!mainlog_digit(c) && !(c >= 'A' && c <= 'Z') &&
			 !(c >= 'a' && c <= 'z'))
			return false;
	}
	memcpy(out, word.p, n);
	out[n] = '\0';
	return groups == 3;
}

/* `NAME [IP]` or `NAME [IP]:PORT`, and what parts it from what follows. */
static bool
mainlog_hop(struct mainlog *m, struct addr *out)
{
	struct mainlog name, rest;
	char text[ADDR_TEXT];
	const char *end;
	size_t n, more = 0;
	bool six;

	if (!mainlog_word(m, &name) || !mainlog_skip(m, "["))
		return false;
	end =
	    m->p == m->end ? NULL : memchr(m->p, ']', (size_t)(m->end - m->p));
	if (end == NULL)
		return false;
	n = (size_t)(end - m->p);
	rest = (struct mainlog){ end + 1, m->end };
	six = memchr(m->p, ':', n) != NULL;
	if (mainlog_skip(&rest, ":") && rest.p < rest.end &&
	    mainlog_digit(*rest.p)) {
		mainlog_digits(&rest);
		more = (size_t)(rest.p - (end + 1));
	} else {
		rest.p = end + 1;
	}
	if (n + more + 3 > sizeof(text) || memchr(m->p, '\0', n) != NULL)
		return false;
	six &= more > 0;
	text[0] = '[';
	memcpy(text + six, m->p, n);
	text[n + six] = ']';
	memcpy(text + n + 2 * (size_t)six, end + 1, more);
	text[n + 2 * (size_t)six + more] = '\0';
	m->p = rest.p;
	return addr_read(out, text) && (more == 0 || out->port != 0);
}

/* `<...>` behind a letter and `=`, by the rules of a quoted string. */
static bool
mainlog_quoted(struct mainlog *m)
{
	bool quoted = false;

	for (; m->p < m->end; m->p++) {
		if (*m->p == '\\' && quoted && m->end - m->p > 1)
			m->p++;
		else if (*m->p == '"')
			quoted = !quoted;
		else if (*m->p == '>' && !quoted)
			return mainlog_skip(m, "> ");
	}
	return false;
}

/*
 * A local part that has a blank stands there bare, and may say all that follows
 * an address; but behind it Exim then writes the address as it came, ` <"..."`.
 */
static bool
mainlog_is_bare(const struct mainlog *m)
{
	bool in = false;

	for (const char *p = m->p; p + 1 < m->end; p++) {
		if (in && *p == '"')
			return true;
		if (*p == ' ' || *p == '>')
			in = false;
		if (p[0] == ' ' && p[1] == '<')
			in = true;
	}
	return false;
}

/* `ADDRESS <ORIGINAL> F=<SENDER> P=<SENDER> R=ROUTER T=TRANSPORT `: only the
 * address and the last two are always there, nothing in it has a blank. */
static bool
mainlog_address(
    struct mainlog *m, struct tally_line *out, struct mainlog *transport)
{
	struct mainlog word;

	if (mainlog_is_bare(m) || !mainlog_word(m, &word) || *word.p == '"')
		return false;
	tally_recipient(out, word.p, (size_t)(word.end - word.p));
	for (;;) {
		if (mainlog_skip(m, "F=<") || mainlog_skip(m, "P=<")) {
			if (!mainlog_quoted(m))
				return false;
		} else if (mainlog_skip(m, "R=")) {
			return mainlog_word(m, &word) &&
			       mainlog_skip(m, "T=") &&
			       mainlog_last(m, transport);
		} else if (!mainlog_skip(m, "<") || !mainlog_word(m, &word) ||
			   word.end[-1] != '>') {
			return false;
		}
	}
}

/* Behind a hop: `: text`, ` text`, perhaps with ` I=[...]:25` before. */
static enum tally_what
mainlog_text(struct mainlog m)
{
	struct mainlog word;

	if (mainlog_skip(&m, " I=["))
		(void)mainlog_word(&m, &word);
	else
		(void)(mainlog_skip(&m, ": ") || mainlog_skip(&m, " "));
	return said_judge(m.p, (size_t)(m.end - m.p));
}

/* A line of one recipient: what it tells behind its transport. */
static enum tally_what
mainlog_outcome(struct tally_line *out, struct mainlog m)
{
	bool sent = mainlog_skip(&m, "=> ") || mainlog_skip(&m, "-> ");
	bool failed = !sent && mainlog_skip(&m, "** ");
	enum tally_what what;
	struct mainlog word, transport;

	if (!sent && !failed && !mainlog_skip(&m, "== "))
		return TALLY_NOTHING;
	if (!mainlog_address(&m, out, &transport))
		return TALLY_NOTHING;
	if (sent && mainlog_skip(&m, "S=") && !mainlog_word(&m, &word))
		return TALLY_NOTHING;
	if (!sent && !failed && !mainlog_skip(&m, "defer (-44) "))
		return TALLY_NOTHING;
	if (!mainlog_skip(&m, "H=") || !mainlog_hop(&m, &out->hop))
		return TALLY_NOTHING;
	if (sent)
		return TALLY_OK;
	what = mainlog_text(m);
	if (what == TALLY_UNRELAYED)
		return what;
	return failed || what != TALLY_REPLIED ? TALLY_NOTHING : what;
}

/* Of a connection or a whole message. */
static enum tally_what
mainlog_said(struct tally_line *out, struct mainlog m)
{
	enum tally_what what;

	if (!mainlog_skip(&m, "H=") || !mainlog_hop(&m, &out->hop))
		return TALLY_NOTHING;
	what = mainlog_text(m);
	return what == TALLY_UNRELAYED ? TALLY_REPLIED : what;
}

/* The same of a transport that has no hosts. A delay is the gateway's reply to
 * one message; that it is tried later (-5x) is an echo. */
static enum tally_what
mainlog_piped(struct tally_line *out, struct mainlog m)
{
	bool sent = mainlog_skip(&m, "=> ") || mainlog_skip(&m, "-> ");
	struct mainlog transport;
	size_t n = strlen(out->by);

	if (!sent && !mainlog_skip(&m, "== "))
		return TALLY_NOTHING;
	if (!mainlog_address(&m, out, &transport) ||
	    (size_t)(transport.end - transport.p) != n ||
	    memcmp(transport.p, out->by, n) != 0 || mainlog_skip(&m, "H="))
		return TALLY_NOTHING;
	if (sent)
		return TALLY_OK;
	return mainlog_skip(&m, "defer (-5") || !mainlog_skip(&m, "defer (")
	           ? TALLY_NOTHING
	           : TALLY_REPLIED;
}

/* What stands before the text of a message. */
static bool
mainlog_head(struct mainlog *m, struct tally_line *out, const char *tag)
{
	const char *line = m->p;

	memset(out, 0, sizeof(*out));
	if (!mainlog_date(m)) {
		m->p = line;
		if (!mainlog_syslog(m, tag))
			return false;
	}
	return mainlog_id(m, out->id);
}

void
mainlog_read_by(struct tally_line *out, const char *line, size_t n,
    const char *tag, const char *name)
{
	struct mainlog m = { line, line + n };

	if (!mainlog_head(&m, out, tag))
		return;
	out->by = name;
	out->what = mainlog_piped(out, m);
}

void
mainlog_read(
    struct tally_line *out, const char *line, size_t n, const char *tag)
{
	struct mainlog m = { line, line + n };

	if (!mainlog_head(&m, out, tag))
		return;
	out->what = mainlog_said(out, m);
	if (out->what == TALLY_NOTHING)
		out->what = mainlog_outcome(out, m);
}
