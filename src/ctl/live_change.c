#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/limits.h"
#include "ctl/client.h"
#include "ctl/grant.h"
#include "ctl/live.h"
#include "ctl/value.h"

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

/* Hexadecimal digits from a file ("-": standard input), without blanks. */
static int
digits_read(const char *path, struct buf *out)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int c, status = CALL_OK;

	if (in == NULL)
		return call_usage("%s: %s", path, strerror(errno));
	while ((c = fgetc(in)) != EOF && status == CALL_OK) {
		if (c == ' ' || c == '\n' || c == '\r')
			continue;
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
			buf_u8(out, (uint8_t)c);
		else
			status = call_usage(
			    "%s: not what `lsrctl forget` or `lsrctl keys "
			    "revoke` writes",
			    path);
		if (out->n > 2 * LIMIT_LSA_OCTETS)
			status = call_usage("%s: too long", path);
	}
	if (in != stdin)
		fclose(in);
	return status;
}

/* A file of many: as `lsrctl grant` writes it. */
static bool
grant_read(const char *path, struct buf *out)
{
	FILE *in = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");
	int c = in == NULL ? EOF : fgetc(in);
	bool is = c == GRANT_MARK;

	for (; is && c != EOF && out->n < GRANT_FILE_MAX; c = fgetc(in))
		buf_u8(out, (uint8_t)c);
	if (in != NULL)
		fclose(in);
	return is;
}

int
live_inject(const struct call *call)
{
	struct buf request = { 0 };
	int status;

	if (grant_read(call->operands[0], &request)) {
		status = grant_inject(call, &request);
		buf_done(&request);
		return status;
	}
	buf_text(&request, "inject ");
	status = digits_read(call->operands[0], &request);
	buf_u8(&request, 0);
	if (status == CALL_OK)
		status = live_change_say(call, (const char *)request.p,
		    "taken, and on its way to all servers");
	buf_done(&request);
	return status;
}
