#include "sys/command.h"

#include <getopt.h>
#include <sysexits.h>

#include "base/check.h"

#define COMMAND_OPTIONS 32 /* lsrd-front has 14 */
#define COMMAND_LABEL 64   /* "-x, --name VALUE" */

static const struct command_option command_own[] = {
	{ 'V', "version", NULL, "write the version and end" },
	{ 'h', "help", NULL, "write this and end" },
	{ 0, NULL, NULL, NULL },
};

static int
command_label(char *out, const struct command_option *option)
{
	char letter[] = "-x, ";

	letter[1] = (char)option->key;
	return snprintf(out, COMMAND_LABEL, "%s--%s%s%s",
	    option->key < COMMAND_LONG ? letter : "    ", option->name,
	    option->value == NULL ? "" : " ",
	    option->value == NULL ? "" : option->value);
}

static int
command_widest(const struct command_option *rows, int widest)
{
	char label[COMMAND_LABEL];

	for (; rows->name != NULL; rows++) {
		int n = command_label(label, rows);

		if (n > widest)
			widest = n;
	}
	return widest;
}

/* Further lines of a help stand below its first. */
static void
command_rows(const struct command_option *rows, int widest, FILE *to)
{
	char label[COMMAND_LABEL];

	for (; rows->name != NULL; rows++) {
		command_label(label, rows);
		fprintf(to, "  %-*s  ", widest, label);
		for (const char *p = rows->help; *p != '\0'; p++) {
			putc(*p, to);
			if (*p == '\n')
				fprintf(to, "%*s", widest + 4, "");
		}
		putc('\n', to);
	}
}

void
command_help(const struct command *command, FILE *to)
{
	int widest =
	    command_widest(command->options, command_widest(command_own, 0));

	fprintf(to, "usage: %s\n", command->usage);
	command_rows(command->options, widest, to);
	command_rows(command_own, widest, to);
	fprintf(to, "%s\n", command->see);
}

static void
command_version(const struct command *command)
{
	printf("%s " PACKAGE_VERSION, command->name);
	if (command->with != NULL)
		printf(" (%s)", command->with);
	putchar('\n');
}

/* What getopt_long() wants to know of the rows. */
struct command_names {
	struct option names[COMMAND_OPTIONS];
	char letters[2 * COMMAND_OPTIONS];
	size_t nnames, nletters;
};

static void
command_names_add(struct command_names *n, const struct command_option *rows)
{
	for (; rows->name != NULL; rows++) {
		CHECK(n->nnames < COMMAND_OPTIONS - 1);
		n->names[n->nnames++] = (struct option){
			.name = rows->name,
			.has_arg = rows->value == NULL ? no_argument
			                               : required_argument,
			.val = rows->key,
		};
		if (rows->key >= COMMAND_LONG)
			continue;
		n->letters[n->nletters++] = (char)rows->key;
		if (rows->value != NULL)
			n->letters[n->nletters++] = ':';
	}
}

static int
command_wrong(const struct command *command)
{
	command_help(command, stderr);
	return EX_USAGE;
}

static int
command_bad_value(const struct command *command, int key, const char *value)
{
	const struct command_option *row = command->options;

	while (row->key != key)
		row++;
	if (key < COMMAND_LONG)
		fprintf(stderr, "%s: -%c: %s: bad value\n", command->name, key,
		    value);
	else
		fprintf(stderr, "%s: --%s: %s: bad value\n", command->name,
		    row->name, value);
	return EX_USAGE;
}

/* One that was read: -1 to go on. */
static int
command_take(const struct command *command, void *ctx, int key)
{
	switch (key) {
	case 'V':
		command_version(command);
		return EX_OK;
	case 'h':
		command_help(command, stdout);
		return EX_OK;
	case '?': /* getopt_long() has complained */
		return command_wrong(command);
	default:
		if (command->take(ctx, key, optarg))
			return -1;
		return command_bad_value(command, key, optarg);
	}
}

int
command_read(const struct command *command, void *ctx, int argc, char **argv)
{
	struct command_names n = { 0 };
	int key, status;

	command_names_add(&n, command->options);
	command_names_add(&n, command_own);
	while (
	    (key = getopt_long(argc, argv, n.letters, n.names, NULL)) != -1) {
		status = command_take(command, ctx, key);
		if (status >= 0)
			return status;
	}
	if (optind == argc || command->operands)
		return -1;
	fprintf(
	    stderr, "%s: %s: unknown argument\n", command->name, argv[optind]);
	return command_wrong(command);
}
