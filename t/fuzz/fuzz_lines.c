/*
 * fuzz_lines.c - lines that come to lsrd's own sockets: of lsrd-front, whom it
 * brings and what it has counted; of lsrctl, as the log has it. What is taken is
 * as it is written by who writes it, and what is logged is one line of
 * printable characters, whatever was asked.
 */

#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/ctl_said.h"
#include "io/front_io.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 5000;
PIECES(PIECES_LINES);

static void
front_line(const char *line, size_t n)
{
	struct front_io_counts counts;
	struct addr from;
	char text[ADDR_TEXT];
	struct buf again = { 0 };

	if (front_io_line(line, n, &from)) {
		buf_printf(&again, "lsrd-front/1 %s %u",
		    addr_ip_text(&from, text), (unsigned)from.port);
		FUZZ_CHECK(from.family != 0 && from.port != 0);
		/* An address of IPv4 inside one of IPv6 is the former. */
		FUZZ_CHECK(memchr(line, ':', n) != NULL ||
			   (again.n == n && memcmp(again.p, line, n) == 0));
		FUZZ_CHECK(!front_io_counts_read(line, n, &counts));
	} else {
		(void)front_io_counts_read(line, n, &counts);
	}
	buf_done(&again);
}

static void
said_line(const char *line)
{
	struct buf out = { 0 };
	char who[CTL_SAID_WHO] = "", said[CTL_SAID_WHO];

	ctl_said(&out, line, 1700000000);
	FUZZ_CHECK(out.n > 0 && out.p[out.n - 1] == '\0');
	for (size_t i = 0; i + 1 < out.n; i++)
		FUZZ_CHECK(out.p[i] >= ' ' && out.p[i] <= '~');
	ctl_said_by(line, who, 33);
	FUZZ_CHECK(strlen(who) < 33);
	ctl_said_who(0, who, said);
	FUZZ_CHECK(strpbrk(said, "\r\n\"") == NULL);
	buf_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t *exact = mem_dup(p, n); /* a NUL stands behind it */

	front_line((const char *)exact, n);
	said_line((const char *)exact);
	mem_free(exact);
	return 0;
}
