#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plugins/probe/reply.h"
#include "plugins/probe/smtp.h"
#include "t/tap.h"

#define HELLO "EHLO me.example.org\r\n"
#define QUIT "QUIT\r\n"

static const struct {
	const char *what;
	enum plugin_verdict verdict; /* after all of it; MORE: still waiting */
	const char *from;
	const char *said;
} rows[] = {
	{ "plain", PLUGIN_OK, "220 mx\r\n250 mx\r\n", HELLO QUIT },
	{ "several lines", PLUGIN_OK,
	    "220-mx\r\n220-wait\r\n220 go\r\n250-mx\r\n250-SIZE 1\r\n"
	    "250 OK\r\n",
	    HELLO QUIT },
	{ "codes alone", PLUGIN_OK, "220\r\n250-\r\n250\r\n", HELLO QUIT },
	{ "lines end in LF", PLUGIN_OK, "220 mx\n250-mx\n250 OK\n",
	    HELLO QUIT },
	{ "no EHLO, but HELO", PLUGIN_OK, "220 mx\r\n502 no\r\n250 mx\r\n",
	    HELLO "HELO me.example.org\r\n" QUIT },
	{ "does not know EHLO", PLUGIN_OK, "220 mx\n500 what\n250 mx\n",
	    HELLO "HELO me.example.org\r\n" QUIT },
	{ "neither EHLO nor HELO", PLUGIN_FAILED,
	    "220 mx\r\n550 no\r\n550 no\r\n",
	    HELLO "HELO me.example.org\r\n" QUIT },
	{ "HELO has to wait", PLUGIN_MORE, "220 mx\r\n502 no\r\n",
	    HELLO "HELO me.example.org\r\n" },
	{ "nothing yet", PLUGIN_MORE, "22", "" },
	{ "greeting only", PLUGIN_MORE, "220 mx\r\n", HELLO },
	{ "waits for the end of a reply", PLUGIN_MORE, "220-mx\r\n", "" },
	{ "no service", PLUGIN_FAILED, "554 no\r\n", QUIT },
	{ "too many of us", PLUGIN_BUSY, "421 4.7.0 rate\r\n", QUIT },
	{ "no time", PLUGIN_BUSY, "450 4.3.2 load\r\n", QUIT },
	{ "nobody behind it", PLUGIN_FAILED, "421 4.4.1 no answer\r\n", QUIT },
	{ "gone while it waited for us", PLUGIN_BUSY,
	    "220 mx\r\n421 4.4.1 timeout\r\n", HELLO QUIT },
	{ "its connection was lost", PLUGIN_BUSY, "421 4.4.2 lost\r\n", QUIT },
	{ "no time at EHLO", PLUGIN_BUSY, "220 mx\r\n421 load\r\n",
	    HELLO QUIT },
	{ "no time at HELO", PLUGIN_BUSY, "220 mx\r\n500 what\r\n421 load\r\n",
	    HELLO "HELO me.example.org\r\n" QUIT },
	{ "the last line's code counts", PLUGIN_OK,
	    "220-mx\r\n220 mx\r\n500-mx\r\n250 mx\r\n", HELLO QUIT },
	{ "what is no reply is passed over", PLUGIN_OK,
	    "\r\n*****\r\n220 mx\r\n250 mx\r\n", HELLO QUIT },
	{ "junk between the lines of a reply", PLUGIN_OK,
	    "220-mx\r\nwelcome\r\n\x80\xff\x01\r\n220 mx\r\n250-a\r\n\r\n250 "
	    "b\r\n",
	    HELLO QUIT },
	{ "it answers before it is asked", PLUGIN_OK,
	    "220 mx\r\n250 a\r\n250 b\r\n250 c\r\n221 bye\r\n", HELLO QUIT },
	{ "a greeting that is none", PLUGIN_FAILED, "354 go on\r\n", QUIT },
	{ "a CR within a line", PLUGIN_OK, "220 m\rx\r\n250 mx\r\n",
	    HELLO QUIT },
	{ "not SMTP", PLUGIN_MORE, "HTTP/1.1 400 Bad\r\n", "" },
	{ "SSH", PLUGIN_MORE, "SSH-2.0-OpenSSH_9\r\n", "" },
	{ "two digits", PLUGIN_MORE, "22\r\n", "" },
	{ "four digits", PLUGIN_MORE, "2200\r\n", "" },
};

