/*
 * said.h - what Exim says of a session with a next hop, in its log and in its
 * events alike: is it about the link, or about the message? Pure.
 *
 *     Connection refused, Connection timed out, No route to host ...   failed
 *     SMTP error from remote mail server after STAGE: 4xx ...
 *     SMTP timeout after STAGE ...
 *     Remote host closed connection in response to STAGE
 *         STAGE initial connection, EHLO, HELO                         failed
 *               the same, but 5xx                                      refused
 *               STARTTLS, AUTH                                         refused
 *               MAIL, RCPT, DATA, end of data (4xx, cut, late)         replies
 *     TLS, authentication that our side demands and does not get       refused
 *
 * as lsrd-maillog has them for Postfix. `retry time not reached` and what else
 * is not listed says nothing: an echo of what was said before. A 5xx to a
 * message says nothing of the hop, unless it denies to relay.
 *
 * What strangers can write into such a text is the address behind MAIL FROM or
 * RCPT TO, which is passed over by the rules of a quoted string, and what the
 * hop itself replies behind the code.
 *
 * (Exim 4.94 to 4.98: src/transports/smtp.c, check_response())
 */

#ifndef EXIM_SAID_H
#define EXIM_SAID_H

#include <stddef.h>

#include "plugins/log/tally.h"

/* Of the n octets at p, which may be any. */
enum tally_what said_judge(const char *p, size_t n);

#endif
