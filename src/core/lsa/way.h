/*
 * way.h - a way out, as `deliver` of lsrd.conf has it, taken apart:
 *
 *     TRANSPORT:                  as that transport has it
 *     TRANSPORT:[HOST]            to this host, its port being the transport's
 *     TRANSPORT:[HOST]:PORT       PORT a number or smtp, submission, lmtp
 *
 * HOST is a name, or an address without more brackets. Postfix knows further
 * forms, whose text it gets as it is; another MTA gets what is taken apart here.
 */

#ifndef CORE_WAY_H
#define CORE_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/str.h"

#define WAY_BY_MAX 255

struct way {
	char transport[STR_WORD_MAX + 1]; /* letters, digits, - and _ */
	char host[STR_HOST_MAX + 1];      /* a name; "": an address, or none */
	struct addr addr;                 /* family 0: a name, or none */
	uint16_t port;                    /* 0: not said */
};

/* RC_OK; RC_FORMAT: another form. */
int way_read(struct way *out, const char *text);

/*
 * The transport that mail to a bridgehead is handed to, as `transport` of a
 * connector has it: NAME, or NAME:NEXTHOP, which Postfix gets as it is. RC_OK;
 * RC_FORMAT; RC_CLAIM: a service that no mail comes out of again.
 */
int way_by(const char *text);

/* The octets of its name. */
size_t way_by_name(const char *text);

/* True if Exim can have a transport of this name: a letter, then letters,
 * digits and _. */
bool way_is_driver(const char *transport);

/* The port of what follows a host in brackets: "", ":25", ":submission". False:
 * it is none; *port is 0 where none is said. */
bool way_port(const char *text, uint16_t *port);

#endif
