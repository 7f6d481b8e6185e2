/*
 * verb_client.h - lsrd's end of X-LSA-2 as a machine: an SMTP session to a
 * bridgehead that carries octets of TLS. No socket, no clock.
 *
 *     GREETING --220--> EHLO --250 with the keyword--> CARRYING
 *         |               |                               |
 *         +---------------+----- ENDED <------------------+
 *
 * At most VERB_CLIENT_LINES lines are unanswered; while there is nothing to
 * say, the last of them is a poll, so that the other side can speak at any
 * time. The deadlines for greeting and EHLO are the caller's; afterwards no
 * line waits longer than VERB_SERVER_POLL_MS, and the peering protocol's
 * own keep-alives tell. Where a poll does not wait, but is answered with
 * nothing at once, polls are VERB_CLIENT_PAUSE_MS apart.
 *
 * The caller empties `say` and `tls` (buf_reset) after every call. What the
 * server said before it ended may be in `tls`, too.
 */

#ifndef VERB_VERB_CLIENT_H
#define VERB_VERB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mono.h"

#define VERB_CLIENT_LINES 32     /* unanswered */
#define VERB_CLIENT_PENDING 4096 /* octets that wait for a line */
#define VERB_CLIENT_REPLY 100    /* lines of a greeting or EHLO's answer */
/* So that such a server costs five lines a second and not one a round trip,
 * and what it has to say still comes well within a keep-alive time. */
#define VERB_CLIENT_PAUSE_MS 200

enum verb_client_state {
	VERB_CLIENT_GREETING,
	VERB_CLIENT_EHLO,
	VERB_CLIENT_CARRYING, /* TLS may begin */
	VERB_CLIENT_ENDED     /* `why` tells; close */
};

enum verb_client_why {
	VERB_CLIENT_WELL,
	VERB_CLIENT_NO_MAIL, /* greeting or EHLO were refused */
	VERB_CLIENT_NO_VERB, /* the keyword is not offered to us */
	VERB_CLIENT_BLANKED, /* something in between has blanked keywords */
	VERB_CLIENT_REFUSED, /* the verb was refused (5xx) */
	VERB_CLIENT_AWAY,    /* no lsrd behind the listener now (4xx) */
	VERB_CLIENT_CLOSED,  /* 421, or the end of the stream */
	VERB_CLIENT_GARBLED  /* that is no SMTP, or no base64 */
};

struct verb_client {
	enum verb_client_state state;
	enum verb_client_why why;
	int code;             /* of the answer that ended it, or 0 */
	struct buf say;       /* for the server */
	struct buf tls;       /* from the server */
	const char *own_name; /* for EHLO, lent */

	struct buf pending;
	uint32_t outstanding; /* lines without an answer */
	bool polling;         /* the last of them is a poll */
	bool carried;         /* this answer has had octets */
	struct mono polled;   /* when the last poll was said */
	struct mono poll_at;  /* none before that */
	bool keyword, blanked, quitting;
	uint32_t lines; /* of this answer */
	size_t length;  /* of this line so far */
	uint8_t line[1000];
};

void verb_client_init(struct verb_client *client, const char *own_name);

/* Octets from the server; n is 0 at the end of the stream. */
void verb_client_feed(struct verb_client *client, const uint8_t *octets,
    size_t n, struct mono now);

/* How many octets of TLS may come now; and they come. */
size_t verb_client_room(const struct verb_client *client);
void verb_client_send(struct verb_client *client, const uint8_t *octets,
    size_t n, struct mono now);

/* When verb_client_tick() wants to be called; MONO_NEVER: not at all. */
struct mono verb_client_wake(const struct verb_client *client);
void verb_client_tick(struct verb_client *client, struct mono now);

/* No more to send: what is pending, then QUIT. */
void verb_client_quit(struct verb_client *client);

/* The word of a reason for log lines. */
const char *verb_client_word(enum verb_client_why why);

void verb_client_done(struct verb_client *client);

#endif
