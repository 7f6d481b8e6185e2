/*
 * mainlog.h - Exim's main log as evidence of its next hops. Pure. For who
 * loads no object into Exim: else its events tell the same (event.h).
 *
 *     ID H=HOP [IP](:PORT): text             a connection, or a whole message
 *     ID => ADDRESS R=.. T=.. H=HOP [IP] ..  ok; also ->
 *     ID == ADDRESS R=.. T=.. defer (-44) H=HOP [IP]: text    a recipient's 4xx
 *     ID ** ADDRESS R=.. T=.. H=HOP [IP]: text   a 5xx: does it deny to relay?
 *
 * What the texts mean stands in said.h. The first form has no transport, so
 * hops of every one are told; lsrd takes those it knows. Of `==` other numbers
 * are echoes of the first form.
 *
 * A line begins as Exim writes it into a file (with or without log_selector =
 * +millisec +pid, log_timezone), or as syslog does, with or without the date
 * behind the tag.
 *
 * What strangers can write into a line is the address, which Exim writes
 * without its quotation marks, and behind it as it came: one that needs them
 * makes the line none of ours; the sender (+sender_on_delivery), passed over by the rules of a quoted
 * string; and what the hop replied, of which said.h looks at the beginning.
 */

#ifndef EXIM_MAINLOG_H
#define EXIM_MAINLOG_H

#include <stddef.h>

#include "plugins/log/tally.h"

#define MAINLOG_TAG "exim" /* Exim's syslog_processname */

/* Reads a line of n octets, without its line feed. */
void mainlog_read(
    struct tally_line *out, const char *line, size_t n, const char *tag);

/* The same of a transport that has no hosts, a pipe or LMTP, which lsrd.conf
 * names (lent): `ID => ADDRESS R=.. T=NAME ..` and `ID == .. defer (N): text`. */
void mainlog_read_by(struct tally_line *out, const char *line, size_t n,
    const char *tag, const char *name);

#endif
