/* test_journald.c - lines as systemd's journal takes them: every part a field,
 * nothing that is none, nobody waited for. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/mem.h"
#include "sys/event_id.h"
#include "sys/journald.h"
#include "t/tap.h"
#include "t/temp.h"

static char dir[TEMP_FOLDER], path[96];

static void
make_dir(void)
{
	temp_make(dir);
	snprintf(path, sizeof(path), "%s/socket", dir);
}

static void
remove_dir(void)
{
	temp_end(dir);
}

/* The fields of a line but those of every line. */
static char *
fields(const char *event, const char *line)
{
	struct buf out = { 0 };
	char *all, *p;

	journald_encode(&out, "lsrd", 4, event, line);
	all = buf_string(&out);
	p = strstr(all, "SYSLOG_PID=");
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_eq(strstr(all, "PRIORITY=4\nSYSLOG_FACILITY=2\n"
				     "SYSLOG_IDENTIFIER=lsrd\n"),
	    all);
	p = mem_str(strchr(p, '\n') + 1);
	mem_free(all);
	return p;
}

static const struct {
	const char *line, *fields;
} rows[] = {
	{ "link-state: connector=l-p, from=up, said=\"421 a, b=c\", to=down",
	    "LSRD_EVENT=link-state\nLSRD_CONNECTOR=l-p\nLSRD_FROM=up\n"
	    "LSRD_SAID=421 a, b=c\nLSRD_TO=down\n" },
	{ "table-behind: ms=12000, left-out=3",
	    "LSRD_EVENT=table-behind\nLSRD_MS=12000\nLSRD_LEFT_OUT=3\n" },
	{ "peer refused from unknown[2001:db8::9]:51044: reason=not-allowed",
	    "LSRD_EVENT=peer-refused\nLSRD_ADDRESS=2001:db8::9\n"
	    "LSRD_REASON=not-allowed\n" },
	/* what follows the word is text */
	{ "config: /etc/lsrd.conf:3: peer=x is none", "LSRD_EVENT=config\n" },
	{ "dump: {\"a\":\"b=c\"}", "LSRD_EVENT=dump\n" },
	/* a value that was cut, and one that is not there */
	{ "stop: server=\"a b", "LSRD_EVENT=stop\nLSRD_SERVER=a b\n" },
	{ "stop: server=", "LSRD_EVENT=stop\nLSRD_SERVER=\n" },
	{ "stop: 9x=1, y=2", "LSRD_EVENT=stop\n" },
	{ "stop: x=1,y=2", "LSRD_EVENT=stop\nLSRD_X=1\n" },
	{ "no word of ours", "" },
	{ "", "" },
};

START_TEST(every_part_is_a_field)
{
	char *is = fields(NULL, rows[_i].line), *p = is, want[600];

	if (strncmp(p, "MESSAGE_ID=", 11) == 0)
		p = strchr(p, '\n') + 1;
	else
		ck_assert_str_eq(rows[_i].fields, "");
	snprintf(want, sizeof(want), "%sMESSAGE=%s\n", rows[_i].fields,
	    rows[_i].line);
	ck_assert_str_eq(p, want);
	mem_free(is);
}
END_TEST

START_TEST(no_field_by_a_line_feed)
{
	char *is = fields(NULL, "stop: server=a\nPRIORITY=0\nx=\x1b[2J");

	ck_assert_ptr_null(strstr(is, "\nPRIORITY"));
	ck_assert_ptr_null(strchr(is, '\x1b'));
	mem_free(is);
}
END_TEST

START_TEST(a_crowd_of_pairs_ends)
{
	struct buf line = { 0 };
	char *text, *is;
	int n = 0;

	buf_text(&line, "stop: a=1");
	for (int i = 0; i < 500; i++)
		buf_text(&line, ", a=1");
	text = buf_string(&line);
	is = fields(NULL, text);
	for (const char *p = is; (p = strstr(p, "LSRD_A=")) != NULL; p++)
		n++;
	ck_assert_int_eq(n, 16);
	mem_free(is);
	mem_free(text);
}
END_TEST

START_TEST(numbers_are_of_words)
{
	const char *front = event_id("lsrd-front", "started");

	ck_assert_uint_eq(strlen(event_id("lsrd", "link-state")), 32);
	ck_assert_str_ne(front, event_id("lsrd-milter", "started"));
	ck_assert_ptr_null(event_id("lsrd", "started"));
	ck_assert_str_eq(
	    event_id("lsrd-front", "log-lost"), event_id("lsrd", "log-lost"));
}
END_TEST

/* The journal's end. */
static int
journal_begin(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static bool
journal_has(int fd, const char *text)
{
	char got[2048];
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	ck_assert_int_gt(n, 0);
	got[n] = '\0';
	return strstr(got, text) != NULL;
}

START_TEST(who_does_not_read_is_not_waited_for)
{
	struct journald j;
	int fd = journal_begin(), n = 0;

	ck_assert(journald_open_at(&j, "lsrd", path));
	/* far more than a socket takes */
	for (int i = 0; i < 20000; i++)
		ck_assert(journald_put(&j, 5, NULL, "stop: server=a"));
	while (recv(fd, path, 1, MSG_DONTWAIT) > 0)
		n++;
	ck_assert_int_lt(n, 20000);
	ck_assert(journald_put(&j, 5, NULL, "start: server=a"));
	ck_assert(journal_has(fd, "MESSAGE=start: "));
	snprintf(path, sizeof(path), "MESSAGE=log-lost: lines=%d\n", 20000 - n);
	ck_assert(journal_has(fd, path));
	journald_close(&j);
	close(fd);
}
END_TEST

START_TEST(without_a_journal_it_says_no)
{
	struct journald j;
	int fd;

	ck_assert(!journald_open_at(&j, "lsrd", path));
	ck_assert(!journald_put(&j, 5, NULL, "stop: server=a"));
	fd = journal_begin();
	ck_assert(journald_open_at(&j, "lsrd", path));
	close(fd); /* it ends */
	ck_assert(!journald_put(&j, 5, NULL, "stop: server=a"));
	journald_close(&j);
	/* our output is no journal's, whatever is said */
	ck_assert_int_eq(setenv("JOURNAL_STREAM", "1:2", 1), 0);
	ck_assert(!journald_open(&j, "lsrd"));
	unsetenv("JOURNAL_STREAM");
	ck_assert(!journald_open(&j, "lsrd"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("journald");
	TCase *tc = tcase_create("journald");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_loop_test(tc, every_part_is_a_field, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, no_field_by_a_line_feed);
	tcase_add_test(tc, a_crowd_of_pairs_ends);
	tcase_add_test(tc, numbers_are_of_words);
	tcase_add_test(tc, who_does_not_read_is_not_waited_for);
	tcase_add_test(tc, without_a_journal_it_says_no);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
