/*
 * mtable_book.h - the routes of the milter's table as its writer keeps them
 * between two tables: the record of each, and since which table it is as it
 * is. What changes is set, one by one; the file is made of all (mtable.h).
 *
 * That a key goes changes where its addresses go without a change of the
 * route that they meet then. It is rare, a hold of an hour comes before it, and
 * so every route counts as another from there on; the same goes for what a
 * route alone does not tell (mtable_book_other).
 */

#ifndef CORE_MTABLE_BOOK_H
#define CORE_MTABLE_BOOK_H

#include "base/tree.h"
#include "core/trace/mtable.h"

/* Starts as all zero. */
struct mtable_book {
	struct tree tree;            /* by pattern */
	struct mtable_version floor; /* no route is unchanged for longer */
	unsigned round;              /* of mtable_book_mark() */
};

/* Takes over what a file says, into an empty book. */
void mtable_book_read(struct mtable_book *book, const struct mtable *table);

/* By this version, mail for the pattern goes by this route. */
void mtable_book_set(struct mtable_book *book, const struct route *route,
    struct mtable_version version);

/* By this version it goes by no route of its own, if it ever did. */
void mtable_book_drop(struct mtable_book *book, const char *pattern,
    struct mtable_version version);

/* From here on it is seen what is set; the other drops what was not. */
void mtable_book_mark(struct mtable_book *book);
void mtable_book_sweep(struct mtable_book *book, struct mtable_version version);

/* From this version on mail may go another way for all that routes tell. */
void mtable_book_other(struct mtable_book *book, struct mtable_version version);

/* Into an empty writer, for the table of this version: all, or what is not as it
 * is since that one. */
void mtable_book_write(const struct mtable_book *book,
    struct mtable_version now, struct mtable_writer *out);
void mtable_book_news(const struct mtable_book *book,
    struct mtable_version since, struct mtable_version now,
    struct mtable_writer *out);

void mtable_book_done(struct mtable_book *book);

#endif
