#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/vec.h"
#include "core/lsa/lsa.h"
#include "crypt/issue.h"
#include "crypt/keys.h"
#include "ctl/client.h"
#include "ctl/grid.h"
#include "ctl/keys.h"
#include "ctl/live.h"
#include "ctl/paths.h"
#include "ctl/show.h"
#include "ctl/value.h"

/* An authority's end must be known before the last certificate has its own. */
#define SERVER_WARN_DAYS 30
#define AUTHORITY_WARN_DAYS 90

/* clang-format off */
const struct verb_option keys_list_options[] = {
	{ "all", NULL, "keys that were revoked, too" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

/* A certificate, as the object that --json shows. */
struct listed {
	json_t *is;
	int64_t end;
};

struct list {
	VEC(struct listed) rows;
	VEC(json_t *) revoked;
	int64_t now;
};

static void
row_add(struct list *list, json_t *row, int64_t end)
{
	char when[VALUE_TIME];
	int64_t left = end - list->now;

	CHECK(row != NULL);
	json_object_set_new(
	    row, "not_after", json_string(value_time_text(end, when)));
	json_object_set_new(row, "days",
	    json_integer(left < 0 ? -((86399 - left) / 86400) : left / 86400));
	vec_push(&list->rows, ((struct listed){ row, end }));
}

/* --- from the daemon ----------------------------------------------------------- */

static json_t *
strings_of(const json_t *body, const char *key)
{
	json_t *list = json_object_get(body, key);

	return list == NULL ? json_array() : json_incref(list);
}

static void
on_identity(struct list *list, const json_t *line, const json_t *body)
{
	json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:o}", "server",
	    table_text(line, "origin"), "routing_group",
	    table_text(body, "routing_group"), "key", table_text(body, "key"),
	    "organization", table_text(line, "organization"), "spaces",
	    strings_of(body, "may_claim"), "relays",
	    strings_of(body, "may_relay"), "connectors",
	    strings_of(body, "may_lead_to"));

	row_add(list, row,
	    (int64_t)json_integer_value(json_object_get(body, "not_after")));
}

static void
on_revocation(struct list *list, const json_t *line, const json_t *body)
{
	char when[VALUE_TIME];
	json_t *row = json_pack("{s:b,s:s,s:s,s:s}", "revoked", 1, "key",
	    table_text(line, "id"), "server", table_text(body, "server"),
	    "since",
	    value_time_text(
		(int64_t)json_integer_value(json_object_get(line, "issued")),
		when));

	CHECK(row != NULL);
	vec_push(&list->revoked, row);
}

static void
on_lsa(void *ctx, const json_t *line)
{
	const json_t *body = json_object_get(line, "body");
	const char *type = table_text(line, "type");

	if (strcmp(type, "identity") == 0 &&
	    json_object_get(body, "not_after") != NULL)
		on_identity(ctx, line, body);
	else if (strcmp(type, "revocation") == 0)
		on_revocation(ctx, line, body);
}

static void
on_list_status(void *ctx, const json_t *line)
{
	const json_t *until = json_object_get(line, "authority_until");

	if (until != NULL)
		row_add(ctx,
		    json_pack("{s:b,s:s,s:s}", "authority", 1, "organization",
			table_text(line, "authority"), "name",
			table_text(line, "organization")),
		    (int64_t)json_integer_value(until));
}

static int
list_ask(const struct call *call, struct list *list)
{
	struct buf status = { 0 }, db = { 0 };
	int rc = client_read(call, "status", &status);

	if (rc == CALL_OK)
		rc = client_each(&status, on_list_status, list);
	if (rc == CALL_OK)
		rc = client_db(call, "type=identity,revocation", &db);
	if (rc == CALL_OK)
		rc = client_each(&db, on_lsa, list);
	buf_done(&status);
	buf_done(&db);
	return rc;
}

/* --- from files ---------------------------------------------------------------- */

static json_t *
strings(char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(v[i]));
	return list;
}

static bool
authority_file(struct list *list, const char *path)
{
	uint8_t key[CRYPTO_PUBLIC], id[CRYPTO_DIGEST], *der;
	char digest[2 * CRYPTO_DIGEST + 1], *name = NULL;
	int64_t end;
	size_t n;

	if (keys_authority(path, key, id) != RC_OK ||
	    keys_authority_end(path, &end) != RC_OK)
		return false;
	if (keys_certificate(path, &der, &n) == RC_OK)
		name = issue_organization(der, n);
	mem_free(der);
	lsa_digest_text(id, digest);
	row_add(list,
	    json_pack("{s:b,s:s,s:s}", "authority", 1, "organization", digest,
		"name", name == NULL ? "" : name),
	    end);
	mem_free(name);
	return true;
}

