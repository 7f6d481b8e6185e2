#include "ctl/import/run.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/document.h"
#include "ctl/import/put.h"
#include "ctl/show.h"

#define NOTES_SHOWN 100

static void
notes_tell(const struct import *im)
{
	for (size_t i = 0; i < im->notes.n && i < NOTES_SHOWN; i++) {
		const struct import_note *n = &im->notes.v[i];

		call_usage("%s: %s%s%s", n->where, n->text,
		    n->remedy == NULL ? "" : "; ",
		    n->remedy == NULL ? "" : n->remedy);
	}
	if (im->notes.n > NOTES_SHOWN || im->unsaid > 0)
		call_usage("and %zu more that cannot be expressed; --json has "
			   "all",
		    im->notes.n + im->unsaid -
			(im->notes.n < NOTES_SHOWN ? im->notes.n
						   : NOTES_SHOWN));
}

static void
notes_json(const struct import *im, struct json *j)
{
	json_open(j, "notes", '[');
	for (size_t i = 0; i < im->notes.n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "where", im->notes.v[i].where);
		json_str(j, "text", im->notes.v[i].text);
		if (im->notes.v[i].remedy != NULL)
			json_str(j, "remedy", im->notes.v[i].remedy);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* Its lines one by one; the text is cut for it. */
static void
lines_json(char *text, struct json *j)
{
	char *rest = NULL, *line = strtok_r(text, "\n", &rest);

	json_open(j, "lines", '[');
	for (; line != NULL; line = strtok_r(NULL, "\n", &rest))
		json_str(j, NULL, line);
	json_close(j, ']');
}

static const char *const changes[] = {
	[PUT_SAME] = "same",
	[PUT_NEW] = "new",
	[PUT_DIFFERS] = "differs",
};

static void
files_json(const struct put *put, struct json *j)
{
	json_open(j, "files", '[');
	for (size_t i = 0; i < put->files.n; i++) {
		const struct put_file *f = &put->files.v[i];
		struct buf lines = { 0 };
		char *text;

		put_lines(f, &lines);
		text = buf_string(&lines);
		json_open(j, NULL, '{');
		json_str(j, "file", f->path);
		json_str(j, "server", f->server);
		json_str(j, "change", changes[f->change]);
		lines_json(text, j);
		json_close(j, '}');
		mem_free(text);
	}
	json_close(j, ']');
}

/* The document in normal form, by its own reader and writer. */
static int
document_out(const struct import *im, struct buf *out)
{
	struct buf text = { 0 }, complaints = { 0 };
	struct document *doc = NULL;
	char *why;
	int status = CALL_OK;

	import_document(im, &text);
	if (document_decode((const char *)text.p, text.n, &doc, &complaints) ==
	    RC_OK) {
		document_write(doc, out);
	} else {
		why = buf_string(&complaints);
		status =
		    call_usage("what was imported is no document: %s", why);
		mem_free(why);
	}
	document_free(doc);
	buf_done(&text);
	buf_done(&complaints);
	return status;
}

/* {"document":...,"notes":[...],"files":[...],"written":BOOL} */
static int
all_json(const struct import *im, const struct put *put, bool written)
{
	struct buf out = { 0 }, document = { 0 };
	struct json j = { .out = &out };
	int status = document_out(im, &document);

	if (status == CALL_OK) {
		buf_text(&out, "{\"document\":");
		buf_bytes(&out, document.p, document.n - 1);
		j.comma = true;
		notes_json(im, &j);
		files_json(put, &j);
		json_bool(&j, "written", written);
		json_close(&j, '}');
		json_line(&j);
		show_flush(&out);
	}
	buf_done(&out);
	buf_done(&document);
	return status;
}

static void
files_show(const struct put *put, bool written)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < put->files.n; i++) {
		const struct put_file *f = &put->files.v[i];

		buf_printf(&out, "%s: %s\n", f->path,
		    f->change == PUT_SAME  ? "unchanged"
		    : f->change == PUT_NEW ? (written ? "written" : "is new")
		    : written              ? "replaced"
					   : "differs");
		put_lines(f, &out);
	}
	show_flush(&out);
	buf_done(&out);
}

struct reloaded {
	bool ok, held;
	char *reason;
};

static void
reloaded_take(void *ctx, const json_t *line)
{
	struct reloaded *r = ctx;
	const char *reason = json_string_value(json_object_get(line, "reason"));

	r->ok = r->ok || json_is_true(json_object_get(line, "ok"));
	r->held = r->held || json_is_true(json_object_get(line, "held"));
	if (r->reason == NULL)
		r->reason = mem_str(reason);
}