static const struct plugin_errand plain = { .own_name = "me.example.org" };

/* Feeds `n` octets in an exact block, so that reading on is seen. */
static enum plugin_verdict
feed(void *state, const char *from, size_t n, struct buf *say)
{
	uint8_t *exact = malloc(n);
	enum plugin_verdict v;

	memcpy(exact, from, n);
	v = smtp_probe.feed(state, exact, n, say);
	free(exact);
	return v;
}

static void *
begun(void)
{
	void *state = mem_new(smtp_probe.state_size, 0, 0);

	smtp_probe.begin(state, &plain);
	return state;
}

/* Every row, cut in two at every place, gives the same. */
START_TEST(dialogues)
{
	size_t n = strlen(rows[_i].from);

	for (size_t cut = 1; cut <= n; cut++) {
		void *state = begun();
		struct buf say = { 0 };
		enum plugin_verdict v = feed(state, rows[_i].from, cut, &say);
		char *said;

		if (v == PLUGIN_MORE && cut < n)
			v = feed(state, rows[_i].from + cut, n - cut, &say);
		said = buf_string(&say);
		ck_assert_msg(v == rows[_i].verdict, "%s: cut at %zu: %d",
		    rows[_i].what, cut, (int)v);
		ck_assert_msg(strcmp(said, rows[_i].said) == 0,
		    "%s: cut at %zu: said %s", rows[_i].what, cut, said);
		mem_free(said);
		mem_free(state);
	}
}
END_TEST

/* By LMTP: who does not know LHLO is none. */
START_TEST(local_mail)
{
	static const struct {
		const char *from, *said;
		enum plugin_verdict verdict;
	} all[] = {
		{ "220 gw\r\n250 gw\r\n", "LHLO me.example.org\r\n" QUIT,
		    PLUGIN_OK },
		{ "220 mx\r\n502 no\r\n", "LHLO me.example.org\r\n" QUIT,
		    PLUGIN_FAILED },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		void *state = mem_new(lmtp_probe.state_size, 0, 0);
		struct buf say = { 0 };
		char *said;

		lmtp_probe.begin(state, &plain);
		ck_assert_int_eq(
		    lmtp_probe.feed(state, (const uint8_t *)all[i].from,
			strlen(all[i].from), &say),
		    all[i].verdict);
		said = buf_string(&say);
		ck_assert_str_eq(said, all[i].said);
		mem_free(said);
		mem_free(state);
	}
}
END_TEST

/* An end of the stream anywhere but behind the last answer is a failure. */
START_TEST(ends_early)
{
	const char *from = rows[1].from;

	for (size_t n = 0; n < strlen(from); n++) {
		void *state = begun();
		struct buf say = { 0 };

		if (n > 0)
			ck_assert_int_eq(
			    feed(state, from, n, &say), PLUGIN_MORE);
		ck_assert_int_eq(
		    smtp_probe.feed(state, NULL, 0, &say), PLUGIN_FAILED);
		buf_done(&say);
		mem_free(state);
	}
}
END_TEST

/* As many lines as Postfix would wait for, and one that is too long for it. */
START_TEST(long_ones)
{
	static const char line[] = "220-x\r\n";
	void *state = begun();
	struct buf say = { 0 };

	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(
		    feed(state, line, sizeof(line) - 1, &say), PLUGIN_MORE);
	ck_assert_int_eq(feed(state, "220 ", 4, &say), PLUGIN_MORE);
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(feed(state, "\xff", 1, &say), PLUGIN_MORE);
	ck_assert_int_eq(feed(state, "\n", 1, &say), PLUGIN_MORE);
	ck_assert_uint_eq(say.n, strlen(HELLO));
	ck_assert_int_eq(feed(state, "250 x\n", 6, &say), PLUGIN_OK);
	buf_done(&say);
	mem_free(state);
}
END_TEST

