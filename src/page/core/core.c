/*
 * core.c - the door of core.wasm: the verbs of lsrctl on a topology document,
 * for the page. What they print under --json is the answer.
 *
 * It stands where a process has its arguments, its output and a daemon: the
 * page puts a document, then a command line, and takes the answer. What the
 * verbs link and no page can do (a file, a socket, a terminal) is imported,
 * and the page's import stops the module: nothing here asks for it.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "core/lsa/match.h"
#include "ctl/client.h"
#include "ctl/plan.h"
#include "ctl/subject.h"
#include "ctl/trace.h"
#include "ctl/verbs.h"

#define EXPORTED(name) __attribute__((export_name(name)))

static const struct {
	const char *name;
	verb_run *run;
} page_verbs[] = { { "routes", plan_routes }, { "explain", plan_explain },
	{ "trace", trace_run }, { "simulate", plan_simulate } };

/* A page has one question at a time. */
static struct {
	char *room;
	size_t n;
	struct buf document, answer;
} page;

/* Room for n octets, until the next call. */
EXPORTED("page_room")
char *
page_room(size_t n)
{
	mem_free(page.room);
	page.room = mem_new(1, n, 1);
	page.n = n;
	return page.room;
}

/* What was put is the document. */
EXPORTED("page_document")
void
page_document(void)
{
	buf_reset(&page.document);
	buf_bytes(&page.document, page.room, page.n);
}

EXPORTED("page_answer")
const uint8_t *
page_answer(void)
{
	return page.answer.p;
}

EXPORTED("page_octets")
size_t
page_octets(void)
{
	return page.answer.n;
}

struct words {
	VEC(char *) operands;
	VEC(struct call_given) given;
};

/* "--name", and the word behind it but for what takes none. */
static void
words_read(struct words *w, char *at, const char *end)
{
	while (at < end) {
		char *word = at;

		at += strlen(at) + 1;
		if (strncmp(word, "--", 2) != 0) {
			vec_push(&w->operands, word);
		} else if (strcmp(word, "--ways") == 0) {
			vec_push(
			    &w->given, ((struct call_given){ word + 2, NULL }));
		} else if (at < end) {
			vec_push(
			    &w->given, ((struct call_given){ word + 2, at }));
			at += strlen(at) + 1;
		}
	}
	vec_push(&w->operands, NULL);
}

/*
 * What was put is a verb, its operands and options, each ended by a NUL.
 * The exit status; below 2 the answer is lines of JSON, else a complaint.
 */
EXPORTED("page_ask")
int
page_ask(void)
{
	struct words w = { 0 };
	struct verb verb = { .name = page.room };
	struct call call = { .verb = &verb, .json = true };
	int status = CALL_USAGE;

	buf_reset(&page.answer);
	words_read(&w, page.room + strlen(page.room) + 1, page.room + page.n);
	call.given = w.given.v;
	call.ngiven = w.given.n;
	call.operands = w.operands.v;
	call.noperands = w.operands.n - 1;
	for (size_t i = 0; i < sizeof(page_verbs) / sizeof(*page_verbs); i++)
		if (strcmp(page_verbs[i].name, verb.name) == 0)
			status = page_verbs[i].run(&call);
	vec_done(&w.operands);
	vec_done(&w.given);
	return status;
}

/* What the verbs ask of the rest of lsrctl. */

int
call_usage(const char *fmt, ...)
{
	char text[800];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_text(&page.answer, text);
	return CALL_USAGE;
}

const char *
call_option(const struct call *call, const char *name)
{
	for (size_t i = call->ngiven; i-- > 0;)
		if (strcmp(call->given[i].name, name) == 0)
			return call->given[i].value;
	return NULL;
}

bool
call_has(const struct call *call, const char *name)
{
	for (size_t i = 0; i < call->ngiven; i++)
		if (strcmp(call->given[i].name, name) == 0)
			return true;
	return false;
}

/* The daemon is the document. */
int
client_read(const struct call *call, const char *request, struct buf *out)
{
	(void)call;
	if (strcmp(request, "export") == 0)
		buf_bytes(out, page.document.p, page.document.n);
	return CALL_OK;
}

/* The page has made A-labels of what was typed. */
int
subject_read(const char *text, struct subject *subject)
{
	char *address = mem_str(text);

	*subject = (struct subject){ 0 };
	for (char *c = address; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	vec_push(&subject->addresses, address);
	return match_is_address(address)
	           ? CALL_OK
	           : call_usage("`%s` is no address", text);
}

void
subject_done(struct subject *subject)
{
	for (size_t i = 0; i < subject->addresses.n; i++)
		mem_free(subject->addresses.v[i]);
	vec_done(&subject->addresses);
}

/* Standard output. */
size_t __wrap_fwrite(const void *p, size_t size, size_t n, FILE *file);

size_t
__wrap_fwrite(const void *p, size_t size, size_t n, FILE *file)
{
	(void)file;
	buf_bytes(&page.answer, p, size * n);
	return n;
}
