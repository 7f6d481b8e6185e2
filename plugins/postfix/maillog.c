#include "plugins/postfix/maillog.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What is left of a line. */
struct rest {
	const char *p, *end;
};

static bool
skip(struct rest *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0)
		return false;
	r->p += n;
	return true;
}

/* Octets until `stop`, which is passed over; false: it does not come. */
static bool
until(struct rest *r, const char *stop, struct rest *out)
{
	size_t n = strlen(stop);

	out->p = r->p;
	for (; (size_t)(r->end - r->p) >= n; r->p++)
		if (memcmp(r->p, stop, n) == 0) {
			out->end = r->p;
			r->p += n;
			return true;
		}
	return false;
}

static bool
maillog_word(struct rest *r)
{
	const char *start = r->p;

	while (r->p < r->end && *r->p != ' ')
		r->p++;
	if (r->p == start || r->p == r->end)
		return false;
	while (r->p < r->end && *r->p == ' ')
		r->p++;
	return true;
}

/* `Nov 21 17:22:56 host tag[7]: ` or `2026-11-21T17:22:56.1+00:00 host ...` */
static bool
head(struct rest *r, const char *tag)
{
	struct rest pid;
	int words = r->p < r->end && *r->p >= '0' && *r->p <= '9' ? 2 : 4;

	while (words-- > 0)
		if (!maillog_word(r))
			return false;
	if (!skip(r, tag) || !skip(r, "[") || !until(r, "]: ", &pid))
		return false;
	for (; pid.p < pid.end; pid.p++)
		if (*pid.p < '0' || *pid.p > '9')
			return false;
	return true;
}

/* `HOP[IP]`, and `:PORT` with `port`. */
static bool
hop(struct rest *r, bool port, struct addr *out)
{
	char text[ADDR_TEXT];
	struct rest name, ip, digits = { NULL, NULL };
	size_t n, more = 0;

	if (!until(r, "[", &name) ||
	    memchr(name.p, ' ', (size_t)(name.end - name.p)) != NULL)
		return false;
	if (!until(r, "]", &ip))
		return false;
	if (port) {
		digits.p = r->p;
		if (!skip(r, ":"))
			return false;
		while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
			r->p++;
		digits.end = r->p;
		more = (size_t)(digits.end - digits.p);
	}
	n = (size_t)(ip.end - ip.p);
	if (n + more + 3 > sizeof(text) || memchr(ip.p, '\0', n) != NULL)
		return false;
	if (memchr(ip.p, ':', n) != NULL && port) {
		text[0] = '[';
		memcpy(text + 1, ip.p, n);
		text[++n] = ']';
		n++;
	} else {
		memcpy(text, ip.p, n);
	}
	memcpy(text + n, port ? digits.p : "", more);
	text[n + more] = '\0';
	return addr_read(out, text) && (!port || out->port != 0);
}

/* The recipient, whatever it is made of: `<"a>, relay=x"@dom>`. */
static bool
maillog_address(struct rest *r)
{
	bool quoted = false;

	for (; r->p < r->end; r->p++) {
		if (*r->p == '\\' && quoted && r->end - r->p > 1)
			r->p++;
		else if (*r->p == '"')
			quoted = !quoted;
		else if (*r->p == '>' && !quoted)
			break;
	}
	return skip(r, ">");
}

/* A session that ends while the two still greet each other fails a probe as
 * well. */
static enum tally_what
ended_while(struct rest r)
{
	static const char *const greetings[] = {
		"receiving the initial server greeting",
		"performing the EHLO handshake",
		"performing the HELO handshake",
	};

	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
		if (skip(&r, greetings[i]))
			return TALLY_FAILED;
	return TALLY_REPLIED;
}

/* There is no session that this host's own policy would use. */
static bool
is_no_session(struct rest r)
{
	static const char *const says[] = {
		"TLS is required, but ",
		"Cannot start TLS",
		"Server certificate not ",
		"TLSA ",
		"no TLSA ",
		"SASL ",
	};

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (skip(&r, says[i]))
			return true;
	return false;
}

/* It calls itself as this host does: Postfix sends it nothing, for whomever.
 * What the hop says would begin with `host `. */
static bool
is_our_name(struct rest r)
{
	struct rest skipped;

	return skip(&r, "mail for ") &&
	       until(&r, " loops back to myself", &skipped);
}

/* The first `HOP[IP]` behind `host `; false: it is not named. */
static bool
host_named(struct rest r, struct addr *out)
{
	struct rest skipped;

	return until(&r, "host ", &skipped) && hop(&r, false, out);
}

