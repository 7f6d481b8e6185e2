/*
 * fold.h - running text in the width of the terminal: broken at spaces, its
 * further lines below its first. Nothing is cut off: a word that is longer than
 * the line has one of its own.
 */

#ifndef CTL_FOLD_H
#define CTL_FOLD_H

#include <stddef.h>

#include "base/buf.h"

struct fold {
	struct buf *out;
	size_t columns;
	size_t indent; /* where further lines begin */
	size_t at;     /* where the next word would */
};

/* Its words behind what was written before. */
void fold_words(struct fold *fold, const char *text);

/* A line `LABEL  TEXT`: the text begins, and goes on, at this column. */
void fold_labelled(
    struct buf *out, const char *label, size_t column, const char *text);

#endif
