/*
 * mtable_file.h - the milter's table (core/trace/mtable.h), written from the
 * routes that were published and from what lsrd says besides: beside its
 * place, and renamed into it, so a reader has one generation whole, or the one
 * before. What is published is noted in proportion to what changed; the file
 * is always whole, and may be written less often than that.
 *
 * It is `milter/table` below lsrd's own directory. Where the folder is not
 * there nobody reads it, and nothing is written. The file is not synced: that
 * would make the MTA's tables wait for a disk, and what a power cut tears the
 * checksum tells and the next start makes anew.
 *
 * A route is what it is since a table that changed it, and since limits went
 * that its messages had to pass: one that all limits of now admit goes by the
 * route, and did before if there were no others. What becomes of a message that
 * they do not admit is the net's, so for that the table itself counts
 * (message/session.h).
 *
 * Nobody but the one writer of the tables writes it.
 */

#ifndef PUBLISH_MTABLE_FILE_H
#define PUBLISH_MTABLE_FILE_H

#include <stdbool.h>

#include "core/trace/mtable_book.h"
#include "core/trace/mtable_net.h"
#include "plugins/plugin.h"

struct mtable_file {
	char *directory;                /* where the milter's group may read */
	char *path;                     /* of the table */
	struct buf annex[MTABLE_PARTS]; /* as lsrd said it last */
	unsigned has;                   /* a bit for each of these */
	struct buf part;                /* of the one that is coming in */
	struct mtable_annex known;      /* over `annex` */
	struct mtable_history past;     /* of the table there, and since */
	struct mtable_book book;        /* the same of its routes */
	uint64_t besides; /* a sum of what else tells where mail goes */
	struct mtable_limits limits; /* in force */
	bool net_new;                /* and in `annex` may be others */
	bool by_name;
	char transport[64];
	bool due; /* the file is behind */
};

/* What the MTA's tables have now; all is lent. */
struct mtable_published {
	uint64_t generation, wall_ms;     /* looked up from then on */
	const struct plugin_change *list; /* by pattern */
	size_t n;
	bool whole; /* what is not in the list is no route */
	const struct plugin_setup *setup;
};

/* Takes over from the file, if there is a good one, what was in force before,
 * and since when each route is what it is. */
void mtable_file_init(struct mtable_file *milter, const char *state_directory);
void mtable_file_done(struct mtable_file *milter);

/* One frame of an annex. RC_OK, or why it is refused; *all: the head is there,
 * which comes last. */
int mtable_file_take(struct mtable_file *milter, struct cur body, bool *all);

void mtable_file_published(
    struct mtable_file *milter, const struct mtable_published *published);

/* Writes the file, if it is behind and the annex is that of the table. RC_OK,
 * also when there is nothing to write or nowhere to; RC_IO: errno tells. */
int mtable_file_write(struct mtable_file *milter);

/* Removes the file if it is no good. True if it was so. */
bool mtable_file_verify(const char *state_directory);

#endif
