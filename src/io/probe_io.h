/*
 * probe_io.h - asks mail services whether they answer: the sockets and the
 * deadlines around a probe's pure dialogue (plugins/plugin.h).
 *
 *     FX_PROBE --> connect --> IN_PROBE connected --> dialogue --> IN_PROBE
 *        |            |                                  |         ok, busy
 *        |            +------------ deadline ------------+-------> or failed
 *        |
 *        +--> it cannot begin here -----------------------> unable, and why
 *
 * A next hop that is published by name is asked where its name leads, once that
 * is known: until then nothing is said, and where nobody answers in time it
 * cannot begin. One address after another is tried, as the MTA would (target.h).
 *
 * So long is waited for a connection (smtp_connect_timeout of the service
 * `lsrd`), so long for each reply. What comes later than that is late, and still
 * waited for as long as the MTA would: when it comes, it is slow.
 *
 *     running --deadline--> late --> slow           one of each number, while a
 *        |                    |                     new one may run beside it
 *        +--> its verdict     +--> nothing is said
 *
 * A deadline that comes late is our own: this process, or the whole host, was
 * stopped meanwhile, and the other side cannot be blamed.
 *
 * What a command is to find out is another program's work (helper_io.h).
 *
 * With the verdict we take our leave, and wait a moment for the other end to
 * close: a reset would be a line in its log. A new FX_PROBE with the number of
 * a running probe gives that one up without an answer; one without an address
 * gives up a late one, too, and does nothing else.
 */

#ifndef IO_PROBE_IO_H
#define IO_PROBE_IO_H

#include <stdint.h>

#include "io/loop.h"
#include "plugins/plugin.h"

#define PROBE_IO_CONNECT_MS 5000
#define PROBE_IO_REPLY_MS 15000
#define PROBE_IO_MOST_MS 300000 /* Postfix's smtp_helo_timeout */

struct names;
struct probe_io;

/* Carries out FX_PROBE. Both are lent for its life. */
struct probe_io *probe_io_new(
    struct loop *loop, const struct plugin_probe *dialogue);

/* How we call ourselves (copied), and how long a reply is waited for, a
 * connection too if that is less than PROBE_IO_CONNECT_MS; for probes to
 * come. */
void probe_io_conf(
    struct probe_io *io, const char *own_name, uint32_t timeout_ms);

/* Where lsrd-probe(8) runs commands (helper_io.h). */
void probe_io_helper(struct probe_io *io, const char *path, uint64_t ms);

/* From now on what is to be asked by its name is; NULL: at the address it is
 * given. Lent. */
void probe_io_names(struct probe_io *io, struct names *names);

/* Gives up what is running. */
void probe_io_free(struct probe_io *io);

#endif
