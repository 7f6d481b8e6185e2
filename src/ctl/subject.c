#include "ctl/subject.h"

#include <string.h>

#include "base/mem.h"
#include "core/lsa/match.h"
#include "ctl/run.h"
#include "ctl/verbs.h"

#define LIST_MOST ((size_t)256 << 20) /* a million messages */
#define LIST_MS 20000 /* a queue of hundreds of thousands is listed in less */

/* Letters, digits and hyphens: no domain that anybody routes by. */
static bool
is_queue_id(const char *text)
{
	size_t n = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz-");

	return n >= 6 && n < 32 && text[n] == '\0';
}

/* What a program writes; NULL: it is not there, or failed. */
static char *
subject_run(char *const argv[])
{
	struct buf out = { 0 };
	struct run run = {
		.argv = argv, .out = &out, .ms = LIST_MS, .most = LIST_MOST
	};
	char *program = run_located(argv[0]);
	char *text = NULL;

	((char **)(uintptr_t)argv)[0] = program;
	if (run_program(&run) == 0)
		text = buf_string(&out);
	else
		buf_done(&out);
	buf_done(&run.said);
	mem_free(program);
	return text;
}

static void
postfix_look(struct subject *subject, const char *id)
{
	char *argv[] = { (char[]){ "postqueue" }, (char[]){ "-j" }, NULL };
	char *text = subject_run(argv);

	if (text != NULL)
		subject_postqueue(subject, text, id);
	mem_free(text);
}

static void
exim_look(struct subject *subject, const char *id, const char *program)
{
	char *argv[] = { mem_str(program), (char[]){ "-bp" }, mem_str(id),
		NULL };
	char *first = argv[0];
	char *text = subject_run(argv);

	if (text != NULL)
		subject_exim(subject, text, id);
	mem_free(first);
	mem_free(argv[2]);
	mem_free(text);
}

static int
queues_look(struct subject *subject, const char *id)
{
	static const char *const programs[] = { "exim4", "exim" };

	postfix_look(subject, id);
	for (size_t i = 0; i < 2 && subject->addresses.n == 0; i++)
		exim_look(subject, id, programs[i]);
	if (subject->addresses.n > 0)
		return CALL_OK;
	return call_usage("`%s` is no address and no domain, and no queue that "
			  "may be read has a message of this id",
	    id);
}

int
subject_read(const char *text, struct subject *subject)
{
	struct buf whole = { 0 };
	size_t n = strlen(text);

	*subject = (struct subject){ 0 };
	if (n > 2 && text[0] == '<' && text[n - 1] == '>') {
		text++;
		n -= 2;
	}
	if (memchr(text, '@', n) == NULL && is_queue_id(text))
		return queues_look(subject, text);
	if (memchr(text, '@', n) == NULL)
		buf_text(&whole, SUBJECT_LOCAL "@");
	buf_bytes(&whole, text, n);
	subject_add(subject, (const char *)whole.p, whole.n);
	buf_done(&whole);
	if (match_is_address(subject->addresses.v[0]) &&
	    (memchr(text, '@', n) != NULL || memchr(text, ' ', n) == NULL))
		return CALL_OK;
	return call_usage(
	    "`%.*s` is no address, no domain and no id of a queued message",
	    (int)n, text);
}
