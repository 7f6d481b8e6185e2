/* test_command.c - a command line: what is taken, refused, and said of it. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "sys/command.h"
#include "t/tap.h"

#define LOOK (COMMAND_LONG + 'l')

static char seen[128];

static bool
take(void *ctx, int key, const char *value)
{
	size_t n = strlen(seen);

	ck_assert_ptr_eq(ctx, seen);
	snprintf(seen + n, sizeof(seen) - n, "%d=%s;", key,
	    value == NULL ? "-" : value);
	return value == NULL || strcmp(value, "bad") != 0;
}

static const struct command_option rows[] = {
	{ 'f', "file", "FILE", "where it stands\nwithout one: nowhere" },
	{ 'q', "quiet", NULL, "say nothing" },
	{ LOOK, "look", NULL, "look and end" },
	{ 0, NULL, NULL, NULL },
};

static const char help[] = "usage: demo [-q]\n"
			   "  -f, --file FILE  where it stands\n"
			   "                   without one: nowhere\n"
			   "  -q, --quiet      say nothing\n"
			   "      --look       look and end\n"
			   "  -V, --version    write the version and end\n"
			   "  -h, --help       write this and end\n"
			   "See demo(8).\n";

static const struct command demo = {
	.name = "demo",
	.usage = "demo [-q]",
	.see = "See demo(8).",
	.with = "paper 1.0",
	.options = rows,
	.take = take,
};

/* What the program of these words ends with, or -1. */
static int
demo_read(const struct command *command, char *words)
{
	char *argv[16] = { (char[]){ "demo" } };
	int argc = 1;

	for (char *word = strtok(words, " "); word != NULL;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	optind = 0; /* getopt begins anew */
	seen[0] = '\0';
	return command_read(command, seen, argc, argv);
}

static const struct {
	const char *words;
	int status;
	const char *seen;
} lines[] = {
	{ "", -1, "" },
	{ "-q -f x", -1, "113=-;102=x;" },
	{ "-qfx --file=y --quiet", -1, "113=-;102=x;102=y;113=-;" },
	{ "--look", -1, "364=-;" },
	{ "-q --help -f x", EX_OK, "113=-;" },
	{ "-hV", EX_OK, "" },
	{ "--version", EX_OK, "" },
	{ "-f bad -q", EX_USAGE, "102=bad;" },
	{ "-f", EX_USAGE, "" },
	{ "-l", EX_USAGE, "" },
	{ "--nothing", EX_USAGE, "" },
	{ "--quiet=now", EX_USAGE, "" },
	{ "-q word", EX_USAGE, "113=-;" },
	{ "-q -- -f", EX_USAGE, "113=-;" },
};

START_TEST(is_taken_or_refused)
{
	char words[64];

	snprintf(words, sizeof(words), "%s", lines[_i].words);
	ck_assert_int_eq(demo_read(&demo, words), lines[_i].status);
	ck_assert_str_eq(seen, lines[_i].seen);
}
END_TEST

START_TEST(leaves_operands)
{
	struct command command = demo;

	command.operands = true;
	ck_assert_int_eq(demo_read(&command, (char[]){ "one -q two" }), -1);
	ck_assert_str_eq(seen, "113=-;");
	ck_assert_int_eq(optind, 2); /* getopt has put -q first */
}
END_TEST

START_TEST(helps_in_columns)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(to);
	command_help(&demo, to);
	fclose(to);
	ck_assert_str_eq(text, help);
	free(text);
}
END_TEST

int
main(void)
{
	TCase *cases = tcase_create("command");
	Suite *suite = suite_create("sys");

	tcase_add_loop_test(cases, is_taken_or_refused, 0,
	    (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_test(cases, leaves_operands);
	tcase_add_test(cases, helps_in_columns);
	suite_add_tcase(suite, cases);
	return tap_run(suite);
}
