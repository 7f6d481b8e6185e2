/* test_trusted.c - which programs of the administrator's are run: nobody else may
 * change what is on the way to them, and who is to run them may. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/rc.h"
#include "sys/trusted.h"
#include "t/tap.h"
#include "t/temp.h"

static const struct {
	const char *what;
	mode_t above, folder, file;
	const char *text; /* of the file */
	int us, other;    /* what is judged of it where we run it, or another */
} rows[] = {
	{ "as it should be", 0755, 0755, 0755, "#!/bin/sh\n", RC_OK, RC_OK },
	{ "ours alone", 0755, 0755, 0700, "#!/bin/sh\n", RC_OK, RC_STATE },
	{ "a script that cannot be read", 0755, 0755, 0711, "#!/bin/sh\n",
	    RC_OK, RC_STATE },
	{ "a program that cannot", 0755, 0755, 0711, "\177ELF", RC_OK, RC_OK },
	{ "a folder that is closed", 0755, 0700, 0755, "", RC_OK, RC_STATE },
	{ "one above it that is", 0700, 0755, 0755, "", RC_OK, RC_STATE },
	{ "nobody's to run", 0755, 0755, 0644, "", RC_NONE, RC_NONE },
	{ "a file that others may change", 0755, 0755, 0757, "", RC_PERMISSION,
	    RC_PERMISSION },
	{ "a folder that they may", 0755, 0775, 0755, "", RC_PERMISSION,
	    RC_PERMISSION },
	{ "where each may remove his own alone", 0755, 01777, 0755, "",
	    RC_PERMISSION, RC_PERMISSION },
	{ "one above it that they may", 0777, 0755, 0755, "", RC_PERMISSION,
	    RC_PERMISSION },
	{ "where each may move his own alone", 01777, 0755, 0755, "", RC_OK,
	    RC_OK },
};

static char dir[TEMP_FOLDER], folder[96], path[128];

static void
make_dir(void)
{
	temp_make(dir);
	snprintf(folder, sizeof(folder), "%s/probes", dir);
	snprintf(path, sizeof(path), "%s/modem", folder);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
}

static void
remove_dir(void)
{
	temp_end(dir);
}

static void
modem_make(mode_t mode, const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(judged_by_modes)
{
	char name[] = "somebody-else";
	struct passwd other = { .pw_name = name,
		.pw_uid = geteuid() + 1,
		.pw_gid = getegid() + 1 };
	int us, its;

	modem_make(rows[_i].file, rows[_i].text);
	ck_assert_int_eq(chmod(folder, rows[_i].folder), 0);
	ck_assert_int_eq(chmod(dir, rows[_i].above), 0);
	us = trusted_judge(folder, "modem", NULL);
	its = trusted_judge(folder, "modem", &other);
	ck_assert_msg(us == rows[_i].us, "%s: %d", rows[_i].what, us);
	ck_assert_msg(its == rows[_i].other, "%s: %d", rows[_i].what, its);
}
END_TEST

/* As a file of its group. */
START_TEST(whose_group_it_is)
{
	char name[] = "somebody-else";
	struct passwd other = {
		.pw_name = name, .pw_uid = geteuid() + 1, .pw_gid = getegid()
	};

	modem_make(0750, "");
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(trusted_judge(folder, "modem", &other), RC_OK);
	ck_assert_int_eq(chmod(path, 0705), 0);
	ck_assert_int_eq(trusted_judge(folder, "modem", &other), RC_STATE);
}
END_TEST

START_TEST(what_is_no_file)
{
	char link[128];

	ck_assert_int_eq(trusted_judge(folder, "modem", NULL), RC_NONE);
	ck_assert_int_eq(trusted_judge(path, "modem", NULL), RC_NONE);
	modem_make(0755, "");
	snprintf(link, sizeof(link), "%s/link", folder);
	ck_assert_int_eq(symlink("modem", link), 0);
	ck_assert_int_eq(trusted_judge(folder, "link", NULL), RC_FORMAT);
	ck_assert_int_eq(trusted_judge(folder, ".", NULL), RC_FORMAT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trusted");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_loop_test(
	    tc, judged_by_modes, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, whose_group_it_is);
	tcase_add_test(tc, what_is_no_file);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
