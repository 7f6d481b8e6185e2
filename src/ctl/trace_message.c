#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/vec.h"
#include "core/lsa/lsa.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "ctl/client.h"
#include "ctl/grid.h"
#include "ctl/header.h"
#include "ctl/live.h"
#include "ctl/show.h"
#include "ctl/trace.h"
#include "ctl/value.h"

/* The end of the year 9999: no later time is one of a clock. */
#define TIME_MOST_S UINT64_C(253402300799)

/* A server's mark key, by its own word. */
struct holder {
	uint8_t digest[CRYPTO_DIGEST], public_key[CRYPTO_PUBLIC];
	char *server;
	bool previous;
};

struct reading {
	const struct call *call;
	VEC(struct holder) holders;
	char *self; /* this server; NULL: no daemon told */
	struct header header;
	struct buf out;
	struct grid grid;
	bool all; /* every visit stands */
};

/* --- whose keys ------------------------------------------------------------------ */

static void
holder_add(
    struct reading *r, const char *server, const char *hex, bool previous)
{
	struct holder one = { .previous = previous };
	struct buf octets = { 0 };

	if (hex != NULL && buf_unhex(&octets, hex) &&
	    octets.n == CRYPTO_PUBLIC) {
		memcpy(one.public_key, octets.p, CRYPTO_PUBLIC);
		keys_digest(one.public_key, one.digest);
		one.server = mem_str(server);
		vec_push(&r->holders, one);
	}
	buf_done(&octets);
}

static void
on_server_lsa(void *ctx, const json_t *line)
{
	const json_t *keys =
	    json_object_get(json_object_get(line, "body"), "mark_keys");
	const json_t *one;
	size_t i;

	json_array_foreach(keys, i, one) holder_add(
	    ctx, table_text(line, "origin"), json_string_value(one), i > 0);
}

static void
on_self(void *ctx, const json_t *line)
{
	struct reading *r = ctx;

	mem_free(r->self);
	r->self = mem_str(table_text(line, "server"));
}

/* Without a daemon the marks are shown all the same: nobody is named then. */
static void
holders_ask(struct reading *r)
{
	struct buf complaint = { 0 }, answer = { 0 };
	struct call quiet = *r->call;

	quiet.complaint = &complaint;
	if (client_read(&quiet, "status", &answer) == CALL_OK)
		client_each(&answer, on_self, r);
	buf_reset(&answer);
	if (r->self != NULL &&
	    client_db(&quiet, "type=server", &answer) == CALL_OK)
		client_each(&answer, on_server_lsa, r);
	if (r->self == NULL)
		call_usage("no daemon tells whose the mark keys are: no visit "
			   "is verified");
	buf_done(&complaint);
	buf_done(&answer);
}

static const struct holder *
holder_of(const struct reading *r, const uint8_t key[CRYPTO_DIGEST])
{
	for (size_t i = 0; i < r->holders.n; i++)
		if (memcmp(r->holders.v[i].digest, key, CRYPTO_DIGEST) == 0)
			return &r->holders.v[i];
	return NULL;
}

static bool
on_key(void *ctx, const uint8_t key[CRYPTO_DIGEST],
    uint8_t public_key[CRYPTO_PUBLIC])
{
	const struct holder *one = holder_of(ctx, key);

	if (one == NULL)
		return false;
	memcpy(public_key, one->public_key, CRYPTO_PUBLIC);
	return true;
}

static void
marks_verify(struct reading *r)
{
	struct mark_keys keys = { r, on_key };
	uint8_t message[CRYPTO_DIGEST];
	struct crypto crypto;

	crypto_init(&crypto, NULL, NULL);
	if (header_message(&r->header, &crypto, message))
		mark_trace_verify(&r->header.trace, message, &keys, &crypto);
	crypto_done(&crypto);
}

/* --- the file -------------------------------------------------------------------- */

/* Its first megabyte: what is behind a header is of no account. */
static int
trace_message_read(const char *path, struct buf *out)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "re");
	char block[4096];
	size_t n;
	int status = CALL_OK;

	if (in == NULL)
		return call_usage("%s: %s", path, strerror(errno));
	while (out->n < HEADER_OCTETS_MAX &&
	       (n = fread(block, 1, sizeof(block), in)) > 0)
		buf_bytes(out, block, n);
	if (ferror(in))
		status = call_usage("%s: %s", path, strerror(errno));
	if (!standard)
		fclose(in);
	return status;
}

/* --- shown ----------------------------------------------------------------------- */

/* "2026-11-21T14:30:00.250Z", by the clock of who wrote it. */
static const char *
visit_time(const struct visit *v, char out[VALUE_TIME])
{
	char text[VALUE_TIME];

	if (v->time_ms / 1000 > TIME_MOST_S)
		return "out of range";
	value_time_text((int64_t)(v->time_ms / 1000), text);
	snprintf(out, VALUE_TIME, "%.19s.%03uZ", text,
	    (unsigned)(v->time_ms % 1000));
	return out;
}

static const char *
priority_word(uint8_t priority)
{
	return priority == 1   ? "urgent"
	       : priority == 2 ? "normal"
	       : priority == 4 ? "non-urgent"
	                       : "";
}

/* Why it does not stand, as far as it can be told; NULL: it does. */
static const char *
fault_of(const struct reading *r, const struct mark_field *f)
{
	if (f->stands)
		return NULL;
	if (f->visit.length == 0)
		return "unreadable";
	if (r->self == NULL)
		return "not verified";
	if (r->header.traces > LIMIT_TRACE_FIELDS)
		return "too many";
	return holder_of(r, f->visit.key) == NULL ? "unknown key"
	                                          : "bad signature";
}

