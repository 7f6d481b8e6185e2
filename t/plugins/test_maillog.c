/* test_maillog.c - lines of Postfix's log, as 3.7.11 writes them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rc.h"
#include "plugins/postfix/maillog.h"
#include "t/tap.h"

#define HEAD "Nov 21 17:22:56 mx1 postfix/lsrd/smtp[4711]: "
#define TO                                                                     \
	"to=<u@tokyo.example>, relay=10.77.2.1[10.77.2.1]:25, delay=0.1, "     \
	"delays=0.05/0/0.02/0.03, "

static const struct {
	const char *line;
	enum tally_what what;
	const char *hop; /* NULL: none */
} lines[] = {
	{ HEAD "connect to 10.77.2.1[10.77.2.1]:25: Connection refused",
	    TALLY_FAILED, "10.77.2.1:25" },
	{ HEAD "connect to 2001:db8::5[2001:db8::5]:2525: Connection timed out",
	    TALLY_FAILED, "[2001:db8::5]:2525" },
	{ "2026-11-21T17:22:56.12+00:00 mx1 postfix/lsrd/smtp[1]: connect to "
	  "mx.example[192.0.2.1]:25: No route to host",
	    TALLY_FAILED, "192.0.2.1:25" },
	{ "Nov  1 07:22:56 mx1 postfix/lsrd/smtp[1]: 4F0: lost connection with "
	  "x[192.0.2.1] while receiving the initial server greeting",
	    TALLY_FAILED, "192.0.2.1:0" },
	{ HEAD "4F0: lost connection with x[192.0.2.1] while sending RCPT TO",
	    TALLY_REPLIED, "192.0.2.1:0" },
	{ HEAD "4F0: conversation with x[192.0.2.1] timed out while sending "
	       "end of data -- message may be sent more than once",
	    TALLY_REPLIED, "192.0.2.1:0" },
	{ HEAD "4F0: host x[192.0.2.1] refused to talk to me: 421 4.3.2 busy",
	    TALLY_FAILED, "192.0.2.1:0" },
	{ HEAD "4F0: host x[192.0.2.1] refused to talk to me: 554 5.7.1 no",
	    TALLY_REFUSED, "192.0.2.1:0" },
	{ HEAD "4F0: TLS is required, but was not offered by host x[192.0.2.1]",
	    TALLY_REFUSED, "192.0.2.1:0" },
	{ HEAD "4F0: TLS is required, but host x[2001:db8::5] refused to start "
	       "TLS: 454 4.7.0 host y[6.6.6.6]",
	    TALLY_REFUSED, "[2001:db8::5]:0" },
	{ HEAD "4F0: TLS is required, but our TLS engine is unavailable",
	    TALLY_NOTHING, NULL },
	{ HEAD "4F0: " TO
	       "dsn=4.7.4, status=deferred (TLS is required, but was "
	       "not offered by host 10.77.2.1[10.77.2.1])",
	    TALLY_REFUSED, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "dsn=4.7.5, status=deferred (Server certificate not "
	       "verified)",
	    TALLY_REFUSED, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "dsn=4.7.5, status=deferred (Cannot start TLS: "
	       "handshake failure)",
	    TALLY_REFUSED, "10.77.2.1:25" },
	/* A hop that calls itself as this host does. */
	{ HEAD "4F0: " TO "dsn=4.4.6, status=deferred (route refused: mail for "
	       "[10.77.2.1]:25 loops back to myself)",
	    TALLY_REFUSED, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "dsn=4.4.6, status=deferred (route refused: mail for "
	       "[10.77.2.1]:25, [10.77.2.2]:25 loops back to myself)",
	    TALLY_REFUSED, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "dsn=4.7.1, status=deferred (route refused: host "
	       "10.77.2.1[10.77.2.1] said: 554 5.7.1 relay denied: mail for x "
	       "loops back to myself)",
	    TALLY_UNRELAYED, "10.77.2.1:25" },
	{ HEAD "4F0: Cannot start TLS: handshake failure", TALLY_NOTHING,
	    NULL },
	/* The recipient as Postfix before 3.5 writes it. */
	{ HEAD "4F0: to=<x>, relay=y[10.9.9.9]:25, delay=1, status=deferred "
	       "(TLS is required, but @tokyo.example>, relay=10.77.2.1"
	       "[10.77.2.1]:25, delay=0.1, dsn=2.0.0, status=sent (250 ok)",
	    TALLY_NOTHING, NULL },
	{ HEAD "4F0: to=<x>, orig_to=<y>, relay=y[10.9.9.9]:25, status=sent ("
	       "@tokyo.example>, orig_to=<z@tokyo.example>, relay=10.77.2.1"
	       "[10.77.2.1]:25, delay=0.1, dsn=2.0.0, status=sent (250 ok)",
	    TALLY_NOTHING, NULL },
	{ HEAD "4hTx9k3Zz1zDqFr: host x[2001:db8::5] said: 452 4.3.1 full "
	       "(in reply to MAIL FROM command)",
	    TALLY_REPLIED, "[2001:db8::5]:0" },
	{ HEAD "4F0: host x[192.0.2.1] said: 550 5.7.1 no (in reply to MAIL)",
	    TALLY_NOTHING, NULL },
	{ HEAD "4F0: " TO "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)",
	    TALLY_OK, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "conn_use=2, dsn=2.0.0, status=sent (250 ok)\n",
	    TALLY_OK, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "dsn=4.3.0, status=deferred (host 10.77.2.1[10.77.2"
	       ".1] said: 451 4.3.0 <u@tokyo.example>: no (in reply to RCPT "
	       "TO command))",
	    TALLY_REPLIED, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "dsn=4.4.2, status=deferred (lost connection with "
	       "10.77.2.1[10.77.2.1] while sending message body)",
	    TALLY_REPLIED, "10.77.2.1:25" },
	{ HEAD "4F0: " TO "dsn=5.1.1, status=bounced (host 10.77.2.1[10.77.2."
	       "1] said: 550 5.1.1 unknown (in reply to RCPT TO command))",
	    TALLY_NOTHING, NULL },
	{ HEAD "4F0: " TO "dsn=4.7.1, status=deferred (route refused: host 10."
	       "77.2.1[10.77.2.1] said: 554 5.7.1 <u@tokyo.example>: Relay "
	       "access denied (in reply to RCPT TO command))",
	    TALLY_UNRELAYED, "10.77.2.1:25" },
	{ HEAD "4F0: to=<u@tokyo.example>, relay=none, delay=9, dsn=4.4.4, "
	       "status=deferred (route refused: Host or domain name not found)",
	    TALLY_NOTHING, NULL },
	/* of a recipient alone: else no hop is known */
	{ HEAD "4F0: route refused: host 10.77.2.1[10.77.2.1] said: 554 no",
	    TALLY_NOTHING, NULL },
	/* a hop's own words are not those of the table */
	{ HEAD "4F0: " TO "dsn=5.1.1, status=bounced (host 10.77.2.1[10.77.2."
	       "1] said: 550 route refused: host x (in reply to RCPT TO "
	       "command))",
	    TALLY_NOTHING, NULL },
	/* echoes, and what is no hop */
	{ HEAD "4F0: to=<u@tokyo.example>, relay=none, delay=9, delays=9/0/0/0,"
	       " dsn=4.4.1, status=deferred (delivery temporarily suspended: "
	       "connect to 10.77.2.1[10.77.2.1]:25: Connection refused)",
	    TALLY_NOTHING, NULL },
	{ HEAD "4F0: to=<u@tokyo.example>, relay=mx1[private/lmtp], delay=9, "
	       "dsn=2.0.0, status=sent (250 ok)",
	    TALLY_NOTHING, NULL },
	/* a sender writes our fields into the recipient */
	{ HEAD "4F0: to=<\"x>, relay=evil[6.6.6.6]:25, delay=1, dsn=2.0.0, "
	       "status=sent (fake\"@tokyo.example>, relay=10.77.2.1[10.77.2.1]"
	       ":25, delay=0.1, dsn=4.3.0, status=deferred (host 10.77.2.1[10."
	       "77.2.1] said: 450 no)",
	    TALLY_REPLIED, "10.77.2.1:25" },
	{ HEAD "4F0: to=<\"x\\\">, relay=evil[6.6.6.6]:25, status=sent (\"@t>, "
	       "orig_to=<\"y>, relay=evil[6.6.6.6]:25, status=sent (\"@t>, "
	       "relay=10.77.2.1[10.77.2.1]:25, delay=1, status=sent (ok)",
	    TALLY_OK, "10.77.2.1:25" },
	/* or a hop into its answer */
	{ HEAD "4F0: host x[192.0.2.1] said: 550 lost connection with y[6.6."
	       "6.6] while sending RCPT TO",
	    TALLY_NOTHING, NULL },
	/* or a client into the line of another service */
	{ "Nov 21 17:22:56 mx1 postfix/smtpd[1]: NOQUEUE: reject: helo=<"
	  "postfix/lsrd/smtp[1]: connect to x[192.0.2.1]:25: no>",
	    TALLY_NOTHING, NULL },
	{ "Nov 21 17:22:56 mx1 postfix/smtp[1]: connect to x[192.0.2.1]:25: no",
	    TALLY_NOTHING, NULL },
	{ "Nov 21 17:22:56 mx1 postfix/lsrd/smtp[x y]: connect to "
	  "x[192.0.2.1]:25: no",
	    TALLY_NOTHING, NULL },
	{ HEAD "connect to x[192.0.2.1]: no port", TALLY_NOTHING, NULL },
	{ HEAD "connect to x[192.0.2.1]:0: no", TALLY_NOTHING, NULL },
	{ HEAD "connect to x[192.0.2.999]:25: no", TALLY_NOTHING, NULL },
	{ HEAD "4F0: to=<\"\\", TALLY_NOTHING, NULL },
	{ HEAD "4F0: to=<", TALLY_NOTHING, NULL },
	{ HEAD, TALLY_NOTHING, NULL },
	{ "Nov 21", TALLY_NOTHING, NULL },
	{ "", TALLY_NOTHING, NULL },
};

