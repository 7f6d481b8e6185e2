/*
 * mtable_file.h - the milter's table (core/trace/mtable.h), written from the
 * routes that were published and from what lsrd says besides: beside its
 * place, and renamed into it, so a reader has one generation whole, or the one
 * before. What is published is noted in proportion to what changed; the file
 * may be written less often than that.
 *
 * Where routes alone have moved since the table was written, and few, the news
 * are written in its place, all of them each time. The first table of a writer
 * is whole, and so is one with other keys, another net, a key that is gone, or
 * as soon as news would take more than their share of it: 64th part, where what
 * is written for a change that moves one route of ten thousand is the least,
 * half of it news, half of it tables now and then.
 *
 * It is `milter/table` below lsrd's own directory. Where the folder is not
 * there nobody reads it, and nothing is written. Neither file is synced: that
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

/* A table that was written, to which news can be added. */
struct mtable_written {
	struct mtable_version version;
	uint64_t sum; /* its own; 0: none of this writer's */
	uint64_t octets;
};

struct mtable_file {
	char *directory;             /* where the milter's group may read */
	char *path, *news;           /* of the table, and of the news */
	struct mtable_written whole; /* the table there */
	bool besides_due; /* it is behind in what news do not tell; */
	bool besides_now; /* so was what is being written */
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

/*
 * One of the files is written, in three steps. Begin: false, there is nothing to
 * write, or the annex is not that of the table. Write: *out is the table there
 * then; RC_OK, also when there is nowhere to; RC_IO: errno tells. It may be done
 * in another process: what moves meanwhile is for the next time.
 */
bool mtable_file_begin(struct mtable_file *milter);
int mtable_file_write(
    const struct mtable_file *milter, struct mtable_written *out);
void mtable_file_end(
    struct mtable_file *milter, int rc, const struct mtable_written *written);

/* Removes what is no good of the files, and news of another table. The table was
 * so: true. */
bool mtable_file_verify(const char *state_directory);

#endif
