/*
 * fuzz_reading.c - what postconf and postmap may print, whatever a main.cf and a
 * master.cf have: the answers in turn, a line `--` between them, and one that
 * begins with `!` has failed. What is found local or routed is ours, and what is
 * missing is a text.
 */

#include <string.h>

#include "base/mem.h"
#include "core/lsa/mta.h"
#include "plugins/postfix/reading.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

static const char *const here[] = { "a.example", "xn--mnchen-3ya.example",
	"user@b.example" };

/* The next answer; the rest is cut behind it. */
static char *
answer_next(char **rest)
{
	char *text = *rest, *end = text == NULL ? NULL : strstr(text, "\n--\n");

	*rest = end == NULL ? NULL : end + strlen("\n--\n");
	if (end != NULL)
		end[1] = '\0';
	return text == NULL || *text == '!' ? NULL : text;
}

static void
patterns_look(const struct mta_patterns *patterns)
{
	for (size_t i = 0; i < patterns->n; i++) {
		bool ours = false;

		for (size_t k = 0; k < sizeof(here) / sizeof(*here); k++)
			ours = ours || strcmp(patterns->v[i], here[k]) == 0;
		FUZZ_CHECK(ours);
	}
}

static void
mta_look(const struct mta *mta)
{
	FUZZ_CHECK(memchr(mta->missing, '\0', sizeof(mta->missing)) != NULL);
	FUZZ_CHECK(mta->nsmtp <= MTA_SMTP);
	FUZZ_CHECK(memchr(mta->queue_directory, '\0',
		       sizeof(mta->queue_directory)) != NULL);
	FUZZ_CHECK((mta->asks == MTA_YES) == (mta->missing[0] == '\0'));
	patterns_look(&mta->local);
	patterns_look(&mta->routed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct plugin_want want = { NULL, "/nonexistent/tables", "lsrd",
		"lsrd-hold", here, sizeof(here) / sizeof(*here) };
	struct plugin_reading *r = reading_postfix.begin(&want);
	char *text = mem_dup(p, n), *rest = text;
	struct plugin_question q;
	struct mta mta;

	mta_init(&mta);
	while (reading_postfix.ask(r, &q)) {
		FUZZ_CHECK(
		    q.argv[0] != NULL && q.argv[PLUGIN_ARGS - 1] == NULL);
		reading_postfix.take(r, answer_next(&rest));
	}
	reading_postfix.end(r, &mta);
	mta_look(&mta);
	mta_done(&mta);
	mem_free(text);
	return 0;
}
