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
#include "sys/installed.h"

#define STATE "/var/lib/lsrd"
#define PATH 4096

struct options {
	struct owner owner;
	const char *mta;
	bool verify;
};

#define VERIFY (COMMAND_LONG + 'v')

static const struct command_option publish_options[] = {
	{ 't', "tables", "DIR", "where the tables lie [STATE/MTA]" },
	{ 's', "state", "DIR", "lsrd's own directory [" STATE "]" },
	{ 'm', "mta", "NAME", "whose tables: postfix or exim" },
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
	.see = "See lsrd-publish(8).",
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
begin_servers(const char *tables, const char *mta)
{
	char path[PATH];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", tables,
		setup_servers(mta)) >= sizeof(path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
}

static int
publish_serve(const struct plugin_export *plugin, const struct owner *owner)
{
	if (!is_socket(STDIN_FILENO)) {
		fputs("lsrd-publish: standard input is no socket: lsrd starts "
		      "this program\n",
		    stderr);
		return EX_USAGE;
	}
	die_with_lsrd();
	signal(SIGPIPE, SIG_IGN);
	return serve(STDIN_FILENO, plugin, owner);
}

/* The tables of one MTA. */
static int
publish_for(const struct options *options, const char *mta)
{
	const struct plugin_export *plugin = plugin_export_to(mta);
	struct owner owner = options->owner;
	char path[PATH];

	if (plugin == NULL) {
		fprintf(stderr, "lsrd-publish: no export to %s in here\n", mta);
		return EX_USAGE;
	}
	if (owner.tables == NULL) {
		snprintf(path, sizeof(path), "%s/%s", owner.state, mta);
		owner.tables = path;
	}
	umask(022);
	if (mkdir(owner.tables, 0755) != 0 && errno != EEXIST) {
		fprintf(stderr, "lsrd-publish: %s: %s\n", owner.tables,
		    strerror(errno));
		return EX_CANTCREAT;
	}
	begin_servers(owner.tables, mta);
	return options->verify ? verify(plugin, &owner)
	                       : publish_serve(plugin, &owner);
}

/* Where a publisher has ever been there is this file. */
static bool
was_published(const struct options *options, const char *mta)
{
	char path[PATH];

	snprintf(path, sizeof(path), "%s/%s/owner", options->owner.state, mta);
	return access(path, F_OK) == 0;
}

/* Nobody says whose tables: of every MTA that has some, or else of the one that
 * is installed. */
static int
verify_all(const struct options *options)
{
	static const char *const mtas[] = { "postfix", "exim" };
	int code = EX_OK, one;
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		if (!was_published(options, mtas[i]))
			continue;
		any = true;
		one = publish_for(options, mtas[i]);
		code = code == EX_OK ? one : code;
	}
	return any ? code : publish_for(options, installed_mta(""));
}

int
main(int argc, char **argv)
{
	struct options options = { .owner = { .state = STATE } };
	int code = command_read(&publish_command, &options, argc, argv);

	if (code >= 0)
		return code;
	if (options.mta == NULL && options.verify &&
	    options.owner.tables == NULL)
		return verify_all(&options);
	return publish_for(
	    &options, options.mta == NULL ? "postfix" : options.mta);
}
