/*
 * look.h - how what a person reads is to look: how wide, with colours or
 * without, and which characters the terminal has. Decided once for each
 * invocation, from its options, the environment and where standard output goes.
 *
 * What is no terminal is as wide as its longest line, since programs read it,
 * unless COLUMNS asks for something else. A colour never says what no word says.
 */

#ifndef CTL_LOOK_H
#define CTL_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define LOOK_ENDLESS ((size_t)1 << 30) /* columns of a pipe */

struct look {
	size_t columns;
	bool colour;
	bool wide; /* the locale has more than ASCII */
};

enum look_colour { LOOK_PLAIN, LOOK_GOOD, LOOK_CARE, LOOK_BAD, LOOK_HEAD };

/* `colour` is auto, always or never; NULL is auto. False: none of these. */
bool look_begin(const char *colour);

/* That of this invocation. */
const struct look *look_now(void);

/*
 * Appends the text, and returns how many columns it takes. What steers a
 * terminal, and what it does not have, is a question mark. Without `out` it
 * only counts.
 */
size_t look_put(struct buf *out, const char *text);

/* The same in a colour, if colours are wanted. */
size_t look_paint(struct buf *out, enum look_colour colour, const char *text);

/* That of a word which says how something is: up, down, drain ... */
enum look_colour look_of_state(const char *text);

#endif
