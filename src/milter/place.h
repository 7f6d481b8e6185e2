/*
 * place.h - where a milter listens, in the forms that users know:
 *
 *     unix:/path  local:/path  /path
 *     inet:port@host  inet:port  inet6:port@host  inet6:port   libmilter's
 *     inet:host:port  inet:[2001:db8::1]:port                  Postfix's
 */

#ifndef MILTER_PLACE_H
#define MILTER_PLACE_H

#include <stdbool.h>

#define PLACE_TEXT 300

struct place {
	char text[PLACE_TEXT]; /* as libmilter wants it */
	const char *path;      /* in text, of a unix socket; else NULL */
};

/* False when the text is none of these; *place is not to be used then. */
bool place_read(struct place *place, const char *text);

#endif
