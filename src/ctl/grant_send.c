/* grant_send.c - the lines of a grant to the daemon, and what it says of them. */

#include <stdio.h>
#include <string.h>

#include "base/cur.h"
#include "base/json.h"
#include "ctl/client.h"
#include "ctl/grant.h"
#include "ctl/show.h"

struct sending {
	const struct call *call;
	bool json; /* what was taken is told so */
	unsigned line, sent, taken;
	int status;
	bool answered;
};

static void
sent_read(void *ctx, const json_t *line)
{
	struct sending *s = ctx;
	const char *why = json_string_value(json_object_get(line, "reason"));

	s->answered = true;
	if (json_is_true(json_object_get(line, "ok"))) {
		s->taken += json_is_true(json_object_get(line, "changed"));
		return;
	}
	s->status = CALL_NO;
	if (why != NULL && strcmp(why, "old") == 0)
		call_usage("line %u: a later grant is known there: take the "
			   "newest file",
		    s->line);
	else
		call_usage("line %u: refused: %s", s->line,
		    why == NULL ? "no reason given" : why);
}

static void
line_send(struct sending *s, const struct cur *line)
{
	struct buf request = { 0 }, answer = { 0 };

	buf_printf(&request, "inject ");
	buf_bytes(&request, line->p, line->left);
	buf_u8(&request, 0);
	s->sent++;
	s->status = client_ask(s->call, (const char *)request.p, &answer);
	if (s->status == CALL_OK)
		s->status = client_each(&answer, sent_read, s) == CALL_OK
		                ? s->status
		                : CALL_DOWN;
	buf_done(&request);
	buf_done(&answer);
}

static void
sent_tell(const struct sending *s)
{
	struct buf out = { 0 };
	struct json json = { .out = &out };

	if (s->call->json && !s->json)
		return;
	if (s->json) {
		json_open(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_bool(&json, "changed", s->taken > 0);
		json_uint(&json, "parts", s->sent);
		json_uint(&json, "taken", s->taken);
		json_close(&json, '}');
		json_line(&json);
	} else if (s->taken == 0) {
		buf_text(&out, "nothing changed\n");
	} else {
		buf_printf(&out,
		    "%u of %u parts are new, and on their way to all servers\n",
		    s->taken, s->sent);
	}
	show_flush(&out);
	buf_done(&out);
}

int
grant_inject(const struct call *call, const struct buf *text, bool json)
{
	struct sending s = { .call = call, .json = json, .status = CALL_OK };
	struct cur lines = cur_over(text->p, text->n);

	while (s.status == CALL_OK && lines.left > 0) {
		struct cur line = cur_line(&lines);

		s.line++;
		if (line.left > 0 && line.p[0] != GRANT_MARK)
			line_send(&s, &line);
	}
	if (s.status == CALL_OK)
		sent_tell(&s);
	return s.status;
}
