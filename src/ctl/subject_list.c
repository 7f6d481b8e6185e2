/*
 * subject_list.c - a message in what the MTA says of its queue. Its addresses
 * are a stranger's: nothing is taken from them but what is asked for.
 */

#include <jansson.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/subject.h"
#include "idn/labels.h"

void
subject_add(struct subject *subject, const char *text, size_t n)
{
	char *copy = mem_dup(text, n);

	vec_push(&subject->addresses, labels_to_a(copy));
	mem_free(copy);
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

/* An object a line, of which few name the id. */
void
subject_postqueue(struct subject *subject, char *text, const char *id)
{
	char *rest = text;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
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

void
subject_exim(struct subject *subject, char *text, const char *id)
{
	char *rest = text;
	bool ours = false;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		exim_line(subject, line, &ours, id);
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
