/*
 * fuzz_object.c - what Exim calls in lsrd-exim.so, with anything for arguments.
 *
 * An input is a few calls, which one process of Exim makes one after the other:
 *
 *     >judge             a function without its lsr_, or lsr_trace_
 *     |WORDS             its arguments, each of any number of lines
 *     |SENDER...
 *
 * One that begins with @ has the marks in its place that were added last: so a
 * message comes back with marks that stand. The files are this target's own,
 * whatever the input says, and the socket is nobody's. Each input begins
 * without a memory, so that a crash is the same when it is run alone.
 *
 * Whatever comes, the answer is ENTRY_OK and a text of the form that the lines
 * of conf/exim expect, and the guard (exim/guard.h) has caught nothing.
 */

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "exim/entry.h"
#include "exim/judge.h"
#include "t/fuzz/fuzz.h"
#include "t/system/milter_table.h"
#include "t/temp.h"

#define MARKS '@'
#define AT_START ":at_start:LSR-Trace: "

const unsigned fuzz_runs = 3000;

typedef int entry_function(entry_text **yield, int argc, entry_text **argv);

struct object {
	char folder[TEMP_FOLDER];
	char *words, *socket, *memory;
	char *marks; /* added last, as Exim's list has them */
};

/* --- what an answer looks like ---------------------------------------------- */

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool
is_judged(const char *text)
{
	static const char *const verdicts[] = { "pass", "defer\n", "deny\n",
		"untouched", "unready\n" };
	const char *end = strchr(text, '\n');

	if (end == NULL || strchr(end + 1, '\n') == NULL)
		return false;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (begins(text, verdicts[i]))
			return true;
	return false;
}

static bool
is_added(const char *text)
{
	while (*text != '\0') {
		const char *end = strchr(text, '\n');

		if (!begins(text, AT_START) || end == NULL)
			return false;
		text = end + 1;
	}
	return true;
}

static bool
is_admitting(const char *text)
{
	return strcmp(text, "yes") == 0 || begins(text, "no ");
}

static bool
is_route(const char *text)
{
	return text[0] == '\0' || begins(text, "\"<; ");
}

static bool
is_hold(const char *text)
{
	return strchr(text, '\n') == NULL;
}

static bool
is_empty(const char *text)
{
	return text[0] == '\0';
}

static const struct function {
	const char *name;
	entry_function *call;
	bool (*is_answer)(const char *text);
} functions[] = {
	{ "judge", lsr_trace_judge, is_judged },
	{ "add", lsr_trace_add, is_added },
	{ "admits", lsr_admits, is_admitting },
	{ "route", lsr_route, is_route },
	{ "hold", lsr_hold, is_hold },
	{ "event", lsr_event, is_empty },
};

/* --- its files --------------------------------------------------------------- */

/* milter_table's words, one blank between; each % is the folder. */
static const char *const made[] = {
	"milter_table new %/london %/paris %/rome",
	"milter_table %/table 1 7"
	" key mx1.london.example.org %/london"
	" key mx1.paris.example.org %/paris"
	" route paris.example.org mx1.rome.example.org 198.51.100.5:25"
	" route rome.example.org mx1.rome.example.org 198.51.100.5:25"
	" limits mx1.london.example.org mx1.paris.example.org"
	" paris.example.org 198.51.100.6:25 500  198.51.100.7:25 5000"
	" limits mx1.london.example.org mx1.rome.example.org"
	" rome.example.org 198.51.100.6:25 300 00:00-12:00 198.51.100.7:25 "
	"5000",
};

#define WORDS " table=%/table key=%/london previous=%/rome memory=%/memory"
#define MEMORY "%/memory"
#define NOBODY "%/nobody"

/* The caller's. */
static char *
in_folder(const char *text, const char *folder)
{
	struct buf out = { 0 };
	size_t n;

	for (; n = strcspn(text, "%"), text[n] != '\0'; text += n + 1) {
		buf_bytes(&out, text, n);
		buf_text(&out, folder);
	}
	buf_text(&out, text);
	return buf_string(&out);
}