static struct tally_line
read_line(const char *line)
{
	size_t n = strlen(line);
	char *copy = malloc(n + (n == 0)); /* exact, so ASan guards it */
	struct tally_line out;

	memcpy(copy, line, n);
	maillog_read(&out, copy, n, MAILLOG_TAG);
	free(copy);
	return out;
}

START_TEST(reads_lines)
{
	struct tally_line out = read_line(lines[_i].line);
	char text[ADDR_TEXT];

	ck_assert_msg(
	    out.what == lines[_i].what, "%d: %s", out.what, lines[_i].line);
	if (lines[_i].hop != NULL)
		ck_assert_str_eq(addr_text(&out.hop, text), lines[_i].hop);
}
END_TEST

/* Whom the line is about, as a report can say it; "": nobody. */
static const struct {
	const char *to, *wanted;
} recipients[] = {
	{ "U@Tokyo.example", "u@tokyo.example" },
	{ "u@B\303\274cher.example", "u@xn--bcher-kva.example" },
	{ "\303\251t\303\251@b\303\274cher.example",
	    "__t__@xn--bcher-kva.example" },
	{ "u@\377.example", "" },
	{ "\"u v\"@tokyo.example", "" },
	{ "tokyo.example", "" },
};

/* Lines of another transport, which is called thin. */
#define THIN(program) "Nov 21 17:22:56 mx1 postfix/thin/" program "[4711]: "

