/*
 * main.c - lsrd-milter: options, socket, the end of privileges.
 *
 *     options --> socket --> no longer root --> sealed --> background
 *         --> tend.c
 */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include <sys/stat.h>

#include "base/rc.h"
#include "milter/filter.h"
#include "milter/tend.h"
#include "sys/sandbox.h"
#include "sys/sock.h"

#define BACKLOG 512

/* Of a unix socket, before anybody can have come. True if there is nothing to
 * do or it is done. */
static bool
socket_group(const struct options *options)
{
	const struct group *group;

	if (options->place.path == NULL || options->group == NULL)
		return true;
	errno = 0;
	group = getgrnam(options->group);
	return group != NULL &&
	       chown(options->place.path, (uid_t)-1, group->gr_gid) == 0;
}

/*
 * libmilter cannot take a socket that is open already; it makes a unix socket
 * with what the umask leaves.
 */
static int
socket_open(const struct options *options)
{
	char *place = strdup(options->place.text);
	mode_t before = umask((mode_t)(0777 & ~options->mode));
	bool open;

	open = place != NULL && smfi_setconn(place) == MI_SUCCESS &&
	       smfi_setbacklog(BACKLOG) == MI_SUCCESS &&
	       smfi_opensocket(true) == MI_SUCCESS;
	umask(before);
	free(place);
	if (!open) {
		fprintf(stderr,
		    "lsrd-milter: %s: cannot listen there; does its directory "
		    "exist, and may %s write there?\n",
		    options->place.text, options->user);
		return EX_UNAVAILABLE;
	}
	if (socket_group(options))
		return 0;
	fprintf(stderr,
	    "lsrd-milter: %s: cannot be given to the group %s: %s\n",
	    options->place.path, options->group,
	    errno == 0 ? "no such group" : strerror(errno));
	return EX_NOUSER;
}

/* An exit status; 0: ready to run. */
static int
milter_prepare(struct milter *m, const struct options *options)
{
	int status = filter_register() == RC_OK ? 0 : EX_SOFTWARE;

	if (status == 0)
		status = socket_open(options);
	if (status == 0)
		status = sandbox_enter("lsrd-milter", options->user);
	/* a session is a descriptor, and libmilter ends when none is left */
	if (status == 0)
		sock_room(UINT64_MAX);
	if (status == 0 && !options->foreground && daemon(0, 0) != 0)
		status = EX_OSERR;
	say_open(&m->say, "lsrd-milter", options->foreground);
	m->say.most = options->level;
	return status;
}

/* -t: what tend.c would say, and nothing else. */
static int
check(struct milter *m)
{
	char told[512] = "";

	say_open(&m->say, "lsrd-milter", true);
	tend_refresh(m, told, sizeof(told));
	return told[0] == '\0' ? EX_OK : EX_CONFIG;
}

int
main(int argc, char **argv)
{
	struct milter *m = milter_get();
	struct options options;
	int status = options_read(&options, argc, argv);

	if (status >= 0)
		return status;
	milter_init(m, &options);
	if (options.check) {
		status = check(m);
		milter_done(m);
		return status;
	}
	status = milter_prepare(m, &options);
	if (status == 0)
		status = tend_run(m);
	_exit(status); /* libmilter's threads run on until then */
}
