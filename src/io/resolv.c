#include "io/resolv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <ares.h>

#define SYSTEMS "/etc/resolv.conf"

bool
resolv_same(const struct resolv *a, const struct resolv *b)
{
	return a->dns == b->dns && a->native == b->native &&
	       strcmp(a->path, b->path) == 0 && a->port == b->port;
}

/* One that is not there is empty for the MTA, too; one that is not ours to
 * read says nothing, and the system's is the best guess. */
static const char *
resolv_path(const struct resolv *r)
{
	if (r->path[0] == '\0' ||
	    (access(r->path, R_OK) != 0 && errno != ENOENT))
		return SYSTEMS;
	return r->path;
}

struct stat
resolv_look(const struct resolv *resolv)
{
	struct stat st;

	if (stat(resolv_path(resolv), &st) != 0)
		st = (struct stat){ 0 };
	return st;
}

bool
resolv_is(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int
resolv_options(struct resolv *resolv, struct ares_options *options)
{
	static char dns[] = "b", native[] = "fb", both[] = "bf";
	int mask = 0;

	if (resolv_path(resolv) == resolv->path) {
		options->resolvconf_path = resolv->path;
		mask |= ARES_OPT_RESOLVCONF;
	}
	if (resolv->dns || resolv->native) {
		options->lookups = !resolv->native ? dns
		                   : resolv->dns   ? both
		                                   : native;
		mask |= ARES_OPT_LOOKUPS;
	}
	if (resolv->dns && !resolv->native) {
		options->ndomains = 0;
		mask |= ARES_OPT_DOMAINS;
	}
	if (resolv->port != 0) {
		options->udp_port = resolv->port;
		mask |= ARES_OPT_UDP_PORT;
	}
	return mask;
}
