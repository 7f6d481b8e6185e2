#include "ctl/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/grid.h"
#include "ctl/live.h"
#include "ctl/show.h"
#include "ctl/value.h"

struct db {
	const char *server;
	bool json;
	size_t n;
	struct buf out;
};

static int64_t
db_number(const json_t *line, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(line, key));
}

static void
db_make(struct grid *grid, const json_t *line)
{
	char issued[32] = "-";
	const char *origin = live_text(line, "origin");

	value_time_text(db_number(line, "issued"), issued);
	grid_cell(grid, origin[0] == '\0' ? "(authority)" : origin);
	grid_printf(grid, "%s%s", live_text(line, "type"),
	    json_is_true(json_object_get(line, "purge")) ? " (purged)" : "");
	grid_cell(grid, live_text(line, "id"));
	grid_printf(grid, "%" PRId64 ".%" PRId64, db_number(line, "epoch"),
	    db_number(line, "counter"));
	grid_cell(grid, issued);
}

/* Moments, by the keys that have them. */
static bool
is_moment(const char *key)
{
	return strcmp(key, "until") == 0 || strcmp(key, "since") == 0 ||
	       strcmp(key, "not_after") == 0;
}

/* One value; of an object its members, `server mx2.x.org, cost 10`. */
static void
db_value(struct buf *out, const char *key, const json_t *value, unsigned depth)
{
	char moment[VALUE_TIME];
	const char *name;
	json_t *one;
	bool first = true;

	if (json_is_string(value)) {
		buf_text(out, json_string_value(value));
	} else if (json_is_integer(value) && is_moment(key)) {
		buf_text(out, value_time_text(
				  (int64_t)json_integer_value(value), moment));
	} else if (json_is_integer(value)) {
		buf_printf(out, "%" PRId64, (int64_t)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		buf_text(out, json_is_true(value) ? "yes" : "no");
	} else if (json_is_object(value) && depth > 0) {
		json_object_foreach((json_t *)(uintptr_t)value, name, one)
		{
			buf_printf(out, "%s%s ", first ? "" : " ", name);
			db_value(out, name, one, depth - 1);
			first = false;
		}
	}
}

/* An array has a line each; what is empty has none. */
static void
body_line(struct buf *out, const char *key, const json_t *value)
{
	size_t n = json_is_array(value) ? json_array_size(value) : 1;

	for (size_t i = 0; i < n; i++) {
		struct buf text = { 0 };
		char *label = mem_str(i == 0 ? key : ""), *line;

		for (char *c = label; *c != '\0'; c++)
			*c = *c == '_' ? ' ' : *c;
		db_value(&text, key,
		    json_is_array(value) ? json_array_get(value, i) : value, 3);
		line = buf_string(&text);
		show_text(out, label, line);
		mem_free(line);
		mem_free(label);
	}
}

static void
db_words(struct db *db, const json_t *line)
{
	const json_t *body = json_object_get(line, "body");
	char issued[VALUE_TIME];
	const char *key;
	json_t *value;

	value_time_text(db_number(line, "issued"), issued);
	buf_printf(&db->out, "%s%s%s%s, said %s as %" PRId64 ".%" PRId64 "\n",
	    live_text(line, "type"), *live_text(line, "id") == '\0' ? "" : " ",
	    live_text(line, "id"),
	    json_is_true(json_object_get(line, "purge")) ? " (purged)" : "",
	    issued, db_number(line, "epoch"), db_number(line, "counter"));
	json_object_foreach((json_t *)(uintptr_t)body, key, value)
	    body_line(&db->out, key, value);
}

static void
db_take(void *ctx, const json_t *line)
{
	struct db *db = ctx;
	char *text;

	if (strcmp(live_text(line, "origin"), db->server) != 0)
		return;
	db->n++;
	if (!db->json) {
		db_words(db, line);
		return;
	}
	text = json_dumps(
	    line, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	buf_printf(&db->out, "%s\n", text);
	free(text);
}

int
db_show(const struct call *call)
{
	static const char *const head[] = { "ORIGIN", "TYPE", "ID",
		"EPOCH.COUNTER", "ISSUED", NULL };
	struct db db = { .json = call->json };
	struct buf answer = { 0 };
	int status;

	if (call->noperands == 0)
		return live_table(call, "db", head, db_make);
	db.server = call->operands[0];
	status = client_read(call, "db", &answer);
	if (status == CALL_OK)
		status = client_each(&answer, db_take, &db);
	show_flush(&db.out);
	if (status == CALL_OK && db.n == 0) {
		call_usage("nothing of `%s` is in the database", db.server);
		status = CALL_NO;
	}
	buf_done(&answer);
	buf_done(&db.out);
	return status;
}
