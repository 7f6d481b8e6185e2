#include "ctl/status.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/fold.h"
#include "ctl/look.h"
#include "ctl/show.h"
#include "ctl/table.h"
#include "ctl/value.h"

#define VALUE_COLUMN 18 /* behind the longest key, certificate_until */
#define AWAY_SHOWN 5    /* servers, unless --all asks for all of them */
#define TROUBLES_SHOWN 4

/* clang-format off */
const struct verb_option status_options[] = {
	{ "all", NULL, "every server that is away, and every trouble" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct status {
	struct buf out;
	bool all;
};

/* How many of n are shown. */
static size_t
status_shown(const struct status *s, size_t n, size_t most)
{
	return s->all || n <= most ? n : most;
}

/* An array of objects: how many, and the names of the first. */
static void
away_write(const struct status *s, struct buf *out, const json_t *list)
{
	size_t n = json_array_size(list), most = status_shown(s, n, AWAY_SHOWN);

	if (n == 0)
		buf_text(out, "none");
	else
		buf_printf(out, "%zu:", n);
	for (size_t i = 0; i < most; i++)
		buf_printf(out, " %s%s",
		    table_text(json_array_get(list, i), "server"),
		    i + 1 < most ? "," : "");
	if (most < n)
		buf_printf(out, " and %zu more; --all names them", n - most);
}

/* What reporters told: `milter accepted=120 refused=1, evidence ok=3`. */
static void
reports_write(struct buf *out, json_t *reports)
{
	const char *kind, *word, *comma = "";
	json_t *value, *count;

	json_object_foreach(reports, kind, value)
	{
		if (json_is_integer(value)) {
			buf_printf(out, "%s%s=%" PRId64, comma, kind,
			    (int64_t)json_integer_value(value));
			continue;
		}
		buf_printf(out, "%s%s", comma, kind);
		json_object_foreach(value, word, count) buf_printf(out,
		    " %s=%" PRId64, word, (int64_t)json_integer_value(count));
		comma = ", ";
	}
}

static void
moment_write(struct buf *out, const json_t *value)
{
	char text[VALUE_TIME];

	value_time_text((int64_t)json_integer_value(value), text);
	buf_text(out, text);
}

/* Whose mail has waited for a hold the longest, and when that ends. */
static void
held_write(struct buf *out, const json_t *held)
{
	buf_printf(out, "%s: ", table_text(held, "pattern"));
	if (*table_text(held, "message") != '\0')
		buf_printf(out, "message %s, ", table_text(held, "message"));
	buf_text(out, "since ");
	moment_write(out, json_object_get(held, "came"));
	buf_text(out, ", given up at ");
	moment_write(out, json_object_get(held, "gives_up"));
}

static bool
is_status_moment(const char *key)
{
	static const char *const keys[] = { "leaves", "certificate_until",
		"authority_until", "drain_since", "drain_until" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* Each from a line of its own, and under it what to do. */
static void
troubles_write(struct status *s, const char *label, const json_t *list)
{
	size_t n = json_array_size(list);
	size_t most = status_shown(s, n, TROUBLES_SHOWN);
	struct buf text = { 0 };
	char *line;

	for (size_t i = 0; i < most; i++) {
		const json_t *one = json_array_get(list, i);

		buf_printf(&text, "%s: %s", table_text(one, "word"),
		    table_text(one, "text"));
		line = buf_string(&text);
		fold_labelled(&s->out, i == 0 ? label : "", VALUE_COLUMN, line);
		mem_free(line);
		fold_labelled(
		    &s->out, "", VALUE_COLUMN + 2, table_text(one, "remedy"));
	}
	if (n == 0)
		fold_labelled(&s->out, label, VALUE_COLUMN, "none");
	if (most < n) {
		buf_printf(&text, "and %zu more; --all names them", n - most);
		line = buf_string(&text);
		fold_labelled(&s->out, "", VALUE_COLUMN, line);
		mem_free(line);
	}
}

/* `uptime_s`: its unit, which a person reads behind the number; or NULL. */
static const char *
status_unit(const char *key)
{
	const char *last = strrchr(key, '_');

	return last != NULL &&
	               (strcmp(last, "_s") == 0 || strcmp(last, "_ms") == 0)
	           ? last + 1
	           : NULL;
}

static void
status_number(struct buf *out, const char *key, const json_t *value)
{
	const char *unit = status_unit(key);

	buf_printf(out, "%" PRId64 "%s%s", (int64_t)json_integer_value(value),
	    unit == NULL ? "" : " ", unit == NULL ? "" : unit);
}

static void
value_write(
    const struct status *s, struct buf *out, const char *key, json_t *value)
{
	if (json_is_string(value))
		buf_text(out, json_string_value(value));
	else if (is_status_moment(key))
		moment_write(out, value);
	else if (json_is_integer(value))
		status_number(out, key, value);
	else if (json_is_array(value))
		away_write(s, out, value);
	else if (strcmp(key, "oldest_held") == 0)
		held_write(out, value);
	else if (json_is_object(value))
		reports_write(out, value);
	else
		buf_text(out, json_is_true(value) ? "yes" : "no");
}

/* One word, which says how it is. */
static void
state_write(struct buf *out, const char *label, const char *word)
{
	buf_printf(out, "%-*s", VALUE_COLUMN, label);
	look_paint(out, look_of_state(word), word);
	buf_u8(out, '\n');
}

static void
status_write(void *ctx, const json_t *line)
{
	struct status *s = ctx;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)line, key, value)
	{
		struct buf text = { 0 };
		char *label = mem_str(key), *all;

		if (status_unit(key) != NULL)
			*strrchr(label, '_') = '\0';
		for (char *c = label; *c != '\0'; c++)
			*c = *c == '_' ? ' ' : *c;
		if (strcmp(key, "troubles") == 0) {
			troubles_write(s, label, value);
		} else if (strcmp(key, "state") == 0) {
			state_write(&s->out, label, table_text(line, key));
		} else {
			value_write(s, &text, key, value);
			all = buf_string(&text);
			fold_labelled(&s->out, label, VALUE_COLUMN, all);
			mem_free(all);
		}
		mem_free(label);
	}
}

int
status_run(const struct call *call)
{
	struct status s = { .all = call_has(call, "all") };
	struct buf answer = { 0 };
	int status = client_read(call, "status", &answer);

	if (status == CALL_OK && !call->json)
		status = client_each(&answer, status_write, &s);
	show_flush(call->json && status == CALL_OK ? &answer : &s.out);
	buf_done(&answer);
	buf_done(&s.out);
	return status;
}
