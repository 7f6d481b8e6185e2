/*
 * bare.h - which keys a pattern that is delivered here does without.
 *
 * The MTA's own configuration decides how a pattern is delivered that is
 * `here`. A key of ours before it could only hide what the site says in its
 * own maps, so there is none (route.bare), unless a less specific key of ours
 * would meet the pattern's addresses:
 *
 *     u@dom   below   dom, .parent, ...; and u+x@dom below u@dom
 *     dom     below   .parent, ..., longest first
 *     .dom    below   .parent of dom, ...
 *
 * The nearest of these decides; where that is `here` itself, what it finds is
 * right. Where the site's maps answer for exactly the
 * pattern, the MTA finds that first, and no key is wanted either. (`*` is in
 * a table of its own, which is asked after all of these.)
 *
 * A domain that the MTA has in a local class of its own needs no key that
 * opens relaying (route.own): it warns of each that it has twice.
 */

#ifndef CORE_BARE_H
#define CORE_BARE_H

#include "core/lsa/mta.h"
#include "core/view/rib.h"

/* The same of one route: whether that changes it, and so that it does. */
bool bare_differs(
    const struct rib *rib, const struct route *route, const struct mta *mta);
void bare_set(
    const struct rib *rib, struct route *route, const struct mta *mta);

/* Sets `bare` and `own` of every route; `mta` may be NULL: not known. */
void bare_mark(struct rib *rib, const struct mta *mta);

#endif
