/*
 * reply.h - what a reply to our own MAIL or RCPT means.
 *
 * Both are asked with a sender and a recipient of our own making, so nobody
 * else has a word in the reply. The wordings are those of known MTAs, as in
 * conf/postfix/route-refused.regexp, which does the same for real mail.
 */

#ifndef PROBE_REPLY_H
#define PROBE_REPLY_H

#include <stdbool.h>

/* `text` is one line of a reply: three digits and what follows. */

/* It will not relay for us: the route is wrong, whoever the recipient is. */
bool reply_denies_relay(const char *text);

/*
 * It would take no mail of anybody from us now: its system, its disk, or a
 * policy about this host. Not what may be about the one recipient or sender,
 * a greylist that takes it later, or what it wants before: TLS, a login.
 */
bool reply_takes_none(const char *text);

#endif
