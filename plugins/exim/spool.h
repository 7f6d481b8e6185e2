/*
 * spool.h - Exim's queue: the files of its spool directory, read. Pure.
 *
 *     input/ID-H, input/C/ID-H   a message: envelope, options, recipients
 *     input/.../ID-J             who has been delivered since it was written
 *     msglog/.../ID              what came of each try
 *
 * A -H file (Exim 4.94 to 4.99: src/spool_in.c, src/spool_out.c) is
 *
 *     1xXV3I-0005Qv-2q-H          its own name
 *     Debian-exim 101 103
 *     <sender@a.example>
 *     1795920848 0                when it came
 *     -name value                 options; `-aclm NAME N` has N octets and a
 *                                 line feed behind it, whatever they are
 *     YN a@b.example              a tree of those who are done, or XX
 *     2                           so many recipients
 *     u1@d.example
 *     u2@d.example ... 10,-1#1    with an address for errors and the like
 *
 *     138P Received: ...
 *
 * A message that was not tried yet has the option deliver_firsttime, is not
 * frozen, and has no deferral in its log: Exim may end before it writes the -H
 * file anew. One that is frozen was refused as conf/exim has it (its route, not
 * its hop), which the end of its log says: it is tried again with the rest. Any
 * other, a bounce that nobody takes or what somebody wants to stay, is passed
 * over. A file of which a part is missing is passed over. A recipient was
 * answered by the next hop, or put off by a limit of Exim's own, if that is the
 * last that the message's log says of him; where Exim keeps no such logs
 * (message_logs) nobody was.
 */

#ifndef EXIM_SPOOL_H
#define EXIM_SPOOL_H

#include "plugins/plugin.h"

/* So much of a -H file is read: some 4 000 recipients; of a message with more
 * those first. */
#define SPOOL_MOST 262144

extern const struct plugin_spool spool_files;
extern const struct plugin_queue spool_exim;

#endif