static const struct {
	const char *line;
	enum tally_what what;
	const char *hop; /* NULL: none */
} by_lines[] = {
	{ THIN("smtp") "4F0: " TO "dsn=2.0.0, status=sent (250 2.0.0 Ok)",
	    TALLY_OK, "10.77.2.1:25" },
	{ THIN(
	      "lmtp") "connect to gw.example[192.0.2.1]:24: Connection refused",
	    TALLY_FAILED, "192.0.2.1:24" },
	{ THIN(
	      "pipe") "4F0: to=<u@tokyo.example>, relay=thin, delay=0.1, "
		      "delays=0.05/0/0/0.03, dsn=2.0.0, status=sent (delivered "
		      "via thin service)",
	    TALLY_OK, NULL },
	{ THIN("pipe") "4F0: to=<u@tokyo.example>, relay=thin, delay=0.1, "
		       "dsn=4.3.0, status=deferred (temporary failure. Command "
		       "output: status=sent (x))",
	    TALLY_REPLIED, NULL },
	{ THIN("pipe") "4F0: to=<u@tokyo.example>, relay=thinner, delay=0.1, "
		       "dsn=2.0.0, status=sent (delivered via thin service)",
	    TALLY_NOTHING, NULL },
	{ THIN("pipe") "4F0: to=<\"x>, relay=thin, status=sent (\"@t>, relay="
		       "thin, delay=1, status=bounced (no)",
	    TALLY_NOTHING, NULL },
	{ HEAD "4F0: " TO "dsn=2.0.0, status=sent (250 ok)", TALLY_NOTHING,
	    NULL },
	{ THIN("smtpd") "4F0: " TO "dsn=2.0.0, status=sent (250 ok)",
	    TALLY_NOTHING, NULL },
};

