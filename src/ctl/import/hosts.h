/*
 * hosts.h - addresses of servers: from a file as hosts(5) has it, else from the
 * system's resolver, which asks DNS.
 */

#ifndef CTL_IMPORT_HOSTS_H
#define CTL_IMPORT_HOSTS_H

#include "ctl/import/import.h"
#include "ctl/verbs.h"

struct import_host {
	char *name; /* lower case */
	struct addr addr;
	unsigned line;
};

struct import_hosts {
	const char *file; /* NULL: none was given */
	VEC(struct import_host) list;
};

/* The file of --hosts, if it is given. CALL_OK, or CALL_USAGE after complaints
 * of each line that is wrong. */
int import_hosts_load(const struct call *call, struct import_hosts *hosts);
void import_hosts_done(struct import_hosts *hosts);

/* Who has this address; NULL: nobody in the file. */
const char *import_hosts_name(
    const struct import_hosts *hosts, const struct addr *addr);

/*
 * Gives servers the addresses that they do not have yet: port 25 for mail, 691
 * for peers. `dns`: also by the resolver, which may take seconds for each.
 */
void import_hosts_reach(
    const struct import_hosts *hosts, struct import *im, bool dns);

#endif
