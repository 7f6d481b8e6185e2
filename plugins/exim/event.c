#include "plugins/exim/event.h"

#include <stdio.h>
#include <string.h>

#include "plugins/exim/said.h"

static enum tally_what
event_judge(const struct event_words *w)
{
	enum tally_what what = said_judge(w->data, strlen(w->data));

	if (strcmp(w->name, "msg:delivery") == 0)
		return TALLY_OK;
	if (strcmp(w->name, "msg:host:defer") == 0)
		return what == TALLY_UNRELAYED ? TALLY_REPLIED : what;
	if (strcmp(w->name, "msg:rcpt:host:defer") == 0)
		return what == TALLY_UNRELAYED ? what : TALLY_REPLIED;
	/* What is about the link was said by msg:host:defer. */
	if (strcmp(w->name, "msg:defer") == 0)
		return what == TALLY_REPLIED ? what : TALLY_NOTHING;
	if (strcmp(w->name, "msg:fail:delivery") == 0)
		return what == TALLY_UNRELAYED ? what : TALLY_NOTHING;
	return TALLY_NOTHING;
}

/* `192.0.2.1` or `2001:db8::1`, and a port. */
static bool
event_hop(const struct event_words *w, struct addr *out)
{
	bool six = strchr(w->address, ':') != NULL;
	char text[ADDR_TEXT];
	int n = snprintf(
	    text, sizeof(text), six ? "[%s]:%s" : "%s:%s", w->address, w->port);

	return n > 0 && (size_t)n < sizeof(text) && addr_read(out, text);
}

bool
event_report(const struct event_words *w, struct report *out)
{
	static const enum report_count counts[] = {
		[TALLY_NOTHING] = REPORT_COUNTS,
		[TALLY_OK] = REPORT_OK,
		[TALLY_FAILED] = REPORT_FAILED,
		[TALLY_REFUSED] = REPORT_TURNED,
		[TALLY_REPLIED] = REPORT_REPLIES,
		[TALLY_UNRELAYED] = REPORT_UNRELAYED,
	};
	enum tally_what what = event_judge(w);
	struct tally_line line = { .what = what };

	memset(out, 0, sizeof(*out));
	if (what == TALLY_NOTHING || !event_hop(w, &out->hop))
		return false;
	out->kind = what == TALLY_UNRELAYED ? REPORT_ROUTE : REPORT_EVIDENCE;
	out->count[counts[what]] = 1;
	if (what != TALLY_UNRELAYED)
		return true;
	tally_recipient(&line, w->to, strlen(w->to));
	memcpy(out->to, line.to, sizeof(out->to));
	return out->to[0] != '\0';
}
