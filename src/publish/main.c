/* main.c - lsrd-publish: the only writer of the MTA's tables. */

#include <errno.h>
#include <fcntl.h>
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
#include "publish/owner.h"
#include "publish/serve.h"
#include "publish/verify.h"
#include "sys/command.h"

#define STATE "/var/lib/lsrd"
#define TABLES "/var/lib/lsrd/postfix"

struct options {
	struct owner owner;
	const char *mta;
	bool verify;
};

#define VERIFY (COMMAND_LONG + 'v')

static const struct command_option publish_options[] = {
	{ 't', "tables", "DIR", "where the tables lie [" TABLES "]" },
	{ 's', "state", "DIR", "lsrd's own directory [" STATE "]" },
	{ 'm', "mta", "NAME", "whose tables [postfix]" },
	{ VERIFY, "verify", NULL, "look, mend and end" },
	{ 0, NULL, NULL, NULL },
};

static bool
publish_option_take(void *ctx, int option, const char *value)
{
	struct options *options = ctx;

	switch (option) {
	case 't':
		options->owner.tables = value;
		return true;
	case 's':
		options->owner.state = value;
		return true;
	case 'm':
		options->mta = value;
		return true;
	default:
		options->verify = true;
		return true;
	}
}

static const struct command publish_command = {
	.name = "lsrd-publish",
	.usage = "lsrd-publish [--tables DIR] [--state DIR] [--mta NAME]\n"
		 "       lsrd-publish --verify [--tables DIR] [--state DIR] "
		 "[--mta NAME]\n"
		 "\n"
		 "Writes lsrd's routes into the MTA's own tables. lsrd starts "
		 "it, with a socket\n"
		 "as its standard input. With --verify it looks, before the "
		 "MTA starts, whether\n"
		 "the tables are whole, and makes broken ones anew.\n",
	.see = "See lsrd-publish(8) and lsrd-postfix(7).",
	.options = publish_options,
	.take = publish_option_take,
};

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
		.owner = { .tables = TABLES, .state = STATE },
		.mta = "postfix",
	};
	const struct plugin_export *plugin;
	int code = command_read(&publish_command, &options, argc, argv);

	if (code >= 0)
		return code;
	plugin = plugin_export_to(options.mta);
	if (plugin == NULL) {
		fprintf(stderr, "lsrd-publish: no export to %s in here\n",
		    options.mta);
		return EX_USAGE;
	}
	umask(022);
	if (mkdir(options.owner.tables, 0755) != 0 && errno != EEXIST) {
		fprintf(stderr, "lsrd-publish: %s: %s\n", options.owner.tables,
		    strerror(errno));
		return EX_CANTCREAT;
	}
	begin_servers(options.owner.tables);
	if (options.verify)
		return verify(plugin, &options.owner);
	if (!is_socket(STDIN_FILENO)) {
		fputs("lsrd-publish: standard input is no socket: lsrd starts "
		      "this program\n",
		    stderr);
		return EX_USAGE;
	}
	die_with_lsrd();
	signal(SIGPIPE, SIG_IGN);
	return serve(STDIN_FILENO, plugin, &options.owner);
}
