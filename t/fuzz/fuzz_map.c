/*
 * fuzz_map.c - what strangers write to lsrd-map and it reads itself: the target
 * of a request, and in the lines behind it Host, Origin, Sec-Fetch-Site and
 * Sec-Fetch-Mode; an empty one did not come. Whatever it is, what lsrctl gets is a verb that only reads,
 * options that stand in the table, and values that are text; and nothing is
 * read or written beyond its end.
 */

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "map/gate.h"
#include "map/query.h"
#include "sys/host.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 20000;

static bool
is_one_of(const char *word, const char *const *list)
{
	while (*list != NULL && strcmp(word, *list) != 0)
		list++;
	return *list != NULL;
}

static void
judge_value(const char *value)
{
	FUZZ_CHECK(strlen(value) > 0 && strlen(value) < QUERY_VALUE);
	for (const char *p = value; *p != '\0';) {
		uint32_t c;

		p += utf8_read(p, &c);
		FUZZ_CHECK(c != UTF8_NONE && c >= ' ');
	}
}

/* Options and their values by turns, and behind -- one more. */
static void
judge_words(const struct query *q)
{
	static const char *const verbs[] = { "export", "status", "routes",
		"peers", "links", "overrides", "explain", "trace", "simulate",
		"events", "watch", NULL };
	static const char *const options[] = { "--from", "--cut", "--drain",
		"--cost", "--since", "--until", "--kind", "--server",
		"--pattern", "--last", NULL };
	size_t i = 1;

	FUZZ_CHECK(q->n > 0 && is_one_of(q->word[0], verbs));
	i += i < q->n && (strcmp(q->word[1], "json") == 0 ||
			     strcmp(q->word[1], "--ways") == 0);
	for (; i < q->n && strcmp(q->word[i], "--") != 0; i += 2) {
		FUZZ_CHECK(is_one_of(q->word[i], options) && i + 1 < q->n);
		judge_value(q->word[i + 1]);
	}
	FUZZ_CHECK(i == q->n || i + 2 == q->n);
	if (i < q->n)
		judge_value(q->word[i + 1]);
}

/* The next line, or NULL. */
static const char *
field(char **rest)
{
	const char *line = strsep(rest, "\n");

	return line == NULL || *line == '\0' ? NULL : line;
}

/* A page of another site gets nothing, whatever it says besides. */
static void
judge_gate(const struct gate_request *request, const char *const *names)
{
	const char *why = gate_judge(request, names, 1);

	if (why == NULL && request->host != NULL)
		FUZZ_CHECK(host_is_ours(request->host, names, 1));
	if (why == NULL && request->site != NULL &&
	    strcmp(request->site, "cross-site") == 0)
		FUZZ_CHECK(strcmp(request->mode, "navigate") == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const names[] = { "map.example.org" };
	char *text = mem_dup(p, n), *rest = text, value[QUERY_VALUE];
	struct query *q = mem_new(sizeof(*q), 0, 0);
	struct gate_request request;
	double at;

	(void)field(&rest);
	request.host = field(&rest);
	request.origin = field(&rest);
	request.site = field(&rest);
	request.mode = field(&rest);
	judge_gate(&request, names);

	if (query_read(q, text))
		judge_words(q);
	if (query_value(text, "address", value))
		FUZZ_CHECK(strlen(value) < sizeof(value));
	if (query_moment(text, "time", &at))
		FUZZ_CHECK(at >= 0 && at < 1e13);
	mem_free(q);
	mem_free(text);
	return 0;
}
