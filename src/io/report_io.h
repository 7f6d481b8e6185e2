/*
 * report_io.h - where reports arrive (core/wire/report.h): a datagram socket in
 * the file system.
 *
 * Each datagram is one IN_REPORT. Who sends never waits for us and never
 * learns what became of it; what comes faster than it is read is lost. At
 * most REPORT_IO_TURN are read before others have their turn.
 */

#ifndef IO_REPORT_IO_H
#define IO_REPORT_IO_H

#include "io/loop.h"

#define REPORT_IO_GROUP "lsrd-mark" /* may send */
#define REPORT_IO_TURN 32

/* Exim's deliveries run with no group but that of its spool: a second socket
 * of the same kind, so called, is theirs. */
#define REPORT_IO_EXIM "-exim"

struct report_io;

/* The loop is lent for its life. */
struct report_io *report_io_new(struct loop *loop);

/* Once. RC_OK, or why not, as local_datagram(). */
int report_io_open(struct report_io *io, const char *path);

/* The same at `path` with REPORT_IO_EXIM behind it, for the group that this
 * directory belongs to. RC_NONE: it is not there. */
int report_io_open_for(
    struct report_io *io, const char *path, const char *directory);

/* The files go, too. */
void report_io_free(struct report_io *io);

#endif