/* As `lsrctl reload`. Where that waits for `lsrctl confirm`, the files wait
 * with it; where it is refused they are as before. */
static int
reload_with(const struct call *call, const struct put *put)
{
	struct reloaded reloaded = { 0 };
	struct buf answer = { 0 };
	int status = client_ask(call, "reload", &answer);

	if (status == CALL_OK)
		status = client_each(&answer, reloaded_take, &reloaded);
	buf_done(&answer);
	if (status == CALL_OK && reloaded.ok) {
		puts("reloaded: it is in force");
	} else if (status == CALL_OK && reloaded.held) {
		status = CALL_NO;
		call_usage("%s", reloaded.reason);
	} else {
		put_back(put);
		call_usage("not reloaded%s%s; what was written is taken back",
		    reloaded.reason == NULL ? "" : ": ",
		    reloaded.reason == NULL ? "" : reloaded.reason);
		status = status == CALL_OK ? CALL_NO : status;
	}
	mem_free(reloaded.reason);
	return status;
}

static bool
put_differs(const struct put *put)
{
	for (size_t i = 0; i < put->files.n; i++)
		if (put->files.v[i].change != PUT_SAME)
			return true;
	return false;
}

static int
import_put(const struct call *call, struct import *im, struct put *put)
{
	bool write = call_has(call, "write"), strict = call_has(call, "strict");
	int status = put_make(call, im, put);

	if (status == CALL_OK && strict && im->notes.n > 0)
		status = CALL_NO;
	else if (status == CALL_OK && write)
		status = put_write(call, put);
	if (call->json) {
		(void)all_json(im, put, write && status == CALL_OK);
	} else {
		notes_tell(im);
		if (status == CALL_OK)
			files_show(put, write);
	}
	if (status == CALL_OK && write && call_has(call, "reload") &&
	    put_differs(put))
		status = reload_with(call, put);
	if (status == CALL_OK && !write && put_differs(put))
		status = CALL_NO;
	return status;
}

static int
import_print(const struct call *call, const struct import *im)
{
	static const struct put none;
	struct buf out = { 0 };
	bool strict = call_has(call, "strict") && im->notes.n > 0;
	int status = CALL_OK;

	if (call->json) {
		status = all_json(im, &none, false);
	} else {
		notes_tell(im);
		if (!strict)
			status = document_out(im, &out);
		show_flush(&out);
		buf_done(&out);
	}
	return status == CALL_OK && strict ? CALL_NO : status;
}

static int
asked_rightly(const struct call *call)
{
	const char *name = call_option(call, "organization");
	bool write = call_has(call, "write");

	if (write && call_has(call, "diff"))
		return call_usage("--write and --diff: one of them");
	if (call_has(call, "reload") && !write)
		return call_usage("--reload goes with --write");
	if (call_has(call, "reload") && call->json)
		return call_usage("--reload prints no JSON");
	if (name != NULL && !str_is_host(name))
		return call_usage("--organization %s: must be a name as "
				  "example.org",
		    name);
	return CALL_OK;
}

static int
import_gathered(const struct call *call, const struct import_hosts *hosts,
    struct import *im)
{
	const char *directory = call_option(call, "write");
	struct put put = { 0 };
	bool dns;
	int status;

	if (directory == NULL)
		directory = call_option(call, "diff");
	dns = directory != NULL && !call_has(call, "no-dns");
	import_hosts_reach(hosts, im, dns);
	if (call_has(call, "organization")) {
		mem_free(im->organization);
		im->organization = mem_str(call_option(call, "organization"));
	}
	import_finish(im);
	if (im->servers.n == 0) {
		notes_tell(im);
		call_usage("no server was found: nothing is imported");
		return CALL_NO;
	}
	if (directory == NULL)
		return import_print(call, im);
	put.directory = directory;
	put.part = call_has(call, "part");
	status = import_put(call, im, &put);
	put_done(&put);
	return status;
}

int
import_run(const struct call *call, import_source *source)
{
	struct import_hosts hosts = { 0 };
	struct import im = { 0 };
	int status = asked_rightly(call);

	if (status == CALL_OK)
		status = import_hosts_load(call, &hosts);
	if (status == CALL_OK)
		status = source(call, &hosts, &im);
	if (status == CALL_OK)
		status = import_gathered(call, &hosts, &im);
	import_done(&im);
	import_hosts_done(&hosts);
	return status;
}
