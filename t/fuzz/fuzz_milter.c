/*
 * fuzz_milter.c - what strangers put into a message, as lsrd-milter gathers
 * it: a line each, whose first octet says what it is. Sender and recipients
 * are in lower case, nothing is kept beyond a limit, and a session that was
 * cleared is as new.
 */

#include <string.h>

#include "base/mem.h"
#include "core/lsa/limits.h"
#include "message/session.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

static void
header(struct session *s, char *line)
{
	char *value = strchr(line, ':');

	if (value != NULL)
		*value++ = '\0';
	session_header(s, line, value == NULL ? "" : value);
}

static void
take(struct session *s, char *line)
{
	char *parameters[] = { line + 1, NULL };

	switch (line[0]) {
	case 'F':
		session_from(s, line + 1, session_size(parameters));
		break;
	case 'T':
		session_to(s, line + 1);
		break;
	case 'S':
		session_size(parameters);
		break;
	case 'U':
		session_is_verb(line + 1);
		break;
	case '\0':
		break;
	default:
		header(s, line);
	}
}

static void
look(const struct session *s)
{
	for (size_t i = 0; i < s->recipients.n; i++) {
		const char *to = s->recipients.v[i];

		FUZZ_CHECK(strlen(to) <= LIMIT_SENDER_OCTETS);
		for (; *to != '\0'; to++)
			FUZZ_CHECK(*to < 'A' || *to > 'Z');
	}
	FUZZ_CHECK(s->trace.fields.n <= s->traces);
	FUZZ_CHECK(s->trace.fields.n <= LIMIT_TRACE_FIELDS + 1);
	FUZZ_CHECK(s->path.n <= LIMIT_PATH_OCTETS);
	FUZZ_CHECK(s->id == NULL || strlen(s->id) <= LIMIT_ID_OCTETS);
	FUZZ_CHECK(s->oldest == NULL || strlen(s->oldest) <= LIMIT_ID_OCTETS);
	FUZZ_CHECK(session_crowded(s) || (s->traces <= LIMIT_TRACE_FIELDS &&
					     s->reach <= LIMIT_STRIP_LINES));
	FUZZ_CHECK(mark_trace_newest(&s->trace) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct session fresh = { 0 };
	char *text = mem_dup(p, n), *rest = text, *line;
	struct session s = { 0 };

	session_from(&s, "<>", 0);
	while ((line = strsep(&rest, "\n")) != NULL)
		take(&s, line);
	look(&s);
	session_clear(&s);
	FUZZ_CHECK(memcmp(&s, &fresh, sizeof(s)) == 0);
	mem_free(text);
	return 0;
}
