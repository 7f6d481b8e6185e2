/*
 * probe_io.h - asks mail services whether they answer: the sockets and the
 * deadline around a probe's pure dialogue (plugins/plugin.h).
 *
 *     FX_PROBE --> connect --> IN_PROBE connected --> dialogue --> IN_PROBE
 *                     |                                  |         ok or
 *                     +------------ deadline ------------+-------> failed
 *
 * One deadline covers all of it. A new FX_PROBE with the number of a running
 * probe gives that one up without an answer.
 */

#ifndef IO_PROBE_IO_H
#define IO_PROBE_IO_H

#include <stdint.h>

#include "io/loop.h"
#include "plugins/plugin.h"

#define PROBE_IO_TIMEOUT_MS 3000

struct probe_io;

/* Carries out FX_PROBE. Both are lent for its life. */
struct probe_io *probe_io_new(
    struct loop *loop, const struct plugin_probe *dialogue);

/* How we call ourselves (copied), and the deadline, for probes to come. */
void probe_io_conf(
    struct probe_io *io, const char *own_name, uint32_t timeout_ms);

/* Gives up what is running. */
void probe_io_free(struct probe_io *io);

#endif
