/* main.c - lsrd-publish: the only writer of the MTA's tables. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/lsa/setup.h"
#include "publish/mark.h"
#include "publish/serve.h"
#include "publish/verify.h"

#define STATE "/var/lib/lsrd"
#define TABLES "/var/lib/lsrd/postfix"

struct options {
	struct mark mark;
	const char *mta;
	bool verify;
};

static void
usage(FILE *to)
{
	fputs("usage: lsrd-publish [--tables DIR] [--state DIR] [--mta NAME]\n"
	      "       lsrd-publish --verify [--tables DIR] [--state DIR] "
	      "[--mta NAME]\n"
	      "\n"
	      "Writes lsrd's routes into the MTA's own tables. lsrd starts it, "
	      "with a socket\n"
	      "as its standard input. With --verify it looks, before the MTA "
	      "starts, whether\n"
	      "the tables are whole, and makes broken ones anew.\n"
	      "\n"
	      "  -t, --tables DIR  where the tables lie [" TABLES "]\n"
	      "  -s, --state DIR   lsrd's own directory [" STATE "]\n"
	      "  -m, --mta NAME    whose tables [postfix]\n"
	      "      --verify      look, mend and end\n"
	      "  -h, --help        show this and end\n"
	      "  -V, --version     show the version and end\n"
	      "\n"
	      "See lsrd-publish(8) and lsrd-postfix(7).\n",
	    to);
}

/* Returns -1 to go on, or the code to end with. */
static int
take_option(struct options *options, int c)
{
	switch (c) {
	case 't':
		options->mark.tables = optarg;
		return -1;
	case 's':
		options->mark.state = optarg;
		return -1;
	case 'm':
		options->mta = optarg;
		return -1;
	case 'v':
		options->verify = true;
		return -1;
	case 'h':
		usage(stdout);
		return EX_OK;
	case 'V':
		puts("lsrd-publish " PACKAGE_VERSION);
		return EX_OK;
	default:
		usage(stderr);
		return EX_USAGE;
	}
}

static int
take_options(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{ "tables", required_argument, NULL, 't' },
		{ "state", required_argument, NULL, 's' },
		{ "mta", required_argument, NULL, 'm' },
		{ "verify", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "t:s:m:hV", names, NULL)) != -1) {
		int code = take_option(options, c);

		if (code >= 0)
			return code;
	}
	if (optind == argc)
		return -1;
	usage(stderr);
	return EX_USAGE;
}

static const struct plugin_export *
find_export(const char *name)
{
	for (size_t i = 0; plugin_exports[i] != NULL; i++)
		if (strcmp(plugin_exports[i]->name, name) == 0)
			return plugin_exports[i];
	return NULL;
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/*
 * Nobody but lsrd watches whether we hang in the lock, so we do not outlive
 * it: being killed in mid-write leaves the tables whole.
 */
static void
die_with_lsrd(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/*
 * The MTA opens it with the tables, and defers all mail where it is missing:
 * before lsrd has written it, it names nobody.
 */
static void
begin_servers(const char *tables)
{
	char path[4096];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/" SETUP_SERVERS, tables) >=
	    sizeof(path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct options options = {
		.mark = { .tables = TABLES, .state = STATE },
		.mta = "postfix",
	};
	const struct plugin_export *export;
	int code = take_options(&options, argc, argv);

	if (code >= 0)
		return code;
	export = find_export(options.mta);
	if (export == NULL) {
		fprintf(stderr, "lsrd-publish: no export to %s in here\n",
		    options.mta);
		return EX_USAGE;
	}
	umask(022);
	if (mkdir(options.mark.tables, 0755) != 0 && errno != EEXIST) {
		fprintf(stderr, "lsrd-publish: %s: %s\n", options.mark.tables,
		    strerror(errno));
		return EX_CANTCREAT;
	}
	begin_servers(options.mark.tables);
	if (options.verify)
		return verify(export, &options.mark);
	if (!is_socket(STDIN_FILENO)) {
		fputs("lsrd-publish: standard input is no socket: lsrd starts "
		      "this program\n",
		    stderr);
		return EX_USAGE;
	}
	die_with_lsrd();
	signal(SIGPIPE, SIG_IGN);
	return serve(STDIN_FILENO, export, &options.mark);
}
