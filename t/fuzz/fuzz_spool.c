/*
 * fuzz_spool.c - a message of Exim's spool, whose headers, recipients and
 * variables are strangers': whatever they are, what is found is an address of
 * one line.
 */

#include <string.h>

#include "base/mem.h"
#include "plugins/exim/spool.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 8000;
PIECES(PIECES_LINES);

#define ID "1xXV3U-0005XM-1r"
#define HEAD ID "-H\nroot 0 0\n<a@ex.test>\n1795920860 0\n"

static void
on_found(void *ctx, const struct plugin_queued *found)
{
	size_t *n = ctx;

	++*n;
	FUZZ_CHECK(strcmp(found->id, ID) == 0);
	FUZZ_CHECK(found->recipient[0] != '\0');
	FUZZ_CHECK(strchr(found->recipient, '\n') == NULL);
	FUZZ_CHECK(!found->answered || found->deferred);
	FUZZ_CHECK(!found->put_off || (found->deferred && !found->answered));
}

static void
fuzz_file(const char *head, const uint8_t *p, size_t n)
{
	size_t before = strlen(head), found = 0;
	char *own = mem_new(before + n + 1, 0, 0);
	struct plugin_text other = { (const char *)p, n };
	struct plugin_message message = { ID, { own, before + n }, other,
		other };

	memcpy(own, head, before);
	memcpy(own + before, p, n);
	(void)spool_files.read(&message, on_found, &found);
	mem_free(own);
}

/* A stranger's octets in a variable change nothing. */
static void
fuzz_variable(const uint8_t *p, size_t n)
{
	struct buf text = { 0 };
	struct plugin_message message = { .id = ID };
	size_t found = 0;

	buf_printf(&text, HEAD "--aclm_x 0 %zu\n", n);
	buf_bytes(&text, p, n);
	buf_text(&text, "\nXX\n1\nu@d.test\n\n");
	message.own = (struct plugin_text){ (const char *)text.p, text.n };
	FUZZ_CHECK(spool_files.read(&message, on_found, &found) == 0);
	FUZZ_CHECK(found == 1);
	buf_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	fuzz_file("", p, n);
	fuzz_file(HEAD, p, n);
	fuzz_variable(p, n);
	return 0;
}
