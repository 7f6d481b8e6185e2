/* test_mainlog.c - Exim's log lines and events as evidence: as 4.96 wrote
 * them, and as strangers would like to. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plugins/exim/event.h"
#include "plugins/exim/mainlog.h"
#include "t/tap.h"

#define DATE "2026-11-29 02:54:17 "
#define ID "1xXV3R-0005VO-0C "
#define HEAD DATE ID
#define SAID "SMTP error from remote mail server after "
#define RT "R=r T=lsrd "

static const struct {
	const char *line;
	enum tally_what what;
	const char *hop, *to;
} lines[] = {
	{ HEAD "H=mx [192.0.2.1] Connection refused", TALLY_FAILED,
	    "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]:25 Connection timed out", TALLY_FAILED,
	    "192.0.2.1:25", "" },
	{ HEAD "H=mx [2001:db8::5]:2525 I=[2001:db8::1]:4711 No route to host",
	    TALLY_FAILED, "[2001:db8::5]:2525", "" },
	{ HEAD "H=mx [2001:db8::5] Network is unreachable", TALLY_FAILED,
	    "[2001:db8::5]:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "initial connection: 421 busy",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "initial connection: 554 no",
	    TALLY_REFUSED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "EHLO ex.test: 451 later",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "HELO ex.test: 550 no", TALLY_REFUSED,
	    "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "STARTTLS: 454 no", TALLY_REFUSED,
	    "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: a TLS session is required, but the server "
	       "did not offer TLS support",
	    TALLY_REFUSED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: Remote host closed connection in response to "
	       "initial connection",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: Remote host closed connection in response to "
	       "end of data",
	    TALLY_REPLIED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: SMTP timeout after initial connection: "
	       "Connection timed out",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: SMTP timeout after pipelined DATA: x",
	    TALLY_REPLIED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "MAIL FROM:<a@ex.test>: 451 later",
	    TALLY_REPLIED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "pipelined MAIL FROM:<a@ex.test> "
	       "SIZE=1: 452 later",
	    TALLY_REPLIED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "end of data: 452 later",
	    TALLY_REPLIED, "192.0.2.1:0", "" },
	{ HEAD "H=mx [192.0.2.1]: " SAID "end of data: 552 too big",
	    TALLY_NOTHING, NULL, "" },
	{ HEAD "H=mx [192.0.2.1]: retry time not reached", TALLY_NOTHING, NULL,
	    "" },
	/* outcomes */
	{ HEAD "=> u1@d.test " RT "H=mx [192.0.2.1] C=\"250 ok\"", TALLY_OK,
	    "192.0.2.1:0", "u1@d.test" },
	{ HEAD "-> U1@D.test <u@x.test> F=<\"> \"@a> P=<a@b> " RT
	       "S=12 H=mx [192.0.2.1]:25 X=TLS1.3 C=\"250 ok\" QT=1s",
	    TALLY_OK, "192.0.2.1:25", "u1@d.test" },
	{ HEAD "=> u1 <u1@d.test> R=local T=mbox", TALLY_NOTHING, NULL, NULL },
	{ HEAD "== u1@d.test " RT "defer (-44) H=mx [192.0.2.1]: " SAID
	       "RCPT TO:<u1@d.test>: 450-hold\\n450 later",
	    TALLY_REPLIED, "192.0.2.1:0", "u1@d.test" },
	{ HEAD "== u1@d.test " RT "defer (-44) H=mx [192.0.2.1]: " SAID
	       "RCPT TO:<u1@d.test>: 454 4.7.1 Relay access denied",
	    TALLY_UNRELAYED, "192.0.2.1:0", "u1@d.test" },
	{ HEAD "** u1@d.test " RT "H=mx [192.0.2.1]: " SAID
	       "RCPT TO:<u1@d.test>: 550-no\\n550 5.7.1 relaying denied",
	    TALLY_UNRELAYED, "192.0.2.1:0", "u1@d.test" },
	{ HEAD "** u1@d.test " RT "H=mx [192.0.2.1]: " SAID
	       "RCPT TO:<u1@d.test>: 550 no such user",
	    TALLY_NOTHING, NULL, NULL },
	/* echoes */
	{ HEAD "== u1@d.test " RT "defer (111): Connection refused",
	    TALLY_NOTHING, NULL, NULL },
	{ HEAD "== u1@d.test " RT "defer (-54): retry time not reached for any "
	       "host for 'd.test'",
	    TALLY_NOTHING, NULL, NULL },
	{ HEAD "== u1@d.test " RT "defer (-45) H=mx [192.0.2.1]: " SAID
	       "MAIL FROM:<a@ex.test>: 451 later",
	    TALLY_NOTHING, NULL, NULL },
	{ HEAD "** u1@d.test " RT "H=mx [192.0.2.1]: " SAID
	       "initial connection: 554 no",
	    TALLY_NOTHING, NULL, NULL },
	/* what strangers write */
	{ HEAD "=> x R=r T=lsrd H=evil [6.6.6.6] y@d.test "
	       "<\"x R=r T=lsrd H=evil [6.6.6.6] y\"@d.test> " RT
	       "H=mx [192.0.2.1] C=\"250 ok\"",
	    TALLY_NOTHING, NULL, NULL },
	{ HEAD "== x@x R=r T=lsrd defer (-44) H=evil [6.6.6.6]: " SAID
	       "RCPT TO:<x>: 550 relaying denied@d.test <x.\"@x R=r\"@d.test> "
	       "routing defer (-54): x",
	    TALLY_NOTHING, NULL, NULL },
	{ HEAD "** u1@d.test " RT "H=mx [192.0.2.1]: " SAID
	       "RCPT TO:<\"x>: 550 relaying denied \"@d.test>: 550 no user",
	    TALLY_NOTHING, NULL, NULL },
	{ HEAD "== u1@d.test " RT "defer (-44) H=mx [192.0.2.1]: " SAID
	       "RCPT TO:<u1@d.test>: 450 H=evil [6.6.6.6] Connection refused",
	    TALLY_REPLIED, "192.0.2.1:0", "u1@d.test" },
	{ HEAD "=> u@d.test F=<\"> R=r T=lsrd H=evil [6.6.6.6] \"@x> " RT
	       "H=mx [192.0.2.1] C=\"250 ok\"",
	    TALLY_OK, "192.0.2.1:0", "u@d.test" },
	{ HEAD "<= a@b H=mx [192.0.2.1] P=esmtp", TALLY_NOTHING, NULL, NULL },
	{ DATE "H=mx [192.0.2.1] Connection refused", TALLY_NOTHING, NULL,
	    NULL },
	/* heads */
	{ "2026-11-29 02:54:17.123 +0100 [4711] " ID
	  "H=mx [192.0.2.1] Connection refused",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ "2026-11-29 02:54:17 1uYv1X-00000000abc-1X2Y "
	  "H=mx [192.0.2.1] Connection refused",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ "Nov  9 02:54:17 mx1 exim[4711]: " HEAD
	  "H=mx [192.0.2.1] Connection refused",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ "2026-11-29T02:54:17.1+00:00 mx1 exim[4711]: " ID
	  "H=mx [192.0.2.1] Connection refused",
	    TALLY_FAILED, "192.0.2.1:0", "" },
	{ "Nov  9 02:54:17 mx1 other[4711]: " HEAD
	  "H=mx [192.0.2.1] Connection refused",
	    TALLY_NOTHING, NULL, NULL },
	/* no hops */
	{ HEAD "H=mx [192.0.2.999] Connection refused", TALLY_NOTHING, NULL,
	    NULL },
	{ HEAD "H=mx [192.0.2.1]:0 Connection refused", TALLY_NOTHING, NULL,
	    NULL },
	{ HEAD "H=mx [192.0.2.1", TALLY_NOTHING, NULL, NULL },
	{ HEAD "H=mx [1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:0:1:2:3:4:5:6:7:8:9:a:b] x",
	    TALLY_NOTHING, NULL, NULL },
	{ HEAD "H=", TALLY_NOTHING, NULL, NULL },
	{ HEAD "=> ", TALLY_NOTHING, NULL, NULL },
	{ HEAD, TALLY_NOTHING, NULL, NULL },
	{ DATE, TALLY_NOTHING, NULL, NULL },
	{ "", TALLY_NOTHING, NULL, NULL },
};