START_TEST(reads_lines_of_others)
{
	struct tally_line out;
	char text[ADDR_TEXT];

	maillog_read_by(
	    &out, by_lines[_i].line, strlen(by_lines[_i].line), "thin");
	ck_assert_msg(out.what == by_lines[_i].what, "%d: %s", out.what,
	    by_lines[_i].line);
	if (out.what != TALLY_NOTHING)
		ck_assert_str_eq(out.by, "thin");
	if (by_lines[_i].hop != NULL)
		ck_assert_str_eq(addr_text(&out.hop, text), by_lines[_i].hop);
	else
		ck_assert_uint_eq(out.hop.family, 0);
}
END_TEST

/* What one transport tells of a hop is none of another's. */
START_TEST(counts_transports_apart)
{
	static const char sent[] =
	    THIN("smtp") "4F0: " TO "dsn=2.0.0, status=sent (250 ok)";
	static const char own[] =
	    HEAD "4F0: " TO "dsn=2.0.0, status=sent (250 ok)";
	struct tally tally = { 0 };
	struct tally_line line;
	struct report report;
	size_t n = 0, by = 0;

	for (int i = 0; i < 3; i++) {
		maillog_read_by(&line, sent, strlen(sent), "thin");
		tally_count(&tally, &line);
	}
	maillog_read(&line, own, strlen(own), MAILLOG_TAG);
	tally_count(&tally, &line);
	while (tally_next(&tally, &report)) {
		bool thin = strcmp(report.by, "thin") == 0;

		ck_assert(thin || report.by[0] == '\0');
		ck_assert_uint_eq(report.count[REPORT_OK], thin ? 3 : 1);
		by += thin;
		n++;
	}
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(by, 1);
	tally_done(&tally);
}
END_TEST

START_TEST(knows_recipients)
{
	char line[300];
	struct tally_line out;

	snprintf(line, sizeof(line),
	    HEAD "4F0: to=<%s>, relay=x[192.0.2.1]:25, status=sent (250 ok)",
	    recipients[_i].to);
	out = read_line(line);
	ck_assert_int_eq(out.what, TALLY_OK);
	ck_assert_str_eq(out.to, recipients[_i].wanted);
}
END_TEST

static void
expect(struct tally *tally, const char *want)
{
	struct report r;
	struct buf all = { 0 };

	while (tally_next(tally, &r)) {
		report_encode(&all, &r);
		buf_u8(&all, '\n');
	}
	buf_u8(&all, 0);
	ck_assert_str_eq((const char *)all.p, want);
	buf_done(&all);
}

static void
count(struct tally *tally, const char *line)
{
	struct tally_line out = read_line(line);

	tally_count(tally, &out);
}

#define NO_TLS                                                                 \
	"4F0: " TO "dsn=4.7.5, status=deferred (Server certificate not "       \
	"verified)"
#define NO_TALK ": host x[10.77.2.1] refused to talk to me: 554 5.7.1 no"

/* One message, tried for hours, is one; a delivery ends the row. */
START_TEST(counts_messages_once)
{
	struct tally tally = { 0 };

	for (int i = 0; i < 10; i++) {
		count(&tally, HEAD NO_TLS);
		count(&tally, HEAD "5A1" NO_TALK);
	}
	count(&tally, lines[0].line);
	expect(&tally, "evidence hop=10.77.2.1:25 failed=1\n"
		       "evidence hop=10.77.2.1:25 refused=2\n");
	count(&tally, HEAD NO_TLS);
	expect(&tally, "");
	count(&tally, HEAD "6A1" NO_TALK);
	count(&tally, HEAD "4F1: " TO "dsn=2.0.0, status=sent (250 ok)");
	count(&tally, HEAD NO_TLS);
	expect(&tally, "evidence hop=10.77.2.1:25 ok=1\n"
		       "evidence hop=10.77.2.1:25 refused=1\n");
	tally_done(&tally);
}
END_TEST

/* A mailbox that is full is no refusal, however many are sent to it. */
START_TEST(replies_are_apart)
{
	struct tally tally = { 0 };

	for (int i = 0; i < 7; i++)
		count(&tally, HEAD
		    "4F0: " TO "dsn=4.2.2, status=deferred (host 10.77.2.1"
		    "[10.77.2.1] said: 452 4.2.2 full (in reply to RCPT TO "
		    "command))");
	expect(&tally, "evidence hop=10.77.2.1:25 replies=7\n");
	expect(&tally, "");
	tally_done(&tally);
}
END_TEST

