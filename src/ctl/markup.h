/*
 * markup.h - texts of others inside HTML and XML, in an element or a quoted
 * attribute.
 */

#ifndef CTL_MARKUP_H
#define CTL_MARKUP_H

#include "base/buf.h"

/* For a person's eyes: as utf8_show() shows it, and nothing of it is markup. */
void markup_shown(struct buf *out, const char *text);

/* For a program, which reads back the same text; what XML 1.0 has no way to
 * say (2.2, Char) is U+FFFD, and so is an octet that is no UTF-8. */
void markup_exact(struct buf *out, const char *text);

#endif
