/*
 * smtp.h - is there a mail service that would take a message? (RFC 5321 4.2)
 *
 *     220 greeting --> EHLO --> 250: PLUGIN_OK, and QUIT is said
 *                        |
 *                        +--> 5xx --> HELO --> 250: PLUGIN_OK, QUIT
 *
 *     asked further:  MAIL --> 250 --> RCPT --> 250: PLUGIN_TAKES, RSET, QUIT
 *                       |               |
 *                       +---------------+--> PLUGIN_REFUSED if it means that
 *                                            (reply.h), else PLUGIN_OK
 *
 * It asks what a client must know to deliver, and no more: any 2xx is yes;
 * who does not know EHLO may know HELO; a line may end in LF, and be longer
 * than it should; of a reply the last line counts, and what is no line of a
 * reply is passed over, as Postfix's client does it. What follows QUIT, or
 * does not follow, means nothing.
 *
 * A greeting of 4xx, and 421 at any time, is the word of a service that is
 * there and has no time: PLUGIN_BUSY. A greeting of `421 4.4.1`, no answer from
 * host (RFC 3463, 3.5), is the word of what stands in front of a mail service
 * that is not: PLUGIN_FAILED, as any other code, an end of the stream, and a
 * reply beyond its bound. No message is ever begun. Nothing of what the service
 * says is kept but one line, to be judged, and its last refusal, to be shown.
 */

#ifndef PLUGINS_PROBE_SMTP_H
#define PLUGINS_PROBE_SMTP_H

#include "plugins/plugin.h"

/* Of one reply: whoever says more has something else to say. */
#define SMTP_REPLY_OCTETS 65536
#define SMTP_SAID 160      /* octets of a refusal that are shown */
#define SMTP_LINE_KEPT 512 /* octets; what is judged stands before */

extern const struct plugin_probe smtp_probe;

/* The same by LMTP (RFC 2033): LHLO in place of EHLO, and no HELO. */
extern const struct plugin_probe lmtp_probe;

/* Whether somebody takes a connection. */
extern const struct plugin_probe tcp_probe;

#endif
