/*
 * fuzz_metrics.c - what is read by lsrd-metrics: Host and Accept of a request,
 * and lines that lsrd tells, in place of each other. Whatever they are, each
 * line of the text is a head or a sample of a family that there is; no Host is
 * ours that has a letter an address has not, but for the names.
 */

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "metrics/accept.h"
#include "metrics/families.h"
#include "sys/host.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

static void
judge_host(const char *host)
{
	static const char *const names[] = { "watch.example.org" };
	bool ours = host_is_ours(host, names, 1);
	size_t n = strcspn(host, ":");

	if (!ours || strspn(host, "0123456789abcdefABCDEF.:[]") == strlen(host))
		return;
	/* behind a literal in brackets, too, only a port is left unread */
	FUZZ_CHECK(host[0] == '[' ||
		   (n == 9 && strncasecmp(host, "localhost", 9) == 0) ||
		   (n == 17 && strncasecmp(host, names[0], 17) == 0) ||
		   strspn(host, "0123456789.") == n);
}

static void
judge_text(const struct buf *out, bool open)
{
	char *text, *line, *rest;
	struct buf copy = { 0 };

	buf_bytes(&copy, out->p, out->n);
	rest = text = buf_string(&copy);
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL)
		FUZZ_CHECK(strncmp(line, "# HELP lsrd_", 12) == 0 ||
			   strncmp(line, "# TYPE lsrd_", 12) == 0 ||
			   strncmp(line, "# UNIT lsrd_", 12) == 0 ||
			   strncmp(line, "lsrd_", 5) == 0 ||
			   (open && strcmp(line, "# EOF") == 0));
	mem_free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf copy = { 0 };
	struct told told;
	char *text;

	buf_bytes(&copy, p, n);
	text = buf_string(&copy);
	judge_host(text);
	(void)accept_wants_open(text);
	told_init(&told);
	if (told_read(&told, text, n)) {
		for (int open = 0; open < 2; open++) {
			struct buf out = { 0 };
			struct sheet sheet = { &out, open != 0 };

			families_put(&sheet, &told);
			judge_text(&out, open != 0);
			buf_done(&out);
		}
	}
	told_done(&told);
	mem_free(text);
	return 0;
}
