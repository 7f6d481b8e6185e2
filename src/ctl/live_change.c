#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "ctl/client.h"
#include "ctl/grant.h"
#include "ctl/live.h"
#include "ctl/value.h"
#include "sys/file.h"

struct verdict {
	const struct call *call;
	const char *done;
	int status;
};

/* What a reload found wrong, as lsrd -t says it. */
static void
errors_tell(const json_t *errors)
{
	const json_t *one;
	size_t i;

	json_array_foreach(errors, i, one)
	{
		const char *file =
		    json_string_value(json_object_get(one, "file"));
		const char *text =
		    json_string_value(json_object_get(one, "text"));
		const char *remedy =
		    json_string_value(json_object_get(one, "remedy"));

		const int64_t at =
		    (int64_t)json_integer_value(json_object_get(one, "line"));
		char where[32] = "";

		if (at > 0)
			snprintf(where, sizeof(where), ":%" PRId64, at);
		call_usage("%s%s: error: %s%s%s", file == NULL ? "?" : file,
		    where, text == NULL ? "?" : text,
		    remedy == NULL ? "" : "; ", remedy == NULL ? "" : remedy);
	}
}

/* What became of it, and until when. */
static void
done_tell(const char *done, const json_t *line)
{
	const json_t *until = json_object_get(line, "until");
	char at[VALUE_TIME];

	fputs(json_is_false(json_object_get(line, "changed"))
		  ? "nothing changed"
		  : done,
	    stdout);
	if (until != NULL)
		printf("; until %s",
		    value_time_text(json_integer_value(until), at));
	putchar('\n');
}

static void
verdict_tell(void *ctx, const json_t *line)
{
	struct verdict *v = ctx;
	const char *why = json_string_value(json_object_get(line, "reason"));
	const json_t *errors = json_object_get(line, "errors");

	if (json_is_true(json_object_get(line, "ok"))) {
		v->status = CALL_OK;
		if (!v->call->json && v->done != NULL)
			done_tell(v->done, line);
		return;
	}
	if (json_object_get(line, "ok") == NULL)
		return; /* what is told besides */
	v->status = CALL_NO;
	if (v->call->json)
		return;
	errors_tell(errors);
	if (errors != NULL)
		call_usage("refused; the configuration in force stays");
	else
		call_usage(
		    "refused: %s", why == NULL ? "no reason given" : why);
}

int
live_verdict(
    const struct call *call, const struct buf *answer, const char *done)
{
	struct verdict v = { call, done, CALL_NO };
	int status = client_each(answer, verdict_tell, &v);

	if (status == CALL_OK && call->json)
		fwrite(answer->p, 1, answer->n, stdout);
	return status == CALL_OK ? v.status : status;
}

static int
live_change_say(const struct call *call, const char *request, const char *done)
{
	struct buf answer = { 0 };
	int status = client_ask(call, request, &answer);

	if (status == CALL_OK)
		status = live_verdict(call, &answer, done);
	buf_done(&answer);
	return status;
}

/* The file ("-": standard input) is read once: it may be a pipe. */
static int
inject_read(const char *path, struct buf *out)
{
	int rc = strcmp(path, "-") == 0
	             ? file_take(STDIN_FILENO, GRANT_FILE_MAX, out)
	             : file_load(path, GRANT_FILE_MAX, out);

	if (rc == RC_OK)
		return CALL_OK;
	return call_usage(
	    "%s: %s", path, rc == RC_LONG ? "too long" : strerror(errno));
}

/* The hexadecimal digits of one word, without blanks. */
static int
digits_take(const char *path, const struct buf *text, struct buf *out)
{
	for (size_t i = 0; i < text->n; i++) {
		uint8_t c = text->p[i];

		if (c == ' ' || c == '\n' || c == '\r')
			continue;
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return call_usage(
			    "%s: not what `lsrctl forget`, `keys` or `grant` "
			    "writes",
			    path);
		buf_u8(out, c);
		if (out->n > 2 * LIMIT_LSA_OCTETS)
			return call_usage("%s: too long", path);
	}
	return CALL_OK;
}

int
live_inject(const struct call *call)
{
	const char *path = call->operands[0];
	struct buf text = { 0 }, request = { 0 };
	int status = inject_read(path, &text);

	if (status == CALL_OK && text.n > 0 && text.p[0] == GRANT_MARK) {
		status = grant_inject(call, &text, call->json);
		buf_done(&text);
		return status;
	}
	buf_text(&request, "inject ");
	if (status == CALL_OK)
		status = digits_take(path, &text, &request);
	buf_u8(&request, 0);
	if (status == CALL_OK)
		status = live_change_say(call, (const char *)request.p,
		    "taken, and on its way to all servers");
	buf_done(&text);
	buf_done(&request);
	return status;
}
