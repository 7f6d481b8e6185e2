/*
 * helper_io.h - asks lsrd-probe(8), which runs the commands of probes: lsrd
 * starts no process for that.
 *
 *     waits its turn --> asks, over a socket in the file system --> IN_PROBE
 *         |                 |                                       ok, failed
 *         +-----------------+--> nobody there, no answer in time --> or silent
 *
 * So many commands run at a time; a question beyond waits. Whatever goes wrong
 * with lsrd-probe says nothing about a mail service: PROBE_SILENT, and why. It
 * has a deadline of its own for a command, which is sooner.
 */

#ifndef IO_HELPER_IO_H
#define IO_HELPER_IO_H

#include <stdint.h>

#include "io/loop.h"

#define HELPER_IO_MOST 8        /* at a time */
#define HELPER_IO_MS 15000      /* for an answer */
#define HELPER_IO_TURN_MS 60000 /* for its turn */

struct helper_io;

/* The loop is lent for its life. */
struct helper_io *helper_io_new(struct loop *loop);

/* Where it listens (copied; at what no socket can be called nobody does), and how
 * long an answer is waited for; of questions to come. */
void helper_io_conf(struct helper_io *io, const char *path, uint64_t ms);

/* An FX_PROBE by a command. One of this number that runs is given up. */
void helper_io_ask(struct helper_io *io, const struct effect *fx);

/* Gives that up, without an answer. */
void helper_io_give_up(struct helper_io *io, uint32_t number);

void helper_io_free(struct helper_io *io);

#endif
