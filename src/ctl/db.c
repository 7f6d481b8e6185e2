#include "ctl/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/grid.h"
#include "ctl/live.h"
#include "ctl/look.h"
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
	const char *origin = table_text(line, "origin");

	value_time_text(db_number(line, "issued"), issued);
	grid_cell(grid, origin[0] == '\0' ? "(authority)" : origin);
	grid_printf(grid, "%s%s", table_text(line, "type"),
	    json_is_true(json_object_get(line, "purge")) ? " (purged)" : "");
	grid_cell(grid, table_text(line, "id"));
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
	    table_text(line, "type"),
	    *table_text(line, "id") == '\0' ? "" : " ", table_text(line, "id"),
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

	if (strcmp(table_text(line, "origin"), db->server) != 0)
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

/* --- in what a neighbour's is another --------------------------------------------- */

/* So long a neighbour may take to name what it has: 800000 LSAs in pieces. */
#define DIFF_PATIENCE_MS 30000
#define DIFF_EACH_MS 100

struct compared {
	char state[16];
	json_int_t found;
	size_t shown;
	struct grid grid;
};

static void
lsa_number_cell(struct grid *grid, const json_t *line, const char *key)
{
	const json_t *number = json_object_get(line, key);

	if (number == NULL)
		grid_cell(grid, "-");
	else
		grid_printf(grid, "%" PRId64 ".%" PRId64,
		    db_number(number, "epoch"), db_number(number, "counter"));
}

/* The first line is about all, the others have a difference each. */
static void
diff_take(void *ctx, const json_t *line)
{
	struct compared *c = ctx;
	const char *origin = table_text(line, "origin");

	if (json_object_get(line, "state") != NULL) {
		snprintf(c->state, sizeof(c->state), "%s",
		    table_text(line, "state"));
		c->found = json_integer_value(json_object_get(line, "found"));
		return;
	}
	c->shown++;
	grid_cell(&c->grid, *origin == '\0' ? "(authority)" : origin);
	grid_cell(&c->grid, table_text(line, "type"));
	grid_cell(&c->grid, table_text(line, "id"));
	lsa_number_cell(&c->grid, line, "here");
	lsa_number_cell(&c->grid, line, "there");
	grid_cell(&c->grid, table_text(line, "what"));
}

static int
diff_begin(const struct call *call, const char *server, struct buf *answer)
{
	struct buf request = { 0 };
	json_t *line;
	const char *reason;
	int status;

	buf_printf(&request, "db diff %s ask", server);
	buf_u8(&request, 0);
	status = client_ask(call, (const char *)request.p, answer);
	buf_done(&request);
	if (status != CALL_OK)
		return status;
	line = json_loadb(
	    (const char *)answer->p, answer->n, JSON_DISABLE_EOF_CHECK, NULL);
	reason = table_text(line, "reason");
	if (json_is_true(json_object_get(line, "ok")))
		status = CALL_OK;
	else if (strcmp(reason, "no-neighbour") == 0)
		status = call_usage(
		    "%s is no neighbour of this server, which asks neighbours "
		    "alone: run lsrctl db --diff on one of its own, or compare "
		    "the digests that lsrctl status shows on both",
		    server);
	else
		status = call_usage("%s: %s: lsrctl peers shows why", server,
		    strcmp(reason, "no-session") == 0 ? "there is no session"
						      : reason);
	json_decref(line);
	return status;
}

static bool
is_open(const struct compared *c)
{
	return strcmp(c->state, "asked") == 0 ||
	       strcmp(c->state, "summary") == 0;
}

/* Asks again until the neighbour has said all of it. */
static int
diff_wait(const struct call *call, const char *server, struct buf *answer,
    struct compared *c)
{
	static const char *const head[] = { "ORIGIN", "TYPE", "ID", "HERE",
		"THERE", "WHAT", NULL };
	static const struct timespec rest = { 0, DIFF_EACH_MS * 1000000L };
	struct buf request = { 0 }, unused = { 0 };
	int status = CALL_OK;

	buf_printf(&request, "db diff %s", server);
	buf_u8(&request, 0);
	for (unsigned ms = 0; status == CALL_OK && ms < DIFF_PATIENCE_MS;
	     ms += DIFF_EACH_MS) {
		buf_reset(answer);
		status = client_read(call, (const char *)request.p, answer);
		*c = (struct compared){ 0 };
		grid_init(&c->grid, head);
		if (status == CALL_OK)
			status = client_each(answer, diff_take, c);
		if (status != CALL_OK || !is_open(c))
			break;
		grid_write(&c->grid, LOOK_ENDLESS, &unused);
		nanosleep(&rest, NULL);
	}
	buf_done(&request);
	buf_done(&unused);
	return status;
}

static int
diff_tell(const struct call *call, const char *server, const struct buf *answer,
    struct compared *c)
{
	struct buf out = { 0 };

	if (is_open(c))
		return call_usage("%s has not answered within %d s", server,
		    DIFF_PATIENCE_MS / 1000);
	if (strcmp(c->state, "closed") == 0)
		return call_usage(
		    "the session with %s ended meanwhile", server);
	if (call->json)
		buf_bytes(&out, answer->p, answer->n);
	else if (c->found == 0)
		buf_printf(&out, "%s has the same database\n", server);
	else
		grid_write(&c->grid, grid_terminal(), &out);
	if (!call->json && (size_t)c->found > c->shown)
		buf_printf(&out, "and %" PRId64 " more\n",
		    (int64_t)c->found - (int64_t)c->shown);
	show_flush(&out);
	buf_done(&out);
	return c->found == 0 ? CALL_OK : CALL_NO;
}

static int
db_diff(const struct call *call)
{
	const char *server = call->operands[0];
	struct compared c = { 0 };
	struct buf answer = { 0 }, unused = { 0 };
	int status;

	if (server == NULL)
		return call_usage("db --diff: SERVER is missing");
	status = diff_begin(call, server, &answer);
	if (status == CALL_OK)
		status = diff_wait(call, server, &answer, &c);
	if (status == CALL_OK)
		status = diff_tell(call, server, &answer, &c);
	if (c.grid.cells.n > 0)
		grid_write(&c.grid, LOOK_ENDLESS, &unused);
	buf_done(&unused);
	buf_done(&answer);
	return status;
}

/* What this server says, and the authority of it by its name. */
static int
origin_read(const struct call *call, const char *server, struct buf *answer)
{
	struct buf request = { 0 };
	int status;

	if (strpbrk(server, " \t\r\n") != NULL)
		return CALL_OK; /* nothing is of that */
	buf_printf(&request, "of=%s", server);
	buf_u8(&request, 0);
	status = client_db(call, (const char *)request.p, answer);
	buf_done(&request);
	return status;
}

int
db_show(const struct call *call)
{
	static const char *const head[] = { "ORIGIN", "TYPE", "ID",
		"EPOCH.COUNTER", "ISSUED", NULL };
	struct db db = { .json = call->json };
	struct buf answer = { 0 };
	int status;

	if (call_has(call, "diff"))
		return db_diff(call);
	if (call->noperands == 0) {
		status = call->json ? client_read(call, "db", &answer)
		                    : client_db(call, "brief=yes", &answer);
		if (status == CALL_OK)
			return live_show(call, &answer, head, db_make);
		buf_done(&answer);
		return status;
	}
	db.server = call->operands[0];
	status = origin_read(call, db.server, &answer);
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