/* From a heap block of its exact size. */
static struct tally_line
read_line(const char *line, size_t n)
{
	char *copy = mem_new(n + 1, 0, 0);
	struct tally_line out;

	memcpy(copy + 1, line, n);
	mainlog_read(&out, copy + 1, n, MAINLOG_TAG);
	mem_free(copy);
	return out;
}

START_TEST(lines_are_read)
{
	struct tally_line out =
	    read_line(lines[_i].line, strlen(lines[_i].line));
	char text[ADDR_TEXT];

	ck_assert_int_eq(out.what, lines[_i].what);
	if (lines[_i].what == TALLY_NOTHING)
		return;
	if (out.hop.port == 0) {
		char *want = mem_str(lines[_i].hop);

		want[strlen(want) - 2] = '\0'; /* `:0` */
		if (want[0] == '[')
			want[strlen(want) - 1] = '\0';
		ck_assert_str_eq(
		    addr_ip_text(&out.hop, text), want + (want[0] == '['));
		mem_free(want);
	} else {
		ck_assert_str_eq(addr_text(&out.hop, text), lines[_i].hop);
	}
	ck_assert_str_eq(out.to, lines[_i].to);
}
END_TEST

START_TEST(halves_do_no_harm)
{
	for (size_t n = 0; n < strlen(lines[_i].line); n++)
		(void)read_line(lines[_i].line, n);
}
END_TEST

