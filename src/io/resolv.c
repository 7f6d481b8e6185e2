#include "io/resolv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ares.h>

#include <sys/socket.h>

#define SYSTEMS "/etc/resolv.conf"

bool
resolv_same(const struct resolv *a, const struct resolv *b)
{
	return a->dns == b->dns && a->native == b->native &&
	       strcmp(a->path, b->path) == 0 &&
	       strcmp(a->hosts, b->hosts) == 0 && a->family == b->family &&
	       a->port == b->port;
}

/* One that is not there is empty for the MTA, too; one that is not ours to
 * read says nothing, and the system's is the best guess. */
static bool
is_ours(const char *path)
{
	return path[0] != '\0' && (access(path, R_OK) == 0 || errno == ENOENT);
}

static const char *
resolv_path(const struct resolv *r)
{
	return is_ours(r->path) ? r->path : SYSTEMS;
}

void
resolv_hints(const struct resolv *resolv, struct ares_addrinfo_hints *hints)
{
	*hints = (struct ares_addrinfo_hints){ .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	if (resolv->family != 0)
		hints->ai_family = resolv->family == 4 ? AF_INET : AF_INET6;
	if (is_ours(resolv->hosts) &&
	    setenv("CARES_HOSTS", resolv->hosts, 1) == 0)
		hints->ai_flags = ARES_AI_ENVHOSTS;
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
