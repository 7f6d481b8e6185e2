/* test_spool.c - the files of Exim's spool, whole and not; and how Exim is
 * asked to try them again. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "plugins/exim/etrn.h"
#include "plugins/exim/spool.h"
#include "t/tap.h"

#define ID "1xXV3U-0005XM-1r"
#define HEAD ID "-H\nDebian-exim 101 103\n<a@ex.test>\n1795920860 0\n"
#define TAIL "\n131P Received: from x\n"

static void
on_found(void *ctx, const struct plugin_queued *found)
{
	buf_printf(ctx, "%s %llu%s%s%s\n", found->recipient,
	    (unsigned long long)found->came, found->frozen ? " frozen" : "",
	    found->deferred ? " deferred" : "",
	    found->answered  ? " answered"
	    : found->put_off ? " put off"
			     : "");
}

/* From heap blocks of their exact sizes. */
static struct plugin_text
copied(const char *text, size_t n)
{
	return (struct plugin_text){ n == 0 ? NULL : mem_dup(text, n), n };
}

static int
read_three(struct buf *out, const char *message, size_t n, const char *done,
    const char *said)
{
	struct plugin_message m = { ID, copied(message, n),
		copied(done, strlen(done)), copied(said, strlen(said)) };
	int rc = spool_files.read(&m, on_found, out);

	mem_free((void *)(uintptr_t)m.own.p);
	mem_free((void *)(uintptr_t)m.done.p);
	mem_free((void *)(uintptr_t)m.said.p);
	buf_u8(out, 0);
	return rc;
}

#define SAID                                                                   \
	"2026-11-29 02:54:17 u1@d.test R=r T=t defer (-44) H=127.0.0.28 "      \
	"[127.0.0.28]: SMTP error from remote mail server after RCPT TO:"      \
	"<u1@d.test>: "

