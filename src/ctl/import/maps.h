/*
 * maps.h - from the static maps of several mail servers to what lsrd computes
 * routes of: who delivers what, whom each sends mail for others to, and from
 * that groups, connectors with their costs, and address spaces.
 *
 * An importer first names the servers, then says what each claims and where it
 * sends what; maps_read() then looks which of those hosts are servers of the import
 * themselves. What goes to one of these is no address space here: it is a
 * connector to its group, and its own claim there. What goes to anybody else is
 * an address space with that way out.
 */

#ifndef CTL_IMPORT_MAPS_H
#define CTL_IMPORT_MAPS_H

#include "ctl/import/hosts.h"
#include "ctl/import/import.h"
#include "ctl/verbs.h"

struct maps_host {
	char *name;       /* lower case; "": an address */
	struct addr addr; /* family 0: a name */
};

struct maps_route {
	size_t server; /* in the import's list */
	char *where;
	char *pattern;
	char *way;                   /* `deliver` where it leaves the import */
	VEC(struct maps_host) hosts; /* in the order they are tried */
	char *sender;                /* this sender's alone; NULL: anybody's */
	bool relay;
	bool equal; /* its hosts are taken in any order */
};

struct maps_claim {
	size_t server;
	char *where, *pattern;
	bool relay;
};

struct maps {
	const struct call *call;
	const struct import_hosts *hosts;
	struct import *im;
	uint32_t cost; /* of a connector */
	VEC(struct maps_route) routes;
	VEC(struct maps_claim) claims;
};

/*
 * Takes each operand, then does what hangs on all of them: which hosts are servers
 * of the import. CALL_OK, what take() gave, or CALL_USAGE after a complaint:
 * --cost, --group.
 */
int maps_read(const struct call *call, const struct import_hosts *hosts,
    struct import *im, int (*take)(struct maps *maps, const char *operand));

/* A server, whose group --group names, or the label behind its own. Its number;
 * SIZE_MAX after a note. */
size_t maps_server(struct maps *maps, const char *where, const char *name);

/* It delivers this, or has its mail server find the way. */
void maps_claim(struct maps *maps, size_t server, const char *where,
    const char *pattern, bool relay);

/* It sends this there; lent until the next. `way` may be NULL. */
struct maps_route *maps_route(struct maps *maps, size_t server,
    const char *where, const char *pattern, const char *way);

/* [HOST], [HOST]:PORT, HOST:PORT, HOST; false: no host. */
bool maps_route_host(struct maps_route *route, const char *text, size_t n);

/* The options that go with them. */
#define MAPS_OPTIONS                                                           \
	{ "cost", "N", "of connectors; 10" },                                  \
	{                                                                      \
		"group", "SERVER=GROUP", "its routing group (also several)"    \
	}

#endif
