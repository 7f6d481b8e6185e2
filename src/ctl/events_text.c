/*
 * events_text.c - records of the history for a person.
 */

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "ctl/events.h"
#include "ctl/fold.h"

#define INDENT 15 /* behind the time of day */
#define PATTERNS_SHOWN 6

static const char *
events_string(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

static int64_t
events_integer(const json_t *line, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(line, key));
}

static void
fold_buf(struct fold *fold, struct buf *text)
{
	char *all = buf_string(text);

	fold_words(fold, all);
	mem_free(all);
}

static void
line_begin(struct fold *fold, size_t indent)
{
	buf_printf(fold->out, "\n%*s", (int)indent, "");
	fold->indent = indent + 2;
	fold->at = indent;
	if (indent == 0)
		fold->indent = INDENT;
}

void
events_cause(struct buf *out, const json_t *cause)
{
	const char *what = events_string(cause, "what");
	const char *server = events_string(cause, "server");
	const char *did = events_string(cause, "did");
	const char *change = events_string(cause, "change");

	if (strcmp(what, "lsa") == 0) {
		buf_printf(out, "%s, %s", server, events_string(cause, "type"));
		if (*events_string(cause, "id") != '\0')
			buf_printf(out, " %s", events_string(cause, "id"));
		if (strcmp(did, "said") != 0)
			buf_printf(out, ": %s", did);
		else if (*change == '\0')
			buf_text(out, ": changed");
	} else {
		buf_text(out, what);
		if (*server != '\0')
			buf_printf(out, " to %s", server);
		if (*did != '\0')
			buf_printf(out, " %s", did);
	}
	if (*change != '\0')
		buf_printf(out, ": %s", change);
}

static void
hops_put(struct buf *out, const json_t *way, const char *key, const char *word)
{
	const json_t *list = json_object_get(way, key), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *s = json_string_value(one);

		buf_printf(
		    out, "%s%s", i == 0 ? word : ", ", s == NULL ? "?" : s);
	}
}

/* `mx2.x.org, or mx3.x.org`, `here`, `held: why`, `nothing` */
static void
way_put(struct buf *out, const json_t *way)
{
	if (json_object_size(way) == 0)
		buf_text(out, "nothing");
	else if (*events_string(way, "unreachable") != '\0')
		buf_printf(out, "held (%s)", events_string(way, "unreachable"));
	else if (*events_string(way, "way") != '\0')
		buf_printf(out, "here by %s", events_string(way, "way"));
	else if (json_is_true(json_object_get(way, "here")))
		buf_text(out, "here");
	hops_put(out, way, "next_hops", "");
	hops_put(out, way, "alternates", " or ");
	if (json_is_true(json_object_get(way, "last_resort")))
		buf_text(out, " (last resort)");
}

static bool
lists_pattern(const json_t *list, const char *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *s = json_string_value(one);

		if (s != NULL && strcmp(s, text) == 0)
			return true;
	}
	return false;
}

static void
patterns_put(struct buf *out, const json_t *list)
{
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && i < PATTERNS_SHOWN; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		buf_printf(out, "%s%s", i > 0 ? ", " : "", s == NULL ? "?" : s);
	}
	if (n > PATTERNS_SHOWN)
		buf_printf(out, " and %zu more", n - PATTERNS_SHOWN);
}

static void
group_lines(struct fold *fold, const json_t *record, const json_t *group,
    const char *pattern)
{
	const json_t *patterns = json_object_get(group, "patterns");
	const json_t *number = json_object_get(group, "cause");
	struct buf text = { 0 };

	if (pattern != NULL && !lists_pattern(patterns, pattern))
		return;
	line_begin(fold, INDENT);
	if (pattern != NULL)
		buf_text(&text, pattern);
	else
		patterns_put(&text, patterns);
	buf_text(&text, ": from ");
	way_put(&text, json_object_get(group, "from"));
	buf_text(&text, " to ");
	way_put(&text, json_object_get(group, "to"));
	fold_buf(fold, &text);
	if (!json_is_integer(number))
		return;
	line_begin(fold, INDENT + 2);
	text = (struct buf){ 0 };
	buf_text(&text, "because of ");
	events_cause(&text, json_array_get(json_object_get(record, "causes"),
				(size_t)json_integer_value(number)));
	fold_buf(fold, &text);
}

