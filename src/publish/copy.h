/*
 * copy.h - the publisher's second, plain copy of the table: a file beside
 * the MTA's tables from which they can be made again.
 *
 * The file is a row of groups, each with its length and digest; the first
 * is the whole table, the others are what changed since, in the frames of
 * wire.h. A group is on disk before the tables change, so the copy is never
 * behind them: after a power cut it has every key that Postfix may have
 * accepted mail for. When it has grown enough it is written anew beside and
 * renamed; the one before stays under the name `routes.before`.
 *
 * When there is no room for a copy, the number of the table is written over the
 * one before in a file that is there already, `routes.number`: that needs no
 * room, and no later table has the number of one that the MTA has read.
 *
 * The room in which it may grow is taken from the disk when it is written, so
 * that what changes later is kept on a full disk, too; to be written anew
 * there it gives up the one before. Behind the last group stand zeros, which are
 * a torn group and no harm: what is written over them changes nothing of the
 * file but its octets, and its sync is one write of the disk and no journal's.
 */

#ifndef PUBLISH_COPY_H
#define PUBLISH_COPY_H

#include "publish/got.h"

struct copy {
	char *path;
	int fd;               /* -1: to be written whole */
	size_t octets, first; /* of its groups; of the first of them */
	size_t length;        /* of the file, with the zeros behind them */
};

/* Nothing is read or made yet. */
void copy_init(struct copy *copy, const char *directory);
void copy_done(struct copy *copy);

/*
 * Reads the copy into `got` (emptied before) and the names it was published
 * with into *setup. A torn last group (a power cut
 * while it was written) does not count against it. RC_NONE: there is none;
 * RC_FORMAT, RC_DIGEST: there is one, and it is damaged; RC_IO.
 */
int copy_load(struct copy *copy, struct got *got, struct plugin_setup *setup);

/* The same for the one before: it may lack the newest keys. */
int copy_load_before(
    struct copy *copy, struct got *got, struct plugin_setup *setup);

/* Writes it whole. RC_OK, or RC_IO with errno. */
int copy_whole(
    struct copy *copy, const struct got *got, const struct plugin_setup *setup);

/*
 * Adds what came in, `got` being the table with it; writes it whole when
 * it has grown too long.
 */
int copy_add(struct copy *copy, struct cur frames, const struct got *got,
    const struct plugin_setup *setup);

/* Notes the generation of a table that is to be published without a copy.
 * RC_OK, or RC_IO with errno. */
int copy_note(const struct copy *copy, uint64_t generation);

/* What was noted last, or 0: it may be older than the copy is. */
uint64_t copy_noted(const struct copy *copy);

/* True if any copy is there, good or bad. */
bool copy_exists(const struct copy *copy);

#endif
