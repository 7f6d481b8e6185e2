/*
 * resolv.h - by what names are looked up: DNS, hosts(5) or both, and which
 * resolv.conf(5) says whom to ask. What c-ares is given, and no more.
 *
 * A file that has changed since is found by a look at it; c-ares would ask the
 * servers of yesterday for as long as a channel lives.
 */

#ifndef IO_RESOLV_H
#define IO_RESOLV_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/stat.h>

#include "core/lsa/mta.h"

#define RESOLV_PATH_MAX (MTA_PATH_MAX + 32)

struct resolv {
	/* DNS alone: a name as it is, without a search list; neither: as
	 * nsswitch.conf(5) says. */
	bool dns, native;
	char path[RESOLV_PATH_MAX];  /* "": /etc/resolv.conf */
	char hosts[RESOLV_PATH_MAX]; /* "": /etc/hosts */
	uint8_t family;              /* 4 or 6: of these addresses alone */
	uint16_t port;               /* 0: 53; another: for tests */
};

bool resolv_same(const struct resolv *a, const struct resolv *b);

/* Of names: the hints for ares_getaddrinfo(). c-ares takes another hosts(5) by
 * its environment alone (CARES_HOSTS), and for who asks for that. */
struct ares_addrinfo_hints;
void resolv_hints(
    const struct resolv *resolv, struct ares_addrinfo_hints *hints);

/* The file as it is now; all zero: there is none. */
struct stat resolv_look(const struct resolv *resolv);
bool resolv_is(const struct stat *a, const struct stat *b);

struct ares_options;

/* Fills in what it lays down, and returns the mask of that. `resolv` is lent
 * as long as the options. */
int resolv_options(struct resolv *resolv, struct ares_options *options);

#endif