static void
routes_lines(struct fold *fold, const json_t *record, const char *pattern,
    uint64_t published_ms)
{
	const json_t *groups = json_object_get(record, "routes"), *one;
	struct buf text = { 0 };
	size_t i;

	buf_printf(&text,
	    "routes %" PRId64 " of %" PRId64 " moved, generation %" PRId64,
	    events_integer(record, "moved"), events_integer(record, "total"),
	    events_integer(record, "generation"));
	if (published_ms > 0)
		buf_printf(
		    &text, ", published after %" PRIu64 " ms", published_ms);
	fold_buf(fold, &text);
	json_array_foreach(groups, i, one)
	    group_lines(fold, record, one, pattern);
	if (events_integer(record, "left_out") > 0) {
		line_begin(fold, INDENT);
		text = (struct buf){ 0 };
		buf_printf(&text, "and %" PRId64 " more that are not named",
		    events_integer(record, "left_out"));
		fold_buf(fold, &text);
	}
}

static void
lsa_line(struct fold *fold, const json_t *record)
{
	struct buf text = { 0 };

	buf_text(&text, "lsa ");
	events_cause(&text, record);
	fold_buf(fold, &text);
}

/* As in the log: `kind key=value, key=value`. */
static void
other_line(struct fold *fold, const json_t *record)
{
	struct buf text = { 0 };
	const char *key, *comma = " ";
	json_t *value;

	buf_text(&text, events_string(record, "kind"));
	json_object_foreach((json_t *)(uintptr_t)record, key, value)
	{
		if (strcmp(key, "at") == 0 || strcmp(key, "kind") == 0 ||
		    strcmp(key, "not_kept") == 0)
			continue;
		if (json_is_string(value))
			buf_printf(&text, "%s%s=%s", comma, key,
			    json_string_value(value));
		else if (json_is_integer(value))
			buf_printf(&text, "%s%s=%" PRId64, comma, key,
			    (int64_t)json_integer_value(value));
		else
			continue;
		comma = ", ";
	}
	fold_buf(fold, &text);
}

/* `2026-11-21 14:30:00.123Z`: the day and the time of day. */
static void
moment_put(struct buf *out, double at)
{
	char text[32] = "?";
	time_t seconds;
	struct tm tm;

	if (at >= 0 && at < 253402300800.0) {
		seconds = (time_t)at;
		if (gmtime_r(&seconds, &tm) != NULL)
			(void)strftime(
			    text, sizeof(text), "%m-%dT%H:%M:%SZ", &tm);
	}
	buf_text(out, text);
	buf_u8(out, ' ');
}

void
events_record(struct buf *out, const json_t *record, const char *pattern,
    uint64_t published_ms, size_t columns)
{
	struct fold fold = { .out = out,
		.columns = columns,
		.indent = INDENT + 2,
		.at = INDENT };
	const char *kind = events_string(record, "kind");

	moment_put(out, json_number_value(json_object_get(record, "at")));
	if (strcmp(kind, "routes") == 0)
		routes_lines(&fold, record, pattern, published_ms);
	else if (strcmp(kind, "lsa") == 0)
		lsa_line(&fold, record);
	else
		other_line(&fold, record);
	if (events_integer(record, "not_kept") > 0) {
		struct buf text = { 0 };

		line_begin(&fold, INDENT);
		buf_printf(&text, "and %" PRId64 " like it before, not kept",
		    events_integer(record, "not_kept"));
		fold_buf(&fold, &text);
	}
	buf_u8(out, '\n');
}