static int
list_file(struct list *list, const char *path)
{
	char digest[2 * CRYPTO_DIGEST + 1];
	struct claims *c;
	uint8_t *der;
	size_t n;
	int rc;

	if (authority_file(list, path))
		return CALL_OK;
	rc = keys_claims(path, &der, &n, &c);
	mem_free(der);
	if (rc == RC_IO)
		return paths_refuse(path, rc);
	if (rc != RC_OK)
		return call_usage("%s: no certificate of a server or an "
				  "authority (%s)",
		    path, rc_word(rc));
	lsa_digest_text(c->key, digest);
	row_add(list,
	    json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "server", c->name,
		"routing_group", c->group, "key", digest, "spaces",
		strings(c->spaces, c->nspaces), "relays",
		strings(c->relays, c->nrelays), "connectors",
		strings(c->connectors, c->nconnectors)),
	    c->not_after);
	claims_free(c);
	return CALL_OK;
}

/* --- shown --------------------------------------------------------------------- */

static int
by_end(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return strcmp(table_text(x->is, "server"), table_text(y->is, "server"));
}

/* True: it deserves attention. */
static bool
is_soon(const struct list *list, const struct listed *row)
{
	int64_t days = json_is_true(json_object_get(row->is, "authority"))
	                   ? AUTHORITY_WARN_DAYS
	                   : SERVER_WARN_DAYS;

	return row->end - list->now < days * 86400;
}

static void
strings_cell(struct grid *grid, const json_t *row, const char *key)
{
	struct buf out = { 0 };
	const json_t *one;
	char *text;
	size_t i;

	json_array_foreach(json_object_get(row, key), i, one) buf_printf(
	    &out, "%s%s", i == 0 ? "" : ", ", json_string_value(one));
	if (out.n == 0)
		buf_u8(&out, '-');
	text = buf_string(&out);
	grid_cell(grid, text);
	mem_free(text);
}

static void
row_cells(struct grid *grid, const struct list *list, const struct listed *row)
{
	int64_t days =
	    (int64_t)json_integer_value(json_object_get(row->is, "days"));
	bool authority = json_is_true(json_object_get(row->is, "authority"));

	if (authority)
		grid_printf(
		    grid, "(authority of %s)", table_text(row->is, "name"));
	else
		grid_cell(grid, table_text(row->is, "server"));
	grid_cell(grid, authority ? "-" : table_text(row->is, "routing_group"));
	grid_cell(grid, table_text(row->is, "not_after"));
	if (row->end <= list->now)
		grid_cell(grid, "over");
	else
		grid_printf(grid, "%" PRId64 "%s", days,
		    is_soon(list, row) ? " !" : "");
	strings_cell(grid, row->is, "spaces");
	strings_cell(grid, row->is, "relays");
	strings_cell(grid, row->is, "connectors");
}

static void
keys_list_text(const struct call *call, struct list *list, struct buf *out)
{
	static const char *const head[] = { "SERVER", "GROUP", "ENDS", "DAYS",
		"SPACES", "RELAYS", "LEADS TO", NULL };
	struct grid grid = { 0 };

	grid_init(&grid, head);
	for (size_t i = 0; i < list->rows.n; i++)
		row_cells(&grid, list, &list->rows.v[i]);
	grid_write(&grid, grid_terminal(), out);
	for (size_t i = 0; call_has(call, "all") && i < list->revoked.n; i++) {
		const json_t *row = list->revoked.v[i];
		const char *server = table_text(row, "server");

		buf_printf(out, "revoked at %s: the key %s%s%s\n",
		    table_text(row, "since"), table_text(row, "key"),
		    *server == '\0' ? "" : " of ", server);
	}
}

static void
object_line(struct buf *out, const json_t *object)
{
	char *text = json_dumps(
	    object, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);

	CHECK(text != NULL);
	buf_printf(out, "%s\n", text);
	free(text);
}

static void
keys_list_json(
    const struct call *call, const struct list *list, struct buf *out)
{
	for (size_t i = 0; i < list->rows.n; i++)
		object_line(out, list->rows.v[i].is);
	for (size_t i = 0; call_has(call, "all") && i < list->revoked.n; i++)
		object_line(out, list->revoked.v[i]);
}

static int
keys_list_show(const struct call *call, struct list *list)
{
	struct buf out = { 0 };
	int status = CALL_OK;

	if (list->rows.n > 0)
		qsort(list->rows.v, list->rows.n, sizeof(list->rows.v[0]),
		    by_end);
	for (size_t i = 0; i < list->rows.n; i++)
		if (is_soon(list, &list->rows.v[i]))
			status = CALL_NO;
	if (call->json)
		keys_list_json(call, list, &out);
	else
		keys_list_text(call, list, &out);
	show_flush(&out);
	buf_done(&out);
	return status;
}

int
keys_verb_list(const struct call *call)
{
	struct list list = { .now = (int64_t)time(NULL) };
	int status = CALL_OK;

	if (call->noperands == 0)
		status = list_ask(call, &list);
	for (size_t i = 0; status == CALL_OK && i < call->noperands; i++)
		status = list_file(&list, call->operands[i]);
	if (status == CALL_OK)
		status = keys_list_show(call, &list);
	for (size_t i = 0; i < list.rows.n; i++)
		json_decref(list.rows.v[i].is);
	for (size_t i = 0; i < list.revoked.n; i++)
		json_decref(list.revoked.v[i]);
	vec_done(&list.rows);
	vec_done(&list.revoked);
	return status;
}