#define SENT(to)                                                               \
	HEAD "4F0: to=<" to ">, relay=x[10.77.2.1]:25, delay=1, dsn=2.0.0, "   \
	     "status=sent (250 ok)"
#define UNRELAYED(to)                                                          \
	HEAD "4F0: to=<" to ">, relay=x[10.77.2.1]:25, delay=1, dsn=4.7.1, "   \
	     "status=deferred (route refused: host x[10.77.2.1] said: 554 no)"

/* Recipients are told of refused routes, and of deliveries after one. */
START_TEST(tells_refused_routes)
{
	struct tally tally = { 0 };
	size_t n = 0;
	struct report r;

	count(&tally, SENT("a@tokyo.example"));
	count(&tally, UNRELAYED("B@Tokyo.example"));
	count(&tally, UNRELAYED("\"c d\"@tokyo.example"));
	count(&tally, UNRELAYED("postmaster"));
	count(&tally, SENT("e@tokyo.example"));
	expect(&tally, "evidence hop=10.77.2.1:25 ok=2\n"
		       "route hop=10.77.2.1:25 to=b@tokyo.example refused=1\n"
		       "route hop=10.77.2.1:25 to=e@tokyo.example ok=1\n");
	for (int i = 0; i < 2 * TALLY_ROUTES; i++)
		count(&tally, UNRELAYED("f@tokyo.example"));
	while (tally_next(&tally, &r))
		n++;
	ck_assert_uint_eq(n, TALLY_ROUTES);
	for (int i = 0; i < TALLY_WATCH; i++)
		count(&tally, SENT("g@tokyo.example"));
	while (tally_next(&tally, &r))
		;
	count(&tally, SENT("g@tokyo.example"));
	expect(&tally, "evidence hop=10.77.2.1:25 ok=1\n");
	tally_done(&tally);
}
END_TEST

/* Whoever has filled the list with addresses of his keeps no other out. */
START_TEST(the_oldest_hop_gives_way)
{
	struct tally tally = { 0 };
	struct tally_line line = { .what = TALLY_FAILED };
	struct report r;

	line.hop = (struct addr){ .family = 4, .port = 25 };
	for (uint32_t i = 0; i < TALLY_HOPS; i++) {
		line.hop.ip[3] = (uint8_t)i;
		tally_count(&tally, &line);
	}
	while (tally_next(&tally, &r))
		;
	line.hop.ip[3] = 0;
	tally_count(&tally, &line);
	count(&tally, lines[0].line);
	line.hop.ip[3] = 2;
	tally_count(&tally, &line);
	expect(&tally, "evidence hop=0.0.0.0:25 failed=1\n"
		       "evidence hop=10.77.2.1:25 failed=1\n"
		       "evidence hop=0.0.0.2:25 failed=1\n");
	tally_done(&tally);
}
END_TEST

START_TEST(hops_are_bounded)
{
	struct tally tally = { 0 };
	struct tally_line line = { .what = TALLY_FAILED };
	struct report r;
	size_t n = 0;

	line.hop = (struct addr){ .family = 4, .port = 25 };
	for (uint32_t i = 0; i < 2 * TALLY_HOPS; i++) {
		line.hop.ip[2] = (uint8_t)(i >> 8);
		line.hop.ip[3] = (uint8_t)i;
		tally_count(&tally, &line);
	}
	while (tally_next(&tally, &r))
		n++;
	ck_assert_uint_eq(n, TALLY_HOPS);
	tally_done(&tally);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("maillog");
	TCase *tc = tcase_create("maillog");

	tcase_add_loop_test(
	    tc, reads_lines, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_loop_test(tc, reads_lines_of_others, 0,
	    (int)(sizeof(by_lines) / sizeof(by_lines[0])));
	tcase_add_test(tc, counts_transports_apart);
	tcase_add_loop_test(tc, knows_recipients, 0,
	    sizeof(recipients) / sizeof(recipients[0]));
	tcase_add_test(tc, counts_messages_once);
	tcase_add_test(tc, replies_are_apart);
	tcase_add_test(tc, tells_refused_routes);
	tcase_add_test(tc, the_oldest_hop_gives_way);
	tcase_add_test(tc, hops_are_bounded);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
