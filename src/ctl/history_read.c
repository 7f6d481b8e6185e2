#include "ctl/history_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "io/history_file.h"
#include "sys/file.h"

/* Deeper than any record. */
#define DEPTH 8

static bool
names_below(const json_t *value, const char *name, unsigned depth)
{
	const json_t *one;
	const char *key;
	size_t i;

	if (json_is_string(value))
		return strcmp(json_string_value(value), name) == 0;
	if (depth == 0)
		return false;
	json_array_foreach(
	    value, i, one) if (names_below(one, name, depth - 1)) return true;
	json_object_foreach((json_t *)(uintptr_t)value, key,
	    one) if (names_below(one, name, depth - 1)) return true;
	return false;
}

bool
history_names(const json_t *record, const char *name)
{
	return names_below(record, name, DEPTH);
}

static bool
is_a_kind(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, word, n) == 0 && (p[n] == '\0' || p[n] == ','))
			return true;
	}
	return false;
}

static bool
is_wanted(const json_t *record, const struct history_want *want)
{
	const char *kind = json_string_value(json_object_get(record, "kind"));
	double at = json_number_value(json_object_get(record, "at"));

	if (want->kind != NULL && !is_a_kind(want->kind, kind))
		return false;
	if (want->until > 0 && at > want->until)
		return false;
	if (want->server != NULL && !history_names(record, want->server))
		return false;
	return want->pattern == NULL || history_names(record, want->pattern);
}

static json_t *
record_of(const char *p, size_t n)
{
	json_t *record = json_loadb(p, n, 0, NULL);

	if (json_is_string(json_object_get(record, "kind")) &&
	    json_is_number(json_object_get(record, "at")))
		return record;
	json_decref(record);
	return NULL;
}

/* Without looking closer: most lines are not about whom is asked for. */
static bool
may_be_about(const char *p, size_t n, const char *name)
{
	return name == NULL || memmem(p, n, name, strlen(name)) != NULL;
}

json_t *
history_line(const char *p, size_t n, const struct history_want *want)
{
	json_t *record = record_of(p, n);

	if (record != NULL && !is_wanted(record, want)) {
		json_decref(record);
		return NULL;
	}
	return record;
}

/* The moment of a line, as far as its form tells; else 0. */
static double
moment_of(const char *p, size_t n)
{
	static const char begin[] = "{\"at\":";
	double at = 0;

	if (n <= sizeof(begin) || memcmp(p, begin, sizeof(begin) - 1) != 0)
		return 0;
	for (size_t i = sizeof(begin) - 1; i < n && at < 1e15; i++) {
		if (p[i] < '0' || p[i] > '9')
			return at;
		at = at * 10 + (p[i] - '0');
	}
	return at;
}

/* The line that ends at *end, which moves to its begin. */
static size_t
line_before(const char *p, size_t *end)
{
	size_t from = *end, n = *end;

	while (from > 0 && p[from - 1] != '\n')
		from--;
	n -= from;
	*end = from;
	return n;
}

static void
published_take(const char *p, size_t n, struct history_found *found)
{
	static const struct history_want want = { .kind = "published" };
	json_t *record = NULL;

	if (may_be_about(p, n, "\"published\""))
		record = history_line(p, n, &want);
	if (record != NULL)
		vec_push(&found->published, record);
}

bool
history_take(const char *p, size_t n, const struct history_want *want,
    struct history_found *found)
{
	size_t end = n;

	while (end > 0) {
		size_t len;
		double at;
		json_t *record;

		end -= p[end - 1] == '\n';
		len = line_before(p, &end);
		at = moment_of(p + end, len);
		/* The seconds alone: what began in that one is looked at. */
		if (want->since > 0 && at > 0 && at + 1 < want->since)
			return true;
		published_take(p + end, len, found);
		if (!may_be_about(p + end, len, want->server) ||
		    !may_be_about(p + end, len, want->pattern))
			continue;
		record = history_line(p + end, len, want);
		if (record == NULL)
			continue;
		if (json_number_value(json_object_get(record, "at")) <
		    want->since) {
			json_decref(record);
			continue;
		}
		vec_push(&found->records, record);
		if (found->records.n == want->last)
			return true;
	}
	return false;
}

static int
load_one(const char *dir, const char *name, struct buf *out)
{
	struct buf path = { 0 };
	char *text;
	int rc;

	buf_printf(&path, "%s/%s", dir, name);
	text = buf_string(&path);
	rc = file_load(text, LIMIT_HISTORY_OCTETS, out);
	if (rc != RC_OK && rc != RC_NONE)
		call_usage("%s: %s", text,
		    rc == RC_IO ? strerror(errno) : rc_word(rc));
	mem_free(text);
	return rc;
}

int
history_load(const char *dir, const struct history_want *want,
    struct history_found *found)
{
	static const char *const names[] = { HISTORY_NAME, HISTORY_BEFORE };
	bool some = false, enough = false;

	for (size_t i = 0; i < 2 && !enough; i++) {
		struct buf octets = { 0 };
		int rc = load_one(dir, names[i], &octets);

		if (rc == RC_OK)
			enough = history_take(
			    (const char *)octets.p, octets.n, want, found);
		some |= rc == RC_OK;
		buf_done(&octets);
		if (rc != RC_OK && rc != RC_NONE)
			return CALL_USAGE;
	}
	if (some)
		return CALL_OK;
	return call_usage("no history in %s; --config names the lsrd.conf that "
			  "says where it is",
	    dir);
}

void
history_found_done(struct history_found *found)
{
	for (size_t i = 0; i < found->records.n; i++)
		json_decref(found->records.v[i]);
	for (size_t i = 0; i < found->published.n; i++)
		json_decref(found->published.v[i]);
	vec_done(&found->records);
	vec_done(&found->published);
}
