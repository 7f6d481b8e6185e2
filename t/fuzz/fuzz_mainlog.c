/*
 * fuzz_mainlog.c - a line of Exim's log, and an event. What a stranger writes
 * into the recipient never makes the line tell of another hop than that which
 * Exim names behind it.
 */

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "plugins/exim/event.h"
#include "plugins/exim/mainlog.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

const unsigned fuzz_runs = 8000;
PIECES(PIECES_LINES);

#define HEAD "2026-11-29 02:54:17 1xXV3R-0005VO-0C "

static void
fuzz_hop(const struct tally_line *out)
{
	char text[ADDR_TEXT];

	if (out->what != TALLY_NOTHING)
		FUZZ_CHECK(
		    strcmp(addr_ip_text(&out->hop, text), "192.0.2.7") == 0);
}

static bool
is_plain(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || strchr("\"\\<>()[],;:@", p[i]) != NULL)
			return false;
	return n > 0;
}

/* The octets as Exim writes an address: bare, and behind it as it came, if that
 * had quotation marks; no line feed. */
static void
as_recipient(const char *what, const uint8_t *p, size_t n)
{
	struct buf line = { 0 };
	struct tally_line out;

	buf_printf(&line, HEAD "%s ", what);
	buf_bytes(&line, p, n);
	buf_text(&line, "@b.example ");
	if (!is_plain(p, n)) {
		buf_text(&line, "<\"");
		for (size_t i = 0; i < n; i++) {
			if (p[i] == '"' || p[i] == '\\')
				buf_u8(&line, '\\');
			buf_u8(&line, p[i]);
		}
		buf_text(&line, "\"@b.example> ");
	}
	buf_text(&line, "R=r T=lsrd defer (-44) H=mx [192.0.2.7]: x");
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\n')
			line.p[i] = '?';
	mainlog_read(&out, (const char *)line.p, line.n, MAINLOG_TAG);
	fuzz_hop(&out);
	buf_done(&line);
}

static void
as_event(const uint8_t *p, size_t n)
{
	static const char *const names[] = { "msg:delivery", "msg:host:defer",
		"msg:rcpt:host:defer", "msg:defer", "msg:fail:delivery",
		"smtp:connect" };
	char *text = mem_dup(p, n);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct event_words words = { names[i], "192.0.2.7", "25", text,
			text };
		struct report report, again;
		struct buf out = { 0 };

		if (!event_report(&words, &report))
			continue;
		report_encode(&out, &report);
		FUZZ_CHECK(report_decode(&again, out.p, out.n) == RC_OK);
		buf_done(&out);
	}
	mem_free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf line = { 0 };
	struct tally_line out;

	as_recipient("=>", p, n);
	as_recipient("==", p, n);
	as_recipient("**", p, n);
	as_event(p, n);
	mainlog_read(&out, (const char *)p, n, MAINLOG_TAG);
	mainlog_read_by(&out, (const char *)p, n, MAINLOG_TAG, "fax");
	buf_text(&line, HEAD);
	buf_bytes(&line, p, n);
	mainlog_read(&out, (const char *)line.p, line.n, MAINLOG_TAG);
	FUZZ_CHECK(out.what == TALLY_NOTHING || out.hop.family != 0);
	buf_done(&line);
	return 0;
}
