/*
 * mtable_file.h - the milter's table (core/trace/mtable.h), written from the
 * routes that the publisher got and from what lsrd says besides: beside its
 * place, and renamed into it, so a reader has one generation whole, or the one
 * before.
 *
 * It is `milter/table` below lsrd's own directory. Where the folder is not
 * there nobody reads it, and nothing is written. The file is not synced: that
 * would make the MTA's tables wait for a disk, and what a power cut tears the
 * checksum tells and the next start makes anew.
 *
 * Nobody but the one writer of the tables writes it.
 */

#ifndef PUBLISH_MTABLE_FILE_H
#define PUBLISH_MTABLE_FILE_H

#include <stdbool.h>

#include "core/trace/mtable.h"
#include "publish/got.h"

struct mtable_file {
	char *directory;            /* where the milter's group may read */
	char *path;                 /* of the table */
	struct buf annex;           /* as lsrd said it last; none: n is 0 */
	struct buf part;            /* of the one that is coming in */
	struct mtable_annex known;  /* over `annex` */
	struct mtable_history past; /* of the table there, and since */
	bool due;                   /* the file is behind */
};

/* Takes the history over from the file, if there is a good one. */
void mtable_file_init(struct mtable_file *milter, const char *state_directory);
void mtable_file_done(struct mtable_file *milter);

/* One frame of an annex. RC_OK, or why it is refused. */
int mtable_file_take(struct mtable_file *milter, struct cur body);

/* The MTA looks up this generation, from this moment on (ms since 1970). */
void mtable_file_published(
    struct mtable_file *milter, uint64_t generation, uint64_t wall_ms);

/*
 * Writes the file, if it is behind and the annex is that of the table. RC_OK,
 * also when there is nothing to write or nowhere to; RC_IO: errno tells;
 * RC_SHORT: a route is none.
 */
int mtable_file_write(struct mtable_file *milter, const struct got *got,
    const struct plugin_setup *setup);

/* Removes the file if it is no good. True if it was so. */
bool mtable_file_verify(const char *state_directory);

#endif
