/*
 * showq.h - Postfix's queue: its listing by showq(8), one message tried again
 * by flush(8), all of them by qmgr(8).
 *
 * The listing is a row of attributes, each a name and a value that end with a
 * NUL; an empty name ends a record. The first record names the protocol, the
 * others are one message each:
 *
 *     queue_name deferred queue_id 24227A8297F time 1700000000 size 287
 *     forced_expire 0 sender a@b  recipient c@d reason ...  (again) <empty>
 *
 * What a recipient waits for is the reason behind it; an empty one is none.
 * Messages of the queue `hold` wait for a person, and are passed over.
 *
 * (Postfix 3.4 to 3.12: src/showq/showq.c, src/util/attr_print0.c)
 *
 * flush(8) is asked by queue id (`postqueue -i`), which needs no
 * fast_flush_domains and knows every pattern; qmgr(8) is what `postqueue -f`
 * triggers. The programs themselves are setgid, and that is worth nothing in
 * a sandbox without new privileges: the sockets are what works there, for a
 * process with the group postdrop.
 */

#ifndef POSTFIX_SHOWQ_H
#define POSTFIX_SHOWQ_H

#include "plugins/plugin.h"

extern const struct plugin_queue showq_postfix;

#endif
