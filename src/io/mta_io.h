/*
 * mta_io.h - reads how an MTA beside us is configured, and tells (beside.h).
 *
 *          a file changed, or long ago,     program by program,
 *          or the last one was no "yes"     each with a deadline
 *     idle ----------------------------> reading ----------------> idle
 *                                                    told
 *
 * The files are looked at every few seconds; the programs run only when one
 * has changed, every few minutes, and every 10 s as long as the MTA does not
 * ask our tables. A file that was written just now or
 * meanwhile, or is empty or ends within a line and is not a minute old, proves
 * no "no": somebody is still writing it. A program that hangs is killed, and tells nothing either. The loop never
 * waits for any of them.
 */

#ifndef IO_MTA_IO_H
#define IO_MTA_IO_H

#include <event2/event.h>

#include "cfg/conf.h"
#include "io/sink.h"
#include "plugins/plugin.h"

struct mta_io_times {
	uint64_t look_ms;     /* between two looks at the files: 3 s */
	uint64_t deadline_ms; /* of one program: 5 s */
	uint64_t again_ms;    /* after a reading that was no "yes": 10 s */
	uint64_t latest_ms;   /* after any: 5 min */
	uint64_t young_ms;    /* a file may still be being written: 2 s */
	uint64_t half_ms; /* one that is empty or ends within a line: 1 min */
};

struct mta_io;

/* All are lent for its life; without an `mta` (NULL) it reads nothing.
 * `programs` is where they are searched before
 * PATH. */
struct mta_io *mta_io_new(struct event_base *base, struct sink *sink,
    const struct plugin_mta *mta, const char *programs);

/* Where the configuration is, what to look for there, and whether at all;
 * lent until the next call. Reads as soon as the loop runs. */
void mta_io_conf(struct mta_io *io, const struct conf *conf);

/* Others than those above: for tests. */
void mta_io_times(struct mta_io *io, const struct mta_io_times *times);

/* Whether it reads anything. */
bool mta_io_reads(const struct mta_io *io);

/* What was read last; lent until the next reading. */
const struct mta *mta_io_last(const struct mta_io *io);

/* `told` is called after each reading. */
void mta_io_watch(struct mta_io *io,
    void (*told)(void *ctx, const struct mta *mta), void *ctx);

void mta_io_free(struct mta_io *io);

#endif
