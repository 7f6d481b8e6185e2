/* test_showq.c - Postfix's queue listing, however it is cut. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "plugins/postfix/showq.h"
#include "t/tap.h"
#include "t/temp.h"

/* As showq(8) of Postfix 3.7.11 wrote it, shortened. */
static const char listing[] =
    "protocol\0mail_queue_list_protocol\0\0"
    "queue_name\0active\0queue_id\0AAAA\0time\0001\0size\0002\0"
    "forced_expire\0000\0sender\0s@a\0recipient\0x@active.example\0"
    "reason\0\0\0"
    "queue_name\0deferred\0queue_id\0BBBB\0time\0001700000000\0size\0002\0"
    "forced_expire\0000\0sender\0s@a\0recipient\0U@Paris.example\0"
    "reason\0no path to paris, down\0recipient\0v@tokyo.example\0"
    "reason\0\0\0"
    "queue_name\0hold\0queue_id\0CCCC\0sender\0s@a\0"
    "recipient\0y@hold.example\0reason\0\0\0"
    "queue_name\0incoming\0queue_id\0DDDD\0time\0-5\0sender\0s@a\0"
    "recipient\0z@paris.example\0"
    "recipient\0U.\303\251@B\303\234cher.example\0"
    "recipient\0u@\377.example\0\0";

static const char expected[] = "AAAA x@active.example 1\n"
			       "BBBB u@paris.example 1700000000 deferred\n"
			       "BBBB v@tokyo.example 1700000000 deferred\n"
			       "DDDD z@paris.example 0\n"
			       "DDDD u.\303\251@xn--bcher-kva.example 0\n"
			       "DDDD u@\377.example 0\n";

static void
on_found(void *ctx, const struct plugin_queued *found)
{
	buf_printf(ctx, "%s %s %llu%s\n", found->id, found->recipient,
	    (unsigned long long)found->came,
	    found->answered   ? " answered"
	    : found->deferred ? " deferred"
			      : "");
}

START_TEST(finds_recipients)
{
	size_t n = sizeof(listing); /* with the end of the last record */

	for (size_t cut = 0; cut <= n; cut++) {
		void *state = calloc(1, showq_postfix.state_size);
		struct buf out = { 0 };
		char *is;

		ck_assert_int_eq(
		    showq_postfix.feed(
			state, (const uint8_t *)listing, cut, on_found, &out),
		    RC_OK);
		ck_assert_int_eq(
		    showq_postfix.feed(state, (const uint8_t *)listing + cut,
			n - cut, on_found, &out),
		    RC_OK);
		is = buf_string(&out);
		ck_assert_str_eq(is, expected);
		mem_free(is);
		free(state);
	}
}
END_TEST

/* What a deferred recipient waits for. */
static const struct {
	const char *reason;
	bool answered;
} reasons[] = {
	{ "host x.example[192.0.2.1] said: 452 4.2.2 full (in reply to RCPT TO "
	  "command)",
	    true },
	{ "host x[192.0.2.1] said: 450 4.2.0 Greylisted", true },
	{ "route refused: host x[192.0.2.1] said: 554 no", true },
	{ "host x[192.0.2.1] said: 421 4.3.2 busy", false },
	{ "host x[192.0.2.1] refused to talk to me: 450 said: 450", false },
	{ "connect to x[192.0.2.1]:25: Connection timed out", false },
	{ "delivery temporarily suspended: host x[192.0.2.1] said: 450",
	    false },
	{ "lost connection with x[192.0.2.1] while sending DATA", false },
	{ "host ", false },
	{ "", false },
};

START_TEST(knows_answers)
{
	void *state = calloc(1, showq_postfix.state_size);
	struct buf in = { 0 }, out = { 0 };
	const char *reason = reasons[_i].reason;
	char *is;

	buf_bytes(&in, listing, sizeof("protocol\0mail_queue_list_protocol\0"));
	buf_bytes(&in, "queue_name\0deferred\0queue_id\0A\0recipient\0u@a\0",
	    sizeof("queue_name\0deferred\0queue_id\0A\0recipient\0u@a"));
	buf_bytes(&in, "reason", sizeof("reason"));
	buf_text(&in, reason);
	if (reasons[_i].answered) /* however long it goes on */
		for (int i = 0; i < 2000; i++)
			buf_u8(&in, 'x');
	buf_bytes(&in, "\0recipient\0v@a\0", sizeof("\0recipient\0v@a\0"));
	ck_assert_int_eq(
	    showq_postfix.feed(state, in.p, in.n, on_found, &out), RC_OK);
	is = buf_string(&out);
	ck_assert_str_eq(is, reasons[_i].answered
				 ? "A u@a 0 answered\nA v@a 0 deferred\n"
				 : "A u@a 0 deferred\nA v@a 0 deferred\n");
	mem_free(is);
	buf_done(&in);
	free(state);
}
END_TEST

