/*
 * document_read.h - the checks of a topology document, apart from document.h
 * because they are many.
 */

#ifndef CTL_DOCUMENT_READ_H
#define CTL_DOCUMENT_READ_H

#include "ctl/document.h"

/*
 * Fills `doc` from doc->root. RC_OK, or RC_FORMAT with a line for each fault
 * in `complaints` (the first twenty).
 */
int document_read(struct document *doc, struct buf *complaints);

#endif
