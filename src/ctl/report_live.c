/*
 * report_live.c - servers that are behind, and what hangs on the authority,
 * by the daemon's database and sessions.
 */

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/live.h"
#include "ctl/report.h"
#include "ctl/value.h"

#define SOON_S (INT64_C(30) * 86400) /* as `check` */
/* as `keys list`: known before the last certificate of it ends */
#define AUTHORITY_SOON_S (INT64_C(90) * 86400)

struct telling {
	struct report *r;
	int64_t now;
	bool *certified; /* by server of the document */
};

static void
behind_put(struct report *r, const char *server, struct buf *what)
{
	struct report_behind behind = { mem_str(server), buf_string(what) };

	vec_push(&r->behind, behind);
}

static void
end_judge(struct telling *t, const char *server, int64_t end, int64_t soon)
{
	struct buf what = { 0 };
	char moment[VALUE_TIME];

	if (end - t->now > soon)
		return;
	value_time_text(end, moment);
	buf_printf(&what, "its certificate %s at %s",
	    end <= t->now ? "ended" : "ends", moment);
	behind_put(t->r, server, &what);
}

static void
identity_take(void *ctx, const json_t *line)
{
	struct telling *t = ctx;
	const json_t *body = json_object_get(line, "body");
	const char *server = table_text(line, "origin");
	const json_t *end = json_object_get(body, "not_after");
	uint32_t number = document_server(t->r->doc, server);
	int64_t at = (int64_t)json_integer_value(end);

	if (strcmp(table_text(line, "type"), "identity") != 0 || end == NULL)
		return;
	if (number != UINT32_MAX)
		t->certified[number] = true;
	if (t->r->first_end_of == NULL || at < t->r->first_end) {
		mem_free(t->r->first_end_of);
		t->r->first_end_of = mem_str(server);
		t->r->first_end = at;
	}
	end_judge(t, server, at, SOON_S);
}

static void
report_status_take(void *ctx, const json_t *line)
{
	struct telling *t = ctx;

	t->r->authority_end = (int64_t)json_integer_value(
	    json_object_get(line, "authority_until"));
	if (t->r->authority_end != 0)
		end_judge(
		    t, "the authority", t->r->authority_end, AUTHORITY_SOON_S);
}

/* A neighbour whose database is not yet ours. */
static void
report_peer_take(void *ctx, const json_t *line)
{
	struct telling *t = ctx;
	const char *state = table_text(line, "state");
	struct buf what = { 0 };

	if (strcmp(state, "full") == 0)
		return;
	buf_printf(&what, "the session with it is %s%s%s", state,
	    *table_text(line, "reason") != '\0' ? ": " : "",
	    table_text(line, "reason"));
	behind_put(t->r, table_text(line, "peer"), &what);
}

static void
servers_judge(struct telling *t)
{
	for (size_t i = 0; i < t->r->doc->servers.n; i++) {
		const struct document_server *s = &t->r->doc->servers.v[i];
		struct buf what = { 0 };

		if (s->state != DOCUMENT_UP) {
			buf_printf(&what, "it is in state %s",
			    document_state_word(s->state));
			behind_put(t->r, s->name, &what);
		}
		if (!t->certified[i]) {
			buf_text(&what, "its certificate is not known");
			behind_put(t->r, s->name, &what);
		}
	}
}

int
report_live(struct report *r, const struct call *call)
{
	static const struct {
		const char *request;
		void (*each)(void *ctx, const json_t *line);
	} asks[] = { { "status", report_status_take }, { "db", identity_take },
		{ "peers", report_peer_take } };
	struct telling t = { .r = r, .now = (int64_t)time(NULL) };
	struct buf answer = { 0 };
	int status = CALL_OK;

	r->has_behind = true;
	t.certified = mem_new(0, r->doc->servers.n + 1, sizeof(*t.certified));
	for (size_t i = 0; i < 3 && status == CALL_OK; i++) {
		buf_reset(&answer);
		status = client_read(call, asks[i].request, &answer);
		if (status == CALL_OK)
			status = client_each(&answer, asks[i].each, &t);
	}
	if (status == CALL_OK)
		servers_judge(&t);
	buf_done(&answer);
	mem_free(t.certified);
	return status;
}