static void
files_make(const char *folder)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		char *text = in_folder(made[i], folder), *rest = text;
		char *word[40];
		int n = 0;

		while ((word[n] = strsep(&rest, " ")) != NULL)
			n++;
		milter_table(n, word);
		mem_free(text);
	}
}

static struct object object;

static void
object_remove(void)
{
	temp_end(object.folder);
}

static struct object *
object_get(void)
{
	struct object *o = &object;

	if (o->words != NULL)
		return o;
	temp_make(o->folder);
	atexit(object_remove);
	files_make(o->folder);
	o->words = in_folder(WORDS, o->folder);
	o->memory = in_folder(MEMORY, o->folder);
	o->socket = in_folder(NOBODY, o->folder);
	o->marks = mem_str("");
	return o;
}

/* --- calls -------------------------------------------------------------------- */

/* A list of Exim's, of the fields that it was told to add. */
static void
marks_keep(struct object *o, const char *answer)
{
	struct buf list = { 0 };

	while (begins(answer, AT_START)) {
		size_t n;

		answer += strlen(AT_START);
		n = strcspn(answer, "\n");
		buf_text(&list, list.n == 0 ? "" : ":");
		buf_bytes(&list, answer, n);
		answer += n + 1;
	}
	if (list.n > 0) {
		mem_free(o->marks);
		o->marks = buf_string(&list);
	}
	buf_done(&list);
}

/* Of n octets; a NUL among them ends it for Exim, too. */
static entry_text *
argument(const struct object *o, const char *text, size_t n, const char *more)
{
	struct buf out = { 0 };

	if (n > 0 && text[0] == MARKS) {
		buf_text(&out, o->marks);
		text++;
		n--;
	}
	buf_bytes(&out, text, n);
	buf_text(&out, more);
	return (entry_text *)buf_string(&out);
}

static void
call(struct object *o, const struct function *f, int argc, entry_text **argv)
{
	entry_text *yield = NULL;
	const char *answer;

	FUZZ_CHECK(f->call(&yield, argc, argv) == ENTRY_OK);
	FUZZ_CHECK(judge_get()->guard.fault == 0);
	FUZZ_CHECK(yield != NULL);
	answer = (const char *)yield;
	FUZZ_CHECK(f->is_answer(answer));
	if (f->call == lsr_trace_add)
		marks_keep(o, answer);
}

static size_t
piece(const char *text, size_t n, const char *mark)
{
	const char *end = memmem(text, n, mark, 2);

	return end == NULL ? n : (size_t)(end - text);
}

/* The first argument has what the files are: what is said last counts. */
static void
take(struct object *o, const char *text, size_t n)
{
	entry_text *argv[ENTRY_ARGUMENTS + 1];
	size_t name = piece(text, n, "\n|");
	const struct function *f = NULL;
	int argc = 0;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i].name) == name &&
		    memcmp(functions[i].name, text, name) == 0)
			f = &functions[i];
	while (f != NULL && name + 2 <= n && argc <= ENTRY_ARGUMENTS) {
		size_t octets;

		text += name + 2;
		n -= name + 2;
		octets = name = piece(text, n, "\n|");
		if (argc == 0 && f->call == lsr_event)
			octets = 0;
		argv[argc] = argument(o, text, octets,
		    argc > 0               ? ""
		    : f->call == lsr_event ? o->socket
					   : o->words);
		argc++;
	}
	if (f != NULL)
		call(o, f, argc, argv);
	while (argc > 0)
		mem_free(argv[--argc]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct object *o = object_get();
	const char *text = (const char *)p;

	unlink(o->memory);
	o->marks[0] = '\0';
	while (n > 0) {
		size_t octets = piece(text, n, "\n>");

		if (octets > 0 && text[0] == '>')
			take(o, text + 1, octets - 1);
		octets += octets < n;
		text += octets;
		n -= octets;
	}
	return 0;
}
