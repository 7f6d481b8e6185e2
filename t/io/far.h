/*
 * far.h - the far end of X-LSA-2 for tests: the machine of src/verb on a
 * listening socket, which brings what it carries to a front socket; or a
 * script that says what no such machine would.
 */

#ifndef T_IO_FAR_H
#define T_IO_FAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/addr.h"
#include "base/buf.h"

/* What a script says at the beginning and after each line; then no more. */
struct far_script {
	const char *say[4]; /* at most three */
	size_t pad;         /* octets of `A` in front of the last */
};

struct far {
	struct event_base *base;
	struct evconnlistener *listener;
	struct addr addr;
	const char *front;               /* the socket to bring it to */
	const struct far_script *script; /* instead of that, or NULL */
	size_t cut; /* ends it after so many octets of the client; 0: no */
	bool deaf;  /* reads nothing more */
	bool eager; /* lets no poll wait */
	struct far_session *first;

	/* What was seen. */
	size_t sessions, octets;     /* of clients */
	size_t lines, answers, most; /* of the verb; most outstanding */
	size_t longest_line;         /* with its CR LF */
	size_t longest_record[2];    /* TLS: of the client, of the server */
	struct buf said;             /* by the client before the verb */
	bool quit;
};

void far_up(
    struct far *far, struct event_base *base, uint8_t last, const char *front);

/* Reads on after it was deaf. */
void far_hear(struct far *far);
void far_down(struct far *far);

#endif
