/*
 * options.h - what stands on the command line of lsrd-milter(8).
 */

#ifndef MILTER_OPTIONS_H
#define MILTER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/place.h"

struct options {
	struct place place;
	const char *user;
	const char *group; /* of the socket; NULL: as the system makes it */
	const char *table; /* lsrd's, of routes and mark keys */
	const char *key;   /* the mark key */
	const char *previous_key; /* the one before; NULL: there is none */
	const char *reinject;     /* for FILTER: our own smtpd; or NULL */
	const char *report;       /* lsrd's datagram socket */
	uint32_t mode;            /* of the socket */
	uint32_t hop_limit;       /* of the MTA */
	int level;                /* log so far, as of syslog(3) */
	bool foreground;
	bool check; /* look, say, end */
};

/*
 * Fills *options, with defaults for what is not given. Returns -1 to go on,
 * or an exit status after it has said why. What it points to is argv's.
 */
int options_read(struct options *options, int argc, char **argv);

#endif
