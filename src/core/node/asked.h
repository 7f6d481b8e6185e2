/*
 * asked.h - whether our own MTA does what the table says
 * (lsrd-postfix(7), WHAT POSTFIX ASKS).
 *
 *                 yes, or no twice, 10 s apart
 *     unknown ---------------------------------> yes <--------------> no
 *                                                    no twice / yes
 *
 * Others route through us by our word, but the MTA beside us decides. While
 * it positively does not ask our tables we say `starting`: our claims stand,
 * ordinary transit ends, and a path of last resort leads through us only if
 * our MTA has asked before. A reading that tells nothing changes nothing, and ends no
 * count. Over a restart the verdict is kept in what we said of ourselves.
 *
 * Of two MTAs beside us the reading is that of both (core/lsa/mta.h).
 */

#ifndef CORE_ASKED_H
#define CORE_ASKED_H

#include <stdbool.h>

struct engine;
struct mta;
struct setup;

/* A reading of our MTA's configuration. */
void asked_told(struct engine *e, const struct mta *mta);

/* What we said before the restart is the verdict until there is another. */
void asked_restore(struct engine *e);

/* We may give transit, as far as our MTA goes. */
bool asked_may(const struct engine *e);

/* What is missing where it is the table of `*` that is not asked. */
const char *asked_default_word(const struct setup *setup);

/* The verdict that a start waits for is there, or nobody can tell. */
bool asked_ready(struct engine *e);

#endif
