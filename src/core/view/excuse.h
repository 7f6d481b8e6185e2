/*
 * excuse.h - why there is no path to a pattern, in the words of a hold:
 * `no path to paris, connector london-paris down since 12:00:03Z`.
 *
 * Made of names that have passed their grammar and of fixed words; a time
 * that is anything but digits and its marks is left out. Never begins with a
 * status code. (DESIGN section 4)
 */

#ifndef CORE_EXCUSE_H
#define CORE_EXCUSE_H

#include "core/paths/reach.h"
#include "core/view/facts.h"
#include "core/view/steps.h"

struct excuse_book;

/* All is lent. */
struct excuse_book *excuse_new(
    const struct facts *facts, const struct steps_presence *presence);
void excuse_free(struct excuse_book *book);

/* No way to any of these claims; the caller owns the text. */
char *excuse_text(struct excuse_book *book, const struct reach_claims *claims);

#endif
