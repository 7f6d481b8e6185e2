/* test_admission.c - what a message says of its size and priority. */

#include <string.h>

#include "message/admission.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *parameter, *name[2], *value[2];
	uint8_t priority;
} rows[] = {
	{ NULL, { "Subject" }, { "urgent" }, 0 },
	{ NULL, { "Priority" }, { "urgent" }, POLICY_URGENT },
	{ NULL, { "PRIORITY" }, { " Non-Urgent " }, POLICY_NON_URGENT },
	{ NULL, { "Priority" }, { "normal" }, POLICY_NORMAL },
	{ NULL, { "Priority" }, { "urgently" }, 0 },
	{ NULL, { "Priority" }, { "" }, 0 },
	{ NULL, { "Importance" }, { "high" }, POLICY_URGENT },
	{ NULL, { "Importance" }, { "low" }, POLICY_NON_URGENT },
	{ NULL, { "X-Priority" }, { "1 (Highest)" }, POLICY_URGENT },
	{ NULL, { "X-Priority" }, { "2" }, POLICY_URGENT },
	{ NULL, { "X-Priority" }, { "3" }, POLICY_NORMAL },
	{ NULL, { "X-Priority" }, { "4" }, POLICY_NON_URGENT },
	{ NULL, { "X-Priority" }, { "5" }, POLICY_NON_URGENT },
	{ NULL, { "X-Priority" }, { "6" }, 0 },
	{ NULL, { "MT-Priority" }, { "4" }, POLICY_URGENT },
	{ NULL, { "MT-Priority" }, { "-4" }, POLICY_NON_URGENT },
	{ NULL, { "MT-Priority" }, { "0" }, POLICY_NORMAL },
	/* Which one counts, in either order. */
	{ NULL, { "Priority", "X-Priority" }, { "urgent", "5" },
	    POLICY_URGENT },
	{ NULL, { "X-Priority", "Priority" }, { "5", "urgent" },
	    POLICY_URGENT },
	{ NULL, { "Importance", "Priority" }, { "low", "urgent" },
	    POLICY_URGENT },
	{ "MT-PRIORITY=-3", { "Priority" }, { "urgent" }, POLICY_NON_URGENT },
	{ "mt-priority=3", { "MT-Priority" }, { "-9" }, POLICY_URGENT },
	{ "SIZE=3", { "Subject" }, { "x" }, 0 },
};

START_TEST(priorities_are_read)
{
	char path[] = "<s@a.x>", parameter[32] = "";
	char *args[] = { path, rows[_i].parameter == NULL ? NULL : parameter,
		NULL };
	struct admission l = { .counts = true };

	if (rows[_i].parameter != NULL)
		memcpy(
		    parameter, rows[_i].parameter, strlen(rows[_i].parameter));
	admission_mail(&l, args);
	ck_assert(!l.sendmail);
	for (int i = 0; i < 2 && rows[_i].name[i] != NULL; i++)
		admission_field(&l, rows[_i].name[i], rows[_i].value[i]);
	ck_assert_uint_eq(l.priority, rows[_i].priority);
}
END_TEST

START_TEST(octets_are_counted_as_they_are_sent)
{
	char path[] = "s@a.x";
	char *args[] = { path, NULL };
	struct admission l = { .counts = true };

	admission_mail(&l, args);
	ck_assert(l.sendmail); /* no brackets */
	admission_field(&l, "Subject", "x");
	admission_field(&l, "To", "a,\n b,\r\n c");
	admission_body(&l, 100);
	admission_body(&l, 1);
	ck_assert_uint_eq(admission_size(&l, 7),
	    strlen("Subject: x\r\nTo: a,\r\n b,\r\n c\r\n\r\n") + 101);
	l.counts = false;
	ck_assert_uint_eq(admission_size(&l, 7), 7);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("limits");
	TCase *tc = tcase_create("limits");

	tcase_add_loop_test(tc, priorities_are_read, 0, COUNT(rows));
	tcase_add_test(tc, octets_are_counted_as_they_are_sent);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
