#include "ctl/complain.h"

#include <stdarg.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "ctl/verbs.h"

/* clang-format off */
const struct complain_exit complain_exits[] = {
	{ NULL, CALL_OK, "ok", "done, and all is well" },
	{ NULL, CALL_NO, "no", "answered, and the answer is no, or not all is well" },
	{ NULL, CALL_USAGE, "usage", "wrong usage, a bad file, or a failing system" },
	{ NULL, CALL_DOWN, "no-daemon", "no daemon answers" },
	{ "check", 0, "ok", "all is well" },
	{ "check", 1, "warning", "something deserves attention" },
	{ "check", 2, "critical", "something is wrong, or wrong usage" },
	{ "check", 3, "unknown", "it could not be found out" },
	{ NULL, 0, NULL, NULL },
};
/* clang-format on */

struct complaints_said {
	bool json, mute;
	const char *code;
	VEC(char *) texts;
};

static struct complaints_said *
said_kept(void)
{
	static struct complaints_said said;

	return &said;
}

static void
said_forget(struct complaints_said *said)
{
	for (size_t i = 0; i < said->texts.n; i++)
		mem_free(said->texts.v[i]);
	vec_done(&said->texts);
	said->code = NULL;
}

void
complain_begin(bool json)
{
	struct complaints_said *said = said_kept();

	said_forget(said);
	said->json = json;
}

static void
complain_from(const char *who, const char *text)
{
	struct complaints_said *said = said_kept();
	struct buf shown = { 0 };

	if (said->mute)
		return;
	if (said->json) {
		vec_push(&said->texts, mem_str(text));
		return;
	}
	utf8_show(&shown, text);
	fprintf(stderr, "%s%.*s\n", who, (int)shown.n, (char *)shown.p);
	buf_done(&shown);
}

void
complain_line(const char *text)
{
	complain_from("lsrctl: ", text);
}

void
complain_bare(const char *text)
{
	complain_from("", text);
}

void
complain_code(const char *code)
{
	struct complaints_said *said = said_kept();

	if (said->code == NULL && !said->mute)
		said->code = code;
}

void
complain_progress(const char *fmt, ...)
{
	va_list args;

	if (said_kept()->json)
		return;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

void
complain_mute(bool mute)
{
	said_kept()->mute = mute;
}

/* A verb of its own statuses has said in its answer what they stand for. */
static const char *
complain_code_of(int status)
{
	const struct complain_exit *e = complain_exits;

	while (e->code != NULL && (e->verb != NULL || e->status != status))
		e++;
	return e->code == NULL ? "unknown" : e->code;
}

void
complain_end(int status)
{
	struct complaints_said *said = said_kept();
	const char *code =
	    said->code != NULL ? said->code : complain_code_of(status);
	struct buf out = { 0 };
	struct json j = { .out = &out };

	if (said->texts.n > 0) {
		json_open(&j, NULL, '{');
		json_open(&j, status == CALL_OK ? "warning" : "error", '{');
		json_str(&j, "code", code);
		json_int(&j, "status", status);
		json_str(&j, "text", said->texts.v[0]);
		if (said->texts.n > 1)
			json_list(
			    &j, "more", said->texts.v + 1, said->texts.n - 1);
		json_close(&j, '}');
		json_close(&j, '}');
		json_line(&j);
		fwrite(out.p, 1, out.n, stderr);
	}
	buf_done(&out);
	said_forget(said);
}