static const struct {
	int rc;
	const char *message, *done, *said, *found;
} rows[] = {
	{ RC_OK, HEAD "-deliver_firsttime\nXX\n2\nU1@D.test\nu2@e.test\n" TAIL,
	    "", "", "u1@d.test 1795920860\nu2@e.test 1795920860\n" },
	/* received alone; and tried by an Exim that died of it */
	{ RC_OK, HEAD "-deliver_firsttime\nXX\n1\nu1@d.test\n" TAIL, "",
	    "2026-11-29 02:54:16 Received from a@b.test H=(h) [10.0.0.1]\n",
	    "u1@d.test 1795920860\n" },
	{ RC_OK, HEAD "-deliver_firsttime\nXX\n1\nu1@d.test\n" TAIL, "",
	    "2026-11-29 02:54:17 u1@d.test R=r defer (-1): failed to open t\n",
	    "u1@d.test 1795920860 deferred\n" },
	{ RC_OK, HEAD "-ident root\nXX\n1\nu1@d.test\n" TAIL, "", "",
	    "u1@d.test 1795920860 deferred\n" },
	/* without its headers yet */
	{ RC_OK, HEAD "XX\n1\nu1@d.test\n", "", "",
	    "u1@d.test 1795920860 deferred\n" },
	/* done: by the tree, by the journal, by both */
	{ RC_OK,
	    HEAD "YY u3@d.test\nNN u1@d.test\nNN u5@d.test\n5\nu1@d.test\n"
		 "u2@d.test\nu3@d.test\nu4@d.test\nu5@d.test\n" TAIL,
	    "u4@D.test\nu1@d.test\nu2@d.te", "",
	    "u2@d.test 1795920860 deferred\n" },
	{ RC_OK, HEAD "XX\n1\nu1@d.test\n" TAIL, "u1@d.test\n", "", "" },
	/* frozen: its route was refused, at its first time; somebody wants it to
	 * stay; nobody takes a bounce */
	{ RC_OK,
	    HEAD
	    "-deliver_firsttime\n-frozen 1795920860\nXX\n1\nu1@d.test\n" TAIL,
	    "",
	    "2026-11-29 02:54:17 u1@d.test R=r T=t H=h [127.0.0.1]: SMTP error "
	    "from remote mail server after RCPT TO:<u1@d.test>: 554 5.7.1 "
	    "Relay "
	    "access denied\n"
	    "Process failed (1) when writing error message to a@ex.test "
	    "(frozen)",
	    "u1@d.test 1795920860 frozen deferred answered\n" },
	{ RC_OK, HEAD "-frozen 1795920860\nXX\n1\nu1@d.test\n" TAIL, "",
	    "2026-11-29 02:54:16 Received from a@b.test H=(h) [10.0.0.1]\n",
	    "" },
	{ RC_OK, HEAD "-frozen 1795920860\nXX\n1\nu1@d.test\n" TAIL, "",
	    "Process failed (1) when writing error message to a@ex.test "
	    "(frozen)\n*** Frozen by somebody\n",
	    "" },
	{ RC_OK, HEAD "-frozen 1795920860\nXX\n1\nu1@d.test\n" TAIL, "", "",
	    "u1@d.test 1795920860 frozen deferred answered\n" },
	{ RC_OK,
	    ID "-H\nx 1 1\n<>\n1 0\n-frozen 1795920860\nXX\n1\nu1@d.test\n", "",
	    "", "" },
	/* what a stranger wrote into a variable of an ACL */
	{ RC_OK,
	    HEAD "--aclm_x 0 30\nXX\n1\nevil@evil.test\n\n000  a: b\n"
		 "-aclc 1 0\n\nXX\n1\nu1@d.test\n" TAIL,
	    "", "", "u1@d.test 1795920860 deferred\n" },
	{ RC_OK, HEAD "--(lsearch)helo_name x\nXX\n1\nu1@d.test\n" TAIL, "", "",
	    "u1@d.test 1795920860 deferred\n" },
	/* what else a line of a recipient may say; quoted ones */
	{ RC_OK,
	    HEAD "XX\n3\nu1@d.test err@d.test 10,-1#1\n"
		 "\"a b\\\" c\"@d.test 0,-1#3\nu@\303\234.test\n" TAIL,
	    "", "",
	    "u1@d.test 1795920860 deferred\n"
	    "\"a b\\\" c\"@d.test 1795920860 deferred\n"
	    "u@xn--tda.test 1795920860 deferred\n" },
	/* answered; by 421 and what is said at the beginning it is not */
	{ RC_OK, HEAD "XX\n2\nu1@d.test\nu2@d.test\n" TAIL, "",
	    SAID "450 later\n",
	    "u1@d.test 1795920860 deferred answered\n"
	    "u2@d.test 1795920860 deferred\n" },
	{ RC_OK, HEAD "XX\n1\nu1@d.test\n" TAIL, "", SAID "421 busy\n",
	    "u1@d.test 1795920860 deferred\n" },
	{ RC_OK, HEAD "XX\n1\nu1@d.test\n" TAIL, "",
	    SAID "450 later\n2026-11-29 03:00:00 u1@d.test R=r T=t defer "
		 "(111): Connection refused\n",
	    "u1@d.test 1795920860 deferred\n" },
	{ RC_OK, HEAD "XX\n1\nu1@d.test\n" TAIL, "",
	    "2026-11-29 02:54:17 u1@d.test R=r T=t defer (0) H=h [127.0.0.20]: "
	    "SMTP error from remote mail server after initial connection: 450 "
	    "x\n",
	    "u1@d.test 1795920860 deferred\n" },
	/* it had no turn, and then it had one */
	{ RC_OK, HEAD "XX\n2\nu1@d.test\nu2@d.test\n" TAIL, "",
	    "2026-11-29 02:54:17 u1@d.test R=r T=t defer (-52): concurrency "
	    "limit reached for transport\n"
	    "2026-11-29 02:54:17 u2@d.test R=r T=t defer (-54): connection "
	    "limit reached for all hosts for 'd.test'\n",
	    "u1@d.test 1795920860 deferred put off\n"
	    "u2@d.test 1795920860 deferred put off\n" },
	{ RC_OK, HEAD "XX\n1\nu1@d.test\n" TAIL, "",
	    "2026-11-29 02:54:17 u1@d.test R=r T=t defer (-52): concurrency "
	    "limit reached for transport\n" SAID "450 later\n",
	    "u1@d.test 1795920860 deferred answered\n" },
	/* no message, or half of one */
	{ RC_FORMAT, "", "", "", "" },
	{ RC_FORMAT, HEAD "-ident root\n", "", "", "" },
	{ RC_FORMAT, HEAD "-aclm 0 999\nXX\n1\nu1@d.test\n" TAIL, "", "", "" },
	{ RC_FORMAT, HEAD "-aclm 0 x\nXX\n1\nu1@d.test\n" TAIL, "", "", "" },
	{ RC_FORMAT, HEAD "YN u3@d.test\n1\nu1@d.test\n" TAIL, "", "", "" },
	{ RC_FORMAT, HEAD "XX\nmany\nu1@d.test\n" TAIL, "", "", "" },
	{ RC_FORMAT, "1xXV3U-0005XM-1s-H\nx 1 1\n<>\n1 0\nXX\n1\nu@d.test\n",
	    "", "", "" },
};

START_TEST(messages_are_read)
{
	struct buf out = { 0 };

	ck_assert_int_eq(
	    read_three(&out, rows[_i].message, strlen(rows[_i].message),
		rows[_i].done, rows[_i].said),
	    rows[_i].rc);
	ck_assert_str_eq((const char *)out.p, rows[_i].found);
	buf_done(&out);
}
END_TEST

START_TEST(halves_do_no_harm)
{
	const char *text = rows[3].message;

	for (size_t n = 0; n < strlen(text); n++) {
		struct buf out = { 0 };

		(void)read_three(&out, text, n, rows[3].done, "");
		buf_done(&out);
	}
}
END_TEST

