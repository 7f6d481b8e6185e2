/*
 * hold_text.h - why there is no path to a pattern, in the words of a hold:
 * `no path to paris, connector london-paris down since 12:00:03Z`.
 *
 * Made of names that have passed their grammar and of fixed words; what an
 * operator gave as his reason is plain letters (lsa_drain_text); a time
 * that is anything but digits and its marks is left out. Never begins with a
 * status code. (HACKING 6, Tables)
 */

#ifndef CORE_HOLD_TEXT_H
#define CORE_HOLD_TEXT_H

#include "core/paths/reach.h"
#include "core/view/facts.h"
#include "core/view/steps.h"

struct hold_text_book;

/* All is lent. */
struct hold_text_book *hold_text_new(const struct facts *facts,
    const struct steps_presence *presence, const struct net *net);
void hold_text_free(struct hold_text_book *book);

/* No way to any of these claims; the caller owns the text. */
char *hold_text_text(
    struct hold_text_book *book, const struct reach_claims *claims);

#endif