/* Why a message is not there: what Postfix says, not what the hop says. */
static enum tally_what
maillog_reason(struct rest r, struct addr *out)
{
	if (skip(&r, "lost connection with "))
		return hop(&r, false, out) && skip(&r, " while ")
		           ? ended_while(r)
		           : TALLY_NOTHING;
	if (skip(&r, "conversation with "))
		return hop(&r, false, out) && skip(&r, " timed out while ")
		           ? ended_while(r)
		           : TALLY_NOTHING;
	if (skip(&r, "route refused: ")) {
		if (out->family == 0) /* of a recipient alone, and by a hop */
			return TALLY_NOTHING;
		return is_our_name(r) ? TALLY_REFUSED : TALLY_UNRELAYED;
	}
	if (is_no_session(r)) {
		if (out->family == 0 && !host_named(r, out))
			return TALLY_NOTHING;
		return TALLY_REFUSED;
	}
	if (!skip(&r, "host ") || !hop(&r, false, out))
		return TALLY_NOTHING;
	if (skip(&r, " refused to talk to me: 5"))
		return TALLY_REFUSED;
	if (skip(&r, " refused to talk to me: "))
		return TALLY_FAILED;
	return skip(&r, " said: 4") ? TALLY_REPLIED : TALLY_NOTHING;
}

/* A recipient as Postfix has it inside, without the quotation marks, may say
 * all that follows, but not take away that it follows. */
static bool
is_said_twice(struct rest r)
{
	struct rest before;

	return until(&r, ">, relay=", &before);
}

/* What pipe(8) tells of its command: no hop, and nobody's words but its own. */
static void
piped(struct tally_line *out, struct rest r)
{
	struct rest skipped;

	if (!until(&r, "status=", &skipped))
		return;
	if (skip(&r, "sent "))
		out->what = TALLY_OK;
	else if (skip(&r, "deferred ("))
		out->what = TALLY_REPLIED;
}

/* What follows `to=`: the outcome for one recipient. */
static void
outcome(struct tally_line *out, struct rest r)
{
	struct rest skipped;
	struct addr other;
	const char *start;

	if (!skip(&r, "<"))
		return;
	start = r.p;
	if (!maillog_address(&r))
		return;
	tally_recipient(out, start, (size_t)(r.p - 1 - start));
	if (!skip(&r, ", "))
		return;
	if (skip(&r, "orig_to=<") && (!maillog_address(&r) || !skip(&r, ", ")))
		return;
	if (!skip(&r, "relay=") || is_said_twice(r))
		return;
	if (out->by != NULL && skip(&r, out->by) && skip(&r, ", ")) {
		piped(out, r);
		return;
	}
	if (!hop(&r, true, &out->hop))
		return;
	if (!until(&r, ", status=", &skipped))
		return;
	other = out->hop;
	if (skip(&r, "sent "))
		out->what = TALLY_OK;
	else if (skip(&r, "deferred ("))
		out->what = maillog_reason(r, &other);
}

static bool
maillog_queue_id(struct rest *r, char out[TALLY_ID])
{
	struct rest id;
	size_t n;

	if (!until(r, ": ", &id))
		return false;
	n = (size_t)(id.end - id.p);
	if (n == 0 || n >= TALLY_ID)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((id.p[i] >= '0' && id.p[i] <= '9') ||
			(id.p[i] >= 'A' && id.p[i] <= 'Z') ||
			(id.p[i] >= 'a' && id.p[i] <= 'z')))
			return false;
	memcpy(out, id.p, n);
	out[n] = '\0';
	return true;
}

static void
maillog_text(struct tally_line *out, struct rest r)
{
	if (skip(&r, "connect to ")) {
		if (hop(&r, true, &out->hop) && skip(&r, ": "))
			out->what = TALLY_FAILED;
	} else if (maillog_queue_id(&r, out->id)) {
		if (skip(&r, "to="))
			outcome(out, r);
		else
			out->what = maillog_reason(r, &out->hop);
	}
}

void
maillog_read(
    struct tally_line *out, const char *line, size_t n, const char *tag)
{
	struct rest r = { line, line + n };

	memset(out, 0, sizeof(*out));
	if (head(&r, tag))
		maillog_text(out, r);
}

void
maillog_read_by(
    struct tally_line *out, const char *line, size_t n, const char *name)
{
	static const char *const programs[] = { "smtp", "lmtp", "pipe" };
	char tag[100];

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct rest r = { line, line + n };

		snprintf(tag, sizeof(tag), "postfix/%s/%s", name, programs[i]);
		if (!head(&r, tag))
			continue;
		out->by = name;
		maillog_text(out, r);
		return;
	}
}