static const struct {
	const char *name, *id;
	enum plugin_file file;
} names[] = {
	{ ID "-H", ID, PLUGIN_FILE_MESSAGE },
	{ ID "-J", ID, PLUGIN_FILE_DONE },
	{ ID "-D", ID, PLUGIN_FILE_OTHER },
	{ "1uYv1X-00000000abc-1X2Y-H", "1uYv1X-00000000abc-1X2Y",
	    PLUGIN_FILE_MESSAGE },
	{ "r", "", PLUGIN_FILE_FOLDER },
	{ ".", "", PLUGIN_FILE_OTHER },
	{ "..", "", PLUGIN_FILE_OTHER },
	{ "", "", PLUGIN_FILE_OTHER },
	{ "hdr.1234", "", PLUGIN_FILE_OTHER },
	{ "1xXV3U-0005XM/1r-H", "", PLUGIN_FILE_OTHER },
	{ "1xXV3U-0005XM-1r1xXV3U-0005XM-1r1xXV3U-0005XM-1r-H", "",
	    PLUGIN_FILE_OTHER },
};

START_TEST(names_are_known)
{
	char id[PLUGIN_ID];

	ck_assert_int_eq(spool_files.file(names[_i].name, id), names[_i].file);
	ck_assert_str_eq(id, names[_i].id);
}
END_TEST

static const char *const words[] = { "tokyo.example", ".paris.example" };

/* What the other end says, line by line, and what it hears. */
static const struct {
	enum plugin_verdict verdict;
	const char *they, *we, *said;
} talks[] = {
	{ PLUGIN_OK,
	    "220 x\r\n250-x\r\n250-ETRN\r\n250 HELP\r\n250 OK\r\n250 OK\r\n",
	    "EHLO own\r\nETRN #tokyo.example\r\nETRN #.paris.example\r\n"
	    "QUIT\r\n",
	    NULL },
	/* no such key: all */
	{ PLUGIN_OK,
	    "220 x\r\n250 x\r\n250 OK\r\n458 Internal failure\r\n250 OK\r\n",
	    "EHLO own\r\nETRN #tokyo.example\r\nETRN #.paris.example\r\n"
	    "ETRN #@\r\nQUIT\r\n",
	    NULL },
	{ PLUGIN_FAILED,
	    "220 x\r\n250 x\r\n458 a\r\n458 b\r\n458 Already processing @\r\n",
	    "EHLO own\r\nETRN #tokyo.example\r\nETRN #.paris.example\r\n"
	    "ETRN #@\r\nQUIT\r\n",
	    "458 Already processing @" },
	{ PLUGIN_FAILED, "220 x\r\n250 x\r\n550 Administrative \"no\1\r\n",
	    "EHLO own\r\nETRN #tokyo.example\r\nQUIT\r\n",
	    "550 Administrative  no" },
	{ PLUGIN_FAILED, "421 too many\r\n", "QUIT\r\n", "421 too many" },
	{ PLUGIN_MORE, "220 x\r\n250 x\r\nno reply\r\n25",
	    "EHLO own\r\nETRN #tokyo.example\r\n", "no answer" },
};

START_TEST(exim_is_asked)
{
	const char *they = talks[_i].they;

	/* octet by octet, and all that has come at once */
	for (size_t step = 1; step <= strlen(they); step += 3) {
		void *state = mem_new(etrn_talk.state_size, 0, 0);
		enum plugin_verdict v = PLUGIN_MORE;
		struct buf say = { 0 };

		etrn_talk.begin(state, "own", words, 2);
		for (size_t i = 0; i < strlen(they) && v == PLUGIN_MORE;) {
			size_t n =
			    strlen(they) - i < step ? strlen(they) - i : step;

			v = etrn_talk.feed(
			    state, (const uint8_t *)they + i, n, &say);
			i += n;
		}
		buf_u8(&say, 0);
		ck_assert_int_eq(v, talks[_i].verdict);
		ck_assert_str_eq((const char *)say.p, talks[_i].we);
		if (talks[_i].said != NULL)
			ck_assert_str_eq(etrn_talk.said(state), talks[_i].said);
		buf_done(&say);
		mem_free(state);
	}
}
END_TEST

START_TEST(too_much_is_no_reply)
{
	void *state = mem_new(etrn_talk.state_size, 0, 0);
	struct buf say = { 0 };
	enum plugin_verdict v = PLUGIN_MORE;

	etrn_talk.begin(state, "own", words, 2);
	for (size_t i = 0; i <= ETRN_REPLY_OCTETS && v == PLUGIN_MORE; i++)
		v = etrn_talk.feed(state, (const uint8_t *)"x", 1, &say);
	ck_assert_int_eq(v, PLUGIN_FAILED);
	buf_done(&say);
	mem_free(state);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tc = tcase_create("spool");

	tcase_add_loop_test(
	    tc, messages_are_read, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, halves_do_no_harm);
	tcase_add_loop_test(
	    tc, names_are_known, 0, (int)(sizeof(names) / sizeof(names[0])));
	tcase_add_loop_test(
	    tc, exim_is_asked, 0, (int)(sizeof(talks) / sizeof(talks[0])));
	tcase_add_test(tc, too_much_is_no_reply);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