static void
version_json(struct json *j, const char *key, const struct mtable_version *v)
{
	json_open(j, key, '{');
	json_uint(j, "epoch", v->epoch);
	json_uint(j, "generation", v->generation);
	json_close(j, '}');
}

static void
field_json(
    struct reading *r, const struct mark_field *f, const struct visit *before)
{
	const struct holder *who = holder_of(r, f->visit.key);
	const struct visit *v = &f->visit;
	struct json j = { .out = &r->out };
	char at[VALUE_TIME];

	json_open(&j, NULL, '{');
	json_bool(&j, "stands", f->stands);
	if (!f->stands)
		json_str(&j, "fault", fault_of(r, f));
	if (v->length > 0) {
		if (who != NULL)
			json_str(&j, "server", who->server);
		json_bool(&j, "own",
		    who != NULL && r->self != NULL &&
			strcmp(who->server, r->self) == 0);
		json_hex(&j, "key", v->key, CRYPTO_DIGEST);
		json_str(&j, "at", visit_time(v, at));
		json_uint(&j, "time_ms", v->time_ms);
		if (before != NULL)
			json_int(&j, "after_ms",
			    (int64_t)(v->time_ms - before->time_ms));
		version_json(&j, "table", &v->now);
		version_json(&j, "table_before", &v->before);
	}
	if (v->length > 0 && v->first) {
		json_uint(&j, "size", v->size);
		json_str(&j, "priority", priority_word(v->priority));
		json_str(&j, "sender", v->sender);
	}
	json_close(&j, '}');
	json_line(&j);
}

/* By two clocks, which may differ: it may be less than nothing. */
static void
after_cell(struct grid *grid, const struct visit *v, const struct visit *before)
{
	int64_t ms;

	if (before == NULL) {
		grid_cell(grid, "-");
		return;
	}
	ms = (int64_t)(v->time_ms - before->time_ms);
	grid_printf(grid, "%s%" PRId64 ".%03d s", ms < 0 ? "-" : "",
	    ms < 0 ? -(ms / 1000) : ms / 1000,
	    (int)(ms < 0 ? -(ms % 1000) : ms % 1000));
}

static void
field_cells(
    struct reading *r, const struct mark_field *f, const struct visit *before)
{
	const struct holder *who = holder_of(r, f->visit.key);
	const struct visit *v = &f->visit;
	const char *fault = fault_of(r, f);
	char at[VALUE_TIME], digest[2 * CRYPTO_DIGEST + 1];
	bool own;

	if (v->length == 0) {
		for (unsigned i = 0; i < 4; i++)
			grid_cell(&r->grid, "-");
		grid_cell(&r->grid, fault);
		return;
	}
	lsa_digest_text(v->key, digest);
	own = who != NULL && strcmp(who->server, r->self) == 0;
	if (who != NULL)
		grid_printf(&r->grid, "%s%s", who->server, own ? " (us)" : "");
	else
		grid_printf(&r->grid, "(key %.16s)", digest);
	grid_cell(&r->grid, visit_time(v, at));
	after_cell(&r->grid, v, before);
	grid_printf(
	    &r->grid, "%" PRIu64 ".%" PRIu64, v->now.epoch, v->now.generation);
	grid_cell(&r->grid, fault != NULL   ? fault
			    : who->previous ? "stands, by the previous key"
					    : "stands");
}

static void
first_text(struct reading *r, const struct visit *v)
{
	struct buf text = { 0 };
	char *line;

	if (v == NULL)
		return;
	buf_printf(&text, "from <%s>, %" PRIu64 " octets, priority %s",
	    v->sender, v->size,
	    v->priority == 0 ? "not known" : priority_word(v->priority));
	line = buf_string(&text);
	show_text(&r->out, "first visit", line);
	mem_free(line);
}

/* From the oldest, which is the lowest. */
static void
marks_show(struct reading *r)
{
	static const char *const head[] = { "SERVER", "AT", "AFTER", "TABLE",
		"MARK", NULL };
	const struct visit *before = NULL;
	bool json = r->call->json;

	if (!json)
		grid_init(&r->grid, head);
	r->all = r->header.trace.fields.n > 0;
	for (size_t i = r->header.trace.fields.n; i > 0; i--) {
		const struct mark_field *f = &r->header.trace.fields.v[i - 1];

		if (json)
			field_json(r, f, before);
		else
			field_cells(r, f, before);
		r->all = r->all && f->stands;
		if (f->visit.length > 0)
			before = &f->visit;
	}
	if (json)
		return;
	grid_write(&r->grid, grid_terminal(), &r->out);
	first_text(r, mark_trace_first(&r->header.trace));
}

int
trace_message(const struct call *call, const char *path)
{
	struct reading r = { .call = call };
	struct buf octets = { 0 };
	int status = trace_message_read(path, &octets);

	if (status == CALL_OK) {
		header_read((const char *)octets.p, octets.n, &r.header);
		holders_ask(&r);
		marks_verify(&r);
	}
	if (status == CALL_OK && r.header.traces == 0) {
		call_usage("%s: no field " MARK_FIELD " in its header, of "
			   "which %u are Received",
		    path, r.header.received);
		status = CALL_NO;
	} else if (status == CALL_OK) {
		marks_show(&r);
		show_flush(&r.out);
		status = r.all ? CALL_OK : CALL_NO;
	}
	for (size_t i = 0; i < r.holders.n; i++)
		mem_free(r.holders.v[i].server);
	vec_done(&r.holders);
	mem_free(r.self);
	header_done(&r.header);
	buf_done(&octets);
	buf_done(&r.out);
	return status;
}