START_TEST(bounded)
{
	static const char line[] = "220-x\r\n";
	void *state = begun();
	struct buf say = { 0 };
	enum plugin_verdict v = PLUGIN_MORE;
	size_t n = 0;

	while (v == PLUGIN_MORE && n++ < 100000)
		v = feed(state, line, sizeof(line) - 1, &say);
	ck_assert_int_eq(v, PLUGIN_FAILED);
	ck_assert_uint_eq(n, SMTP_REPLY_OCTETS / (sizeof(line) - 1) + 1);

	smtp_probe.begin(state, &plain);
	v = feed(state, "220 ", 4, &say);
	for (n = 4; v == PLUGIN_MORE && n < 100000; n++)
		v = feed(state, "x", 1, &say);
	ck_assert_int_eq(v, PLUGIN_FAILED);
	ck_assert_uint_eq(n, SMTP_REPLY_OCTETS + 1);
	ck_assert_uint_eq(say.n, 0);
	buf_done(&say);
	mem_free(state);
}
END_TEST

#define MAIL "MAIL FROM:<postmaster@me.example.org>\r\n"
#define NULL_MAIL "MAIL FROM:<>\r\n"
#define RCPT "RCPT TO:<postmaster@x.example>\r\n"
#define RSET "RSET\r\n"
#define HELLOS "220 mx\r\n250 mx\r\n"

