/*
 * maillog.h - Postfix's log lines as evidence of its next hops. Pure.
 *
 * Only lines of one service count, the smtp client that lsrd's routes name
 * (`-o syslog_name=postfix/lsrd`), and of those:
 *
 *     connect to HOP[IP]:PORT: reason                        failed
 *     ID: lost connection with HOP[IP] while (greeting)      failed
 *     ID: host HOP[IP] refused to talk to me: 4xx            failed
 *     ID: host HOP[IP] refused to talk to me: 5xx            refused
 *     ID: TLS is required, but ... host HOP[IP] ...          refused
 *     ID: host HOP[IP] said: 4xx ...                         replies
 *     ID: lost connection with HOP[IP] while (later)         replies
 *     ID: to=<...>, ... relay=HOP[IP]:PORT ... status=sent      ok
 *     ID: to=<...>, ... status=deferred (one of the above, or
 *         Cannot start TLS, Server certificate not verified) refused
 *         route refused: host ... said: ...)      of that recipient
 *
 * What fails a probe sees as well, and decides. What is refused is a session
 * that this host demands: EHLO, TLS, a login. A reply is about a message, whose
 * recipients a stranger may have chosen. `route refused: ` are the words of
 * conf/postfix/route-refused.regexp, which has judged the reply. A 5xx to a recipient says nothing of
 * the hop; nor does what has no relay (`delivery temporarily suspended`), which
 * is an echo of what was said before.
 *
 * What strangers can write into a line is the recipient, which is passed over
 * by the rules of a quoted string, and the text in the last parentheses, of
 * which only the beginning is looked at, Postfix's own words.
 */

#ifndef POSTFIX_MAILLOG_H
#define POSTFIX_MAILLOG_H

#include <stddef.h>

#include "plugins/log/tally.h"

/*
 * The same of another transport, whose name is lent as the tally's lines lend it:
 * its tag is postfix/NAME/ and smtp, lmtp or pipe. What pipe(8) says has no hop:
 *
 *     ID: to=<...>, relay=NAME, ... status=sent              ok
 *     ID: to=<...>, relay=NAME, ... status=deferred          replies
 */
void maillog_read_by(
    struct tally_line *out, const char *line, size_t n, const char *name);

#define MAILLOG_TAG "postfix/lsrd/smtp"
/* Reads a line of n octets, with or without its line feed, as syslog writes
 * it: time, host, tag with `[pid]`, text. */
void maillog_read(
    struct tally_line *out, const char *line, size_t n, const char *tag);

#endif