static const struct {
	const char *line;
	enum tally_what what;
} piped[] = {
	{ HEAD "=> u1@d.test R=lsrd_by T=fax", TALLY_OK },
	{ HEAD "=> u1@d.test R=lsrd_by T=fax QT=0s", TALLY_OK },
	{ HEAD "-> u1@d.test <u@d.test> F=<a@b.test> R=lsrd_by T=fax QT=0s",
	    TALLY_OK },
	{ HEAD "== u1@d.test R=lsrd_by T=fax defer (0): Child process of fax "
	       "transport returned 75",
	    TALLY_REPLIED },
	{ HEAD "== u1@d.test R=lsrd_by T=fax defer (-1): lmtp", TALLY_REPLIED },
	{ HEAD "== u1@d.test R=lsrd_by T=fax defer (-53): retry time not "
	       "reached for any host",
	    TALLY_NOTHING },
	{ HEAD "** u1@d.test R=lsrd_by T=fax: Child process of fax transport",
	    TALLY_NOTHING },
	{ HEAD "=> u1@d.test R=lsrd_by T=faxes QT=0s", TALLY_NOTHING },
	{ HEAD "=> u1@d.test R=lsrd_by T=fax H=mx [192.0.2.1]", TALLY_NOTHING },
	{ HEAD "=> a b@d.test R=r T=fax QT=0s <\"a b\"@d.test> R=x T=y",
	    TALLY_NOTHING },
};

START_TEST(lines_of_a_pipe)
{
	const char *line = piped[_i].line;
	size_t n = strlen(line);
	struct tally_line out;
	char *copy = mem_dup(line, n);

	mainlog_read_by(&out, copy, n, MAINLOG_TAG, "fax");
	ck_assert_int_eq(out.what, piped[_i].what);
	ck_assert_int_eq(out.hop.family, 0);
	if (out.what != TALLY_NOTHING)
		ck_assert_str_eq(out.to, "u1@d.test");
	for (size_t less = 0; less < n; less++)
		mainlog_read_by(&out, copy, less, MAINLOG_TAG, "fax");
	mem_free(copy);
}
END_TEST