/* Asked further: what is answered, what it means, what we said after EHLO. */
static const struct {
	enum plugin_ask ask;
	enum plugin_verdict verdict;
	const char *from, *said;
} asked[] = {
	{ PLUGIN_ASK_RELAY, PLUGIN_TAKES, "250 ok\r\n250 ok\r\n250 ok\r\n",
	    NULL_MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_REFUSED,
	    "250 ok\r\n554 5.7.1 <a@b>: Relay access denied\r\n250 ok\r\n",
	    NULL_MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_REFUSED,
	    "550 5.7.1 Mail relay denied [192.0.2.1].\r\n250 ok\r\n",
	    NULL_MAIL RSET QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_OK,
	    "250 ok\r\n550 5.1.1 User unknown\r\n250 ok\r\n",
	    NULL_MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_OK,
	    "250 ok\r\n450 4.1.2 Domain not found\r\n500 what\r\n",
	    NULL_MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_BUSY, "250 ok\r\n421 load\r\n",
	    NULL_MAIL RCPT QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_TAKES, "250 ok\r\n250 ok\r\n421 load\r\n",
	    NULL_MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_BUSY, "421 load\r\n", NULL_MAIL QUIT },
	{ PLUGIN_ASK_RELAY, PLUGIN_MORE, "250 ok\r\n", NULL_MAIL RCPT },
	{ PLUGIN_ASK_MAIL, PLUGIN_TAKES, "250 ok\r\n250 ok\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_REFUSED,
	    "452 4.3.1 Insufficient system storage\r\n250 ok\r\n",
	    MAIL RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_REFUSED,
	    "250 ok\r\n450 4.3.2 <a@b>: Recipient address rejected: Try again "
	    "later\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_REFUSED,
	    "250 ok\r\n554 5.7.1 <h[192.0.2.1]>: Client host rejected: Access "
	    "denied\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_OK,
	    "250 ok\r\n450 4.2.0 <a@b>: Recipient address rejected: "
	    "Greylisted\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_OK,
	    "250 ok\r\n451 4.7.1 Greylisting in action\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_OK,
	    "250 ok\r\n554 5.7.1 <a@b>: Relay access denied\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_OK,
	    "530 5.7.0 Must issue a STARTTLS command first\r\n250 ok\r\n",
	    MAIL RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_OK,
	    "250 ok\r\n452 4.2.2 Mailbox full\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
	{ PLUGIN_ASK_MAIL, PLUGIN_OK, "250 ok\r\n550 no such\r\n250 ok\r\n",
	    MAIL RCPT RSET QUIT },
};

START_TEST(asked_further)
{
	const struct plugin_errand errand = { "me.example.org", asked[_i].ask,
		"postmaster@x.example" };
	void *state = mem_new(smtp_probe.state_size, 0, 0);
	struct buf say = { 0 };
	enum plugin_verdict v;
	char *said;

	smtp_probe.begin(state, &errand);
	ck_assert_int_eq(
	    feed(state, HELLOS, strlen(HELLOS), &say), PLUGIN_MORE);
	v = feed(state, asked[_i].from, strlen(asked[_i].from), &say);
	ck_assert_msg(v == asked[_i].verdict, "%s: %d", asked[_i].from, (int)v);
	said = buf_string(&say);
	ck_assert_int_eq(strncmp(said, HELLO, strlen(HELLO)), 0);
	ck_assert_str_eq(said + strlen(HELLO), asked[_i].said);
	mem_free(said);
	mem_free(state);
}
END_TEST

/* What was answered stands, though nothing comes to RSET. */
START_TEST(asked_and_gone)
{
	static const char from[] =
	    HELLOS "250 ok\r\n554 Relay access denied\r\n";
	const struct plugin_errand errand = { "me.example.org",
		PLUGIN_ASK_RELAY, "postmaster@x.example" };
	void *state = mem_new(smtp_probe.state_size, 0, 0);
	struct buf say = { 0 };

	smtp_probe.begin(state, &errand);
	ck_assert_int_eq(feed(state, from, strlen(from), &say), PLUGIN_MORE);
	ck_assert_int_eq(smtp_probe.feed(state, NULL, 0, &say), PLUGIN_REFUSED);
	buf_done(&say);
	mem_free(state);
}
END_TEST

/*
 * The rows that Postfix's filter is tested with: what waits there for a relay
 * that is denied is one here, what bounces there never is. Not what a stranger
 * wrote into a row, between quotation marks: here all words are ours.
 */
static const char *
said_of(char *line)
{
	char *text = strstr(line, " said: ");

	line[strcspn(line, "\n")] = '\0';
	return text == NULL ? NULL : text + strlen(" said: ");
}

START_TEST(same_words_as_the_filter)
{
	static const char *const names[] = { "refused", "honest" };
	size_t seen = 0;
	char path[512], line[1024];

	for (size_t k = 0; k < 2; k++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/t/fixtures/replies.%s",
		    getenv("top_srcdir") ? getenv("top_srcdir") : ".",
		    names[k]);
		f = fopen(path, "re");
		ck_assert_ptr_nonnull(f);
		while (fgets(line, sizeof(line), f) != NULL) {
			const char *text = said_of(line);

			if (text == NULL || strstr(line, "DATA") != NULL ||
			    strstr(line, "TLS") != NULL ||
			    strstr(line, "uthentica") != NULL ||
			    strstr(line, "ncryption") != NULL ||
			    strchr(line, '"') != NULL)
				continue;
			seen++;
			ck_assert_msg(reply_denies_relay(text) == (k == 0),
			    "%s: %s", names[k], text);
		}
		fclose(f);
	}
	ck_assert_uint_gt(seen, 50);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probe smtp");
	TCase *tc = tcase_create("probe smtp");

	tcase_add_loop_test(
	    tc, dialogues, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, local_mail);
	tcase_add_test(tc, ends_early);
	tcase_add_test(tc, long_ones);
	tcase_add_test(tc, bounded);
	tcase_add_loop_test(
	    tc, asked_further, 0, (int)(sizeof(asked) / sizeof(asked[0])));
	tcase_add_test(tc, asked_and_gone);
	tcase_add_test(tc, same_words_as_the_filter);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
