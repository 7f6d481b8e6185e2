/*
 * fuzz_cdb.c - what stands where a table of Exim should: a file, as a publisher
 * finds it before it writes; and a value of one, as it judges it. The first
 * octet chooses: '=' a value, else a file.
 */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "plugins/exim/cdb_file.h"
#include "plugins/exim/tables.h"
#include "plugins/exim/values.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 5000;

/* Whatever Exim may get of us is one line of these. */
static bool
is_harmless(const char *text)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    " .,:;@_+=()<>*?/[]-\"";

	return *text != '\0' && text[strspn(text, plain)] == '\0' &&
	       strlen(text) <= EXIM_VALUE_MAX;
}

static bool
entry_look(void *ctx, const char *key, const char *value)
{
	(void)ctx;
	FUZZ_CHECK(is_harmless(value));
	FUZZ_CHECK(strpbrk(key, "$\\{}|`'\" \n") == NULL);
	return true;
}

static void
value_look(const uint8_t *p, size_t n)
{
	char *text = mem_dup(p, n);

	for (int t = 0; t < ROWS_TABLES; t++)
		if (exim_values_are((enum rows_table)t, text))
			FUZZ_CHECK(is_harmless(text));
	mem_free(text);
}

static void
file_look(const uint8_t *p, size_t n)
{
	struct cdb_file *file = cdb_file_new("/nonexistent/transport.cdb");
	int fd = memfd_create("cdb", 0);

	FUZZ_CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	if (cdb_file_read(file, fd) == RC_OK)
		for (int t = 0; t < ROWS_TABLES; t++)
			if (exim_tables_judge(file, (enum rows_table)t) ==
			    RC_OK)
				cdb_file_walk(file, entry_look, NULL);
	close(fd);
	cdb_file_free(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 0 && *p == '=')
		value_look(p + 1, n - 1);
	else if (n > 0)
		file_look(p + 1, n - 1);
	return 0;
}