START_TEST(refuses_another_protocol)
{
	static const char other[] = "protocol\0other\0\0queue_name\0deferred";
	void *state = calloc(1, showq_postfix.state_size);
	struct buf out = { 0 };

	ck_assert_int_eq(showq_postfix.feed(state, (const uint8_t *)other,
			     sizeof(other), on_found, &out),
	    RC_FORMAT);
	free(state);
}
END_TEST

START_TEST(long_texts_do_no_harm)
{
	size_t n = 100000;
	uint8_t *octets = malloc(n);
	void *state = calloc(1, showq_postfix.state_size);
	struct buf out = { 0 };

	memset(octets, 'a', n);
	showq_postfix.feed(state, (const uint8_t *)listing,
	    sizeof("protocol\0mail_queue_list_protocol\0"), on_found, &out);
	ck_assert_int_eq(
	    showq_postfix.feed(state, octets, n, on_found, &out), RC_OK);
	octets[n - 1] = 0;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(
		    showq_postfix.feed(state, octets, n, on_found, &out),
		    RC_OK);
	ck_assert_uint_eq(out.n, 0);
	free(state);
	free(octets);
}
END_TEST

START_TEST(asks_for_one)
{
	static const char want[] = "request\0send_file\0queue_id\0BBBB\0";
	struct buf out = { 0 };

	showq_postfix.put_one(&out, "BBBB");
	ck_assert_uint_eq(out.n, sizeof(want));
	ck_assert(memcmp(out.p, want, sizeof(want)) == 0);
	buf_done(&out);
}
END_TEST

static const struct {
	const char *text;
	uint32_t lifetime;
	const char *directory;
} confs[] = {
	{ "", 432000, "/var/spool/postfix" },
	{ "maximal_queue_lifetime = 3h\nqueue_directory=/q\n", 10800, "/q" },
	{ "maximal_queue_lifetime = 3h\nmaximal_queue_lifetime=2\n", 172800,
	    "/var/spool/postfix" },
	{ "maximal_queue_lifetime = 90s\r\n", 90, "/var/spool/postfix" },
	{ "maximal_queue_lifetime = 1w\n", 604800, "/var/spool/postfix" },
	{ "maximal_queue_lifetime = 0d\n", 0, "/var/spool/postfix" },
	{ "maximal_queue_lifetime = 101d\n", 0, "/var/spool/postfix" },
	{ "maximal_queue_lifetime = 5dd\n", 0, "/var/spool/postfix" },
	{ "maximal_queue_lifetime = $bounce_queue_lifetime\n", 0,
	    "/var/spool/postfix" },
	{ "maximal_queue_lifetimes = 1d\n#queue_directory = /q\n"
	  "queue_directory = q\n",
	    432000, "/var/spool/postfix" },
};

START_TEST(main_cf_is_read)
{
	char dir[TEMP_FOLDER], path[128];
	struct mta mta;
	FILE *f;

	temp_make(dir);
	snprintf(path, sizeof(path), "%s/main.cf", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(confs[_i].text, f);
	fclose(f);
	mta_init(&mta);
	showq_postfix.look(&mta, dir);
	ck_assert_uint_eq(mta.lifetime_s, confs[_i].lifetime);
	ck_assert_str_eq(mta.queue_directory, confs[_i].directory);
	temp_end(dir);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("showq");
	TCase *tc = tcase_create("showq");

	tcase_add_test(tc, finds_recipients);
	tcase_add_loop_test(
	    tc, knows_answers, 0, sizeof(reasons) / sizeof(reasons[0]));
	tcase_add_test(tc, refuses_another_protocol);
	tcase_add_test(tc, long_texts_do_no_harm);
	tcase_add_test(tc, asks_for_one);
	tcase_add_loop_test(
	    tc, main_cf_is_read, 0, (int)(sizeof(confs) / sizeof(confs[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
