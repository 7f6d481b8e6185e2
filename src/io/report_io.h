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

struct report_io;

/* The loop is lent for its life. */
struct report_io *report_io_new(struct loop *loop);

/* Once. RC_OK, or why not, as local_datagram(). */
int report_io_open(struct report_io *io, const char *path);

/* The file goes, too. */
void report_io_free(struct report_io *io);

#endif
