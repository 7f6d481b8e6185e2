#include "ctl/subject.h"

#include <jansson.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/match.h"
#include "ctl/run.h"
#include "ctl/verbs.h"
#include "idn/labels.h"

#define LIST_MS 20000 /* a queue of hundreds of thousands is listed in less */

static void
subject_add(struct subject *subject, const char *text, size_t n)
{
	char *copy = mem_dup(text, n);

	vec_push(&subject->addresses, labels_to_a(copy));
	mem_free(copy);
}

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
	struct run run = { .argv = argv, .out = &out, .ms = LIST_MS };
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
postfix_take(struct subject *subject, const json_t *message)
{
	const char *sender =
	    json_string_value(json_object_get(message, "sender"));
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(message, "recipients"), i, one)
	{
		const char *to =
		    json_string_value(json_object_get(one, "address"));

		if (to != NULL)
			subject_add(subject, to, strlen(to));
	}
	subject->size = (uint64_t)json_integer_value(
	    json_object_get(message, "message_size"));
	mem_free(subject->sender);
	subject->sender = mem_str(
	    sender == NULL || strcmp(sender, "MAILER-DAEMON") == 0 ? "<>"
								   : sender);
}

/* `postqueue -j`: an object a line, of which few name the id. */
static void
postfix_look(struct subject *subject, const char *id)
{
	char *argv[] = { (char[]){ "postqueue" }, (char[]){ "-j" }, NULL };
	char *text = subject_run(argv), *rest = text;

	for (char *line = text == NULL ? NULL : strtok_r(text, "\n", &rest);
	     line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		json_t *message;
		const char *is;

		if (strstr(line, id) == NULL)
			continue;
		message = json_loads(line, 0, NULL);
		is = json_string_value(json_object_get(message, "queue_id"));
		if (is != NULL && strcmp(is, id) == 0)
			postfix_take(subject, message);
		json_decref(message);
	}
	mem_free(text);
}

/*
 * `exim -bp ID`: a line of the message, then one of each recipient, with a D
 * before those that have it:
 *
 *     25m  2.9K 0t5C6f-0000c8-00 <sender>
 *               recipient@x.org
 */
static void
exim_line(struct subject *subject, char *line, bool *ours, const char *id)
{
	char *word, *rest = line, *at = strchr(line, '<');

	if (at != NULL && strchr(at, '>') != NULL) {
		*ours = strstr(line, id) != NULL;
		if (!*ours)
			return;
		*strchr(at, '>') = '\0';
		mem_free(subject->sender);
		subject->sender = mem_str(at[1] == '\0' ? "<>" : at + 1);
		return;
	}
	word = strtok_r(line, " \t", &rest);
	if (*ours && word != NULL && strchr(word, '@') != NULL)
		subject_add(subject, word, strlen(word));
}

static void
exim_look(struct subject *subject, const char *id, const char *program)
{
	char *argv[] = { mem_str(program), (char[]){ "-bp" }, mem_str(id),
		NULL };
	char *first = argv[0];
	char *text = subject_run(argv), *rest = text;
	bool ours = false;

	for (char *line = text == NULL ? NULL : strtok_r(text, "\n", &rest);
	     line != NULL; line = strtok_r(NULL, "\n", &rest))
		exim_line(subject, line, &ours, id);
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

void
subject_done(struct subject *subject)
{
	for (size_t i = 0; i < subject->addresses.n; i++)
		mem_free(subject->addresses.v[i]);
	vec_done(&subject->addresses);
	mem_free(subject->sender);
	subject->sender = NULL;
}
