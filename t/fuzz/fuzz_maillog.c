/*
 * fuzz_maillog.c - a line of a mail log. What a stranger can write into the
 * recipient changes nothing: the same line with his octets there tells of the
 * hop that it really went to, or of nothing.
 */

#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/rc.h"
#include "plugins/postfix/maillog.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 8000;
PIECES(PIECES_LINES);

#define HEAD "Nov 21 17:22:56 mx postfix/lsrd/smtp[7]: "

/* The octets as Postfix writes them: quoted, with a backslash each. */
static void
put_recipient(struct buf *line, const uint8_t *p, size_t n)
{
	buf_text(line, "4F00: to=<\"");
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"' || p[i] == '\\')
			buf_u8(line, '\\');
		buf_u8(line, p[i]);
	}
	buf_text(line, "\"@b.example>, ");
}

/* A pipe that has bounced it tells nothing. */
static void
as_piped(const uint8_t *p, size_t n)
{
	struct buf line = { 0 };
	struct tally_line out;

	buf_text(&line, "Nov 21 17:22:56 mx postfix/thin/pipe[7]: ");
	put_recipient(&line, p, n);
	buf_text(&line, "relay=thin, delay=1, dsn=5.0.0, status=bounced (no)");
	maillog_read_by(&out, (const char *)line.p, line.n, "thin");
	FUZZ_CHECK(out.what == TALLY_NOTHING);
	buf_done(&line);
}

static void
as_recipient(const uint8_t *p, size_t n)
{
	struct buf line = { 0 };
	struct tally_line out;
	char text[ADDR_TEXT];

	buf_text(&line, HEAD);
	put_recipient(&line, p, n);
	buf_text(&line, "relay=mx[192.0.2.7]:25, delay=1, dsn=2.0.0, "
			"status=sent (250 ok)");
	maillog_read(&out, (const char *)line.p, line.n, MAILLOG_TAG);
	FUZZ_CHECK(out.what == TALLY_OK);
	FUZZ_CHECK(strcmp(addr_text(&out.hop, text), "192.0.2.7:25") == 0);
	buf_done(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tally tally = { 0 };
	struct tally_line out;
	struct report report;
	struct buf line = { 0 };

	as_recipient(p, n);
	as_piped(p, n);
	maillog_read_by(&out, (const char *)p, n, "thin");
	tally_count(&tally, &out);
	maillog_read(&out, (const char *)p, n, MAILLOG_TAG);
	tally_count(&tally, &out);
	buf_text(&line, HEAD);
	buf_bytes(&line, p, n);
	maillog_read(&out, (const char *)line.p, line.n, MAILLOG_TAG);
	FUZZ_CHECK(out.what == TALLY_NOTHING || out.hop.family != 0);
	tally_count(&tally, &out);
	while (tally_next(&tally, &report)) {
		struct buf text = { 0 };
		struct report again;

		report_encode(&text, &report);
		FUZZ_CHECK(report_decode(&again, text.p, text.n) == RC_OK);
		buf_done(&text);
	}
	tally_done(&tally);
	buf_done(&line);
	return 0;
}
