#include "ctl/export_html.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "ctl/client.h"
#include "ctl/plan_open.h"
#include "sys/file.h"

#define PART_MOST (16U << 20)

/* clang-format off */
const struct verb_option export_html_options[] = {
	{ "parts", "DIRECTORY", "where the parts of the page are" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct page {
	const char *directory;
	struct buf data, out;
};

static void
data_add(void *ctx, const json_t *line)
{
	json_array_append(ctx, (json_t *)(uintptr_t)line);
}

/* The lines of an answer of the daemon, as an array. */
static int
data_ask(const struct call *call, const char *request, json_t *list)
{
	struct buf answer = { 0 };
	int status = client_read(call, request, &answer);

	if (status == CALL_OK)
		status = client_each(&answer, data_add, list);
	buf_done(&answer);
	return status;
}

/* What the daemon says of itself. */
static int
data_live(const struct call *call, json_t *data)
{
	json_t *state = json_array(), *links = json_array();
	int status = data_ask(call, "status", state);

	if (status == CALL_OK)
		status = data_ask(call, "links", links);
	json_object_set(data, "status", json_array_get(state, 0));
	json_object_set(data, "links", links);
	json_decref(state);
	json_decref(links);
	return status;
}

/* A `<` is only ever inside a string, where it may stand as \u003c. */
static void
data_put(const json_t *data, struct buf *out)
{
	char *text = json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII);

	for (const char *at = text; at != NULL && *at != '\0';) {
		size_t n = strcspn(at, "<");

		buf_bytes(out, at, n);
		if (at[n] == '<')
			buf_text(out, "\\u003c");
		at += n + (at[n] == '<');
	}
	free(text);
}

static int
data_make(const struct call *call, struct buf *out)
{
	struct plan plan;
	int status = plan_open(call, &plan);
	json_t *data;

	if (status != CALL_OK)
		return status;
	data = json_object();
	json_object_set(data, "topology", plan.doc->root);
	json_object_set_new(data, "made", json_integer((json_int_t)time(NULL)));
	if (call->topology == NULL)
		status = data_live(call, data);
	data_put(data, out);
	json_decref(data);
	plan_done(&plan);
	return status;
}

static int
part_load(const struct page *page, const char *name, struct buf *out)
{
	struct buf path = { 0 };
	char *text;
	int rc;

	buf_printf(&path, "%s/%s", page->directory, name);
	text = buf_string(&path);
	rc = file_load(text, PART_MOST, out);
	if (rc != RC_OK)
		call_usage("a part of the page, %s: %s", text,
		    rc == RC_IO ? strerror(errno) : rc_word(rc));
	mem_free(text);
	return rc == RC_OK ? CALL_OK : CALL_USAGE;
}

/* The part that is called so, with no name in it looked at. */
static int
page_part(struct page *page, const char *name, size_t n)
{
	char *text = mem_dup(name, n);
	struct buf part = { 0 };
	int status = CALL_OK;

	if (strcmp(text, "data") == 0) {
		buf_bytes(&page->out, page->data.p, page->data.n);
	} else {
		status = part_load(page, text, &part);
		buf_bytes(&page->out, part.p, part.n);
	}
	buf_done(&part);
	mem_free(text);
	return status;
}

/* The length of the name that begins here and ends with `@`; 0: it is none. */
static size_t
name_length(const char *at)
{
	size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz.");

	return at[n] == '@' ? n : 0;
}

static int
page_make(struct page *page)
{
	struct buf frame = { 0 };
	int status = part_load(page, "export.html", &frame);
	char *text = buf_string(&frame);
	const char *at = text;

	while (status == CALL_OK && *at != '\0') {
		size_t n = strcspn(at, "@");

		buf_bytes(&page->out, at, n);
		at += n;
		if (*at == '\0')
			break;
		n = name_length(at + 1);
		if (n == 0) {
			buf_text(&page->out, "@");
			at++;
		} else {
			status = page_part(page, at + 1, n);
			at += n + 2;
		}
	}
	mem_free(text);
	return status;
}

static int
page_write(const struct page *page, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDOUT_FILENO
	                  : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
				0644);
	int rc = RC_IO, error;

	if (fd >= 0)
		rc = file_put(fd, page->out.p, page->out.n);
	error = errno;
	if (fd >= 0 && !standard && close(fd) != 0 && rc == RC_OK) {
		rc = RC_IO;
		error = errno;
	}
	return rc == RC_OK ? CALL_OK
	                   : call_usage("%s: %s", path, strerror(error));
}

int
export_html(const struct call *call)
{
	const char *given = call_option(call, "parts");
	struct page page = { .directory = given != NULL ? given : PAGEDIR };
	int status = data_make(call, &page.data);

	if (status == CALL_OK)
		status = page_make(&page);
	if (status == CALL_OK)
		status = page_write(&page, call->operands[0]);
	buf_done(&page.data);
	buf_done(&page.out);
	return status;
}
