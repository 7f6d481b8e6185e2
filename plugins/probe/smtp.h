/*
 * smtp.h - is there a mail service that would take a message? (RFC 5321)
 *
 *     220 greeting ---> EHLO ---> 250 ---> QUIT ---> 221: PLUGIN_OK
 *
 * Any other code, anything that is no reply, a line or a reply beyond its
 * bound, and an end of the stream before the last answer: PLUGIN_FAILED. No
 * message is begun. Nothing of what the service says is kept but the digits
 * of its replies.
 */

#ifndef PLUGINS_PROBE_SMTP_H
#define PLUGINS_PROBE_SMTP_H

#include "plugins/plugin.h"

/* RFC 5321 4.5.3.1.5 says 512 octets; servers have been seen with more. */
#define SMTP_LINE_MAX 2048
#define SMTP_REPLY_LINES 128

extern const struct plugin_probe smtp_probe;

#endif