#define RCPT SAID "RCPT TO:<u1@d.test>: "

static const struct {
	struct event_words words;
	const char *report; /* NULL: none */
} events[] = {
	{ { "tcp:connect", "192.0.2.1", "25", "", "@d.test" }, NULL },
	{ { "msg:host:defer", "192.0.2.1", "25", "Connection refused",
	      "u1@d.test" },
	    "evidence hop=192.0.2.1:25 failed=1" },
	{ { "msg:defer", "192.0.2.1", "25", "Connection refused", "u1@d.test" },
	    NULL },
	{ { "msg:host:defer", "2001:db8::5", "2525",
	      SAID "initial connection: 421 busy", "u1@d.test" },
	    "evidence hop=[2001:db8::5]:2525 failed=1" },
	{ { "msg:host:defer", "192.0.2.1", "25",
	      SAID "initial connection: 554 no", "u1@d.test" },
	    "evidence hop=192.0.2.1:25 refused=1" },
	{ { "msg:fail:delivery", "192.0.2.1", "25",
	      SAID "initial connection: 554 no", "u1@d.test" },
	    NULL },
	{ { "msg:defer", "192.0.2.1", "25",
	      SAID "MAIL FROM:<a@ex.test>: 451 later", "u1@d.test" },
	    "evidence hop=192.0.2.1:25 replies=1" },
	{ { "msg:defer", "192.0.2.1", "25",
	      "Remote host closed connection in response to end of data",
	      "u1@d.test" },
	    "evidence hop=192.0.2.1:25 replies=1" },
	{ { "msg:rcpt:host:defer", "192.0.2.1", "25", RCPT "450 x",
	      "u1@d.test" },
	    "evidence hop=192.0.2.1:25 replies=1" },
	{ { "msg:rcpt:defer", "192.0.2.1", "25", RCPT "450 x", "u1@d.test" },
	    NULL },
	{ { "msg:fail:delivery", "192.0.2.1", "25",
	      RCPT "550 5.7.1 Relaying denied", "U1@d.test" },
	    "route hop=192.0.2.1:25 to=u1@d.test refused=1" },
	{ { "msg:fail:delivery", "192.0.2.1", "25",
	      RCPT "550 5.7.1 Relaying denied", "a b@d.test" },
	    NULL },
	{ { "msg:fail:delivery", "192.0.2.1", "25", RCPT "550 no user",
	      "u1@d.test" },
	    NULL },
	{ { "msg:delivery", "192.0.2.1", "25", "250 ok", "u1@d.test" },
	    "evidence hop=192.0.2.1:25 ok=1" },
	{ { "msg:delivery", "", "0", "250 ok", "u1@d.test" }, NULL },
	{ { "msg:delivery", "192.0.2.1 failed=9", "25", "", "" }, NULL },
	{ { "msg:delivery", "192.0.2.1", "25 failed=9", "", "" }, NULL },
	{ { "", "", "", "", "" }, NULL },
};

START_TEST(events_are_reports)
{
	struct report report;
	struct buf text = { 0 };
	bool is = event_report(&events[_i].words, &report);

	ck_assert_int_eq(is, events[_i].report != NULL);
	if (!is)
		return;
	report_encode(&text, &report);
	buf_u8(&text, 0);
	ck_assert_str_eq((const char *)text.p, events[_i].report);
	buf_done(&text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("mainlog");
	TCase *tc = tcase_create("mainlog");

	tcase_add_loop_test(
	    tc, lines_of_a_pipe, 0, sizeof(piped) / sizeof(piped[0]));
	tcase_add_loop_test(
	    tc, lines_are_read, 0, (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_loop_test(
	    tc, halves_do_no_harm, 0, (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_loop_test(tc, events_are_reports, 0,
	    (int)(sizeof(events) / sizeof(events[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
